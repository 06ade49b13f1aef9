#ifndef OUTPACE_CZSTD_SHIM_H
#define OUTPACE_CZSTD_SHIM_H

#include <zstd.h>
#include <zstd_errors.h>

#endif
