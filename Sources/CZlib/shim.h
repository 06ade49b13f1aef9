#ifndef OUTPACE_CZLIB_SHIM_H
#define OUTPACE_CZLIB_SHIM_H

#include <zlib.h>

/* inflateInit2 is a macro, which Swift does not import. 15 + 32: the largest window, and a gzip or
   zlib header told apart by its first bytes. */
static inline int outpace_inflate_init(z_stream *stream) { return inflateInit2(stream, 15 + 32); }

/* Likewise. 15 + 16: the largest window, and a gzip header, in which zlib leaves the time 0. */
static inline int outpace_deflate_init(z_stream *stream, int level) {
  return deflateInit2(stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
}

#endif
