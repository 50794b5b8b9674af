// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * TCP connections whose both ends are in the attached cgroup carry their bytes
 * from sendmsg() straight into the peer's receive queue. README.md says what is
 * promised; pairing.h how ends find each other; flow.h when a message may go.
 */
#include <stdbool.h>
#include <stddef.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "include/arrival.h"
#include "include/counters.h"
#include "include/exclusion.h"
#include "include/flow.h"
#include "include/gate.h"
#include "include/kernel.h"
#include "include/maps.h"
#include "include/nudge.h"
#include "include/pairing.h"
#include "include/policy.h"
#include "include/readers.h"
#include "include/sockmap_abi.h"

static __always_inline const struct sm_config *sm_get_config(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&sm_config, &zero);
}

SEC("sockops")
int sm_sockops(struct bpf_sock_ops *ctx)
{
	const struct sm_config *config;
	struct bpf_sock *sk;

	/* The reply is left alone: other programs on the cgroup may have set one. */
	switch (ctx->op) {
	case BPF_SOCK_OPS_TIMEOUT_INIT:
	case BPF_SOCK_OPS_NEEDS_ECN:
		return 1; /* quickly: they come with every SYN */
	case BPF_SOCK_OPS_RWND_INIT:
		if (!ctx->is_fullsock)
			sm_arrives(ctx);
		return 1;
	case BPF_SOCK_OPS_TCP_CONNECT_CB:
		sm_connects(ctx);
		return 1;
	}
	config = sm_get_config();
	sk = ctx->sk;
	if (!config || !sk || !ctx->is_fullsock)
		return 1;
	switch (ctx->op) {
	case BPF_SOCK_OPS_TCP_LISTEN_CB:
		sm_listens(sk);
		break;
	case BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB:
		if (config->enabled)
			sm_active_established(ctx, sk);
		break;
	case BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB:
		if (config->enabled)
			sm_passive_established(ctx, sk);
		break;
	case BPF_SOCK_OPS_RTT_CB:
		sm_round_trip(ctx, sk, config);
		break;
	case BPF_SOCK_OPS_RTO_CB:
		sm_timed_out(sk);
		break;
	case BPF_SOCK_OPS_HDR_OPT_LEN_CB:
		sm_packet_leaves(ctx, sk);
		break;
	case BPF_SOCK_OPS_STATE_CB:
		sm_state_changed(ctx, sk);
		break;
	}
	return 1;
}

/* What should become of this message. SM_REDIRECTED: try it. */
static __always_inline __u32 sm_judge(struct sk_msg_md *msg, struct sm_peer *peer,
				      const struct sm_config *config)
{
	__u64 limit = config->queue_limit ? config->queue_limit : SM_DEFAULT_QUEUE_LIMIT;
	struct tcp_sock *tp = bpf_skc_to_tcp_sock(msg->sk);
	__u32 state = msg->sk->state;
	struct sock *peer_sk;
	__u32 verdict;

	if (!config->enabled)
		return SM_DISABLED;
	if (peer->is_stream)
		return SM_STREAM;
	verdict = sm_learn_peer(peer);
	if (verdict != SM_REDIRECTED)
		return verdict;
	peer_sk = (struct sock *)peer->peer_sk;
	/* Our own FIN is out: the stack refuses the message, a redirect would not. */
	if (state != SM_TCP_ESTABLISHED && state != SM_TCP_CLOSE_WAIT)
		return SM_PEER_GONE;
	if (!tp)
		return SM_PEER_GONE;
	sm_learn_reader(tp, peer);
	if (sm_is_zerocopy(tp) || sm_peeks_from_offset(peer_sk) || sm_peer_splices(peer))
		return SM_EXCLUDED;
	if (peer->mode != SM_MODE_REDIRECT || sm_sent_unseen(tp, peer)) {
		if (!sm_is_peer(peer_sk, peer->peer_cookie))
			return SM_PEER_GONE;
		verdict = sm_begin(tp, peer, peer_sk);
		if (verdict != SM_REDIRECTED)
			return verdict;
	}
	peer->seen_write_seq = tp->write_seq;
	if (sm_memory_is_short(tp, peer) || sm_over_limit(peer, peer_sk, msg->size, limit))
		return SM_BACKPRESSURE;
	return SM_REDIRECTED;
}

SEC("sk_msg")
int sm_verdict(struct sk_msg_md *msg)
{
	const struct sm_config *config = sm_get_config();
	__u32 size = msg->size;
	struct sm_peer *peer;
	__u32 verdict;
	__u64 cookie;

	peer = bpf_sk_storage_get(&sm_peers, msg->sk, NULL, 0);
	if (!peer || !config) {
		sm_count_total(SM_NO_PEER, size);
		return SK_PASS;
	}
	verdict = sm_judge(msg, peer, config);
	if (verdict == SM_REDIRECTED) {
		cookie = peer->peer_cookie;
		sm_await_lock((struct sock *)peer->peer_sk);
		if (bpf_msg_redirect_hash(msg, &sm_sockets, &cookie, BPF_F_INGRESS) != SK_PASS)
			verdict = SM_PEER_GONE;
	}
	if (verdict == SM_REDIRECTED) {
		peer->mode = SM_MODE_REDIRECT;
		peer->queued_estimate += size + SM_MESSAGE_OVERHEAD;
	} else {
		peer->mode = SM_MODE_STACK;
	}
	sm_count_message(peer, verdict, size);
	/* Into an empty slot, that is on to the next line, unless messages are captured. */
	bpf_tail_call(msg, &sm_capture, 0);
	/* Never the helper's result: SK_DROP would be an EACCES for the application. */
	return SK_PASS;
}

SEC("cgroup/setsockopt")
int sm_setsockopt(struct bpf_sockopt *ctx)
{
	return sm_may_set_option(ctx);
}

/* Loaded only where it is needed (attach --edge-readers). */
SEC("cgroup_skb/ingress")
int sm_gate(struct __sk_buff *skb)
{
	return sm_lets_in(skb);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
