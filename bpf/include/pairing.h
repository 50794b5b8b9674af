/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Who talks to whom. The two ends of a connection find each other by the sequence
 * numbers of its handshake, which both know as soon as they are established and
 * which no NAT, namespace or address family changes. A connection whose numbers
 * do not match is not accelerated, nothing worse. Where another pairing is chosen
 * (tuple.h), the addresses lead to the handshake; all else is the same.
 *
 * The order of things on one connection:
 *
 *   active    ACTIVE_ESTABLISHED (tcp_finish_connect(), before the last ACK leaves):
 *             joins sm_sockets, remembers its handshake
 *   passive   PASSIVE_ESTABLISHED (that ACK arrived): finds the handshake, joins,
 *             publishes itself in it
 *   active    first message, or first acknowledged byte: learns the peer, forgets
 *             the handshake
 *
 * The passive end of a connection from elsewhere never finds a handshake and never
 * joins. The active end of a connection to elsewhere leaves at its first
 * acknowledged byte.
 */
#ifndef SOCKMAP_PAIRING_H
#define SOCKMAP_PAIRING_H

#include <stdbool.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "arrival.h"
#include "counters.h"
#include "exclusion.h"
#include "hold.h"
#include "keepalive.h"
#include "kernel.h"
#include "nudge.h"
#include "policy.h"
#include "psock.h"
#include "readers.h"
#include "stream.h"
#include "tuple.h"
#include "waiting.h"

#define SM_E2BIG     7
#define SM_ENOMEM    12

#define SM_CALLBACKS (BPF_SOCK_OPS_RTT_CB_FLAG | BPF_SOCK_OPS_STATE_CB_FLAG)

/* What stays as long as the socket is paired: gate.h, nudge.h. */
static __always_inline __u32 sm_edge_callbacks(void)
{
	return sm_options.gated ? BPF_SOCK_OPS_RTO_CB_FLAG : sm_nudge_callbacks();
}

static __always_inline __u32 sm_refusal(long error)
{
	return error == -SM_E2BIG || error == -SM_ENOMEM ? SM_MAP_FULL : SM_ERROR;
}

/* No callbacks any more, but those that others have asked for. */
static __always_inline void sm_stop_callbacks(struct bpf_sock_ops *ctx, __u32 foreign_flags)
{
	__u32 ours = SM_CALLBACKS | sm_edge_callbacks();

	bpf_sock_ops_cb_flags_set(ctx, (ctx->bpf_sock_ops_cb_flags & ~ours) | foreign_flags);
}

/*
 * A socket that is connected anew, after connect(AF_UNSPEC). From 5.19 on it is still in sm_sockets
 * (sock_map_destroy() took the place of sock_map_unhash()), with what the first peer had redirected
 * to it. Both go, as TCP forgets what it has not read (tcp_disconnect()). It does not join again:
 * a message of the first peer may still be on its way to its cookie.
 */
static __always_inline bool sm_connected_anew(struct bpf_sock_ops *ctx, struct bpf_sock *sk,
					      struct tcp_sock *tp)
{
	struct sm_peer *peer = bpf_sk_storage_get(&sm_peers, sk, NULL, 0);
	__u64 cookie;

	if (!peer)
		return false;
	cookie = peer->cookie;
	sm_left(ctx, tp, peer);
	sm_stop_callbacks(ctx, peer->foreign_flags);
	bpf_map_delete_elem(&sm_sockets, &cookie);
	bpf_sk_storage_delete(&sm_peers, sk);
	return true;
}

/* May a reader be waiting inside tcp_recvmsg()? A function of its own, for the stack. */
static __noinline bool sm_has_early_reader(struct sock *sk)
{
	return !sm_all_wait_elsewhere(BPF_CORE_READ(sk, sk_wq));
}

