// The entries of a JSON object, found 64 bytes at a time. kernels_body.h includes this file with
// BYTES_TARGET, the attribute that chooses the instruction set, and BYTES, how many bytes a register of
// it holds. What is found is the same with any.
//
// References: Langdale and Lemire, Parsing gigabytes of JSON per second, 2019 (masks of 64 bytes, and
// strings from the parity of quotes).

#define BYTES_INLINE static inline __attribute__((always_inline)) BYTES_TARGET

/// A register of text, wherever it begins.
typedef uint8_t bytes __attribute__((vector_size(BYTES), aligned(1), may_alias));
typedef int8_t signed_bytes __attribute__((vector_size(BYTES)));

/// Bit i of the result says whether the comparison holds for byte i of `text`, whose bytes it calls b.
#define MASK(comparison)                                                  \
  ({                                                                      \
    uint64_t mask_ = 0;                                                   \
    UNROLLED for (int part_ = 0; part_ < 64 / BYTES; ++part_) {           \
      const bytes b = *(const bytes *)(text + part_ * BYTES);             \
      mask_ |= BITS(comparison) << (part_ * BYTES % 64);                  \
    }                                                                     \
    mask_;                                                                \
  })

#if defined(__x86_64__) && BYTES == 16
typedef char signs __attribute__((vector_size(16)));
#define BITS(comparison) (uint64_t)(uint16_t) __builtin_ia32_pmovmskb128((signs)(comparison))
#elif defined(__x86_64__) && BYTES == 32
typedef char signs __attribute__((vector_size(32)));
#define BITS(comparison) (uint64_t)(uint32_t) __builtin_ia32_pmovmskb256((signs)(comparison))
#else
typedef _Bool truths __attribute__((ext_vector_type(BYTES)));
#define BITS(comparison)                                              \
  ({                                                                  \
    const truths truths_ = __builtin_convertvector(comparison, truths); \
    uint64_t bits_ = 0;                                               \
    __builtin_memcpy(&bits_, &truths_, BYTES / 8);                    \
    bits_;                                                            \
  })
#endif

/// What 64 bytes are, a bit a byte, and what of them reaches into the next 64.
struct json_block {
  /// Brackets outside of strings.
  uint64_t opens, closes;
  /// Brackets, commas and colons outside of strings, quotes, and first bytes of scalars.
  uint64_t tokens;
  /// All ones if the block ends inside of a string.
  uint64_t in_string;
  /// 1 if it ends inside of a scalar.
  uint64_t in_scalar;
};

/// Goes on to the next block. Returns 0 if it needs a careful look.
BYTES_INLINE int json_classify(const uint8_t *text, struct json_block *block) {
  const uint64_t quotes = MASK(b == 0x22);
  uint64_t inside = quotes;
  inside ^= inside << 1;
  inside ^= inside << 2;
  inside ^= inside << 4;
  inside ^= inside << 8;
  inside ^= inside << 16;
  inside ^= inside << 32;
  inside ^= block->in_string;
  // Below the space as signed bytes: control characters and what is no ASCII.
  const uint64_t odd = MASK((signed_bytes)b < 0x20);
  const uint64_t escapes = MASK(b == 0x5c);
  // NaN and Infinity: JSON has no other capital letter than E outside of strings. '!' ends a scalar, as
  // white space and quotes do, and is nothing that may follow one.
  const uint64_t words = MASK((b == 0x49) | (b == 0x4e) | (b == 0x21));
  if (__builtin_expect((escapes | (words & ~inside) | (odd & inside)) != 0, 0)) return 0;
  uint64_t blank = MASK(b == 0x20);
  if (odd) {
    const uint64_t breaks = MASK((b == 0x09) | (b == 0x0a) | (b == 0x0d));
    if (odd & ~breaks) return 0;
    blank |= breaks;
  }
  // Bit 5 is all that tells '{' from '[' and '}' from ']'.
  block->opens = MASK((b | 0x20) == 0x7b) & ~inside;
  block->closes = MASK((b | 0x20) == 0x7d) & ~inside;
  const uint64_t marks = (MASK((b == 0x2c) | (b == 0x3a)) & ~inside) | block->opens | block->closes;
  const uint64_t scalars = ~(inside | quotes | marks | blank);
  block->tokens = quotes | marks | (scalars & ~(scalars << 1 | block->in_scalar));
  block->in_string = (uint64_t)((int64_t)inside >> 63);
  block->in_scalar = scalars >> 63;
  return 1;
}

