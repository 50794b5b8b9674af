// SPDX-License-Identifier: Apache-2.0
/*
 * A reader that looks at all bytes before it takes the first (SO_PEEK_OFF, for TCP from 6.10 on),
 * as passt does. It begins to do so when it has read a message.
 */
#include <errno.h>
#include <string.h>
#include "traffic.h"

static int look_ahead(struct session *session, int fd, unsigned int index)
{
	const struct options *options = session->options;
	unsigned char buffer[options->message];
	size_t at = options->message;

	while (at < options->bytes) {
		ssize_t got = recv(fd, buffer, sizeof(buffer), MSG_PEEK);

		if (got <= 0)
			return broken(session, "connection %u: peek at byte %zu: %s", index, at,
				      got ? strerror(errno) : "end of file");
		if (pattern_check(index, at, buffer, (size_t)got) != (size_t)got)
			return broken(session, "connection %u: peek at byte %zu: other bytes",
				      index, at);
		at += (size_t)got;
	}
	return 0;
}

static int serve_one(struct session *session, int fd, unsigned int index)
{
	const struct options *options = session->options;
	int error = receive_pattern(fd, index, 0, options->message, 0), from_here = 0;

	if (!error && setsockopt(fd, SOL_SOCKET, SO_PEEK_OFF, &from_here, sizeof(from_here)))
		return broken(session, "SO_PEEK_OFF: %s", strerror(errno));
	if (!error && !send_pattern(fd, index, 0, 1, 1))
		error = errno;
	if (!error && look_ahead(session, fd, index))
		return 1;
	if (!error)
		error = receive_pattern(fd, index, options->message,
					options->bytes - options->message, 0);
	if (error)
		return broken(session, "connection %u: %s", index, strerror(error));
	send_pattern(fd, index, 1, 1, 1);
	return 0;
}

static int peek_server(struct session *session)
{
	return use_each(session, accept_met_connection, serve_one);
}

static int send_one(struct session *session, int fd, unsigned int index)
{
	const struct options *options = session->options;
	bool sent = send_pattern(fd, index, 0, options->message, options->message) &&
		    receive_pattern(fd, index, 0, 1, 0) == 0 &&
		    send_pattern(fd, index, options->message, options->bytes - options->message,
				 options->message);
	int error = sent ? receive_pattern(fd, index, 1, 1, 0) : errno;

	if (!sent || error)
		return broken(session, "connection %u: %s", index, strerror(error));
	return 0;
}

static int peek_client(struct session *session)
{
	if (use_each(session, open_met_connection, send_one))
		return 1;
	REPORT("result", "peek", NUMBER("connections", session->options->count));
	return 0;
}

int run_peek(const struct options *options)
{
	return run_halves(options, peek_server, peek_client);
}
