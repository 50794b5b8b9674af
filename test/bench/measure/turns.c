// SPDX-License-Identifier: Apache-2.0
/*
 * Two kinds of connections in turns of some milliseconds, between the same two processes: what
 * differs from process to process, and from second to second, meets both alike.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "measure.h"

#define KINDS	     2
#define TURN_SECONDS 0.005
#define WARM_UP	     20 /* turns of new connections that do not count */
#define TURNS	     80 /* until they are made anew: from one to the next speeds differ, too */

struct kind {
	const char *cgroup; /* where its sockets are made */
	int fd;
	unsigned int slot; /* the order in which it was connected */
	uint64_t operations;
	double seconds;
};

static bool is_stream(const struct options *options)
{
	return strcmp(options->mode, "stream") == 0;
}

/* The first byte of a message says whether it is the last one of this turn. False: no more come. */
static bool answer_turn(const struct options *options, int fd, char *buffer)
{
	do {
		if (!receive_all(fd, buffer, options->size) || !send_all(fd, buffer, options->size))
			return false;
	} while (!buffer[0]);
	return true;
}

static bool read_turn(struct shared *shared, int fd, char *buffer, size_t room)
{
	do {
		ssize_t got = recv(fd, buffer, room, 0);

		if (got <= 0)
			return false;
		shared->received += (uint64_t)got;
	} while (shared->received != shared->sent);
	return true;
}

/* Until the connections are closed. */
static void serve_connections(const struct options *options, struct shared *shared,
			      const int fds[KINDS], char *buffer, size_t room)
{
	unsigned int turn = shared->turn;

	while (is_stream(options) ? read_turn(shared, fds[turn], buffer, room)
				  : answer_turn(options, fds[turn], buffer)) {
		int fd = fds[turn];

		/* Before the word is given: after it, the writer may end its next turn without us.
		 */
		turn = shared->turn;
		if (is_stream(options) && !send_all(fd, "", 1))
			return;
	}
}

void serve_in_turns(const struct options *options, struct shared *shared, int listener)
{
	size_t room = options->size > 262144 ? options->size : 262144;
	char *buffer = malloc(room);

	for (;;) {
		int fds[KINDS], i;

		for (i = 0; i < KINDS; i++) {
			fds[i] = accept(listener, NULL, NULL);
			if (fds[i] < 0)
				die("accept");
			no_delay(options, fds[i]);
		}
		serve_connections(options, shared, fds, buffer, room);
		for (i = 0; i < KINDS; i++)
			close(fds[i]);
	}
}

static void exchange(const struct options *options, int fd, char *buffer)
{
	if (!send_all(fd, buffer, options->size) || !receive_all(fd, buffer, options->size))
		die("round trip");
}

static uint64_t trip_turn(const struct options *options, struct shared *shared, struct kind *kind,
			  unsigned int next, char *buffer)
{
	double end = now() + TURN_SECONDS;
	uint64_t operations = 0;
	bool last;

	do {
		last = now() >= end;
		if (last)
			shared->turn = next;
		buffer[0] = last;
		exchange(options, kind->fd, buffer);
		operations++;
	} while (!last);
	return operations;
}

static uint64_t stream_turn(const struct options *options, struct shared *shared, struct kind *kind,
			    unsigned int next, char *buffer)
{
	uint64_t operations = 0, before = shared->received;
	double end = now() + TURN_SECONDS;
	bool last;

	shared->sent = UINT64_MAX;
	do {
		last = ++operations % 16 == 0 && now() >= end;
		if (last) {
			shared->turn = next;
			shared->sent = before + operations * options->size;
		}
		if (!send_all(kind->fd, buffer, options->size))
			die("send");
	} while (!last);
	if (!receive_all(kind->fd, buffer, 1))
		die("the reader's word");
	return operations;
}

static uint64_t connection_turn(const struct options *options, struct shared *shared, char *buffer)
{
	double end = now() + TURN_SECONDS;
	uint64_t operations = 0;

	do {
		int fd = open_connection(options, shared);

		exchange(options, fd, buffer);
		close(fd);
		operations++;
	} while (now() < end);
	return operations;
}

static void take_turn(const struct options *options, struct shared *shared, struct kind *kind,
		      unsigned int next, char *buffer, bool counts)
{
	bool connects = strcmp(options->mode, "rate") == 0;
	uint64_t operations;
	double start;

	if (connects)
		join(kind->cgroup);
	start = now();
	if (connects)
		operations = connection_turn(options, shared, buffer);
	else if (is_stream(options))
		operations = stream_turn(options, shared, kind, next, buffer);
	else
		operations = trip_turn(options, shared, kind, next, buffer);
	if (counts) {
		kind->operations += operations;
		kind->seconds += now() - start;
	}
}

static void print(const struct options *options, const struct kind *kind)
{
	uint64_t bytes = kind->operations * options->size * (is_stream(options) ? 1 : 2);

	printf("\"operations\":%llu,\"bytes\":%llu,\"seconds\":%.6f",
	       (unsigned long long)kind->operations, (unsigned long long)bytes, kind->seconds);
}

/* A, B, B, A and B, A, A, B: a drift of the machine's speed meets both. */
static unsigned int kind_of(unsigned int turn, unsigned int round)
{
	return ((turn + 1) / 2 + round / KINDS) % KINDS;
}

/* Which one is connected first may matter, too. */
static void connect_both(const struct options *options, struct shared *shared,
			 struct kind kinds[KINDS], unsigned int round)
{
	unsigned int i, first = round % KINDS;

	for (i = 0; i < KINDS; i++)
		kinds[(first + i) % KINDS].slot = i;
	/* The server looks when it has accepted both. */
	shared->turn = kinds[kind_of(0, round)].slot;
	for (i = 0; i < KINDS; i++) {
		struct kind *kind = &kinds[(first + i) % KINDS];

		join(kind->cgroup);
		kind->fd = open_connection(options, shared);
	}
}

static void use_connections(const struct options *options, struct shared *shared,
			    struct kind kinds[KINDS], unsigned int round, char *buffer)
{
	bool connects = strcmp(options->mode, "rate") == 0;
	unsigned int turn, i;

	if (!connects)
		connect_both(options, shared, kinds, round);
	for (turn = 0; turn < WARM_UP + TURNS; turn++)
		take_turn(options, shared, &kinds[kind_of(turn, round)],
			  kinds[kind_of(turn + 1, round)].slot, buffer, turn >= WARM_UP);
	for (i = 0; i < KINDS && !connects; i++)
		close(kinds[i].fd);
}

void take_turns(const struct options *options, struct shared *shared)
{
	struct kind kinds[KINDS] = {{.cgroup = options->cgroup}, {.cgroup = options->against}};
	char *buffer = calloc(1, options->size);
	unsigned int round;

	for (round = 0; kinds[0].seconds + kinds[1].seconds < options->seconds || round % 4;
	     round++)
		use_connections(options, shared, kinds, round, buffer);
	printf("{");
	print(options, &kinds[0]);
	printf(",\"p50us\":0,\"p99us\":0,\"against\":{");
	print(options, &kinds[1]);
	printf("}}\n");
}
