// SPDX-License-Identifier: Apache-2.0
/* Readers that do not read, for a while. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "traffic.h"

#define READ_STREAM 1

/* Writes the stream until no progress for options->quiet seconds; `*position`: the bytes accepted.
 * 0 or an errno. */
static int write_until_blocked(const struct options *options, int fd, uint64_t *position)
{
	unsigned char *buffer = malloc(options->message);
	double progress = now();
	int error = buffer ? 0 : ENOMEM;

	set_blocking(fd, false);
	while (!error && *position < options->cap && now() - progress < options->quiet) {
		ssize_t sent;

		pattern_fill(READ_STREAM, *position, buffer, options->message);
		sent = send(fd, buffer, options->message, MSG_NOSIGNAL);
		if (sent > 0) {
			*position += (uint64_t)sent;
			progress = now();
		} else if (errno == EAGAIN) {
			pause_for(0.01);
		} else {
			error = errno;
		}
	}
	set_blocking(fd, true);
	free(buffer);
	return error;
}

static int write_side(struct session *session, int fd, int wake, int woken)
{
	const struct options *options = session->options;
	uint64_t accepted = 0;
	int error = write_until_blocked(options, fd, &accepted);

	if (error)
		return broken(session, "send before the pause: %s", strerror(error));
	session->shared->bytes = accepted;
	session_wake(wake);
	/* A second helping while the reader catches up: the way back to redirection. */
	if (!send_pattern(fd, READ_STREAM, accepted, options->bytes, options->message))
		return broken(session, "send after the pause: %s", strerror(errno));
	shutdown(fd, SHUT_WR);
	if (!session_wait(woken, options->timeout))
		return broken(session, "the reader did not finish");
	return 0;
}

static int read_side(struct session *session, int fd, int wake, int woken)
{
	const struct options *options = session->options;
	uint64_t expected;
	int error;

	if (!session_wait(woken, options->timeout + options->quiet + 60))
		return broken(session, "the writer never blocked");
	expected = session->shared->bytes + options->bytes;
	error = receive_pattern(fd, READ_STREAM, 0, expected, 0);
	if (error)
		return broken(session, "reading what had queued up: %s",
			      error == EBADMSG ? "bytes out of order" : strerror(error));
	if (receive_pattern(fd, READ_STREAM, expected, 1, 0) != EPIPE)
		return broken(session, "no end of file after the last byte");
	session->shared->right = expected;
	session_wake(wake);
	return 0;
}

static int slow_server(struct session *session)
{
	int fd = accept_met_connection(session);

	if (fd < 0)
		return broken(session, "accept: %s", strerror(errno));
	return session->options->from_server
		   ? write_side(session, fd, session->wake_client, session->server_woken)
		   : read_side(session, fd, session->wake_client, session->server_woken);
}

static int slow_client(struct session *session)
{
	int failed, fd = open_met_connection(session);

	if (fd < 0)
		return broken(session, "connect: %s", strerror(errno));
	failed = session->options->from_server
		     ? read_side(session, fd, session->wake_server, session->client_woken)
		     : write_side(session, fd, session->wake_server, session->client_woken);
	if (!failed)
		REPORT("result", "slow-reader", NUMBER("accepted", session->shared->bytes),
		       NUMBER("read", session->shared->right));
	return failed;
}

int run_slow_reader(const struct options *options)
{
	return run_halves(options, slow_server, slow_client);
}

/* Streams of connection i: 2i from the client, 2i+1 from the server. */
struct group {
	int *fds;
	unsigned int count;
	uint64_t sending, receiving;
};

static int group_send(struct session *session, const struct group *group, uint64_t position)
{
	const struct options *options = session->options;
	unsigned int i;

	for (i = 0; i < group->count; i++)
		if (!send_pattern(group->fds[i], 2 * i + group->sending, position, options->bytes,
				  options->message))
			return broken(session, "connection %u: send: %s", i, strerror(errno));
	return 0;
}

static int group_receive(struct session *session, const struct group *group, uint64_t position)
{
	const struct options *options = session->options;
	unsigned int i;

	for (i = 0; i < group->count; i++) {
		int error = receive_pattern(group->fds[i], 2 * i + group->receiving, position,
					    options->bytes, 0);

		if (error)
			return broken(session, "connection %u from byte %llu: %s", i,
				      (unsigned long long)position,
				      error == EBADMSG ? "wrong bytes" : strerror(error));
		/* Both halves are at it. */
		__atomic_fetch_add(&session->shared->bytes, options->bytes, __ATOMIC_RELAXED);
	}
	return 0;
}

static int unread_server(struct session *session)
{
	const struct options *options = session->options;
	struct group group = {.sending = 1, .receiving = 0};

	group.fds = calloc(options->count, sizeof(int));
	if (!group.fds)
		return broken(session, "out of memory");
	for (; group.count < options->count; group.count++) {
		group.fds[group.count] = accept_met_connection(session);
		if (group.fds[group.count] < 0)
			return broken(session, "accept: %s", strerror(errno));
	}
	if (group_send(session, &group, 0))
		return 1;
	session_wake(session->wake_client);
	/* Any time may pass here: a person may hold the other end. */
	session_wait(session->server_woken, 3600);
	if (group_receive(session, &group, 0) || group_send(session, &group, options->bytes))
		return 1;
	session_wake(session->wake_client);
	return group_receive(session, &group, options->bytes);
}

static int unread_client(struct session *session)
{
	const struct options *options = session->options;
	struct group group = {.sending = 0, .receiving = 1};
	char line[16];

	group.fds = calloc(options->count, sizeof(int));
	if (!group.fds)
		return broken(session, "out of memory");
	for (; group.count < options->count; group.count++) {
		group.fds[group.count] = open_met_connection(session);
		if (group.fds[group.count] < 0)
			return broken(session, "connect: %s", strerror(errno));
	}
	if (group_send(session, &group, 0))
		return 1;
	if (!session_wait(session->client_woken, options->timeout))
		return broken(session, "the server's half did not send");
	REPORT("ready", "unread", NUMBER("connections", group.count),
	       NUMBER("unread", options->bytes));
	if (!fgets(line, sizeof(line), stdin))
		return broken(session, "standard input ended before the word to read");
	session_wake(session->wake_server);
	if (group_receive(session, &group, 0) || group_send(session, &group, options->bytes))
		return 1;
	if (!session_wait(session->client_woken, options->timeout) ||
	    group_receive(session, &group, options->bytes))
		return broken(session, "bytes sent later did not arrive");
	close(session->wake_server);
	if (!session_wait(session->client_woken, options->timeout) && session->shared->error[0])
		return 1;
	REPORT("result", "unread", NUMBER("connections", group.count),
	       NUMBER("bytes", session->shared->bytes));
	return 0;
}

int run_unread(const struct options *options)
{
	return run_halves(options, unread_server, unread_client);
}
