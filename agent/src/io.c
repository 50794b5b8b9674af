// SPDX-License-Identifier: Apache-2.0
#include "io.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

/* How soon a cancellation is seen that brings no signal to this thread. */
#define LOOK_MS	 100
#define GRACE_MS 500

static bool may_block(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && !S_ISREG(st.st_mode);
}

static bool is_set(const atomic_bool *stop)
{
	return stop && atomic_load(stop);
}

/* Until it is ready or broken, for at most LOOK_MS. */
static bool ready(int fd, short events)
{
	struct pollfd wanted = {.fd = fd, .events = events};

	return poll(&wanted, 1, LOOK_MS) > 0;
}

/* `slow`: it may block. */
static int read_whole(int fd, bool slow, size_t limit, const atomic_bool *stop,
		      struct sma_buffer *out)
{
	char chunk[65536];

	sma_buffer_add(out, "", 0);
	for (;;) {
		ssize_t got;

		if (slow && is_set(stop))
			return -ECANCELED;
		if (slow && !ready(fd, POLLIN))
			continue;
		got = read(fd, chunk, sizeof(chunk));
		if (got < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			return out->failed ? -ENOMEM : 0;
		if (out->size + (size_t)got > limit)
			return -EFBIG;
		sma_buffer_add(out, chunk, (size_t)got);
	}
}

int sma_read_fd(int fd, size_t limit, struct sma_buffer *out)
{
	return read_whole(fd, false, limit, NULL, out);
}

int sma_read_file(const char *path, size_t limit, struct sma_buffer *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), result;

	if (fd < 0)
		return -errno;
	result = sma_read_fd(fd, limit, out);
	close(fd);
	return result;
}

int sma_read_path(const char *path, size_t limit, const atomic_bool *stop, struct sma_buffer *out)
{
	/* Nor does open() wait for the other end of a FIFO: poll() does. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), result;

	if (fd < 0)
		return -errno;
	result = read_whole(fd, may_block(fd), limit, stop, out);
	close(fd);
	return result;
}

int sma_write_all(int fd, const void *data, size_t size, const atomic_bool *stop)
{
	const bool slow = may_block(fd);
	double deadline = 0;

	while (size) {
		/* So much at once never blocks where there is room (pipe(7)). */
		size_t part = slow && size > PIPE_BUF ? PIPE_BUF : size;
		ssize_t done;

		if (slow && !ready(fd, POLLOUT)) {
			if (!is_set(stop))
				continue;
			if (!deadline)
				deadline = sma_now_ms() + GRACE_MS;
			if (sma_now_ms() >= deadline)
				return -ECANCELED;
			continue;
		}
		done = write(fd, data, part);
		if (done < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (done < 0)
			return -errno;
		data = (const char *)data + done;
		size -= (size_t)done;
		deadline = 0;
	}
	return 0;
}
