// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Reads what the datapath keeps per socket, and takes back what it set. An iterator over the
 * storage map, because bpf_sk_storage_get() in an iterator needs Linux 5.11; and one over the TCP
 * sockets of a network namespace, for kernels that refuse the first (see sockets.bpf.c).
 */
#include <asm-generic/socket.h>
#include <linux/in.h>
#include <linux/tcp.h>
#include "kernel_types.h"
#include "records.h"
#include "../../bpf/include/peers_map.h"

static __always_inline void write_peer(struct seq_file *seq, const struct sm_peer *peer)
{
	struct sma_iter_peer record = {};

	record.cookie = peer->cookie;
	record.peer_cookie = peer->peer_cookie;
	record.redirected_messages = peer->counts[SM_REDIRECTED].messages;
	record.redirected_bytes = peer->counts[SM_REDIRECTED].bytes;
#pragma unroll
	for (int verdict = SM_REDIRECTED + 1; verdict < SM_VERDICTS; verdict++) {
		record.messages[verdict] = peer->counts[verdict].messages;
		record.stack_messages += peer->counts[verdict].messages;
		record.stack_bytes += peer->counts[verdict].bytes;
	}
	record.last_stack_verdict = peer->last_stack_verdict;
	bpf_seq_write(seq, &record, sizeof(record));
}

SEC("iter/bpf_sk_storage_map")
int sma_peers(struct bpf_iter__bpf_sk_storage_map *ctx)
{
	if (ctx->sk && ctx->value)
		write_peer(ctx->meta->seq, ctx->value);
	return 0;
}

SEC("iter/tcp")
int sma_tcp_peers(struct bpf_iter__tcp *ctx)
{
	struct sock_common *common = ctx->sk_common;
	struct sm_peer *peer;

	if (!common)
		return 0;
	/* NULL for a socket in TIME_WAIT or SYN_RECV: the helper asks sk_fullsock(). */
	peer = bpf_sk_storage_get(&sm_peers, common, NULL, 0);
	if (peer)
		write_peer(ctx->meta->seq, peer);
	return 0;
}

static __always_inline void set_option(struct sock_common *sk, int level, int option, int value)
{
	bpf_setsockopt(sk, level, option, &value, sizeof(value));
}

/* As sm_left() of bpf/include/nudge.h, for sockets whose callbacks have ended. */
static __always_inline void let_go(struct sock_common *sk, struct sm_peer *peer)
{
	if (peer->held && BPF_CORE_READ((struct tcp_sock *)sk, notsent_lowat) == SM_HELD_BYTES)
		set_option(sk, IPPROTO_TCP, TCP_NOTSENT_LOWAT, 0);
	peer->held = 0;
	if (!peer->watch.on)
		return;
	if (!peer->watch.keepalive)
		set_option(sk, SOL_SOCKET, SO_KEEPALIVE, 0);
	set_option(sk, IPPROTO_TCP, TCP_KEEPIDLE, peer->watch.idle);
	set_option(sk, IPPROTO_TCP, TCP_KEEPINTVL, peer->watch.interval);
	set_option(sk, IPPROTO_TCP, TCP_KEEPCNT, peer->watch.count);
	peer->watch.on = 0;
}

/*
 * Undoes what the datapath has set, and wakes readers of bytes that came through the stack behind
 * redirected ones (bpf/include/nudge.h). Iterators over TCP sockets hold the socket's lock and may
 * set options from 5.15 on.
 */
SEC("iter/tcp")
int sma_let_go(struct bpf_iter__tcp *ctx)
{
	struct sock_common *sk = ctx->sk_common;
	struct sm_peer *peer;

	if (!sk)
		return 0;
	peer = bpf_sk_storage_get(&sm_peers, sk, NULL, 0);
	if (!peer)
		return 0;
	let_go(sk, peer);
	/* Wakes nobody if there is nothing to read, be it the end. */
	set_option(sk, SOL_SOCKET, SO_RCVLOWAT, BPF_CORE_READ((struct sock *)sk, sk_rcvlowat));
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
