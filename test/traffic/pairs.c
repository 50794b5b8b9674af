// SPDX-License-Identifier: Apache-2.0
/* Many connections at once to an echo server, and the load and server of the demo. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "traffic.h"

/* Bytes that one connection has on their way: less than any socket buffer, so nothing deadlocks. */
#define IN_FLIGHT 16384

struct ends {
	int *fds;
	uint64_t *positions;
	unsigned int count;
};

/* Sends `size` bytes of the connection's stream and gets them back. */
static int round_trip(struct session *session, struct ends *ends, unsigned int index, size_t size)
{
	uint64_t position = ends->positions[index];
	size_t message = session->options->message;
	int error;

	if (!send_pattern(ends->fds[index], index, position, size, message))
		return broken(session, "connection %u: send: %s", index, strerror(errno));
	error = receive_pattern(ends->fds[index], index, position, size, 0);
	if (error)
		return broken(session, "connection %u: the echo of byte %llu: %s", index,
			      (unsigned long long)position, strerror(error));
	ends->positions[index] += size;
	session->shared->bytes += size;
	return 0;
}

static int connect_all(struct session *session, struct ends *ends)
{
	unsigned int count = session->options->count;

	ends->fds = calloc(count, sizeof(*ends->fds));
	ends->positions = calloc(count, sizeof(*ends->positions));
	if (!ends->fds || !ends->positions)
		return broken(session, "out of memory");
	for (; ends->count < count; ends->count++) {
		ends->fds[ends->count] = open_connection(session);
		if (ends->fds[ends->count] < 0)
			return broken(session, "connection %u: connect: %s", ends->count,
				      strerror(errno));
	}
	return 0;
}

static void close_all(struct ends *ends)
{
	while (ends->count)
		close(ends->fds[--ends->count]);
	free(ends->fds);
	free(ends->positions);
}

static int exchange_all(struct session *session, struct ends *ends)
{
	size_t done, bytes = session->options->bytes;
	unsigned int i;

	for (done = 0; done < bytes; done += IN_FLIGHT) {
		size_t part = bytes - done < IN_FLIGHT ? bytes - done : IN_FLIGHT;

		for (i = 0; i < ends->count; i++)
			if (round_trip(session, ends, i, part))
				return 1;
	}
	return 0;
}

/* `rate` messages a second, spread over the connections, for `seconds`. */
static int trickle(struct session *session, struct ends *ends, double seconds)
{
	const struct options *options = session->options;
	double start = now(), next_report = start + 1;
	unsigned int index = 0;
	uint64_t sent = 0;

	while (now() - start < seconds) {
		double due = start + (double)sent / options->rate;

		if (due > now())
			pause_for(due - now());
		if (round_trip(session, ends, index, options->message))
			return 1;
		index = (index + 1) % ends->count;
		sent++;
		if (now() >= next_report) {
			REPORT("progress", "load", NUMBER("messages", sent),
			       NUMBER("seconds", now() - start));
			next_report += 1;
		}
	}
	return 0;
}

static int pairs_client(struct session *session)
{
	const struct options *options = session->options;
	struct ends ends = {0};
	double start = now();
	int failed = connect_all(session, &ends) || exchange_all(session, &ends);

	if (!failed) {
		REPORT("ready", "pairs", NUMBER("connections", ends.count),
		       NUMBER("port", session->shared->port), NUMBER("seconds", now() - start));
		failed = options->hold > 0 && trickle(session, &ends, options->hold);
	}
	if (!failed)
		REPORT("result", "pairs", NUMBER("connections", ends.count),
		       NUMBER("bytes", session->shared->bytes), NUMBER("seconds", now() - start));
	close_all(&ends);
	return failed;
}

int run_pairs(const struct options *options)
{
	return run_halves(options, echo_serve, pairs_client);
}

static int echo_server(struct session *session)
{
	REPORT("ready", "echo-server", NUMBER("port", session->shared->port));
	/* Ends with standard input, so that a parent that dies takes it along. */
	session->server_woken = STDIN_FILENO;
	return echo_serve(session);
}

int run_echo_server(const struct options *options)
{
	return run_server_here(options, echo_server);
}

static int load_client(struct session *session)
{
	struct ends ends = {0};
	int failed = connect_all(session, &ends) || trickle(session, &ends, session->options->hold);

	if (!failed)
		REPORT("result", "load", NUMBER("connections", ends.count),
		       NUMBER("bytes", session->shared->bytes));
	close_all(&ends);
	return failed;
}

static int wait_for_client(struct session *session)
{
	while (!session_over(session))
		pause_for(0.05);
	return 0;
}

/* With --connect the server is elsewhere, else this brings its own. */
int run_load(const struct options *options)
{
	return run_halves(options, options->connect ? wait_for_client : echo_serve, load_client);
}
