// SPDX-License-Identifier: Apache-2.0
/*
 * Readers that wait for edges, by the rules of nginx 1.22 (ngx_epoll_process_events(),
 * ngx_unix_recv()): they stop after a short read and when FIONREAD says that nothing is left.
 *
 * Every second connection is kept alive, as HTTP does it: no FIN wakes its reader at the end.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "traffic.h"

#define READ_SIZE 16384

/* SM_KEEPALIVE_SECONDS of bpf/include/keepalive.h */
#define DATAPATH_KEEPIDLE 300

struct edge_reader {
	int fd;
	uint64_t stream, position;
	uint64_t bytes; /* of its stream */
	int available;	/* -1: not known */
	bool kept_alive, ready, pending_eof, ended;
};

struct edge_counts {
	uint64_t asked;
	uint64_t wrong; /* FIONREAD said 0 with bytes there, or more than can be there */
};

static int tcp_option(int fd, int option)
{
	int value = -1;
	socklen_t size = sizeof(value);

	getsockopt(fd, IPPROTO_TCP, option, &value, &size);
	return value;
}

/* Is its keepalive the listener's, but for what the datapath gives all accepted sockets? It sets
 * more while it watches a socket, and must set that back. */
static bool has_own_keepalive(int fd, int listener)
{
	int idle = tcp_option(fd, TCP_KEEPIDLE);

	return (idle == tcp_option(listener, TCP_KEEPIDLE) || idle == DATAPATH_KEEPIDLE) &&
	       tcp_option(fd, TCP_KEEPINTVL) == tcp_option(listener, TCP_KEEPINTVL) &&
	       tcp_option(fd, TCP_KEEPCNT) == tcp_option(listener, TCP_KEEPCNT);
}

/* Waits until all have; how many have not in the end. */
static unsigned int count_changed(const struct session *session, const struct edge_reader *readers)
{
	double deadline = now() + session->options->quiet;
	unsigned int changed, i;

	do {
		for (changed = i = 0; i < session->options->count; i++)
			changed += !has_own_keepalive(readers[i].fd, session->listener);
		if (changed)
			pause_for(0.05);
	} while (changed && now() < deadline);
	return changed;
}

static bool is_kept_alive(unsigned int index)
{
	return index % 2;
}

static void ask_available(struct edge_reader *reader, struct edge_counts *counts)
{
	char byte;

	ioctl(reader->fd, FIONREAD, &reader->available);
	counts->asked++;
	if ((uint64_t)reader->available > reader->bytes - reader->position ||
	    (reader->available == 0 && recv(reader->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 1))
		counts->wrong++;
}

/* One recv(); 0, or an errno. */
static int edge_read(struct edge_reader *reader, struct edge_counts *counts)
{
	unsigned char buffer[READ_SIZE];
	ssize_t size;

	if (reader->available == 0 && !reader->pending_eof) {
		reader->ready = false;
		return 0;
	}
	size = recv(reader->fd, buffer, sizeof(buffer), 0);
	if (size < 0 && errno != EAGAIN)
		return errno;
	if (size <= 0) {
		reader->ready = false;
		reader->ended = size == 0;
		return 0;
	}
	if (pattern_check(reader->stream, reader->position, buffer, (size_t)size) != (size_t)size)
		return EBADMSG;
	reader->position += (uint64_t)size;
	if (reader->kept_alive && reader->position == reader->bytes) {
		reader->ready = false;
		reader->ended = true;
	}
	if (reader->available >= 0) {
		reader->available -= (int)size;
		if (reader->available < 0) {
			reader->available = 0;
			reader->ready = false;
		}
	} else if (size == sizeof(buffer)) {
		ask_available(reader, counts);
	}
	if (size < (ssize_t)sizeof(buffer)) {
		reader->ready = reader->ready && reader->pending_eof;
		reader->available = 0;
	}
	return 0;
}

static int read_all(struct session *session, int epoll, struct edge_reader *readers)
{
	unsigned int left = session->options->count;
	struct edge_counts counts = {0};

	while (left) {
		struct epoll_event event;
		struct edge_reader *reader;
		int error = 0;

		if (epoll_wait(epoll, &event, 1, (int)(session->options->quiet * 1000)) != 1)
			break;
		reader = &readers[event.data.u32];
		if (reader->ended)
			continue;
		reader->ready = true;
		reader->available = -1;
		reader->pending_eof = event.events & EPOLLRDHUP;
		while (reader->ready && !error)
			error = edge_read(reader, &counts);
		if (error)
			return broken(session, "connection %u at byte %llu: %s", event.data.u32,
				      (unsigned long long)reader->position,
				      error == EBADMSG ? "wrong bytes" : strerror(error));
		left -= reader->ended;
	}
	session->shared->wrong = counts.wrong;
	session->shared->bytes = counts.asked;
	session->shared->right = session->options->count - left;
	return 0;
}

static int edge_server(struct session *session)
{
	const struct options *options = session->options;
	struct edge_reader *readers = calloc(options->count, sizeof(*readers));
	int epoll = epoll_create1(0);
	unsigned int i;

	if (!readers || epoll < 0)
		return broken(session, "epoll: %s", strerror(errno));
	for (i = 0; i < options->count; i++) {
		struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP | EPOLLET,
					    .data.u32 = i};

		readers[i].stream = i;
		readers[i].bytes = options->bytes;
		readers[i].kept_alive = is_kept_alive(i);
		readers[i].fd = accept_met_connection(session);
		if (readers[i].fd < 0)
			return broken(session, "accept: %s", strerror(errno));
		set_blocking(readers[i].fd, false);
		if (epoll_ctl(epoll, EPOLL_CTL_ADD, readers[i].fd, &event))
			return broken(session, "epoll_ctl: %s", strerror(errno));
	}
	/* The writers run into backpressure. */
	pause_for(options->gap);
	if (read_all(session, epoll, readers))
		return 1;
	session->shared->changed = count_changed(session, readers);
	session_wake(session->wake_client);
	return 0;
}

