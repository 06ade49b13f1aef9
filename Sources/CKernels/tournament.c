#include "CKernels.h"

struct place {
  uint64_t key, worker;
};

// Who wins no processor can guess, so that it must not be a branch.

/// By key, then by worker.
static inline int is_before(struct place a, struct place b) {
  return ((unsigned __int128)a.key << 64 | a.worker) < ((unsigned __int128)b.key << 64 | b.worker);
}

/// The first of two. What the compiler cannot see through, it does not turn into a branch: hence the empty
/// assembly.
static inline struct place first_of(struct place a, struct place b) {
  uint64_t mask = 0 - (uint64_t)is_before(b, a);
  __asm__("" : "+r"(mask));
  a.key ^= (a.key ^ b.key) & mask;
  a.worker ^= (a.worker ^ b.worker) & mask;
  return a;
}

void outpace_tournament_put(
    uint64_t *numbers, size_t leaf_count, uint64_t worker, uint64_t key) {
  char *const places = (char *)numbers;
  // In bytes; a neighbour's differs in the bit of one place.
  size_t at = (leaf_count + worker) * sizeof(struct place);
  struct place winner = {key, worker};
  *(struct place *)(places + at) = winner;
  while (at > sizeof(struct place)) {
    const struct place other = *(const struct place *)(places + (at ^ sizeof(struct place)));
    // As `first_of`, in fewer instructions, since what is written down each time is no branch anyway.
    const int is_other = is_before(other, winner);
    winner.key = __builtin_unpredictable(is_other) ? other.key : winner.key;
    winner.worker = __builtin_unpredictable(is_other) ? other.worker : winner.worker;
    at = at / 2 & ~(sizeof(struct place) - 1);
    *(struct place *)(places + at) = winner;
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
