/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * An edge-triggered reader that stops after a short read (epoll(7), EPOLLET; nginx, tokio) can miss
 * bytes of the stack. They came while redirected ones lay before them: one edge for both. The end
 * of the psock queue is a short read (tcp_bpf_recvmsg()), and nothing wakes it for what lies
 * behind.
 *
 * So its socket, when it acknowledges such bytes, begins to send a keepalive probe each second. If
 * a packet is about to leave it and its reader rests before those bytes, the reader is woken: by an
 * SO_RCVLOWAT that is set to what it is, for which tcp_set_rcvlowat() signals a socket that can be
 * read. One that needs that again and again leaves the map.
 *
 * Packets that leave are shown to programs that want to write options into their headers. This one
 * never does.
 */
#ifndef SOCKMAP_NUDGE_H
#define SOCKMAP_NUDGE_H

#include <stdbool.h>
#include <linux/bpf.h>
#include <linux/in.h>
#include <linux/tcp.h>
#include <asm-generic/socket.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include "hold.h"
#include "kernel.h"
#include "maps.h"
#include "psock.h"
#include "waiting.h"

/* From 6.1 on, when setting SO_RCVLOWAT began to signal. */
extern const void sockopt_lock_sock __ksym __weak;

/* Untouched for so long: the reader is not on its way. */
#define SM_STALL_NS (200 * 1000 * 1000ULL)

/* A reader that had to be woken so often will have to be again. */
#define SM_STALLS 2

/* With sm_gate there is nothing to miss. */
static __always_inline bool sm_nudges(void)
{
	return !sm_options.gated && &sockopt_lock_sock && &ep_poll_callback;
}

static __always_inline __u32 sm_nudge_callbacks(void)
{
	return sm_nudges() ? BPF_SOCK_OPS_WRITE_HDR_OPT_CB_FLAG : 0;
}

static __always_inline int sm_tcp_option(struct bpf_sock_ops *ctx, int option)
{
	int value = 0;

	bpf_getsockopt(ctx, IPPROTO_TCP, option, &value, sizeof(value));
	return value;
}

static __always_inline void sm_set_tcp_option(struct bpf_sock_ops *ctx, int option, int value)
{
	bpf_setsockopt(ctx, IPPROTO_TCP, option, &value, sizeof(value));
}

