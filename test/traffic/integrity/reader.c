// SPDX-License-Identifier: Apache-2.0
/* The ways to read a stream. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>
#include "../random.h"
#include "integrity.h"

#define LOWAT_MOST 16384
/* What a timeout may end too early by: the kernel counts in ticks. */
#define TICK 0.005

struct reader {
	struct end *end;
	const struct direction *direction;
	struct waiter waiter;
	uint64_t random;
	double timeout;	 /* of a blocking call, seconds */
	double progress; /* when the last byte came */
	uint32_t position, to;
	uint32_t lowat;
	int pipe[2];
	unsigned char buffer[(256 << 10) + 64];
	unsigned char again[(256 << 10) + 64];
};

/* Large, and each thread reads one stream at a time. */
static _Thread_local struct reader this_reader;

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/*
 * At most half of what is still to come: a recv() that has taken some of it is woken
 * for as many fresh bytes again (tcp_data_ready()), which must be on their way.
 */
static void set_lowat(struct reader *reader, uint32_t size, uint32_t left)
{
	int lowat = (int)least(least(size, LOWAT_MOST), (left + 1) / 2);

	setsockopt(reader->end->fd, SOL_SOCKET, SO_RCVLOWAT, &lowat, sizeof(lowat));
	reader->lowat = (uint32_t)lowat;
}

/* A pipe takes 16 pieces, of any size. */
static ssize_t read_spliced(struct reader *reader, uint32_t size)
{
	bool blocking = reader->direction->reading.waiting == BY_BLOCKING;
	ssize_t got = splice(reader->end->fd, NULL, reader->pipe[1], NULL, size,
			     blocking ? 0 : SPLICE_F_NONBLOCK);

	return got > 0 ? read(reader->pipe[0], reader->buffer, (size_t)got) : got;
}

static ssize_t read_once(struct reader *reader, uint32_t size)
{
	struct iovec parts[2] = {{reader->buffer, size / 2},
				 {reader->buffer + size / 2, size - size / 2}};
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
	int fd = reader->end->fd;

	switch (reader->direction->reading.way) {
	case BY_READ:
		return read(fd, reader->buffer, size);
	case BY_READV:
		return readv(fd, parts, 2);
	case BY_RECVMSG:
		return recvmsg(fd, &message, 0);
	case BY_PEEK:
		return recv(fd, reader->again, size, MSG_PEEK);
	case BY_SPLICE:
		return read_spliced(reader, size);
	case BY_WAITALL:
		return recv(fd, reader->buffer, size, MSG_WAITALL);
	default:
		return recv(fd, reader->buffer, size, 0);
	}
}

/* What was shown to a peek must be what the next recv() of that length returns. */
static ssize_t read_peeked(struct reader *reader, ssize_t peeked)
{
	ssize_t got = recv(reader->end->fd, reader->buffer, (size_t)peeked, MSG_DONTWAIT);

	if (got != peeked || memcmp(reader->buffer, reader->again, (size_t)peeked) != 0)
		reader->end->outcome->wrong_at = reader->position;
	return got;
}

/*
 * Where the urgent byte is out of band, the stream goes on with the next one.
 * Returns how many positions `got` bytes stand for.
 */
static uint32_t check(struct reader *reader, uint32_t got)
{
	const struct direction *direction = reader->direction;
	struct outcome *outcome = reader->end->outcome;
	int64_t urgent = direction->urgent;
	size_t right = pattern_check(direction->stream, reader->position, reader->buffer, got);
	uint32_t before;

	if (urgent < (int64_t)reader->position || urgent >= (int64_t)reader->position + got) {
		if (right != got)
			outcome->wrong_at = reader->position + (int64_t)right;
		return got;
	}
	if (right == got) {
		outcome->urgent_inline = true;
		return got;
	}
	before = (uint32_t)(urgent - reader->position);
	if (right != before || pattern_check(direction->stream, (uint64_t)urgent + 1,
					     reader->buffer + before, got - before) != got - before)
		outcome->wrong_at = reader->position + (int64_t)right;
	return got + 1;
}

/*
 * The clock that goes on with the ticks that timeouts are counted in: where a machine is late with
 * them, a timeout ends early by any other.
 */
