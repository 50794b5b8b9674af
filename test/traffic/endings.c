// SPDX-License-Identifier: Apache-2.0
/* How connections end: short ones, half-closed ones, reset ones. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "traffic.h"

enum ending { CLIENT_CLOSES, SERVER_CLOSES, CLIENT_RESETS, SERVER_RESETS, SILENT, ENDINGS };

static enum ending ending_of(unsigned int index)
{
	return (enum ending)(index % ENDINGS);
}

static void reset_on_close(int fd)
{
	struct linger linger = {.l_onoff = 1, .l_linger = 0};

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
}

/*
 * A recv() that sleeps in tcp_bpf_recvmsg() while a reset arrives returns EAGAIN,
 * blocking or not (tcp_msg_wait_data() looks at the queues only); the next one says
 * ECONNRESET. Allowed, and counted: plain TCP does not do it.
 */
static bool peer_ended(struct session *session, int fd)
{
	double start = now();
	char byte;
	ssize_t got = recv(fd, &byte, 1, 0);

	if (got < 0 && errno == EAGAIN && now() - start < session->options->timeout / 2) {
		session->shared->wrong++;
		got = recv(fd, &byte, 1, 0);
	}
	return got == 0 || (got < 0 && errno == ECONNRESET);
}

static int short_server(struct session *session)
{
	const struct options *options = session->options;
	unsigned int i;

	for (i = 0; i < options->count; i++) {
		enum ending ending = ending_of(i);
		int fd = accept_connection(session);

		if (fd < 0)
			return broken(session, "connection %u: accept: %s", i, strerror(errno));
		if (ending != SILENT) {
			int error = receive_pattern(fd, i, 0, options->message, 0);

			if (error)
				return broken(session, "connection %u: request: %s", i,
					      strerror(error));
			if (!send_pattern(fd, i, 0, options->message, options->message))
				return broken(session, "connection %u: reply: %s", i,
					      strerror(errno));
		}
		if (ending == SERVER_RESETS) {
			char byte;

			/* Not before the reply was read: a reset may overtake it on plain TCP. */
			receive_all(fd, &byte, 1, 0);
			reset_on_close(fd);
		} else if (ending != SERVER_CLOSES && !peer_ended(session, fd)) {
			return broken(session, "connection %u: the client's end was not seen", i);
		}
		close(fd);
	}
	return 0;
}

static int short_client(struct session *session)
{
	const struct options *options = session->options;
	double start = now();
	unsigned int i;

	for (i = 0; i < options->count; i++) {
		enum ending ending = ending_of(i);
		int error = 0, fd = open_connection(session);

		if (fd < 0)
			return broken(session, "connection %u: connect: %s", i, strerror(errno));
		if (ending != SILENT) {
			if (!send_pattern(fd, i, 0, options->message, options->message))
				return broken(session, "connection %u: send: %s", i,
					      strerror(errno));
			error = receive_pattern(fd, i, 0, options->message, 0);
		}
		if (error)
			return broken(session, "connection %u: reply: %s", i, strerror(error));
		if (ending == CLIENT_RESETS)
			reset_on_close(fd);
		if (ending == SERVER_RESETS)
			send_pattern(fd, i, 0, 1, 1);
		if ((ending == SERVER_CLOSES || ending == SERVER_RESETS) &&
		    !peer_ended(session, fd))
			return broken(session, "connection %u: the server's end was not seen", i);
		close(fd);
	}
	REPORT("result", "short", NUMBER("connections", options->count),
	       NUMBER("resetsSeenAsEagain", session->shared->wrong),
	       NUMBER("seconds", now() - start));
	return 0;
}

int run_short(const struct options *options)
{
	return run_halves(options, short_server, short_client);
}

/*
 * The client ends its direction, the server then answers at length and closes;
 * the client reads late, when its socket has left all TCP states behind.
 */