static __always_inline void sm_set_keepalive(struct bpf_sock_ops *ctx, int on)
{
	bpf_setsockopt(ctx, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
}

/* Packets shall leave, from now on. */
static __always_inline void sm_start_watch(struct bpf_sock_ops *ctx, struct tcp_sock *tp,
					   struct sm_watch *watch)
{
	watch->keepalive = sm_has_flag((struct sock *)tp, SOCK_KEEPOPEN);
	watch->idle = sm_tcp_option(ctx, TCP_KEEPIDLE);
	watch->interval = sm_tcp_option(ctx, TCP_KEEPINTVL);
	watch->count = sm_tcp_option(ctx, TCP_KEEPCNT);
	sm_set_tcp_option(ctx, TCP_KEEPIDLE, SM_WATCH_SECONDS);
	sm_set_tcp_option(ctx, TCP_KEEPINTVL, SM_WATCH_SECONDS);
	sm_set_tcp_option(ctx, TCP_KEEPCNT, SM_WATCH_COUNT);
	sm_set_keepalive(ctx, 1);
	watch->copied_seq = tp->copied_seq;
	watch->since = bpf_ktime_get_ns();
	watch->on = 1;
}

/* One that is not ours any more is the application's. */
static __always_inline void sm_take_back(struct bpf_sock_ops *ctx, int option, int ours, int value)
{
	if (sm_tcp_option(ctx, option) == ours)
		sm_set_tcp_option(ctx, option, value);
}

static __always_inline void sm_end_watch(struct bpf_sock_ops *ctx, struct sm_watch *watch)
{
	if (!watch->keepalive)
		sm_set_keepalive(ctx, 0);
	sm_take_back(ctx, TCP_KEEPIDLE, SM_WATCH_SECONDS, watch->idle);
	sm_take_back(ctx, TCP_KEEPINTVL, SM_WATCH_SECONDS, watch->interval);
	sm_take_back(ctx, TCP_KEEPCNT, SM_WATCH_COUNT, watch->count);
	watch->on = 0;
}

static __always_inline bool sm_has_fin(struct tcp_sock *tp)
{
	__u8 state = ((struct sock *)tp)->__sk_common.skc_state;

	return state != SM_TCP_ESTABLISHED && state != SM_TCP_FIN_WAIT1 &&
	       state != SM_TCP_FIN_WAIT2;
}

/* Bytes that came through the stack. A FIN counts as one, until it is read with the last of them.
 */
static __always_inline bool sm_has_unread(struct tcp_sock *tp)
{
	return (__s32)(tp->rcv_nxt - tp->copied_seq) > sm_has_fin(tp);
}

/*
 * Is nothing on its way into our psock? The peer, a single task, sent its newest message through
 * the stack, and cannot return from there before it is read.
 */
static __always_inline bool sm_peer_uses_stack(const struct sm_peer *peer)
{
	__u32 mode = sm_of_peer(peer, mode);
	__u64 since = sm_of_peer(peer, writer.since);

	return sm_of_peer(peer, cookie) == peer->peer_cookie && mode == SM_MODE_STACK && !since;
}

static __always_inline bool sm_peer_has_redirected(const struct sm_peer *peer)
{
	return sm_of_peer(peer, counts[SM_REDIRECTED].messages);
}

/*
 * There are unread bytes of the stack. Did they come behind redirected ones, or may FIONREAD deny
 * them, and may the reader stop after a short read? Where nobody waits yet it may be anything.
 */
static __always_inline bool sm_may_miss_edge(const struct sm_peer *peer, struct tcp_sock *tp)
{
	return (sm_options.fionread_denies || sm_peer_has_redirected(peer)) &&
	       sm_who_waits((struct sock *)tp) != SM_SOMEBODY;
}

/* Did our peer's reader stall? Then it is better off without the map. */
static __always_inline bool sm_peer_stalled(const struct sm_peer *peer)
{
	bool stalled = sm_of_peer(peer, stalled);

	return stalled && sm_of_peer(peer, cookie) == peer->peer_cookie;
}

/* Wakes nobody if there is nothing to read, be it the end. */
static __always_inline void sm_wake_reader(struct bpf_sock_ops *ctx, struct tcp_sock *tp)
{
	int same = ((struct sock *)tp)->sk_rcvlowat;

	bpf_setsockopt(ctx, SOL_SOCKET, SO_RCVLOWAT, &same, sizeof(same));
}

/* The socket is out of the map: from now on no edge is missed, but one may have been. */
static __always_inline void sm_left(struct bpf_sock_ops *ctx, struct tcp_sock *tp,
				    struct sm_peer *peer)
{
	sm_release(ctx, tp, peer);
	if (!peer->watch.on)
		return;
	sm_end_watch(ctx, &peer->watch);
	sm_wake_reader(ctx, tp);
}

/* Has the reader read what was redirected, and done nothing since for a while? */
static __always_inline bool sm_reader_rests(struct tcp_sock *tp, struct sm_watch *watch)
{
	struct sock *sk = (struct sock *)tp;
	__u64 now = bpf_ktime_get_ns();

	if (watch->copied_seq == tp->copied_seq && sm_psock_empty(sk))
		return now - watch->since >= SM_STALL_NS;
	watch->copied_seq = tp->copied_seq;
	watch->since = now;
	return false;
}

/*
 * A packet is about to leave this socket, whose lock is held. Says whether the socket has left the
 * map.
 */
static __always_inline bool sm_nudge(struct bpf_sock_ops *ctx, struct tcp_sock *tp,
				     struct sm_peer *peer)
{
	struct sm_watch *watch = &peer->watch;
	__u64 cookie;

	if (!sm_psock((struct sock *)tp))
		return true;
	if (!watch->on) {
		if (sm_has_unread(tp) && sm_may_miss_edge(peer, tp))
			sm_start_watch(ctx, tp, watch);
		return false;
	}
	if (!sm_reader_rests(tp, watch))
		return false;
	if (!sm_has_unread(tp)) {
		sm_end_watch(ctx, watch);
		/* nginx stops at a second short read, also if it knows of a FIN, and before it. */
		if (sm_has_fin(tp))
			sm_wake_reader(ctx, tp);
		return false;
	}
	if (sm_who_waits((struct sock *)tp) != SM_FOR_EDGES)
		return false;
	watch->since = bpf_ktime_get_ns();
	watch->wakes++;
	if (watch->wakes >= SM_STALLS || sm_options.fionread_denies)
		peer->stalled = 1;
	if (!peer->stalled || !sm_peer_uses_stack(peer)) {
		sm_wake_reader(ctx, tp);
		return false;
	}
	cookie = peer->cookie;
	bpf_map_delete_elem(&sm_sockets, &cookie);
	return true;
}

#endif
