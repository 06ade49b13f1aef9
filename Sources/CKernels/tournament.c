#include "CKernels.h"

struct place {
  uint64_t key, worker;
};

// Who wins no processor can guess, so that it must not be a branch. What the compiler cannot see through, it
// does not turn into one: hence the empty assembly.

/// The first of two, the left one on equal keys.
static inline struct place first_of(struct place left, struct place right) {
  uint64_t mask = 0 - (uint64_t)(right.key < left.key);
  __asm__("" : "+r"(mask));
  left.key ^= (left.key ^ right.key) & mask;
  left.worker ^= (left.worker ^ right.worker) & mask;
  return left;
}

void outpace_tournament_put(
    uint64_t *numbers, size_t leaf_count, uint64_t worker, uint64_t key) {
  struct place *const places = (struct place *)numbers;
  size_t place = leaf_count + worker;
  struct place winner = {key, worker};
  places[place] = winner;
  while (place > 1) {
    struct place other = places[place ^ 1];
    // Who comes from the right loses with equal keys.
    uint64_t mask = 0 - (uint64_t)(other.key - (place & 1) < winner.key);
    __asm__("" : "+r"(mask));
    winner.key ^= (winner.key ^ other.key) & mask;
    winner.worker ^= (winner.worker ^ other.worker) & mask;
    place >>= 1;
    places[place] = winner;
  }
}

void outpace_tournament_build(uint64_t *numbers, size_t leaf_count) {
  struct place *const places = (struct place *)numbers;
  for (size_t place = leaf_count - 1; place > 0; --place)
    places[place] = first_of(places[2 * place], places[2 * place + 1]);
}

/// Of all who lost to the first on its way from `place` upwards, who would have won.
static struct place second_from(const struct place *places, size_t place) {
  struct place second = places[place ^ 1];
  for (place >>= 1; place > 1; place >>= 1) second = first_of(second, places[place ^ 1]);
  return second;
}

uint64_t outpace_tournament_second(const uint64_t *numbers, size_t leaf_count) {
  const struct place *const places = (const struct place *)numbers;
  const size_t leaf = leaf_count + places[1].worker;
  // Above the eighth round from the end only one of 256 is decided.
  const int rounds = __builtin_ctzll(leaf_count);
  const struct place second = second_from(places, leaf >> (rounds > 8 ? rounds - 8 : 0));
  return second.key != UINT64_MAX ? second.worker : second_from(places, leaf).worker;
}
