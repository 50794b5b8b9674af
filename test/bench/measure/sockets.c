// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "measure.h"

/* An abstract address: nothing to remove afterwards. */
static socklen_t unix_address(struct sockaddr_un *address)
{
	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	snprintf(address->sun_path + 1, sizeof(address->sun_path) - 1, "measure-%d", getpgrp());
	return sizeof(*address);
}

int open_listener(const struct options *options, struct shared *shared)
{
	struct sockaddr_in four = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_ANY)};
	struct sockaddr_un local;
	socklen_t size = sizeof(four);
	int fd, one = 1;

	if (options->unix_socket) {
		size = unix_address(&local);
		fd = socket(AF_UNIX, SOCK_STREAM, 0);
		if (fd < 0 || bind(fd, (struct sockaddr *)&local, size) || listen(fd, 128))
			die("listen");
		return fd;
	}
	fd = socket(AF_INET, SOCK_STREAM, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) ||
	    bind(fd, (struct sockaddr *)&four, size) || listen(fd, 1024) ||
	    getsockname(fd, (struct sockaddr *)&four, &size))
		die("listen");
	shared->port = ntohs(four.sin_port);
	return fd;
}

void no_delay(const struct options *options, int fd)
{
	int one = 1;

	if (!options->unix_socket && setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)))
		die("TCP_NODELAY");
}

int open_connection(const struct options *options, const struct shared *shared)
{
	struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(shared->port)};
	struct sockaddr_un local;
	int fd = socket(options->unix_socket ? AF_UNIX : AF_INET, SOCK_STREAM, 0);

	if (fd < 0)
		die("socket");
	if (options->unix_socket) {
		socklen_t size = unix_address(&local);

		if (connect(fd, (struct sockaddr *)&local, size))
			die("connect");
		return fd;
	}
	inet_pton(AF_INET, options->connect, &four.sin_addr);
	if (connect(fd, (struct sockaddr *)&four, sizeof(four)))
		die("connect");
	no_delay(options, fd);
	return fd;
}

bool send_all(int fd, const char *data, size_t size)
{
	while (size) {
		ssize_t sent = send(fd, data, size, MSG_NOSIGNAL);

		if (sent <= 0)
			return false;
		data += sent;
		size -= (size_t)sent;
	}
	return true;
}

bool receive_all(int fd, char *data, size_t size)
{
	while (size) {
		ssize_t got = recv(fd, data, size, 0);

		if (got <= 0)
			return false;
		data += got;
		size -= (size_t)got;
	}
	return true;
}