static int half_close_server(struct session *session)
{
	const struct options *options = session->options;
	unsigned int i;

	for (i = 0; i < options->count; i++) {
		int error, fd = accept_met_connection(session);

		if (fd < 0)
			return broken(session, "connection %u: accept: %s", i, strerror(errno));
		error = receive_pattern(fd, i, 0, options->bytes, 0);
		if (!error)
			error = receive_pattern(fd, i, options->bytes, 1, 0) == EPIPE ? 0 : EBADMSG;
		if (error)
			return broken(session, "connection %u: request: %s", i, strerror(error));
		if (!send_pattern(fd, i, 0, options->bytes, options->message))
			return broken(session, "connection %u: reply: %s", i, strerror(errno));
		close(fd);
		session_wake(session->wake_client);
	}
	return 0;
}

static int half_close_client(struct session *session)
{
	const struct options *options = session->options;
	unsigned int i;

	for (i = 0; i < options->count; i++) {
		int error, fd = open_met_connection(session);

		if (fd < 0)
			return broken(session, "connection %u: connect: %s", i, strerror(errno));
		if (!send_pattern(fd, i, 0, options->bytes, options->message))
			return broken(session, "connection %u: send: %s", i, strerror(errno));
		shutdown(fd, SHUT_WR);
		if (send(fd, "", 1, MSG_NOSIGNAL) != -1 || errno != EPIPE)
			return broken(session, "connection %u: send after SHUT_WR worked", i);
		if (!session_wait(session->client_woken, options->timeout))
			return broken(session, "connection %u: no reply", i);
		pause_for(options->gap);
		error = receive_pattern(fd, i, 0, options->bytes, 0);
		if (error)
			return broken(session, "connection %u: reply: %s", i, strerror(error));
		if (receive_pattern(fd, i, options->bytes, 1, 0) != EPIPE)
			return broken(session, "connection %u: no end of file", i);
		close(fd);
	}
	REPORT("result", "half-close", NUMBER("connections", options->count));
	return 0;
}

int run_half_close(const struct options *options)
{
	return run_halves(options, half_close_server, half_close_client);
}

/* The server resets while the client has `bytes` unread; how many can it still read? */
static int reset_server(struct session *session)
{
	const struct options *options = session->options;
	unsigned int i;

	for (i = 0; i < options->count; i++) {
		int error, fd = accept_met_connection(session);

		if (fd < 0)
			return broken(session, "connection %u: accept: %s", i, strerror(errno));
		error = receive_pattern(fd, i, 0, options->message, 0);
		if (error)
			return broken(session, "connection %u: request: %s", i, strerror(error));
		if (!send_pattern(fd, i, 0, options->bytes, options->message))
			return broken(session, "connection %u: reply: %s", i, strerror(errno));
		reset_on_close(fd);
		close(fd);
		session_wake(session->wake_client);
	}
	return 0;
}

static int reset_client(struct session *session)
{
	const struct options *options = session->options;
	uint64_t readable = 0, reported = 0;
	unsigned int i;

	for (i = 0; i < options->count; i++) {
		int error, fd = open_met_connection(session);

		if (fd < 0)
			return broken(session, "connection %u: connect: %s", i, strerror(errno));
		if (!send_pattern(fd, i, 0, options->message, options->message))
			return broken(session, "connection %u: send: %s", i, strerror(errno));
		if (!session_wait(session->client_woken, options->timeout))
			return broken(session, "connection %u: no reply", i);
		pause_for(options->gap);
		error = receive_pattern(fd, i, 0, options->bytes, 0);
		if (error == EBADMSG || error == ETIMEDOUT)
			return broken(session, "connection %u: %s", i, strerror(error));
		readable += !error;
		if (!error)
			error = receive_pattern(fd, i, options->bytes, 1, 0);
		reported += error == ECONNRESET;
		if (send(fd, "", 1, MSG_NOSIGNAL) != -1)
			return broken(session, "connection %u: send after a reset worked", i);
		close(fd);
	}
	REPORT("result", "reset", NUMBER("connections", options->count),
	       NUMBER("readable", readable), NUMBER("reported", reported));
	return 0;
}

int run_reset(const struct options *options)
{
	return run_halves(options, reset_server, reset_client);
}