BYTES_INLINE size_t ones(uint64_t bits) { return (size_t)__builtin_popcountll(bits); }

#define NEXT_BLOCK()                                                    \
  do {                                                                  \
    base += 64;                                                         \
    if (base == count || !json_classify(text + base, &block)) return 0; \
  } while (0)

/// Goes to the next token: `at` is its place, `left` what comes after it in the block.
#define NEXT_TOKEN()                           \
  do {                                         \
    while (!left) {                            \
      NEXT_BLOCK();                            \
      left = block.tokens;                     \
    }                                          \
    at = base + (size_t)__builtin_ctzll(left); \
    left &= left - 1;                          \
  } while (0)

static BYTES_TARGET size_t json_object(
    const uint8_t *text, size_t count, size_t depth_limit, struct outpace_json_entry *entries,
    size_t room, size_t *found) {
  if (count > UINT32_MAX) count = UINT32_MAX;
  count &= ~(size_t)63;
  struct json_block block = {0};
  size_t base = 0, at, entry = 0;
  if (count == 0 || !json_classify(text, &block)) return 0;
  // The bracket that opens the object is known.
  uint64_t left = block.tokens & (block.tokens - 1);
  NEXT_TOKEN();
  if (text[at] == '}') {
    *found = 0;
    return at + 1;
  }
  for (;; ++entry) {
    if (text[at] != '"' || entry == room) return 0;
    struct outpace_json_entry *e = entries + entry;
    e->key = (uint32_t)at + 1;
    NEXT_TOKEN();
    e->key_end = (uint32_t)at;
    NEXT_TOKEN();
    if (text[at] != ':') return 0;
    NEXT_TOKEN();
    const uint8_t first = text[at];
    e->value = (uint32_t)at;
    if (first == '"') {
      NEXT_TOKEN();
      e->value_end = (uint32_t)at + 1;
      NEXT_TOKEN();
    } else if ((first | 0x20) == '{') {
      // Only brackets count in there.
      size_t depth = 1;
      uint64_t opens = block.opens & left, closes = block.closes & left;
      if (depth_limit < 1) return 0;
      for (;;) {
        const size_t more = ones(opens);
        if (depth + more > depth_limit) return 0;
        if (ones(closes) >= depth) {
          // The n-th bracket that closes is the last if as many as n are open before it.
          size_t n = 1;
          for (; closes; closes &= closes - 1, ++n)
            if (depth + ones(opens & ((closes & -closes) - 1)) == n) break;
          if (closes) break;
          depth += more - (n - 1);
        } else {
          depth += more - ones(closes);
        }
        NEXT_BLOCK();
        opens = block.opens;
        closes = block.closes;
        left = block.tokens;
      }
      e->value_end = (uint32_t)(base + (size_t)__builtin_ctzll(closes) + 1);
      left &= ~(closes ^ (closes - 1));
      NEXT_TOKEN();
    } else if (first == ',' || first == ':' || (first | 0x20) == '}') {
      return 0;
    } else {
      // Nothing but white space lies between a scalar and the token after it.
      NEXT_TOKEN();
      size_t end = at;
      while (text[end - 1] <= 0x20) --end;
      e->value_end = (uint32_t)end;
    }
    if (text[at] == '}') {
      *found = entry + 1;
      return at + 1;
    }
    if (text[at] != ',') return 0;
    NEXT_TOKEN();
  }
}

#undef NEXT_TOKEN
#undef NEXT_BLOCK
