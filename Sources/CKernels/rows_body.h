// Rows of a table that are a name and one or two numbers, found a block of text at a time; part of
// kernels_body.h, behind json_body.h, whose BYTES and MASK it uses. What is found is the same with any.
//
// Where fields end is known for the whole block before the first of them is read, so that no row waits for the
// one before it, and a number's digits are moved to the end of sixteen bytes whatever their number, so that
// nothing has to be guessed.
//
// References: Langdale and Lemire, Parsing gigabytes of JSON per second, 2019 (places from masks);
// Lemire, Quickly parsing eight digits, 2018; Muła, SIMD-ized parsing of unsigned integers, 2018.

/// Bytes whose fields are found before the rows of them are read.
#define ROWS_BLOCK 2048
/// Those of the first blocks: what stands behind a row that is not plain is looked at in vain.
#define ROWS_FIRST_BLOCK 256
/// Bytes that are read at once, and can be read behind each end.
#define ROWS_DIGITS 16
/// The ends in 64 bytes that are written at once, whether there are as many or not.
#define ROWS_ENDS 12

/// Any number where there is no one at all.
#if defined(__x86_64__) && BYTES > 16
#define TRAILING_ZEROS(bits) (size_t)_tzcnt_u64(bits)
#else
#define TRAILING_ZEROS(bits) (size_t)__builtin_ctzll((bits) | 1ull << 63)
#endif

/// Writes where separators and line ends stand, counted from `begin`, and returns how many there are. `count` is a
/// multiple of 64; there is room for `count` + ROWS_ENDS.
BYTES_INLINE size_t field_ends(
    const uint8_t *begin, size_t count, uint8_t separator, uint16_t *ends) {
  size_t found = 0;
  for (size_t base = 0; base < count; base += 64) {
    const uint8_t *const text = begin + base;
    uint64_t left = MASK((b == separator) | (b == 0x0a));
    const size_t more = ones(left);
    uint16_t *const own = ends + found;
    UNROLLED for (int k = 0; k < ROWS_ENDS; ++k) {
      size_t place = TRAILING_ZEROS(left);
      // One after the other: no compiler's vector counts zeros as fast.
      __asm__("" : "+r"(place));
      own[k] = (uint16_t)(base + place);
      left &= left - 1;
    }
    for (size_t k = ROWS_ENDS; k < more; ++k) {
      own[k] = (uint16_t)(base + (size_t)__builtin_ctzll(left));
      left &= left - 1;
    }
    found += more;
  }
  return found;
}

/// 10^0 to 10^18.
static const uint64_t powers_of_ten[19] = {
    1ull,
    10ull,
    100ull,
    1000ull,
    10000ull,
    100000ull,
    1000000ull,
    10000000ull,
    100000000ull,
    1000000000ull,
    10000000000ull,
    100000000000ull,
    1000000000000ull,
    10000000000000ull,
    100000000000000ull,
    1000000000000000ull,
    10000000000000000ull,
    100000000000000000ull,
    1000000000000000000ull,
};

BYTES_INLINE uint64_t little_word(const uint8_t *text) {
  uint64_t word;
  __builtin_memcpy(&word, text, 8);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  word = __builtin_bswap64(word);
#endif
  return word;
}

/// The number that eight digits are, the first of them in the lowest byte.
BYTES_INLINE uint64_t eight_digits(uint64_t digits) {
  digits = (digits * 2561) >> 8;
  digits = ((digits & 0x00ff00ff00ff00ff) * 6553601) >> 16;
  return ((digits & 0x0000ffff0000ffff) * 42949672960001) >> 32;
}

/// Sixteen bytes, the first of them in the lowest byte: a digit as its number.
BYTES_INLINE unsigned __int128 sixteen_bytes(const uint8_t *text) {
  const uint64_t zeros = 0x3030303030303030;
  return (unsigned __int128)(little_word(text + 8) ^ zeros) << 64 | (little_word(text) ^ zeros);
}

/// The number that sixteen digits are. `beyond` becomes something else than 0 if there is more among them.
BYTES_INLINE uint64_t sixteen_digits(unsigned __int128 digits, uint64_t *beyond) {
  const uint64_t high = (uint64_t)digits, low = (uint64_t)(digits >> 64);
  const uint64_t nines = 0x7676767676767676, marks = 0x8080808080808080;
  *beyond |= ((((high & ~marks) + nines) | high) | (((low & ~marks) + nines) | low)) & marks;
  return eight_digits(high) * 100000000 + eight_digits(low);
}

