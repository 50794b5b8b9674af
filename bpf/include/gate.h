/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A non-blocking reader may wait for the next edge after a short read (epoll(7), EPOLLET; nginx,
 * tokio). tcp_bpf_recvmsg() gives one at the end of the psock queue, although bytes that came
 * through the stack lie behind it, and nothing would wake the reader for them.
 *
 * And on kernels with the FIONREAD regression the answer is 0 for such bytes in any case.
 *
 * So nothing of the stack is let in to such a reader while it is in the map, unless nothing else
 * has ever come and FIONREAD counts it. The segments are
 * dropped, and sent again by TCP. When the reader has emptied its psock queue, the sender's
 * retransmission timer takes it out of the map, and the segment that follows makes the edge on a
 * plain TCP socket. The other end leaves in the same way when the first bytes come back.
 */
#ifndef SOCKMAP_GATE_H
#define SOCKMAP_GATE_H

#include <stdbool.h>
#include <linux/bpf.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include "flow.h"
#include "kernel.h"
#include "maps.h"
#include "pairing.h"

#define SM_O_NONBLOCK 04000

/* TCP gives up a segment after some 15 minutes: let it in before. */
#define SM_GATE_NS (600 * 1000 * 1000 * 1000ULL)

/* Not accepted yet: it may be anything. */
static __always_inline bool sm_may_wait_for_edges(struct sock *sk)
{
	struct socket *socket = BPF_CORE_READ(sk, sk_socket);
	struct file *file;

	if (!socket)
		return true;
	file = BPF_CORE_READ(socket, file);
	return !file || BPF_CORE_READ(file, f_flags) & SM_O_NONBLOCK;
}

static __always_inline bool sm_has_payload(struct __sk_buff *skb)
{
	struct ipv6hdr ip6;
	struct iphdr ip;
	struct tcphdr tcp;
	__u32 headers;

	if (skb->protocol == bpf_htons(0x0800)) {
		if (bpf_skb_load_bytes(skb, 0, &ip, sizeof(ip)) || ip.protocol != IPPROTO_TCP)
			return false;
		headers = ip.ihl * 4;
	} else {
		if (bpf_skb_load_bytes(skb, 0, &ip6, sizeof(ip6)) || ip6.nexthdr != IPPROTO_TCP)
			return false;
		headers = sizeof(ip6);
	}
	if (bpf_skb_load_bytes(skb, headers, &tcp, sizeof(tcp)))
		return false;
	return skb->len > headers + tcp.doff * 4;
}

static __always_inline bool sm_holds_back(struct sm_peer *peer, struct sock *sk)
{
	return sm_psock(sk) && sm_learn_peer(peer) == SM_REDIRECTED &&
	       (sm_options.fionread_denies || sm_peer_has_redirected(peer)) &&
	       sm_may_wait_for_edges(sk);
}

/* May this segment be let in? */
static __always_inline bool sm_lets_in(struct __sk_buff *skb)
{
	struct bpf_sock *sk = skb->sk;
	struct sm_peer *peer;
	struct tcp_sock *tp;
	__u64 now;

	if (!sk)
		return true;
	sk = bpf_sk_fullsock(sk);
	if (!sk)
		return true;
	peer = bpf_sk_storage_get(&sm_peers, sk, NULL, 0);
	if (!peer)
		return true;
	tp = bpf_skc_to_tcp_sock(sk);
	if (!tp || !sm_has_payload(skb))
		return true;
	if (!sm_holds_back(peer, (struct sock *)tp)) {
		peer->gated_since = 0;
		return true;
	}
	now = bpf_ktime_get_ns();
	if (!peer->gated_since)
		peer->gated_since = now;
	return now - peer->gated_since > SM_GATE_NS;
}

/*
 * A segment was not acknowledged in time, and is about to be sent again. If it was held back, and
 * the receiver has read what was redirected, the receiver leaves the map: from here on it is a
 * plain TCP socket. Nothing is on its way into its queue: the newest message took the stack, and
 * those before it are older than the timeout, 200 ms.
 */
static __always_inline void sm_timed_out(struct bpf_sock *sk)
{
	struct sm_peer *peer = bpf_sk_storage_get(&sm_peers, sk, NULL, 0);
	struct tcp_sock *tp = bpf_skc_to_tcp_sock(sk);
	struct sock *receiver;
	__u64 cookie;

	if (!sm_options.gated || !peer || !tp || sm_learn_peer(peer) != SM_REDIRECTED ||
	    (peer->mode != SM_MODE_STACK && sm_psock((struct sock *)tp)))
		return;
	receiver = (struct sock *)peer->peer_sk;
	cookie = peer->peer_cookie;
	if (sm_is_peer(receiver, cookie) && sm_may_wait_for_edges(receiver) &&
	    sm_psock_empty(receiver))
		bpf_map_delete_elem(&sm_sockets, &cookie);
}

#endif
