// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "traffic.h"

/* "1.2.3.4:80", "[::1]:80" -> address; -1 with EINVAL */
static int parse_address(const char *text, struct sockaddr_storage *address, socklen_t *size)
{
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)address;
	struct sockaddr_in *four = (struct sockaddr_in *)address;
	const char *colon = strrchr(text, ':');
	char host[64], *end;
	unsigned long port;
	size_t length;

	errno = EINVAL;
	if (!colon || !colon[1])
		return -1;
	port = strtoul(colon + 1, &end, 10);
	if (*end || port > 65535)
		return -1;
	length = (size_t)(colon - text);
	if (length >= 2 && text[0] == '[' && text[length - 1] == ']') {
		text++;
		length -= 2;
	}
	if (length >= sizeof(host))
		return -1;
	memcpy(host, text, length);
	host[length] = 0;
	memset(address, 0, sizeof(*address));
	if (inet_pton(AF_INET, host, &four->sin_addr) == 1) {
		four->sin_family = AF_INET;
		four->sin_port = htons((uint16_t)port);
		*size = sizeof(*four);
		return 0;
	}
	if (inet_pton(AF_INET6, host, &six->sin6_addr) == 1) {
		six->sin6_family = AF_INET6;
		six->sin6_port = htons((uint16_t)port);
		*size = sizeof(*six);
		return 0;
	}
	errno = EINVAL;
	return -1;
}

static const char *default_listen(enum family family)
{
	switch (family) {
	case FAMILY_6:
		return "[::1]:0";
	case FAMILY_MAPPED:
	case FAMILY_MAPPED6:
		return "[::]:0";
	default:
		return "127.0.0.1:0";
	}
}

static const char *default_connect(enum family family)
{
	switch (family) {
	case FAMILY_6:
		return "[::1]:0";
	case FAMILY_MAPPED6:
		return "[::ffff:127.0.0.1]:0";
	default:
		return "127.0.0.1:0";
	}
}

static uint16_t *port_of(struct sockaddr_storage *address)
{
	return address->ss_family == AF_INET6 ? &((struct sockaddr_in6 *)address)->sin6_port
					      : &((struct sockaddr_in *)address)->sin_port;
}

void set_timeout(int fd, double seconds)
{
	struct timeval tv = {
	    .tv_sec = (time_t)seconds,
	    .tv_usec = (suseconds_t)((seconds - (double)(time_t)seconds) * 1e6),
	};

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
}

void set_blocking(int fd, bool blocking)
{
	int flags = fcntl(fd, F_GETFL);

	fcntl(fd, F_SETFL, blocking ? flags & ~O_NONBLOCK : flags | O_NONBLOCK);
}

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

static int new_socket(const struct options *options, int family)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, options->mptcp ? IPPROTO_MPTCP : 0);
	int one = 1;

	if (fd >= 0 && options->zerocopy)
		setsockopt(fd, SOL_SOCKET, SO_ZEROCOPY, &one, sizeof(one));
	return fd;
}

int open_listener(const struct options *options, uint16_t *port)
{
	const char *where = options->listen ? options->listen : default_listen(options->family);
	struct sockaddr_storage address;
	int fd, one = 1, zero = 0;
	socklen_t size;

	if (parse_address(where, &address, &size))
		return -1;
	fd = new_socket(options, address.ss_family);
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (options->keepalive) {
		setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &options->keepalive, sizeof(int));
		setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &options->keepalive, sizeof(int));
	}
	if (address.ss_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof(zero));
	if (bind(fd, (struct sockaddr *)&address, size) || listen(fd, 4096) ||
	    getsockname(fd, (struct sockaddr *)&address, &size)) {
		close(fd);
		return -1;
	}
	set_timeout(fd, options->timeout);
	*port = ntohs(*port_of(&address));
	return fd;
}

int connection_address(const struct session *session, struct sockaddr_storage *address,
		       socklen_t *size)
{
	const struct options *options = session->options;
	const char *where = options->connect ? options->connect : default_connect(options->family);

	if (parse_address(where, address, size))
		return -1;
	if (*port_of(address) == 0)
		*port_of(address) = htons(session->shared->port);
	return 0;
}

int open_connection(const struct session *session)
{
	struct sockaddr_storage address;
	socklen_t size;
	int fd, one = 1;

	if (connection_address(session, &address, &size))
		return -1;
	fd = new_socket(session->options, address.ss_family);
	if (fd < 0)
		return -1;
	set_timeout(fd, session->options->timeout);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	set_blocking(fd, !session->options->early_read);
	if (connect(fd, (struct sockaddr *)&address, size) &&
	    !(errno == EINPROGRESS && session->options->early_read)) {
		int error = errno;

		close(fd);
		errno = error;
		return -1;
	}
	set_blocking(fd, true);
	return fd;
}

int accept_connection(const struct session *session)
{
	int fd, one = 1;

	do {
		fd = accept4(session->listener, NULL, NULL, SOCK_CLOEXEC);
	} while (fd < 0 && (errno == EINTR || errno == ECONNABORTED));
	if (fd >= 0) {
		set_timeout(fd, session->options->timeout);
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	}
	return fd;
}

int open_met_connection(const struct session *session)
{
	int fd = open_connection(session);
	char byte;

	if (fd >= 0 && (receive_all(fd, &byte, 1, 0) != 1 || !send_all(fd, "!", 1) ||
			receive_all(fd, &byte, 1, 0) != 1)) {
		close(fd);
		return -1;
	}
	return fd;
}

int accept_met_connection(const struct session *session)
{
	int fd = accept_connection(session);
	char byte;

	if (fd >= 0 &&
	    (!send_all(fd, "!", 1) || receive_all(fd, &byte, 1, 0) != 1 || !send_all(fd, "!", 1))) {
		close(fd);
		return -1;
	}
	return fd;
}

int use_each(struct session *session, int (*open)(const struct session *session),
	     connection_use *use)
{
	unsigned int i;

	for (i = 0; i < session->options->count; i++) {
		int fd = open(session), failed;

		if (fd < 0)
			return broken(session, "connection %u: %s", i, strerror(errno));
		failed = use(session, fd, i);
		close(fd);
		if (failed)
			return 1;
	}
	return 0;
}

bool send_all(int fd, const void *data, size_t size)
{
	const char *at = data;

	while (size) {
		ssize_t sent = send(fd, at, size, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent <= 0) {
			if (errno == EAGAIN)
				errno = ETIMEDOUT;
			return false;
		}
		at += sent;
		size -= (size_t)sent;
	}
	return true;
}

/* Bytes received before the end of file, -1 with errno (ETIMEDOUT after the socket's timeout). */
ssize_t receive_all(int fd, void *data, size_t size, int flags)
{
	size_t done = 0;

	while (done < size) {
		ssize_t got = recv(fd, (char *)data + done, size - done, flags);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			if (errno == EAGAIN)
				errno = ETIMEDOUT;
			return -1;
		}
		if (got == 0)
			break;
		done += (size_t)got;
	}
	return (ssize_t)done;
}

double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

void pause_for(double seconds)
{
	struct timespec ts = {
	    .tv_sec = (time_t)seconds,
	    .tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9),
	};

	while (nanosleep(&ts, &ts) && errno == EINTR)
		;
}