/* Writes to all at once, so that each is blocked by its own reader only. */
static int write_all(struct session *session, const int *fds)
{
	const struct options *options = session->options;
	uint64_t *positions = calloc(options->count, sizeof(*positions));
	unsigned char *buffer = malloc(options->message);
	unsigned int left = options->count, i;
	bool over = false;

	while (positions && buffer && left && !(over = session_wait(session->client_woken, 0))) {
		bool progress = false;

		for (i = 0; i < options->count; i++) {
			size_t size = options->bytes - positions[i];
			ssize_t sent;

			if (!size)
				continue;
			size = size < options->message ? size : options->message;
			pattern_fill(i, positions[i], buffer, size);
			sent = send(fds[i], buffer, size, MSG_NOSIGNAL | MSG_DONTWAIT);
			if (sent < 0 && errno != EAGAIN)
				return broken(session, "send: %s", strerror(errno));
			if (sent <= 0)
				continue;
			progress = true;
			positions[i] += (uint64_t)sent;
			if (positions[i] == options->bytes) {
				if (!is_kept_alive(i))
					shutdown(fds[i], SHUT_WR);
				left--;
			}
		}
		if (!progress)
			pause_for(0.001);
	}
	free(positions);
	free(buffer);
	/* The readers give up when they stall. */
	if (!over)
		session_wait(session->client_woken, options->timeout);
	return 0;
}

static int edge_client(struct session *session)
{
	const struct options *options = session->options;
	int *fds = calloc(options->count, sizeof(*fds));
	double started;
	unsigned int i;

	for (i = 0; fds && i < options->count; i++) {
		fds[i] = open_met_connection(session);
		if (fds[i] < 0)
			return broken(session, "connect: %s", strerror(errno));
	}
	started = now();
	if (!fds || write_all(session, fds))
		return 1;
	if (session->shared->error[0])
		return 1;
	REPORT("result", "edge", NUMBER("ended", session->shared->right),
	       NUMBER("stalled", options->count - session->shared->right),
	       NUMBER("asked", session->shared->bytes), NUMBER("wrong", session->shared->wrong),
	       NUMBER("changed", session->shared->changed), NUMBER("seconds", now() - started));
	return 0;
}

int run_edge(const struct options *options)
{
	return run_halves(options, edge_server, edge_client);
}
