#ifndef OUTPACE_CKERNELS_H
#define OUTPACE_CKERNELS_H

#include <stddef.h>
#include <stdint.h>

/// ⟨a, b⟩ over `count` entries, a multiple of eight; both arrays are padded with zeros.
double outpace_dot(const double *a, const double *b, size_t count);

#endif
