// SPDX-License-Identifier: Apache-2.0
/* Connections whose first bytes meet a receiver that the datapath cannot serve yet. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "traffic.h"

#define ROUNDS 4 /* sends per connection after the first */

static size_t connection_bytes(const struct options *options)
{
	return options->message * (1 + ROUNDS);
}

/* Counts every connection as right or wrong, and keeps the first reason. */
static void judge(struct session *session, unsigned int index, int error)
{
	if (!error) {
		session->shared->right++;
		return;
	}
	session->shared->wrong++;
	broken(session, "connection %u: %s", index,
	       error == EBADMSG ? "bytes out of order" : strerror(error));
}

static int read_streams(struct session *session)
{
	const struct options *options = session->options;
	size_t size = connection_bytes(options);
	unsigned char *buffer = malloc(size);
	unsigned int i;

	for (i = 0; i < options->count && buffer; i++) {
		int fd = accept_connection(session);
		double start = now();
		ssize_t got;

		if (fd < 0) {
			free(buffer);
			return broken(session, "connection %u: accept: %s", i, strerror(errno));
		}
		got = receive_all(fd, buffer, size, options->wait_all ? MSG_WAITALL : 0);
		/* Bytes that only the socket's timeout brought to light count as never read. */
		if (now() - start >= options->timeout)
			judge(session, i, ETIMEDOUT);
		else if (got < 0)
			judge(session, i, errno);
		else if ((size_t)got != size)
			judge(session, i, EPIPE);
		else
			judge(session, i, pattern_check(i, 0, buffer, size) == size ? 0 : EBADMSG);
		send_pattern(fd, i, 0, 1, 1);
		close(fd);
	}
	free(buffer);
	return 0;
}

static int defer_server(struct session *session)
{
	int seconds = 5;

	if (setsockopt(session->listener, IPPROTO_TCP, TCP_DEFER_ACCEPT, &seconds, sizeof(seconds)))
		return broken(session, "TCP_DEFER_ACCEPT: %s", strerror(errno));
	/* The client waits for this before it connects. */
	session_wake(session->wake_client);
	return read_streams(session);
}

static int write_stream(struct session *session, int fd, unsigned int index, size_t from)
{
	const struct options *options = session->options;
	size_t size = connection_bytes(options);
	char byte;

	for (; from < size; from += options->message) {
		if (from && options->gap > 0)
			pause_for(options->gap);
		if (!send_pattern(fd, index, from, options->message, options->message))
			return broken(session, "connection %u: send: %s", index, strerror(errno));
	}
	/* The server answers when it has judged: connections follow one another. */
	if (receive_all(fd, &byte, 1, 0) != 1)
		return broken(session, "connection %u: no answer: %s", index, strerror(errno));
	return 0;
}

static int report_judgement(struct session *session, const char *test, uint64_t in_syn)
{
	const struct shared *shared = session->shared;

	REPORT("result", test, NUMBER("right", shared->right), NUMBER("wrong", shared->wrong),
	       NUMBER("dataInSyn", in_syn));
	if (shared->wrong || shared->right != session->options->count)
		return broken(session, "some connections were read wrong");
	return 0;
}

static int defer_client(struct session *session)
{
	unsigned int i;

	if (!session_wait(session->client_woken, session->options->timeout))
		return broken(session, "the server's half did not start");
	for (i = 0; i < session->options->count; i++) {
		int failed, fd = open_connection(session);

		if (fd < 0)
			return broken(session, "connection %u: connect: %s", i, strerror(errno));
		failed = write_stream(session, fd, i, 0);
		close(fd);
		if (failed)
			return 1;
	}
	return report_judgement(session, "defer", 0);
}

int run_defer(const struct options *options)
{
	return run_halves(options, defer_server, defer_client);
}

static int fast_open_server(struct session *session)
{
	int queue = 128;

	if (setsockopt(session->listener, IPPROTO_TCP, TCP_FASTOPEN, &queue, sizeof(queue)))
		return broken(session, "TCP_FASTOPEN: %s", strerror(errno));
	session_wake(session->wake_client);
	return read_streams(session);
}

static bool data_was_in_syn(int fd)
{
	struct tcp_info info;
	socklen_t size = sizeof(info);

	return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 &&
	       (info.tcpi_options & TCPI_OPT_SYN_DATA) != 0;
}

/* The first connection only fetches the cookie; from the second on bytes travel in the SYN. */
static int fast_open_client(struct session *session)
{
	const struct options *options = session->options;
	unsigned char *first = malloc(options->message);
	struct sockaddr_storage address;
	uint64_t in_syn = 0;
	socklen_t length;
	unsigned int i;
	int failed = !first;

	if (connection_address(session, &address, &length) ||
	    !session_wait(session->client_woken, options->timeout))
		failed = broken(session, "the server's half did not start");
	for (i = 0; i < options->count && !failed; i++) {
		int one = 1, fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

		set_timeout(fd, options->timeout);
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		pattern_fill(i, 0, first, options->message);
		if (sendto(fd, first, options->message, MSG_FASTOPEN | MSG_NOSIGNAL,
			   (struct sockaddr *)&address, length) != (ssize_t)options->message)
			failed =
			    broken(session, "connection %u: MSG_FASTOPEN: %s", i, strerror(errno));
		else
			failed = write_stream(session, fd, i, options->message);
		in_syn += data_was_in_syn(fd);
		close(fd);
	}
	free(first);
	return failed ? 1 : report_judgement(session, "fast-open", in_syn);
}

int run_fast_open(const struct options *options)
{
	return run_halves(options, fast_open_server, fast_open_client);
}

/* The server greets each connection before it hears anything, as SMTP and MySQL do. */
static int greet(struct session *session)
{
	const struct options *options = session->options;
	unsigned int i;

	for (i = 0; i < options->count; i++) {
		int error, fd = accept_connection(session);

		if (fd < 0)
			return broken(session, "connection %u: accept: %s", i, strerror(errno));
		if (!send_pattern(fd, i, 0, options->bytes, options->message))
			return broken(session, "connection %u: greeting: %s", i, strerror(errno));
		error = receive_pattern(fd, i + options->count, 0, options->bytes, 0);
		if (error)
			return broken(session, "connection %u: answer: %s", i, strerror(error));
		close(fd);
	}
	return 0;
}

static int be_greeted(struct session *session)
{
	const struct options *options = session->options;
	unsigned int i;

	for (i = 0; i < options->count; i++) {
		int error, fd = open_connection(session);
		double start;

		if (fd < 0)
			return broken(session, "connection %u: connect: %s", i, strerror(errno));
		start = now();
		error = receive_pattern(fd, i, 0, options->bytes, 0);
		if (!error && now() - start >= options->timeout)
			error = ETIMEDOUT;
		if (error)
			return broken(session, "connection %u: greeting: %s", i, strerror(error));
		if (!send_pattern(fd, i + options->count, 0, options->bytes, options->message))
			return broken(session, "connection %u: answer: %s", i, strerror(errno));
		if (receive_pattern(fd, i, options->bytes, 1, 0) != EPIPE)
			return broken(session, "connection %u: no end of file", i);
		close(fd);
	}
	REPORT("result", "server-first", NUMBER("connections", options->count));
	return 0;
}

int run_server_first(const struct options *options)
{
	return run_halves(options, greet, be_greeted);
}
