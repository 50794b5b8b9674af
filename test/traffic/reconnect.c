// SPDX-License-Identifier: Apache-2.0
/*
 * A socket that is connected anew: connect(AF_UNSPEC), then connect() to an echo server, that
 * --connect names. What is sent goes there and nowhere else, and nothing of the first connection is
 * read on the second one.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "traffic.h"

#define UNREAD 500

static int first_server(struct session *session)
{
	const struct options *options = session->options;
	unsigned int i;

	for (i = 0; i < options->count; i++) {
		int error, fd = accept_connection(session);
		char byte;

		if (fd < 0)
			return broken(session, "connection %u: accept: %s", i, strerror(errno));
		error = receive_pattern(fd, i, 0, options->message, 0);
		if (error)
			return broken(session, "connection %u: request: %s", i, strerror(error));
		if (!send_pattern(fd, i, 0, options->message + UNREAD, options->message + UNREAD))
			return broken(session, "connection %u: reply: %s", i, strerror(errno));
		session_wake(session->wake_client);
		/* The client is done with its second connection. */
		if (!session_wait(session->server_woken, options->timeout))
			return broken(session, "connection %u: the client does not come back", i);
		set_blocking(fd, false);
		if (recv(fd, &byte, 1, 0) > 0)
			return broken(session, "connection %u: bytes of the second one came", i);
		close(fd);
	}
	return 0;
}

static bool connect_anew(const struct session *session, int fd)
{
	struct sockaddr nowhere = {.sa_family = AF_UNSPEC};
	struct sockaddr_storage address;
	socklen_t size;

	return connect(fd, &nowhere, sizeof(nowhere)) == 0 &&
	       connection_address(session, &address, &size) == 0 &&
	       connect(fd, (struct sockaddr *)&address, size) == 0;
}

static int client(struct session *session)
{
	const struct options *options = session->options;
	struct options first_options = *options;
	struct session first = *session;
	unsigned int i;

	first_options.connect = NULL;
	first.options = &first_options;
	for (i = 0; i < options->count; i++) {
		int error, fd = open_connection(&first);
		unsigned int again = i + options->count;

		if (fd < 0)
			return broken(session, "connection %u: connect: %s", i, strerror(errno));
		if (!send_pattern(fd, i, 0, options->message, options->message))
			return broken(session, "connection %u: send: %s", i, strerror(errno));
		error = receive_pattern(fd, i, 0, options->message, 0);
		if (error || !session_wait(session->client_woken, options->timeout))
			return broken(session, "connection %u: reply: %s", i, strerror(error));
		if (!connect_anew(session, fd))
			return broken(session, "connection %u: again: %s", i, strerror(errno));
		if (!send_pattern(fd, again, 0, options->bytes, options->message))
			return broken(session, "connection %u: second send: %s", i,
				      strerror(errno));
		error = receive_pattern(fd, again, 0, options->bytes, 0);
		if (error)
			return broken(session, "connection %u: second reply: %s", i,
				      strerror(error));
		session_wake(session->wake_server);
		close(fd);
	}
	REPORT("result", "reconnect", NUMBER("connections", options->count));
	return 0;
}

int run_reconnect(const struct options *options)
{
	if (!options->connect)
		REPORT("error", "reconnect", TEXT("message", "--connect is missing"));
	return options->connect ? run_halves(options, first_server, client) : 1;
}
