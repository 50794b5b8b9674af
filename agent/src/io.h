/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pipes, sockets and terminals, whose other side may be asleep for ever. They are waited for with
 * poll(), so that a cancellation ends it: a signal would not, once read() or write() is entered
 * anew.
 */
#ifndef SMA_IO_H
#define SMA_IO_H

#include <stdatomic.h>
#include <stddef.h>

#include "text.h"

/* Reads what is named whole, at most `limit` bytes. 0, -ECANCELED (`stop` was set), -EFBIG or
 * another -errno. */
int sma_read_path(const char *path, size_t limit, const atomic_bool *stop, struct sma_buffer *out);

/*
 * Writes all of it. 0 or -errno; -ECANCELED: `stop` was set, and the other side took nothing for
 * half a second. A `stop` of NULL is never set.
 */
int sma_write_all(int fd, const void *data, size_t size, const atomic_bool *stop);

#endif
