// SPDX-License-Identifier: Apache-2.0
/*
 * Readers that splice() what they get into a pipe: the server returns it from there, as proxies do
 * that never look at it. Every second connection is read with a splice() that blocks. With --late
 * the server has received one message otherwise before, and the client never splices.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>
#include "traffic.h"

#define PIPE_SIZE 65536

struct spliced {
	int fd, from, to; /* the ends of a pipe */
	bool blocking;
};

/* Bytes that are in the pipe now, 0 at the end of file, -1 with errno. */
static ssize_t fill_pipe(const struct session *session, const struct spliced *end, size_t size)
{
	struct pollfd poll_fd = {.fd = end->fd, .events = POLLIN};
	double deadline = now() + session->options->timeout;
	ssize_t got;

	set_blocking(end->fd, end->blocking);
	do {
		got = splice(end->fd, NULL, end->to, NULL, size,
			     end->blocking ? 0 : SPLICE_F_NONBLOCK);
	} while (got < 0 && errno == EAGAIN && !end->blocking &&
		 poll(&poll_fd, 1, (int)(session->options->timeout * 1000)) == 1 &&
		 now() < deadline);
	if (got < 0 && errno == EAGAIN)
		errno = ETIMEDOUT;
	set_blocking(end->fd, true);
	return got;
}

static bool empty_pipe(const struct spliced *end, size_t size)
{
	while (size) {
		ssize_t sent = splice(end->from, NULL, end->fd, NULL, size, 0);

		if (sent <= 0)
			return false;
		size -= (size_t)sent;
	}
	return true;
}

static int serve_spliced(struct session *session, const struct spliced *end, unsigned int index)
{
	size_t message = session->options->message;
	ssize_t got;
	int error;

	if (session->options->late) {
		error = receive_pattern(end->fd, index, 0, message, 0);
		if (error || !send_pattern(end->fd, index, 0, message, message))
			return broken(session, "connection %u: %s", index, strerror(error));
	}
	while ((got = fill_pipe(session, end, PIPE_SIZE)) > 0)
		if (!empty_pipe(end, (size_t)got))
			break;
	if (got)
		return broken(session, "connection %u: the server: %s", index, strerror(errno));
	return 0;
}

/* The answer to a message; 0, or an errno. */
static int read_answer(const struct session *session, const struct spliced *end, unsigned int index,
		       uint64_t position)
{
	unsigned char buffer[PIPE_SIZE];
	size_t done, size = session->options->message;

	for (done = 0; done < size;) {
		ssize_t got = fill_pipe(session, end, size - done);

		if (got < 0)
			return errno;
		if (got == 0 || read(end->from, buffer, (size_t)got) != got)
			return EPIPE;
		if (pattern_check(index, position + done, buffer, (size_t)got) != (size_t)got)
			return EBADMSG;
		done += (size_t)got;
	}
	return 0;
}

static int exchange_spliced(struct session *session, const struct spliced *end, unsigned int index)
{
	size_t message = session->options->message;
	uint64_t at;

	for (at = 0; at < session->options->bytes; at += message) {
		bool late = session->options->late;
		int error = send_pattern(end->fd, index, at, message, message) ? 0 : errno;

		if (!error)
			error = late ? receive_pattern(end->fd, index, at, message, 0)
				     : read_answer(session, end, index, at);
		if (error)
			return broken(session, "connection %u: the answer to byte %llu: %s", index,
				      (unsigned long long)at, strerror(error));
		session->shared->right++;
		/* Until the server has begun to splice(). */
		if (late && at == 0)
			pause_for(session->options->gap);
	}
	return 0;
}

/* With the pipe that it is spliced through. */
static int use_spliced(struct session *session, int fd, unsigned int index,
		       int (*use)(struct session *, const struct spliced *, unsigned int))
{
	struct spliced end = {.fd = fd, .blocking = index % 2};
	int ends[2], failed;

	if (pipe2(ends, O_CLOEXEC))
		return broken(session, "connection %u: pipe: %s", index, strerror(errno));
	end.from = ends[0];
	end.to = ends[1];
	failed = use(session, &end, index);
	close(ends[0]);
	close(ends[1]);
	return failed;
}

static int serve_one(struct session *session, int fd, unsigned int index)
{
	return use_spliced(session, fd, index, serve_spliced);
}

static int splice_server(struct session *session)
{
	return use_each(session, accept_connection, serve_one);
}

static int exchange_one(struct session *session, int fd, unsigned int index)
{
	return use_spliced(session, fd, index, exchange_spliced);
}

static int splice_client(struct session *session)
{
	if (use_each(session, open_connection, exchange_one))
		return 1;
	REPORT("result", "splice", NUMBER("answers", session->shared->right));
	return 0;
}

int run_splice(const struct options *options)
{
	return run_halves(options, splice_server, splice_client);
}