static __always_inline void sm_active_established(struct bpf_sock_ops *ctx, struct bpf_sock *sk)
{
	struct tcp_sock *tp = bpf_skc_to_tcp_sock(sk);
	__u32 flags = ctx->bpf_sock_ops_cb_flags;
	struct sm_handshake handshake = {
	    .snd_nxt = ctx->snd_nxt,
	    .rcv_nxt = ctx->rcv_nxt,
	};
	struct sm_pairing pairing = {.active_sk = (__u64)sk};
	struct sm_peer *peer;
	long error;

	if (!tp)
		return;
	if (sm_connected_anew(ctx, sk, tp) || sm_is_mptcp(tp) || sm_is_zerocopy(tp) ||
	    sm_sent_early_data(ctx)) {
		sm_count_total(SM_EXCLUDED, 0);
		return;
	}
	if (sm_active_refused(tp)) {
		sm_count_total(SM_POLICY, 0);
		return;
	}
	if (!sm_may_be_here(ctx)) {
		sm_count_total(SM_NO_PEER, 0);
		return;
	}
	/* Made for whoever asks first: not for those to elsewhere. */
	pairing.active_cookie = bpf_get_socket_cookie(ctx);
	/* Now: whoever waits is about to be woken, and who comes later finds the psock. */
	pairing.early_reader = sm_has_early_reader((struct sock *)tp);
	/* Without the callbacks nothing would ever clean up: they come first. */
	if (bpf_sock_ops_cb_flags_set(ctx, flags | SM_CALLBACKS | sm_edge_callbacks())) {
		sm_count_total(SM_ERROR, 0);
		goto restore_flags;
	}
	peer = bpf_sk_storage_get(&sm_peers, sk, NULL, BPF_SK_STORAGE_GET_F_CREATE);
	if (!peer) {
		sm_count_total(SM_MAP_FULL, 0);
		goto restore_flags;
	}
	peer->cookie = pairing.active_cookie;
	peer->handshake = handshake;
	peer->seen_write_seq = tp->write_seq;
	peer->foreign_flags = flags;
	peer->readers = sm_own_readers(ctx);
	peer->active = 1;
	pairing.active_state = (__u64)peer;

	error = bpf_map_update_elem(&sm_handshakes, &handshake, &pairing, BPF_NOEXIST);
	if (error) {
		sm_count_total(sm_refusal(error), 0);
		goto delete_storage;
	}
	error = sm_remember_tuple(tp, &handshake);
	if (error) {
		sm_count_total(sm_refusal(error), 0);
		goto delete_handshake;
	}
	/*
	 * Now, and not when the peer is known: a socket can only be added from the
	 * callbacks of its establishment (sock_map_op_okay()).
	 */
	error = bpf_sock_hash_update(ctx, &sm_sockets, &pairing.active_cookie, BPF_NOEXIST);
	if (!error)
		return;
	sm_count_total(sm_refusal(error), 0);
	sm_forget_tuple(tp, &handshake);
delete_handshake:
	bpf_map_delete_elem(&sm_handshakes, &handshake);
delete_storage:
	bpf_sk_storage_delete(&sm_peers, sk);
restore_flags:
	bpf_sock_ops_cb_flags_set(ctx, flags);
}

/*
 * The other end as an entry of sm_handshakes names it: read at once, and compared with what that
 * end says of itself. Since 6.1 the memory of a deleted entry is another connection's at the next
 * moment (bpf_mem_alloc), also under a program that still looks at it.
 */
struct sm_other_end {
	__u64 cookie, sk;
	__u64 state; /* its struct sm_peer */
};

static __always_inline bool sm_find_active(const struct sm_pairing *pairing,
					   const struct sm_handshake *handshake,
					   struct sm_other_end *end)
{
	struct sm_handshake claimed = {};
	const struct sm_peer *peer;
	__u64 cookie = 0;

	end->cookie = *(const volatile __u64 *)&pairing->active_cookie;
	end->sk = *(const volatile __u64 *)&pairing->active_sk;
	end->state = *(const volatile __u64 *)&pairing->active_state;
	peer = (const struct sm_peer *)end->state;
	return !bpf_probe_read_kernel(&cookie, sizeof(cookie), &peer->cookie) &&
	       !bpf_probe_read_kernel(&claimed, sizeof(claimed), &peer->handshake) &&
	       cookie == end->cookie && claimed.snd_nxt == handshake->snd_nxt &&
	       claimed.rcv_nxt == handshake->rcv_nxt && sm_is_peer((struct sock *)end->sk, cookie);
}

