// SPDX-License-Identifier: Apache-2.0
#include "probe_fionread.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define TIMEOUT_MS 300

struct pair {
	int listener, client, server;
};

static bool wait_for(int fd, short events)
{
	struct pollfd poll_fd = {.fd = fd, .events = events};

	return poll(&poll_fd, 1, TIMEOUT_MS) == 1;
}

/*
 * Deferred accept: the first bytes travel with the handshake's last ACK, before any datapath that
 * may be attached above us could redirect them past the stack.
 */
static bool connect_pair(struct pair *pair)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(address);
	int seconds = 1;

	pair->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	pair->client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (pair->listener < 0 || pair->client < 0 ||
	    setsockopt(pair->listener, IPPROTO_TCP, TCP_DEFER_ACCEPT, &seconds, sizeof(seconds)) ||
	    bind(pair->listener, (struct sockaddr *)&address, length) ||
	    listen(pair->listener, 1) ||
	    getsockname(pair->listener, (struct sockaddr *)&address, &length))
		return false;
	if (connect(pair->client, (struct sockaddr *)&address, length) && errno != EINPROGRESS)
		return false;
	if (!wait_for(pair->client, POLLOUT) || send(pair->client, "first", 5, MSG_NOSIGNAL) != 5 ||
	    !wait_for(pair->listener, POLLIN))
		return false;
	pair->server = accept4(pair->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	return pair->server >= 0 && wait_for(pair->server, POLLIN);
}

/* Redirected bytes are counted right even by a broken kernel: only bytes of the stack tell. */
static bool came_through_stack(int fd)
{
	struct tcp_info info = {0};
	socklen_t length = sizeof(info);

	return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) == 0 &&
	       info.tcpi_bytes_received >= 5;
}

static int try_pair(const struct pair *pair)
{
	int map = bpf_map_create(BPF_MAP_TYPE_SOCKHASH, "sma_probe", sizeof(__u64), sizeof(__u64),
				 1, NULL);
	int before = 0, after = 0, result = -1;
	__u64 key = 1, value = (__u64)pair->server;

	if (map < 0)
		return -1;
	if (came_through_stack(pair->server) && ioctl(pair->server, SIOCINQ, &before) == 0 &&
	    before == 5 && bpf_map_update_elem(map, &key, &value, BPF_ANY) == 0) {
		if (ioctl(pair->server, SIOCINQ, &after) == 0)
			result = after != before;
		bpf_map_delete_elem(map, &key);
	}
	close(map);
	return result;
}

static int probe(void)
{
	struct pair pair = {-1, -1, -1};
	int result = connect_pair(&pair) ? try_pair(&pair) : -1;

	close(pair.server);
	close(pair.client);
	close(pair.listener);
	return result;
}

int sma_fionread_broken(void)
{
	static int known = -2;

	if (known < 0)
		known = probe();
	return known;
}
