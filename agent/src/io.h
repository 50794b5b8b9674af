/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files, read and written whole. The other side of a pipe, a socket or a terminal may be asleep for
 * ever. Those are waited for with poll(), so that a cancellation ends it: a signal would not, once
 * read() or write() is entered anew.
 */
#ifndef SMA_IO_H
#define SMA_IO_H

#include <stdatomic.h>
#include <stddef.h>

#include "text.h"

/* A file that is known not to block, at most `limit` bytes: 0 or -errno (-EFBIG: it has more). */
int sma_read_file(const char *path, size_t limit, struct sma_buffer *out);
int sma_read_fd(int fd, size_t limit, struct sma_buffer *out);

/* The same of whatever a person named; -ECANCELED: `stop` was set. */
int sma_read_path(const char *path, size_t limit, const atomic_bool *stop, struct sma_buffer *out);

/*
 * Writes all of it. 0 or -errno; -ECANCELED: `stop` was set, and the other side took nothing for
 * half a second. A `stop` of NULL is never set.
 */
int sma_write_all(int fd, const void *data, size_t size, const atomic_bool *stop);

#endif