#if defined(__x86_64__) && BYTES > 16
/// Reads two numbers of 1 to 16 digits each. Returns 0 if there is something else among them.
BYTES_INLINE int whole_numbers(
    const uint8_t *first, size_t first_count, const uint8_t *last, size_t last_count,
    uint64_t *numbers) {
  // Places to take bytes from; a negative one gives 0.
  static const int8_t places[32] = {-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
                                    -1, -1, -1, -1, -1, 0,  1,  2,  3,  4,  5,
                                    6,  7,  8,  9,  10, 11, 12, 13, 14, 15};
#define BOTH(a, b)                                                                    \
  _mm256_inserti128_si256(                                                            \
      _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)(a))),    \
      _mm_loadu_si128((const __m128i *)(const void *)(b)), 1)
  const __m256i text = BOTH(first, last);
  const __m256i digits = _mm256_shuffle_epi8(
      _mm256_sub_epi8(text, _mm256_set1_epi8('0')), BOTH(places + first_count, places + last_count));
#undef BOTH
  const __m256i beyond = _mm256_subs_epu8(digits, _mm256_set1_epi8(9));
  if (!_mm256_testz_si256(beyond, beyond)) return 0;
  const __m256i twos = _mm256_maddubs_epi16(digits, _mm256_set1_epi16(10 | 1 << 8));
  const __m256i fours = _mm256_madd_epi16(twos, _mm256_set1_epi32(100 | 1 << 16));
  const __m256i eights = _mm256_madd_epi16(
      _mm256_packus_epi32(fours, fours), _mm256_set1_epi32(10000 | 1 << 16));
  const uint64_t a = (uint64_t)_mm256_extract_epi64(eights, 0);
  const uint64_t b = (uint64_t)_mm256_extract_epi64(eights, 2);
  numbers[0] = (uint32_t)a * 100000000ull + (a >> 32);
  numbers[1] = (uint32_t)b * 100000000ull + (b >> 32);
  return 1;
}
#else
BYTES_INLINE int whole_numbers(
    const uint8_t *first, size_t first_count, const uint8_t *last, size_t last_count,
    uint64_t *numbers) {
  uint64_t beyond = 0;
  numbers[0] = sixteen_digits(sixteen_bytes(first) << (128 - 8 * first_count), &beyond);
  numbers[1] = sixteen_digits(sixteen_bytes(last) << (128 - 8 * last_count), &beyond);
  return beyond == 0;
}
#endif

/// Reads a number of up to 18 digits, perhaps with a point in it, times 10^`scale`. Returns 0 if it is none, or if
/// what comes of it is not exact or may be 10^18 or more.
BYTES_INLINE int any_number(
    const uint8_t *text, size_t count, size_t scale, uint64_t *number) {
  if (count - 1 > 18) return 0;
  uint64_t front = 0;
  const size_t size = count;
  for (; count > 16; --count) {
    const uint64_t digit = (uint64_t)*text++ - 0x30;
    if (digit > 9) return 0;
    front = front * 10 + digit;
  }
  unsigned __int128 digits = sixteen_bytes(text) << (128 - 8 * count);
  // Marks the bytes that are points, reliably up to the first of them.
  const uint64_t points = 0x1e1e1e1e1e1e1e1e, low_bits = 0x0101010101010101;
  const uint64_t marks = 0x8080808080808080;
  const uint64_t a = (uint64_t)digits ^ points, b = (uint64_t)(digits >> 64) ^ points;
  const uint64_t in_a = (a - low_bits) & ~a & marks;
  const uint64_t in_b = (b - low_bits) & ~b & marks;
  size_t places = 0, points_found = 0;
  if (in_a | in_b) {
    // The bits in front of the point.
    const size_t bits =
        in_a ? (size_t)__builtin_ctzll(in_a) - 7 : 64 + (size_t)__builtin_ctzll(in_b) - 7;
    const unsigned __int128 before = digits & (((unsigned __int128)1 << bits) - 1);
    digits = (digits >> bits >> 8 << 8 << bits) | before << 8;
    places = 15 - bits / 8;
    points_found = 1;
  }
  const size_t digit_count = size - points_found;
  uint64_t beyond = 0;
  const uint64_t value =
      sixteen_digits(digits, &beyond) + front * powers_of_ten[16 - points_found];
  if (beyond || digit_count == 0 || places > scale || digit_count - places + scale > 18) return 0;
  *number = value * powers_of_ten[scale - places];
  return 1;
}

