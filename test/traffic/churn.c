// SPDX-License-Identifier: Apache-2.0
/*
 * Connections that send both ways at once, in messages of any size, to readers
 * that read in any way and pause now and then: every change between redirection
 * and the stack that a datapath may make happens here, many times.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "random.h"
#include "traffic.h"

#define SMALL_MESSAGE 1000

struct worker {
	struct session *session;
	int fd;
	uint64_t stream;
	uint64_t random;
	int error;
	unsigned int spurious;
	pthread_t thread;
};

static uint64_t draw(struct worker *worker, uint64_t limit)
{
	return random_below(&worker->random, limit);
}

static void rest(struct worker *worker, unsigned int one_in)
{
	if (draw(worker, one_in) == 0)
		pause_for((double)draw(worker, 3000) / 1e6);
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static void *write_randomly(void *argument)
{
	struct worker *worker = argument;
	const struct options *options = worker->session->options;
	size_t position = 0;

	while (position < options->bytes) {
		bool small = options->shrink && position >= options->bytes / 2;
		size_t size = 1 + draw(worker, small ? SMALL_MESSAGE : options->message);

		size = least(size, options->bytes - position);
		if (!send_pattern(worker->fd, worker->stream, position, size, size)) {
			worker->error = errno;
			return NULL;
		}
		position += size;
		rest(worker, 50);
	}
	return NULL;
}

/*
 * A recv() that sleeps in tcp_bpf_recvmsg() returns EAGAIN, blocking or not, when it
 * is woken for another reason than data, such as room to write
 * (tcp_msg_wait_data()). Allowed, and counted: plain TCP does not do it.
 */
static ssize_t receive_some(struct worker *worker, unsigned char *buffer, size_t size, int flags)
{
	double start = now();
	ssize_t got;

	while ((got = recv(worker->fd, buffer, size, flags)) < 0 && errno == EAGAIN &&
	       now() - start < worker->session->options->timeout)
		worker->spurious++;
	return got;
}

/* One read, in one of the ways that there are: bytes consumed, -1 with worker->error. */
static ssize_t read_somehow(struct worker *worker, unsigned char *buffer, size_t size,
			    size_t position)
{
	int flags = draw(worker, 4) == 0 ? MSG_WAITALL : 0;
	ssize_t got;

	if (draw(worker, 8) == 0) {
		got = receive_some(worker, buffer, size, MSG_PEEK);
		if (got > 0 &&
		    pattern_check(worker->stream, position, buffer, (size_t)got) != (size_t)got) {
			worker->error = EBADMSG;
			return -1;
		}
	}
	got = receive_some(worker, buffer, size, flags);
	if (got <= 0)
		worker->error = got == 0 ? EPIPE : errno == EAGAIN ? ETIMEDOUT : errno;
	else if (pattern_check(worker->stream, position, buffer, (size_t)got) != (size_t)got)
		worker->error = EBADMSG;
	return worker->error ? -1 : got;
}

static void *read_randomly(void *argument)
{
	struct worker *worker = argument;
	const struct options *options = worker->session->options;
	unsigned char *buffer = malloc(options->message);
	size_t position = 0;

	if (!buffer) {
		worker->error = ENOMEM;
		return NULL;
	}
	while (position < options->bytes) {
		size_t size = 1 + draw(worker, options->message);
		double start = now();
		ssize_t got;

		size = least(size, options->bytes - position);
		got = read_somehow(worker, buffer, size, position);
		/* A reader asleep beside its bytes returns them when its timeout ends. */
		if (got > 0 && now() - start >= options->timeout)
			worker->error = ETIMEDOUT;
		if (worker->error)
			break;
		position += (size_t)got;
		rest(worker, 100);
	}
	free(buffer);
	return NULL;
}

/* Is TCP_NOTSENT_LOWAT another than the one that we set? */
static bool is_held(const struct worker *worker)
{
	socklen_t size = sizeof(int);
	int lowat = -1;

	getsockopt(worker->fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &lowat, &size);
	return lowat != worker->session->options->lowat;
}

/* Connection i: stream 2i from the client, 2i + 1 from the server. */
static int churn(struct session *session, int (*open_one)(const struct session *session),
		 unsigned int sending, int (*meet)(struct session *session))
{
	unsigned int i, count = session->options->count;
	struct worker *workers = calloc(2 * count, sizeof(*workers));
	int failed = 0;

	if (!workers)
		return broken(session, "out of memory");
	for (i = 0; i < 2 * count; i++) {
		struct worker *worker = &workers[i];
		bool writes = i % 2 == sending;

		worker->session = session;
		worker->stream = i;
		worker->random = 2 * i + writes;
		worker->fd = i % 2 ? workers[i - 1].fd : open_one(session);
		if (worker->fd < 0)
			return broken(session, "connection %u: %s", i / 2, strerror(errno));
		if (writes && session->options->lowat &&
		    setsockopt(worker->fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &session->options->lowat,
			       sizeof(session->options->lowat)))
			return broken(session, "TCP_NOTSENT_LOWAT: %s", strerror(errno));
		if (pthread_create(&worker->thread, NULL, writes ? write_randomly : read_randomly,
				   worker))
			return broken(session, "cannot start a thread");
	}
	for (i = 0; i < 2 * count; i++)
		pthread_join(workers[i].thread, NULL);
	if (session->options->ask && meet(session))
		return broken(session, "standard input ended, or the other half");
	for (i = 0; i < 2 * count; i++) {
		session->shared->wrong += workers[i].spurious;
		/* Both halves are at it. */
		if (i % 2 == sending && is_held(&workers[i]))
			__atomic_fetch_add(&session->shared->right, 1, __ATOMIC_RELAXED);
		if (workers[i].error)
			failed = broken(session, "stream %u: %s", i,
					workers[i].error == EBADMSG ? "bytes out of order"
								    : strerror(workers[i].error));
	}
	free(workers);
	return failed;
}

/* The halves meet when both have sent and read all; the client's asks, the other follows. */
static int follow(struct session *session)
{
	session_wake(session->wake_client);
	return session_wait(session->server_woken, 3600) ? 0 : -1;
}

static int ask(struct session *session)
{
	char line[16];

	if (!session_wait(session->client_woken, session->options->timeout))
		return -1;
	REPORT("ready", "churn", NUMBER("connections", session->options->count));
	if (!fgets(line, sizeof(line), stdin))
		return -1;
	session_wake(session->wake_server);
	return 0;
}

static int churn_server(struct session *session)
{
	return churn(session, accept_connection, 1, follow);
}

static int churn_client(struct session *session)
{
	double start = now();

	/* The server's half has told what it saw when its end of the pipe is closed. */
	if (churn(session, open_connection, 0, ask))
		return 1;
	close(session->wake_server);
	session_wait(session->client_woken, session->options->timeout);
	REPORT("result", "churn", NUMBER("connections", session->options->count),
	       NUMBER("bytes", 2 * session->options->count * session->options->bytes),
	       NUMBER("wokenWithoutData", session->shared->wrong),
	       NUMBER("held", session->shared->right), NUMBER("seconds", now() - start));
	return 0;
}

int run_churn(const struct options *options)
{
	return run_halves(options, churn_server, churn_client);
}
