// SPDX-License-Identifier: Apache-2.0
/* An echo whose ends read in one task and write in another, so that readers wait beside writers. */
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>
#include "traffic.h"

#define STREAM 0

struct end {
	struct session *session;
	int fd;
	int pipe[2]; /* what the server's reader hands to its writer */
	uint64_t got;
};

/* Reads with plain recv() calls until the end of the stream, and hands on what was right. */
static void *read_stream(void *argument)
{
	struct end *end = argument;
	unsigned char buffer[16384];
	double progress = now();

	for (;;) {
		ssize_t got = recv(end->fd, buffer, sizeof(buffer), 0);

		/* It may be woken without data (churn.c). */
		if (got < 0 && errno == EAGAIN && now() - progress < end->session->options->timeout)
			continue;
		if (got < 0)
			broken(end->session, "after byte %llu: %s", (unsigned long long)end->got,
			       strerror(errno));
		if (got <= 0)
			break;
		progress = now();
		if (pattern_check(STREAM, end->got, buffer, (size_t)got) != (size_t)got) {
			broken(end->session, "byte %llu or one after it is wrong",
			       (unsigned long long)end->got);
			break;
		}
		end->got += (uint64_t)got;
		if (end->pipe[1] >= 0 && write(end->pipe[1], buffer, (size_t)got) != got)
			break;
	}
	if (end->pipe[1] >= 0)
		close(end->pipe[1]);
	return NULL;
}

static int serve(struct session *session)
{
	struct end end = {.session = session, .fd = accept_connection(session)};
	unsigned char buffer[16384];
	pthread_t reader;
	ssize_t got;

	if (end.fd < 0 || pipe(end.pipe) || pthread_create(&reader, NULL, read_stream, &end))
		return broken(session, "accept: %s", strerror(errno));
	while ((got = read(end.pipe[0], buffer, sizeof(buffer))) > 0) {
		if (!send_all(end.fd, buffer, (size_t)got)) {
			broken(session, "send: %s", strerror(errno));
			shutdown(end.fd, SHUT_RDWR);
		}
	}
	pthread_join(reader, NULL);
	close(end.pipe[0]);
	close(end.fd);
	return session->shared->error[0] != 0;
}

static int send_at_rate(struct session *session, int fd, uint64_t *sent)
{
	const struct options *options = session->options;
	double start = now();

	for (*sent = 0; now() - start < options->hold; *sent += options->message) {
		if (!send_pattern(fd, STREAM, *sent, options->message, options->message))
			return broken(session, "send: %s", strerror(errno));
		pause_for(1 / options->rate);
	}
	return 0;
}

static int send_and_read(struct session *session)
{
	struct end end = {.session = session, .fd = open_connection(session), .pipe = {-1, -1}};
	pthread_t reader;
	uint64_t sent;
	int failed;

	if (end.fd < 0 || pthread_create(&reader, NULL, read_stream, &end))
		return broken(session, "connect: %s", strerror(errno));
	REPORT("ready", "tasks", NUMBER("port", session->shared->port));
	failed = send_at_rate(session, end.fd, &sent);
	shutdown(end.fd, SHUT_WR);
	pthread_join(reader, NULL);
	close(end.fd);
	if (!failed && end.got != sent)
		failed = broken(session, "%llu of %llu bytes came back",
				(unsigned long long)end.got, (unsigned long long)sent);
	if (!failed)
		REPORT("result", "tasks", NUMBER("bytes", sent));
	return failed;
}

int run_tasks(const struct options *options)
{
	return run_halves(options, serve, send_and_read);
}
