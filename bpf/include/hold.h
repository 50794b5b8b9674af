/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A writer at the queue limit goes on through the stack, and fills megabytes of buffers there
 * before it sleeps. Through a sockmap that is slow (tcp_bpf_push()), and the direction cannot
 * return to redirection before all of it is read. With TCP_NOTSENT_LOWAT the writer sleeps as soon
 * as the receiver's window is full and a little more waits, so that most of its bytes are
 * redirected.
 *
 * A little is 128 KiB: a socket is writable while less than half of that is unsent
 * (sk_stream_memory_free()), and a corked segment, which may be sent late, is up to 64 KiB long.
 *
 * The socket gets its own limit back, which is none, when it leaves the map, and from whoever
 * detaches this datapath (sockmap-agent: agent/bpf/peers.bpf.c).
 */
#ifndef SOCKMAP_HOLD_H
#define SOCKMAP_HOLD_H

#include <linux/bpf.h>
#include <linux/in.h>
#include <linux/tcp.h>
#include <bpf/bpf_helpers.h>
#include "kernel.h"
#include "sockmap_abi.h"

/* With the socket's lock held, as in all callbacks. */
static __always_inline void sm_hold(struct bpf_sock_ops *ctx, struct tcp_sock *tp,
				    struct sm_peer *peer)
{
	int bytes = SM_HELD_BYTES;

	/* One that is set already is the application's. */
	if (!peer->held && !tp->notsent_lowat &&
	    !bpf_setsockopt(ctx, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &bytes, sizeof(bytes)))
		peer->held = 1;
}

static __always_inline void sm_release(struct bpf_sock_ops *ctx, struct tcp_sock *tp,
				       struct sm_peer *peer)
{
	int none = 0;

	if (peer->held && tp->notsent_lowat == SM_HELD_BYTES)
		bpf_setsockopt(ctx, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &none, sizeof(none));
	peer->held = 0;
}

#endif
