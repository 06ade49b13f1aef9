/* zlib's inflate alone, its output thrown away: the floor of reading a .gz file.

   inflate PATH */

#include <stdio.h>
#include <zlib.h>

static unsigned char in[256 << 10], out[256 << 10];

int main(int argc, char **argv) {
  FILE *file = argc > 1 ? fopen(argv[1], "rb") : NULL;
  z_stream stream = {0};
  if (!file || inflateInit2(&stream, 15 + 32) != Z_OK) return 1;
  unsigned long long total = 0;
  int code = Z_OK;
  while (code != Z_STREAM_END) {
    if (stream.avail_in == 0) {
      stream.next_in = in;
      stream.avail_in = (unsigned)fread(in, 1, sizeof in, file);
      if (stream.avail_in == 0) return 1;
    }
    stream.next_out = out;
    stream.avail_out = sizeof out;
    code = inflate(&stream, Z_NO_FLUSH);
    if (code != Z_OK && code != Z_STREAM_END) return 1;
    total += sizeof out - stream.avail_out;
  }
  printf("%llu\n", total);
  return 0;
}
