// SPDX-License-Identifier: Apache-2.0
/* A server that returns what it gets, for any number of connections. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include "traffic.h"

#define EVENTS 256

struct connection {
	int fd;
	size_t start, end; /* of what is still to be sent back */
	char buffer[16384];
};

static void forget(struct connection *connection)
{
	close(connection->fd);
	free(connection);
}

static void watch(int epoll, struct connection *connection, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = connection};

	epoll_ctl(epoll, EPOLL_CTL_MOD, connection->fd, &event);
}

/* 1: all sent, 0: the socket is full, -1: the connection is broken */
static int flush(struct connection *connection)
{
	while (connection->start < connection->end) {
		ssize_t sent = send(connection->fd, connection->buffer + connection->start,
				    connection->end - connection->start, MSG_NOSIGNAL);

		if (sent < 0 && errno == EAGAIN)
			return 0;
		if (sent < 0)
			return -1;
		connection->start += (size_t)sent;
	}
	connection->start = connection->end = 0;
	return 1;
}

static void handle(int epoll, struct connection *connection)
{
	int flushed = flush(connection);

	if (flushed == 1) {
		ssize_t got =
		    recv(connection->fd, connection->buffer, sizeof(connection->buffer), 0);

		if (got < 0 && errno == EAGAIN)
			return watch(epoll, connection, EPOLLIN);
		if (got <= 0)
			return forget(connection);
		connection->end = (size_t)got;
		flushed = flush(connection);
	}
	if (flushed < 0)
		return forget(connection);
	watch(epoll, connection, flushed ? EPOLLIN : EPOLLOUT);
}

static void welcome(int epoll, int listener)
{
	for (;;) {
		struct connection *connection;
		struct epoll_event event;
		int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0)
			return;
		connection = calloc(1, sizeof(*connection));
		if (!connection) {
			close(fd);
			return;
		}
		connection->fd = fd;
		event = (struct epoll_event){.events = EPOLLIN, .data.ptr = connection};
		epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
	}
}

int echo_serve(struct session *session)
{
	struct epoll_event listener_event = {.events = EPOLLIN, .data.ptr = NULL};
	struct epoll_event over_event = {.events = EPOLLIN, .data.ptr = session};
	struct epoll_event events[EVENTS];
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	set_blocking(session->listener, false);
	if (epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, session->listener, &listener_event) ||
	    epoll_ctl(epoll, EPOLL_CTL_ADD, session->server_woken, &over_event))
		return broken(session, "epoll: %s", strerror(errno));
	for (;;) {
		int i, count = epoll_wait(epoll, events, EVENTS, -1);

		for (i = 0; i < count; i++) {
			if (events[i].data.ptr == session)
				return 0;
			if (!events[i].data.ptr)
				welcome(epoll, session->listener);
			else
				handle(epoll, events[i].data.ptr);
		}
	}
}