/* It has found us, who are `cookie`, by sm_find_active(). */
static __always_inline bool sm_find_passive(const struct sm_pairing *pairing, __u64 cookie,
					    struct sm_other_end *end)
{
	struct {
		__u64 own, peer;
	} cookies = {};
	const struct sm_peer *peer;

	end->cookie = *(const volatile __u64 *)&pairing->passive_cookie;
	end->sk = *(const volatile __u64 *)&pairing->passive_sk;
	end->state = *(const volatile __u64 *)&pairing->passive_state;
	peer = (const struct sm_peer *)end->state;
	return end->cookie && !bpf_probe_read_kernel(&cookies, sizeof(cookies), &peer->cookie) &&
	       cookies.own == end->cookie && cookies.peer == cookie &&
	       sm_is_peer((struct sock *)end->sk, end->cookie);
}

static __always_inline void sm_passive_established(struct bpf_sock_ops *ctx, struct bpf_sock *sk)
{
	struct sm_handshake mirrored = {
	    .snd_nxt = ctx->rcv_nxt,
	    .rcv_nxt = ctx->snd_nxt,
	};
	struct tcp_sock *tp = bpf_skc_to_tcp_sock(sk);
	struct sm_handshake handshake = mirrored;
	struct sm_pairing *pairing;
	struct sm_other_end active;
	struct sm_peer *peer;
	__u64 cookie;
	long error;

	if (!tp)
		return;
	pairing = sm_find_handshake(ctx, tp, &handshake)
		      ? bpf_map_lookup_elem(&sm_handshakes, &handshake)
		      : NULL;
	if (!pairing)
		sm_came_unseen(ctx);
	if (!pairing || pairing->passive_cookie || !sm_find_active(pairing, &handshake, &active))
		return;
	if (sm_is_mptcp(tp) || sm_is_zerocopy(tp) || tp->fastopen_rsk ||
	    tp->copied_seq != tp->rcv_nxt) {
		pairing->refusal = SM_EXCLUDED;
		goto refused;
	}
	if (sm_passive_refused(sk, tp, active.sk)) {
		pairing->refusal = SM_POLICY;
		goto refused;
	}
	peer = bpf_sk_storage_get(&sm_peers, sk, NULL, BPF_SK_STORAGE_GET_F_CREATE);
	if (!peer) {
		pairing->refusal = SM_MAP_FULL;
		goto refused;
	}
	peer->foreign_flags = ctx->bpf_sock_ops_cb_flags;
	bpf_sock_ops_cb_flags_set(ctx, peer->foreign_flags | BPF_SOCK_OPS_RTT_CB_FLAG |
					   sm_edge_callbacks());
	cookie = bpf_get_socket_cookie(ctx);
	peer->cookie = cookie;
	peer->handshake = mirrored;
	peer->seen_write_seq = tp->write_seq;
	peer->peer_sk = active.sk;
	peer->peer_state = active.state;
	peer->peer_cookie = active.cookie;
	peer->early_reader = pairing->early_reader;
	peer->readers = sm_accepted_kind(tp);

	error = bpf_sock_hash_update(ctx, &sm_sockets, &cookie, BPF_NOEXIST);
	if (error) {
		pairing->refusal = sm_refusal(error);
		bpf_sock_ops_cb_flags_set(ctx, peer->foreign_flags);
		bpf_sk_storage_delete(&sm_peers, sk);
		goto refused;
	}
	sm_keep_alive(ctx, tp);
	pairing->passive_state = (__u64)peer;
	pairing->passive_sk = (__u64)sk;
	barrier();
	/* Last: from here on the active end may redirect to us. */
	*(volatile __u64 *)&pairing->passive_cookie = cookie;
	return;
refused:
	sm_count_total(pairing->refusal, 0);
}

/*
 * The active end learns its peer and forgets the handshake. Returns why there is
 * no peer, SM_REDIRECTED if there is one.
 */
