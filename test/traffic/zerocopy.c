// SPDX-License-Identifier: Apache-2.0
/* A sender that waits for the kernel to say that it is done with its buffer (MSG_ZEROCOPY). */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "traffic.h"
/* Wants struct timespec. */
#include <linux/errqueue.h>

static int sink_server(struct session *session)
{
	const struct options *options = session->options;
	unsigned int i;

	for (i = 0; i < options->count; i++) {
		int fd = accept_connection(session), error;

		if (fd < 0)
			return broken(session, "connection %u: accept: %s", i, strerror(errno));
		error = receive_pattern(fd, i, 0, options->bytes, 0);
		if (error)
			return broken(session, "connection %u: %s", i, strerror(error));
		send_pattern(fd, i, 0, 1, 1);
		close(fd);
	}
	return 0;
}

/* How many sends the next notification of the error queue completes; 0 with errno: none came. */
static unsigned int read_completion(int fd, double timeout)
{
	struct pollfd poll_fd = {.fd = fd};
	char control[128];
	struct msghdr message = {.msg_control = control, .msg_controllen = sizeof(control)};
	struct sock_extended_err *error;
	struct cmsghdr *header;

	errno = ETIMEDOUT;
	if (poll(&poll_fd, 1, (int)(timeout * 1000)) != 1 ||
	    recvmsg(fd, &message, MSG_ERRQUEUE) < 0)
		return 0;
	header = CMSG_FIRSTHDR(&message);
	error = header ? (struct sock_extended_err *)(void *)CMSG_DATA(header) : NULL;
	errno = EPROTO;
	if (!error || error->ee_origin != SO_EE_ORIGIN_ZEROCOPY)
		return 0;
	return error->ee_data - error->ee_info + 1;
}

static int send_without_copy(struct session *session, int fd, unsigned int index)
{
	const struct options *options = session->options;
	unsigned char buffer[options->message];
	size_t at;

	for (at = 0; at < options->bytes; at += options->message) {
		pattern_fill(index, at, buffer, options->message);
		if (send(fd, buffer, options->message, MSG_ZEROCOPY) != (ssize_t)options->message)
			return broken(session, "connection %u: send: %s", index, strerror(errno));
		/* Only now may the buffer be written again. */
		if (read_completion(fd, options->timeout) != 1)
			return broken(session, "connection %u: no completion for byte %zu: %s",
				      index, at, strerror(errno));
		session->shared->right++;
	}
	return 0;
}

static int zerocopy_client(struct session *session)
{
	unsigned int i;

	for (i = 0; i < session->options->count; i++) {
		int fd = open_connection(session);
		int one = 1, failed;
		char byte;

		if (fd < 0)
			return broken(session, "connection %u: connect: %s", i, strerror(errno));
		if (session->options->late &&
		    setsockopt(fd, SOL_SOCKET, SO_ZEROCOPY, &one, sizeof(one)))
			return broken(session, "SO_ZEROCOPY: %s", strerror(errno));
		failed = send_without_copy(session, fd, i);
		if (!failed && receive_all(fd, &byte, 1, 0) != 1)
			failed = broken(session, "connection %u: no answer", i);
		close(fd);
		if (failed)
			return 1;
	}
	REPORT("result", "zerocopy", NUMBER("completions", session->shared->right));
	return 0;
}

int run_zerocopy(const struct options *options)
{
	struct options own = *options;

	own.zerocopy = !options->late;
	return run_halves(&own, sink_server, zerocopy_client);
}
