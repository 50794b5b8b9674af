/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A stream that outruns its reader spends its time at the queue limit: it goes to the stack, comes
 * back, and goes again. Through the stack a socket in a sockmap is up to twice as slow as one that
 * is not (tcp_bpf_push()). So it leaves, for good: sockets can only join when they are established.
 * Before that a writer of large messages is held (hold.h), which makes most of them redirected.
 *
 * From then on none of its messages is redirected. The receiver leaves first, as soon as its queue
 * is empty: what is in a psock queue when its socket leaves is lost, and what is on its way there
 * is refused with EPIPE. There is nothing: only a single task had ever sent, and its newest message
 * took the stack. The callback holds the sender's lock, so that no message is judged meanwhile.
 *
 * The sender leaves when nothing can come back: the receiver's psock is gone, which tasks inside
 * tcp_bpf_sendmsg() hold a reference to, and the sender's own queue is empty.
 */
#ifndef SOCKMAP_STREAM_H
#define SOCKMAP_STREAM_H

#include <stdbool.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "counters.h"
#include "flow.h"
#include "hold.h"
#include "kernel.h"
#include "maps.h"
#include "nudge.h"

/* Fewer messages a second through the stack are no stream. */
#define SM_STREAM_RATE	 1000
#define SM_NS_PER_SECOND (1000 * 1000 * 1000ULL)

/*
 * It leaves when so many of its messages took the stack. Large ones, of at least so many bytes,
 * gain so much when they are redirected that a held writer stays longer.
 */
#define SM_STREAM_PERCENT 25
#define SM_HELD_PERCENT	  66
#define SM_LARGE_MESSAGE  (24 * 1024)

/* So many messages that took the stack are no accident. */
#define SM_HOLD_AFTER 4

/* Are the messages of this window large, on average? */
static __always_inline bool sm_sends_large(const struct sm_peer *peer)
{
	__u64 messages = peer->writer.runs - peer->window.runs;

	return messages && peer->writer.bytes - peer->window.bytes >= messages * SM_LARGE_MESSAGE;
}

/* Did so many messages of the last window, at least, take the stack? */
static __always_inline bool sm_is_stream(struct sm_peer *peer, __u64 window_ns, __u32 percent)
{
	__u64 redirected = peer->counts[SM_REDIRECTED].messages;
	__u64 runs = peer->writer.runs;
	__u64 now = bpf_ktime_get_ns();
	__u64 lasted = now - peer->window.since;
	__u64 all, stack;

	if (lasted < window_ns)
		return false;
	all = runs - peer->window.runs;
	stack = all - (redirected - peer->window.redirected);
	peer->window.runs = runs;
	peer->window.redirected = redirected;
	peer->window.bytes = peer->writer.bytes;
	peer->window.since = now;
	/* The first window, or nothing took the stack for a while: it says nothing about now. */
	return lasted / 2 < window_ns && stack * 100 >= all * percent &&
	       stack >= lasted / (SM_NS_PER_SECOND / SM_STREAM_RATE);
}

/*
 * A round trip of bytes that took the stack, with the sender's lock held. Says whether the sender
 * is out of the map, by this or by other ways.
 */
static __always_inline bool sm_stream_left(struct bpf_sock_ops *ctx, struct tcp_sock *tp,
					   struct sm_peer *peer, const struct sm_config *config)
{
	__u64 window_ns = config->stream_ns ? config->stream_ns : SM_DEFAULT_STREAM_NS;
	struct sock *receiver = (struct sock *)peer->peer_sk;
	struct sock *sender = (struct sock *)tp;
	__u32 percent = SM_STREAM_PERCENT;
	__u64 cookie;

	if (!sm_psock(sender)) {
		sm_left(ctx, tp, peer);
		return true;
	}
	if (sm_sends_large(peer)) {
		if (peer->counts[SM_ORDER].messages + peer->counts[SM_BACKPRESSURE].messages >=
		    SM_HOLD_AFTER)
			sm_hold(ctx, tp, peer);
		if (peer->held)
			percent = SM_HELD_PERCENT;
	}
	if (peer->mode != SM_MODE_STACK || (peer->writer.since && !peer->is_stream) ||
	    !sm_is_peer(receiver, peer->peer_cookie))
		return false;
	if (!peer->is_stream) {
		if (!sm_is_stream(peer, window_ns, percent) && !sm_peer_stalled(peer))
			return false;
		/* Nothing is redirected any more: the queue will be empty soon. */
		peer->is_stream = 1;
		sm_count_total(SM_STREAM, 0);
	}
	if (sm_psock(receiver) && sm_psock_empty(receiver)) {
		cookie = peer->peer_cookie;
		bpf_map_delete_elem(&sm_sockets, &cookie);
	}
	if (sm_psock(receiver) || !sm_psock_empty(sender))
		return false;
	cookie = peer->cookie;
	bpf_map_delete_elem(&sm_sockets, &cookie);
	sm_left(ctx, tp, peer);
	return true;
}

#endif