static __always_inline __u32 sm_learn_peer(struct sm_peer *peer)
{
	struct sm_handshake handshake = peer->handshake;
	struct sm_pairing *pairing;
	struct sm_other_end passive;

	if (peer->peer_cookie)
		return SM_REDIRECTED;
	pairing = bpf_map_lookup_elem(&sm_handshakes, &handshake);
	if (!pairing || pairing->active_cookie != peer->cookie)
		return SM_NO_PEER;
	/* Another CPU may be publishing: what is not all there yet is there at a later message. */
	if (!sm_find_passive(pairing, peer->cookie, &passive))
		return pairing->refusal ? pairing->refusal : SM_NO_PEER;
	peer->peer_sk = passive.sk;
	peer->peer_state = passive.state;
	peer->peer_cookie = passive.cookie;
	bpf_map_delete_elem(&sm_handshakes, &handshake);
	return SM_REDIRECTED;
}

static __always_inline void sm_forget_handshake(struct bpf_sock *sk, struct sm_peer *peer)
{
	struct sm_handshake handshake = peer->handshake;
	struct sm_pairing *pairing = bpf_map_lookup_elem(&sm_handshakes, &handshake);
	struct tcp_sock *tp = bpf_skc_to_tcp_sock(sk);

	if (tp && peer->active)
		sm_forget_tuple(tp, &handshake);
	if (pairing && pairing->active_cookie == peer->cookie)
		bpf_map_delete_elem(&sm_handshakes, &handshake);
}

/*
 * A round trip of bytes that this end sent through the stack.
 *
 * Whatever acknowledged those of the active end is established, and became so before
 * it saw them (tcp_rcv_state_process() runs the passive callback before it queues
 * data): if it is here and attached, it has published itself by now. So if nobody did,
 * nobody ever will and nobody can have redirected into our psock: leaving the map
 * loses nothing. If it did, either end may be sending a stream.
 *
 * A client that never sends gets no such callback. It stays until it is closed.
 */
static __always_inline void sm_round_trip(struct bpf_sock_ops *ctx, struct bpf_sock *sk,
					  const struct sm_config *config)
{
	struct sm_peer *peer = bpf_sk_storage_get(&sm_peers, sk, NULL, 0);
	struct tcp_sock *tp = bpf_skc_to_tcp_sock(sk);
	__u32 foreign;
	__u64 cookie;

	if (!peer || !tp || (peer->active && ctx->snd_una == peer->handshake.snd_nxt))
		return;
	foreign = peer->foreign_flags;
	if (sm_learn_peer(peer) != SM_REDIRECTED) {
		cookie = peer->cookie;
		sm_forget_handshake(sk, peer);
		bpf_map_delete_elem(&sm_sockets, &cookie);
		bpf_sk_storage_delete(&sm_peers, sk);
	} else if (!sm_stream_left(ctx, tp, peer, config)) {
		return;
	}
	sm_stop_callbacks(ctx, foreign);
}

/* As sm_nudge(). */
static __always_inline void sm_packet_leaves(struct bpf_sock_ops *ctx, struct bpf_sock *sk)
{
	struct sm_peer *peer = sm_nudges() ? bpf_sk_storage_get(&sm_peers, sk, NULL, 0) : NULL;
	struct tcp_sock *tp = bpf_skc_to_tcp_sock(sk);

	if (!peer || !tp)
		return;
	sm_learn_reader(tp, peer);
	/* A client that never sends learns its peer when it acknowledges. */
	if (!peer->peer_cookie && (!sm_has_unread(tp) || sm_learn_peer(peer) != SM_REDIRECTED))
		return;
	if (!sm_nudge(ctx, tp, peer))
		return;
	sm_left(ctx, tp, peer);
	sm_stop_callbacks(ctx, peer->foreign_flags);
}

/*
 * Only the bookkeeping: the kernel takes a socket out of sm_sockets when it is
 * closed (sock_map_close()). Doing so earlier, at a FIN, would drop what the
 * application has not read yet.
 */
static __always_inline void sm_state_changed(struct bpf_sock_ops *ctx, struct bpf_sock *sk)
{
	struct sm_peer *peer;

	if (ctx->args[1] != SM_TCP_CLOSE)
		return;
	peer = bpf_sk_storage_get(&sm_peers, sk, NULL, 0);
	if (peer)
		sm_forget_handshake(sk, peer);
}

#endif
