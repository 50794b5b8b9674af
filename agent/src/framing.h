/* SPDX-License-Identifier: Apache-2.0 */
/* LSP base framing: Content-Length headers, an empty line, the body. */
#ifndef SMA_FRAMING_H
#define SMA_FRAMING_H

#include <stddef.h>

#define SMA_MAX_HEADER 4096
#define SMA_MAX_BODY   (64u << 20)

enum sma_frame { SMA_FRAME_OK, SMA_FRAME_END, SMA_FRAME_BAD };

struct sma_reader {
	int fd;
	int stop_fd; /* readable: end, as if the input ended */
	char buffer[65536];
	size_t from, to;
};

/*
 * Next frame: `*body` is malloc()ed and NUL-terminated. SMA_FRAME_BAD: `*why` is a sentence; the
 * stream cannot be followed any further.
 */
enum sma_frame sma_read_frame(struct sma_reader *reader, char **body, size_t *size,
			      const char **why);

#endif
