// exp, log, log1p, tanh and their kin from + − × ÷ and bit operations alone, without branches, so
// that one source serves a single number and a vectorised loop with the same bits.
//
// exp, log and log1p follow fdlibm (Sun Microsystems, 1993, e_exp.c, e_log.c, s_log1p.c: "Permission
// to use, copy, modify, and distribute this software is freely granted, provided that this notice is
// preserved"), tanh follows Cephes (S. L. Moshier). The C library's own functions differ in the last
// bit from one processor to the next.

#ifndef OUTPACE_ELEMENTARY_H
#define OUTPACE_ELEMENTARY_H

#include <stdint.h>
#include <string.h>

#define ELEMENTARY static inline __attribute__((always_inline))

ELEMENTARY uint64_t bits_of(double x) {
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

ELEMENTARY double from_bits(uint64_t bits) {
  double x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

static const double ln2_high = 0x1.62e42feep-1;
static const double ln2_low = 0x1.a39ef35793c76p-33;

// 1.5 · 2^52: adding it rounds to a whole number that can be read off the low bits. AVX2 cannot
// convert 64-bit integers, and this gives the same bits everywhere.
static const double round_magic = 0x1.8p52;
static const uint64_t round_magic_bits = 0x4338000000000000u;

/// The double of a whole number of magnitude below 2^51.
ELEMENTARY double whole(int64_t k) {
  return from_bits((uint64_t)k + round_magic_bits) - round_magic;
}

/// e^x = 2^k e^r with |r| ≤ ½ ln 2; e^r by the continued fraction of fdlibm. Below 1 ulp.
///
/// The scale is applied as two powers of two. The first product is exact, the second rounds once, so
/// that subnormal results, 0 and infinity need no case of their own.
ELEMENTARY double elementary_exp(double x) {
  // Beyond these the result is 0 or infinity. NaN fails both comparisons and stays.
  double clamped = x > 710.0 ? 710.0 : x;
  clamped = clamped < -746.0 ? -746.0 : clamped;
  const double shifted = clamped * 0x1.71547652b82fep0 + round_magic;
  const double k = shifted - round_magic;
  const double high = clamped - k * ln2_high;
  const double low = k * ln2_low;
  const double r = high - low;
  const double z = r * r;
  const double c =
      r - z * (0x1.555555555553ep-3 +
               z * (-0x1.6c16c16bebd93p-9 +
                    z * (0x1.1566aaf25de2cp-14 +
                         z * (-0x1.bbd41c5d26bf1p-20 + z * 0x1.6376972bea4d0p-25))));
  const double y = 1.0 - ((low - (r * c) / (2.0 - c)) - high);
  const uint64_t biased = bits_of(shifted) - round_magic_bits + 2048;
  const uint64_t half = biased >> 1;
  const double first = from_bits((half - 1) << 52);
  const double second = from_bits((biased - half - 1) << 52);
  return y * first * second;
}

/// log((1 + f) 2^k) + c for 1 + f between √½ and √2, as in fdlibm.
ELEMENTARY double log_reduced(double f, double k, double c) {
  const double half_square = 0.5 * f * f;
  const double s = f / (2.0 + f);
  const double z = s * s;
  const double w = z * z;
  const double even =
      w * (0x1.999999997fa04p-2 + w * (0x1.c71c51d8e78afp-3 + w * 0x1.39a09d078c69fp-3));
  const double odd =
      z * (0x1.5555555555593p-1 +
           w * (0x1.2492494229359p-2 + w * (0x1.7466496cb03dep-3 + w * 0x1.2f112df3e5244p-3)));
  const double rest = odd + even;
  return s * (half_square + rest) + (k * ln2_low + c) - half_square + f + k * ln2_high;
}

// The upper half of the bits of √½, moved so that the exponent of a number in [√½, √2) becomes 0.
static const uint64_t sqrt_half_bits = 0x3fe6a09e00000000u;
static const uint64_t one_bits = 0x3ff0000000000000u;
static const uint64_t fraction_mask = 0x000fffffffffffffu;

/// Below 1 ulp.
ELEMENTARY double elementary_log(double x) {
  const int subnormal = x < 0x1p-1022;
  const double scaled = subnormal ? x * 0x1p54 : x;
  const uint64_t moved = bits_of(scaled) + (one_bits - sqrt_half_bits);
  const int64_t exponent = (int64_t)(moved >> 52) - 1023 - (subnormal ? 54 : 0);
  const double f = from_bits((moved & fraction_mask) + sqrt_half_bits) - 1.0;
  double result = log_reduced(f, whole(exponent), 0.0);
  result = x == from_bits(0x7ff0000000000000u) ? x : result;
  result = x == 0.0 ? -from_bits(0x7ff0000000000000u) : result;
  return x >= 0.0 ? result : from_bits(0x7ff8000000000000u);
}

/// log(1 + x). 1 + x is rounded; c = (x − (rounded − 1)) / rounded gives back what that lost. Below
/// 1 ulp.
ELEMENTARY double elementary_log1p(double x) {
  const double u = 1.0 + x;
  const uint64_t moved = bits_of(u) + (one_bits - sqrt_half_bits);
  const int64_t exponent = (int64_t)(moved >> 52) - 1023;
  // Near zero x itself is f, and nothing was lost.
  const int near = x > -0x1.2bec4p-2 && x < 0x1.a827ap-2;
  // Both forms are exact, each in its range.
  const double lost = exponent >= 2 ? 1.0 - (u - x) : x - (u - 1.0);
  const double c = (near | (exponent >= 54)) ? 0.0 : lost / u;
  const double f = near ? x : from_bits((moved & fraction_mask) + sqrt_half_bits) - 1.0;
  double result = log_reduced(f, near ? 0.0 : whole(exponent), c);
  // −0 and tiny numbers stay what they are.
  result = x > -0x1p-53 && x < 0x1p-53 ? x : result;
  result = x == from_bits(0x7ff0000000000000u) ? x : result;
  result = x == -1.0 ? -from_bits(0x7ff0000000000000u) : result;
  return x >= -1.0 ? result : from_bits(0x7ff8000000000000u);
}

/// x + x³ P(x²)/Q(x²) below 0.625, 1 − 2/(e^2x + 1) above. Below 2 ulp.
ELEMENTARY double elementary_tanh(double x) {
  const double magnitude = from_bits(bits_of(x) & ~(1ull << 63));
  const double z = x * x;
  const double p =
      (-9.64399179425052238628e-1 * z - 9.92877231001918586564e1) * z - 1.61468768441708447952e3;
  const double q =
      ((z + 1.12811678491632931402e2) * z + 2.23548839060100448583e3) * z +
      4.84406305325125486048e3;
  const double small = x + x * (z * (p / q));
  const double large = 1.0 - 2.0 / (elementary_exp(2.0 * magnitude) + 1.0);
  const double signed_large = from_bits(bits_of(large) | (bits_of(x) & (1ull << 63)));
  const double result = magnitude < 0.625 ? small : signed_large;
  return x == 0.0 ? x : result;
}

/// e^−|x|, which never overflows.
ELEMENTARY double falling_exp(double x) { return elementary_exp(x < 0.0 ? x : -x); }

/// 1/(1 + e^−x), where e = e^−|x|.
ELEMENTARY double sigmoid_of(double x, double e) { return (x < 0.0 ? e : 1.0) / (1.0 + e); }

ELEMENTARY double elementary_sigmoid(double x) { return sigmoid_of(x, falling_exp(x)); }

/// log(1 + e^x) = max(x, 0) + log1p(e^−|x|), where e = e^−|x|.
ELEMENTARY double softplus_of(double x, double e) {
  return (x < 0.0 ? 0.0 : x) + elementary_log1p(e);
}

ELEMENTARY double elementary_softplus(double x) { return softplus_of(x, falling_exp(x)); }

#endif