/// The rows of a block of text that begins with one. Returns their size in bytes. `goes_on` is 0 if the next one is
/// not plain, or none has room.
BYTES_INLINE size_t rows_of_block(
    const int has_first, const uint8_t *text, size_t count, size_t readable,
    const struct outpace_row_shape *shape, struct outpace_plain_row *rows, size_t room,
    size_t *row_count, int *goes_on) {
  uint16_t ends[ROWS_BLOCK + ROWS_ENDS];
  const size_t found = field_ends(text, count, shape->separator, ends);
  const size_t fields = has_first ? 3 : 2;
  // Copies: for all the compiler knows, a row that is written could change them.
  const struct outpace_row_shape own = *shape;
  const uint64_t first_power = powers_of_ten[own.first_scale];
  const uint64_t last_power = powers_of_ten[own.last_scale];
  const size_t first_limit = own.first_scale < 2 ? 16 : 18 - own.first_scale;
  const size_t last_limit = own.last_scale < 2 ? 16 : 18 - own.last_scale;
  size_t begin = 0, taken = *row_count;
  for (const uint16_t *end = ends; end + fields <= ends + found; end += fields) {
    const size_t line_end = end[fields - 1], last_begin = (size_t)end[fields - 2] + 1;
    if (line_end + ROWS_DIGITS > readable || taken == room) break;
    const size_t last_count = line_end - last_begin - (text[line_end - 1] == 0x0d);
    const size_t first_begin = (size_t)end[0] + 1;
    const size_t first_count = has_first ? last_begin - 1 - first_begin : last_count;
    const uint8_t *const last_text = text + last_begin;
    const uint8_t *const first_text = has_first ? text + first_begin : last_text;
    *goes_on = 0;
    uint64_t numbers[2];
    // An empty number's size less 1 is far above any limit.
    if ((last_count - 1 < last_limit) & (!has_first | (first_count - 1 < first_limit)) &&
        whole_numbers(first_text, first_count, last_text, last_count, numbers)) {
      numbers[0] *= first_power;
      numbers[1] *= last_power;
    } else if (
        !any_number(last_text, last_count, own.last_scale, numbers + 1) ||
        (has_first && !any_number(first_text, first_count, own.first_scale, numbers))) {
      break;
    }
    const int64_t first = has_first ? (int64_t)numbers[0] : 0;
    const int64_t last = (int64_t)numbers[1];
    const int is_plain = (text[line_end] == 0x0a) & (text[end[0]] == own.separator) &
                         (text[last_begin - 1] == own.separator) & (end[0] > begin) &
                         (text[begin] != 0x22) & (last > (own.is_span ? first : 0));
    if (!is_plain) break;
    *goes_on = 1;
    struct outpace_plain_row *const row = rows + taken++;
    const size_t name_size = end[0] - begin;
    const uint64_t word = little_word(text + begin);
    row->name_start = text + begin;
    row->name_size = name_size;
    row->name_word = name_size < 8 ? word & ((1ull << 8 * name_size) - 1) : word;
    row->first = first;
    row->last = last;
    begin = line_end + 1;
  }
  if (taken == room) *goes_on = 0;
  *row_count = taken;
  return begin;
}

/// All blocks, by whether rows have a first number.
BYTES_INLINE size_t rows_of_text(
    const int has_first, const uint8_t *text, size_t count, const struct outpace_row_shape *shape,
    struct outpace_plain_row *rows, size_t room, size_t *row_count) {
  size_t used = 0, limit = ROWS_FIRST_BLOCK;
  int goes_on = 1;
  while (goes_on) {
    const size_t whole = (count - used) & ~(size_t)63;
    const size_t size = rows_of_block(
        has_first, text + used, whole < limit ? whole : limit, count - used, shape, rows, room,
        row_count, &goes_on);
    // No row that ends in the largest block, or in what there is.
    if (size == 0 && (limit == ROWS_BLOCK || whole <= limit)) break;
    used += size;
    limit = limit < ROWS_BLOCK ? 2 * limit : ROWS_BLOCK;
  }
  return used;
}

static BYTES_TARGET size_t plain_rows(
    const uint8_t *text, size_t count, const struct outpace_row_shape *shape,
    struct outpace_plain_row *rows, size_t room, size_t *row_count) {
  *row_count = 0;
  return shape->has_first ? rows_of_text(1, text, count, shape, rows, room, row_count)
                          : rows_of_text(0, text, count, shape, rows, room, row_count);
}
