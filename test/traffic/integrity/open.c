// SPDX-License-Identifier: Apache-2.0
/* How the two ends of a run are connected. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>
#include "integrity.h"

/* Bytes of the client's stream that are offered to the SYN. */
#define FIRST_BYTES 1000

static struct options options_of(const struct plan *plan)
{
	return (struct options){.family = plan->family, .timeout = STALL_SECONDS};
}

int integrity_listen(const struct plan *plan, uint16_t *port)
{
	struct options options = options_of(plan);
	int fd = open_listener(&options, port);
	int seconds = 5, queue = 16;

	if (fd < 0)
		return -1;
	if (plan->opening == OPEN_DEFERRED)
		setsockopt(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, &seconds, sizeof(seconds));
	if (plan->opening == OPEN_FAST)
		setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN, &queue, sizeof(queue));
	return fd;
}

static void set_buffers(const struct plan *plan, enum side side, int fd)
{
	int nodelay = plan->nodelay[side];

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &nodelay, sizeof(nodelay));
	if (plan->send_buffer[side])
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &plan->send_buffer[side], sizeof(int));
	if (plan->receive_buffer[side])
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &plan->receive_buffer[side], sizeof(int));
	if (plan->nonblocking[side])
		set_blocking(fd, false);
}

int integrity_accept(const struct plan *plan, int listener)
{
	struct options options = options_of(plan);
	struct session session = {.options = &options, .listener = listener};
	int fd = accept_connection(&session);

	if (fd >= 0)
		set_buffers(plan, SERVER, fd);
	return fd;
}

static bool data_was_in_syn(int fd)
{
	struct tcp_info info;
	socklen_t size = sizeof(info);

	return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 &&
	       (info.tcpi_options & TCPI_OPT_SYN_DATA) != 0;
}

static int connect_with_data(const struct plan *plan, const struct session *session,
			     struct outcome *outcome)
{
	const struct direction *direction = &plan->from[CLIENT];
	uint32_t size = direction->size < FIRST_BYTES ? direction->size : FIRST_BYTES;
	unsigned char first[FIRST_BYTES];
	struct sockaddr_storage address;
	socklen_t length;
	ssize_t sent;
	int fd;

	if (connection_address(session, &address, &length))
		return -1;
	fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	set_timeout(fd, STALL_SECONDS);
	pattern_fill(direction->stream, 0, first, size);
	sent = sendto(fd, first, size, MSG_FASTOPEN | MSG_NOSIGNAL, (struct sockaddr *)&address,
		      length);
	if (sent < 0) {
		close(fd);
		return -1;
	}
	outcome->sent = (uint32_t)sent;
	outcome->data_in_syn = data_was_in_syn(fd);
	return fd;
}

int integrity_connect(const struct plan *plan, uint16_t port, struct outcome *outcome)
{
	struct options options = options_of(plan);
	struct shared shared = {.port = port};
	struct session session = {.options = &options, .shared = &shared};
	int fd = plan->opening == OPEN_FAST ? connect_with_data(plan, &session, outcome)
					    : open_connection(&session);

	if (fd >= 0)
		set_buffers(plan, CLIENT, fd);
	return fd;
}
