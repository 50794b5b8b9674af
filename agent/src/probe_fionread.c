// SPDX-License-Identifier: Apache-2.0
#include "probe_fionread.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define TIMEOUT_MS 300
#define FIRST	   5 /* bytes */
#define SECOND	   6

enum { SERVER = 1, CLIENT = 2 }; /* keys in a map */

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
	if (!wait_for(pair->client, POLLOUT) ||
	    send(pair->client, "first", FIRST, MSG_NOSIGNAL) != FIRST ||
	    !wait_for(pair->listener, POLLIN))
		return false;
	pair->server = accept4(pair->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	return pair->server >= 0 && wait_for(pair->server, POLLIN);
}

static int new_map(void)
{
	return bpf_map_create(BPF_MAP_TYPE_SOCKHASH, "sma_probe", sizeof(__u64), sizeof(__u64), 2,
			      NULL);
}

static bool add(int map, __u64 key, int fd)
{
	__u64 value = (__u64)fd;

	return bpf_map_update_elem(map, &key, &value, BPF_ANY) == 0;
}

/* What FIONREAD says, -1: nothing. */
static int answer(int fd)
{
	int bytes = -1;

	return ioctl(fd, FIONREAD, &bytes) ? -1 : bytes;
}

static unsigned long long came_through_stack(int fd)
{
	struct tcp_info info = {0};
	socklen_t length = sizeof(info);

	return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) ? 0 : info.tcpi_bytes_received;
}

/* 1: the first bytes, which came through the stack, are not counted once the socket is in a map. */
static int try_stack(const struct pair *pair)
{
	int map = new_map(), result = -1;
	__u64 key = SERVER;

	if (map < 0)
		return -1;
	if (came_through_stack(pair->server) >= FIRST && answer(pair->server) == FIRST &&
	    add(map, key, pair->server)) {
		result = answer(pair->server) != FIRST;
		bpf_map_delete_elem(map, &key);
	}
	close(map);
	return result;
}

/* An sk_msg program that redirects every message to the socket SERVER, on its map. */
static bool redirect_to_server(int map)
{
	struct bpf_insn insns[] = {
	    {.code = BPF_ST | BPF_MEM | BPF_DW, .dst_reg = BPF_REG_10, .off = -8, .imm = SERVER},
	    {.code = BPF_LD | BPF_IMM | BPF_DW,
	     .dst_reg = BPF_REG_2,
	     .src_reg = BPF_PSEUDO_MAP_FD,
	     .imm = map},
	    {0},
	    {.code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = BPF_REG_3, .src_reg = BPF_REG_10},
	    {.code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = BPF_REG_3, .imm = -8},
	    {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_4, .imm = BPF_F_INGRESS},
	    {.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_msg_redirect_hash},
	    {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = SK_PASS},
	    {.code = BPF_JMP | BPF_EXIT}};
	LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = BPF_SK_MSG_VERDICT);
	int program = bpf_prog_load(BPF_PROG_TYPE_SK_MSG, "sma_probe", "GPL", insns,
				    sizeof(insns) / sizeof(*insns), &options);
	bool attached = program >= 0 && bpf_prog_attach(program, map, BPF_SK_MSG_VERDICT, 0) == 0;

	if (program >= 0)
		close(program);
	return attached;
}

/* 1: redirected bytes are not counted. The first ones are read before. */
static int try_redirected(const struct pair *pair)
{
	int map = new_map(), result = -1;
	unsigned long long before = came_through_stack(pair->server);
	char bytes[FIRST];

	if (map < 0)
		return -1;
	if (redirect_to_server(map) && recv(pair->server, bytes, FIRST, 0) == FIRST &&
	    add(map, SERVER, pair->server) && add(map, CLIENT, pair->client) &&
	    send(pair->client, "second", SECOND, MSG_NOSIGNAL) == SECOND &&
	    wait_for(pair->server, POLLIN) && came_through_stack(pair->server) == before)
		result = answer(pair->server) != SECOND;
	close(map);
	return result;
}

struct findings {
	int broken, blind;
};

static struct findings probe(void)
{
	struct pair pair = {-1, -1, -1};
	struct findings found = {-1, -1};

	if (connect_pair(&pair)) {
		found.broken = try_stack(&pair);
		found.blind = try_redirected(&pair);
	}
	close(pair.server);
	close(pair.client);
	close(pair.listener);
	return found;
}

static struct findings findings(void)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static struct findings known = {-1, -1};
	struct findings found;

	pthread_mutex_lock(&lock);
	if (known.broken < 0 || known.blind < 0)
		known = probe();
	found = known;
	pthread_mutex_unlock(&lock);
	return found;
}

int sma_fionread_broken(void)
{
	return findings().broken;
}

int sma_fionread_blind(void)
{
	return findings().blind;
}