static double tick_clock(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Whether to try again after a call that had no bytes and began at `ticks`. */
static bool wait_for_bytes(struct reader *reader, double ticks)
{
	struct outcome *outcome = reader->end->outcome;
	double waited = tick_clock() - ticks;

	if (now() - reader->progress < STALL_SECONDS) {
		if (reader->direction->reading.waiting == BY_BLOCKING) {
			outcome->early_eagain += waited + TICK < reader->timeout;
			return true;
		}
		if (waiter_wait(&reader->waiter))
			return true;
	}
	stalled(outcome, "reader", reader->position, reader->direction->size);
	return false;
}

/* One call; with SO_RCVLOWAT not before poll() or epoll says that there is enough. */
static ssize_t read_when_ready(struct reader *reader, uint32_t size)
{
	const struct reading *reading = &reader->direction->reading;

	if (reading->way == BY_LOWAT)
		set_lowat(reader, size, reader->to - reader->position);
	if (reading->way == BY_LOWAT && reading->waiting != BY_BLOCKING &&
	    reading->waiting != BY_EPOLL_EDGE && !waiter_wait(&reader->waiter)) {
		stalled(reader->end->outcome, "reader, before its call,", reader->position,
			reader->direction->size);
		errno = ETIMEDOUT;
		return -1;
	}
	return read_once(reader, size);
}

static void account(struct reader *reader, uint32_t size, ssize_t got, double started)
{
	struct outcome *outcome = reader->end->outcome;
	enum read_way way = reader->direction->reading.way;

	/* A reader asleep beside its bytes returns them when its timeout ends. */
	if (reader->direction->reading.waiting == BY_BLOCKING && now() - started >= STALL_SECONDS)
		stalled(outcome, "reader, asleep beside its bytes,", reader->position,
			reader->direction->size);
	if (way == BY_PEEK)
		got = read_peeked(reader, got);
	if (way == BY_WAITALL && got < (ssize_t)size)
		outcome->short_waitall++;
	/* poll() does not promise as much: a window that is nearly closed makes readable, too. */
	if (way == BY_LOWAT && reader->direction->reading.waiting == BY_BLOCKING &&
	    got < (ssize_t)reader->lowat)
		outcome->short_lowat++;
	if (got <= 0)
		return;
	reader->position += check(reader, (uint32_t)got);
	outcome->received += (uint32_t)got;
	reader->progress = now();
}

static void read_all(struct reader *reader)
{
	const struct reading *reading = &reader->direction->reading;
	struct outcome *outcome = reader->end->outcome;

	reader->progress = now();
	while (reader->position < reader->to && outcome->wrong_at < 0 && !outcome->stalled[0]) {
		uint32_t size = 1 + (uint32_t)random_below(&reader->random, reading->largest);
		double started = now(), ticks = tick_clock();
		ssize_t got;

		size = least(size, reader->to - reader->position);
		got = read_when_ready(reader, size);
		if (got > 0) {
			account(reader, size, got, started);
		} else if (got == 0 || errno != EAGAIN) {
			outcome->read_end = got == 0 ? END_OF_FILE : errno;
			return;
		} else if (!wait_for_bytes(reader, ticks)) {
			outcome->read_end = ETIMEDOUT;
			return;
		}
		if (reading->slow && random_one_in(&reader->random, reading->slow))
			pause_for((double)random_below(&reader->random, 1000) / 1e6);
	}
}

static void reader_open(struct reader *reader, struct end *end, uint32_t from, uint32_t to)
{
	reader->end = end;
	reader->direction = &end->plan->from[!end->side];
	reader->random = ~reader->direction->stream + from;
	reader->position = from;
	reader->to = to;
	reader->timeout = STALL_SECONDS;
	if (!waiter_open(&reader->waiter, reader->direction->reading.waiting, end->fd, POLLIN) ||
	    pipe2(reader->pipe, O_CLOEXEC))
		end->outcome->read_end = errno;
}

static void reader_close(struct reader *reader)
{
	waiter_close(&reader->waiter);
	close(reader->pipe[0]);
	close(reader->pipe[1]);
}

static void set_read_timeout(int fd, double seconds)
{
	struct timeval tv = {.tv_sec = (time_t)seconds,
			     .tv_usec = (suseconds_t)((seconds - (double)(time_t)seconds) * 1e6)};

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
}

void read_stream(struct end *end, uint32_t from, uint32_t to)
{
	struct reader *reader = &this_reader;

	reader_open(reader, end, from, to);
	if (reader->direction->urgent_inline) {
		int one = 1;

		setsockopt(end->fd, SOL_SOCKET, SO_OOBINLINE, &one, sizeof(one));
	}
	if (reader->direction->reading.way == BY_RCVTIMEO) {
		reader->timeout = 0.002 + (double)random_below(&reader->random, 15) / 1e3;
		set_read_timeout(end->fd, reader->timeout);
	}
	if (from == 0 && reader->direction->reading.late)
		pause_for(reader->direction->reading.late / 1e6);
	if (!end->outcome->read_end)
		read_all(reader);
	if (reader->direction->reading.way == BY_RCVTIMEO)
		set_read_timeout(end->fd, STALL_SECONDS);
	if (reader->direction->reading.way == BY_LOWAT)
		set_lowat(reader, 1, 1);
	reader_close(reader);
}

int read_the_end(struct end *end)
{
	struct reader *reader = &this_reader;
	struct outcome *outcome = end->outcome;
	int result = 0;

	reader_open(reader, end, end->plan->from[!end->side].size, UINT32_MAX);
	reader->progress = now();
	while (!result) {
		double started = now();
		ssize_t got = recv(end->fd, reader->buffer, sizeof(reader->buffer), 0);

		if (got > 0) {
			outcome->wrong_at = end->plan->from[!end->side].size;
			outcome->received += (uint32_t)got;
		}
		if (got >= 0)
			result = got == 0 ? END_OF_FILE : EBADMSG;
		else if (errno != EAGAIN)
			result = errno;
		else if (!wait_for_bytes(reader, started))
			result = ETIMEDOUT;
	}
	reader_close(reader);
	return result;
}
