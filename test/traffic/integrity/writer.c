// SPDX-License-Identifier: Apache-2.0
/* The ways to write a stream. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <unistd.h>
#include "../random.h"
#include "integrity.h"

#define PARTS 5 /* of one writev() */
#define GROUP 4 /* messages under one cork */

struct writer {
	struct end *end;
	const struct direction *direction;
	struct waiter waiter;
	uint64_t random;
	int file; /* with all of the stream, for sendfile() */
	unsigned int calls;
	unsigned char buffer[(256 << 10) + 64];
};

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* The message in one to five parts of any length, empty ones too. */
static int split(struct writer *writer, uint32_t size, struct iovec parts[PARTS])
{
	int i, count = 1 + (int)random_below(&writer->random, PARTS);
	uint32_t done = 0;

	for (i = 0; i < count; i++) {
		uint32_t part = i + 1 == count
				    ? size - done
				    : (uint32_t)random_below(&writer->random, size - done + 1);

		parts[i] = (struct iovec){writer->buffer + done, part};
		done += part;
	}
	return count;
}

static bool file_of_stream(struct writer *writer)
{
	uint32_t done, size = writer->direction->size;

	writer->file = memfd_create("stream", MFD_CLOEXEC);
	for (done = 0; writer->file >= 0 && done < size;) {
		uint32_t part = least(size - done, sizeof(writer->buffer));

		pattern_fill(writer->direction->stream, done, writer->buffer, part);
		if (write(writer->file, writer->buffer, part) != (ssize_t)part)
			return false;
		done += part;
	}
	return writer->file >= 0;
}

static void cork(int fd, int on)
{
	setsockopt(fd, IPPROTO_TCP, TCP_CORK, &on, sizeof(on));
}

static ssize_t write_once(struct writer *writer, uint32_t position, uint32_t size, bool last)
{
	struct iovec parts[PARTS];
	struct msghdr message = {.msg_iov = parts};
	int fd = writer->end->fd;
	off_t offset = position;

	if ((int64_t)position == writer->direction->urgent)
		return send(fd, writer->buffer, 1, MSG_OOB | MSG_NOSIGNAL);
	switch (writer->direction->writing.way) {
	case BY_WRITE:
	case BY_CORK:
		return write(fd, writer->buffer, size);
	case BY_WRITEV:
		return writev(fd, parts, split(writer, size, parts));
	case BY_SENDMSG:
		message.msg_iovlen = (size_t)split(writer, size, parts);
		return sendmsg(fd, &message, MSG_NOSIGNAL);
	case BY_SENDFILE:
		return sendfile(fd, writer->file, &offset, size);
	case BY_MORE:
		return send(fd, writer->buffer, size,
			    MSG_NOSIGNAL |
				(!last && writer->calls % GROUP != GROUP - 1 ? MSG_MORE : 0));
	default:
		return send(fd, writer->buffer, size, MSG_NOSIGNAL);
	}
}

/* A message ends before and after the urgent byte. */
static uint32_t message_size(struct writer *writer, uint32_t position, uint32_t to)
{
	const struct direction *direction = writer->direction;
	uint32_t size = 1 + (uint32_t)random_below(&writer->random, direction->writing.message);

	size = least(size, to - position);
	if ((int64_t)position == direction->urgent)
		return 1;
	if ((int64_t)position < direction->urgent)
		size = least(size, (uint32_t)(direction->urgent - position));
	return size;
}

/* 0, or the errno with which the whole message could not be written. */
static int write_message(struct writer *writer, uint32_t position, uint32_t size, bool last)
{
	struct outcome *outcome = writer->end->outcome;
	const struct direction *direction = writer->direction;
	uint32_t done = 0;

	pattern_fill(direction->stream, position, writer->buffer, size);
	while (done < size) {
		ssize_t sent;

		if (done)
			pattern_fill(direction->stream, position + done, writer->buffer,
				     size - done);
		sent = write_once(writer, position + done, size - done, last);
		if (sent > 0) {
			outcome->cut = sent < (ssize_t)(size - done);
			done += (uint32_t)sent;
			outcome->sent += (uint32_t)sent;
			continue;
		}
		if (sent < 0 && errno != EAGAIN)
			return errno;
		if (direction->writing.waiting == BY_BLOCKING || !waiter_wait(&writer->waiter)) {
			stalled(outcome, "writer", position + done, direction->size);
			return ETIMEDOUT;
		}
	}
	return 0;
}

static void write_all(struct writer *writer, uint32_t from, uint32_t to)
{
	const struct direction *direction = writer->direction;
	bool corked = direction->writing.way == BY_CORK;
	struct end *end = writer->end;
	uint32_t position = from;

	while (position < to && !end->outcome->write_error) {
		uint32_t size = message_size(writer, position, to);

		if (corked && writer->calls % GROUP == 0)
			cork(end->fd, 1);
		end->outcome->write_error =
		    write_message(writer, position, size, position + size == to);
		position += size;
		if (corked && (writer->calls % GROUP == GROUP - 1 || position == to))
			cork(end->fd, 0);
		writer->calls++;
		if (direction->writing.slow &&
		    random_one_in(&writer->random, direction->writing.slow))
			pause_for((double)random_below(&writer->random, 1000) / 1e6);
	}
}

void write_stream(struct end *end, uint32_t from, uint32_t to)
{
	static _Thread_local struct writer writer;

	writer.end = end;
	writer.direction = &end->plan->from[end->side];
	writer.random = writer.direction->stream + from;
	writer.file = -1;
	writer.calls = 0;
	if (!waiter_open(&writer.waiter, writer.direction->writing.waiting, end->fd, POLLOUT) ||
	    (writer.direction->writing.way == BY_SENDFILE && !file_of_stream(&writer)))
		end->outcome->write_error = errno;
	else
		write_all(&writer, from, to);
	waiter_close(&writer.waiter);
	if (writer.file >= 0)
		close(writer.file);
}
