/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Whether a connection that has just been established may end on this host. Joining the map costs
 * more than a tenth of a short connection, so one to elsewhere should not join in the first place.
 *
 * When a SYN arrives the kernel asks the programs of the listener's cgroup for the receive window
 * (tcp_openreq_init_rwin()), before it answers. What they may see is the port it came from. So a
 * connecting socket notes its port when it sends its SYN, an attached listener notes the port of
 * each SYN, and when the answer comes the two are compared. A SYN from a port that nobody noted may
 * be a translated one (SNAT), or one from elsewhere: as long as any such arrives, all who connect
 * meanwhile are in doubt. In doubt they join, and leave at their first acknowledged byte.
 *
 * A SYN that is answered with a cookie is not shown to anyone. The accepting end of such a
 * connection finds its SYN missing, and from there on all are in doubt for a minute.
 */
#ifndef SOCKMAP_ARRIVAL_H
#define SOCKMAP_ARRIVAL_H

#include <stdbool.h>
#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include "maps.h"
#include "readers.h"

/* SYNs that are on their way for longer count as translated. In units of sm_now(). */
#define SM_ARRIVAL_WINDOW 1000

#define SM_DOUBT	  60000

/* 2^20 ns, roughly milliseconds; 0 is never. Only differences count, which may wrap. */
static __always_inline __u32 sm_now(void)
{
	return bpf_ktime_get_ns() >> 20 ?: 1;
}

/* That of a socket's peer; the upper half says nothing. */
static __always_inline __u32 sm_remote_port(struct bpf_sock_ops *ctx)
{
	return bpf_ntohl(ctx->remote_port) & 0xffff;
}

/* Enough to tell sockets of one port from each other. */
static __always_inline __u32 sm_name_of(struct bpf_sock_ops *ctx)
{
	return (__u32)(__u64)ctx->sk;
}

/* A SYN is about to be sent. Sockets of one port share the oldest time of a while. */
static __always_inline void sm_connects(struct bpf_sock_ops *ctx)
{
	__u32 port = ctx->local_port;
	struct sm_port *own = bpf_map_lookup_elem(&sm_ports, &port);
	__u32 now = sm_now();

	if (!own)
		return;
	if (!own->connects || now - own->connects > SM_ARRIVAL_WINDOW)
		own->connects = now;
	own->process = sm_this_process();
	own->socket = sm_name_of(ctx);
}

/* The kind of reader that the connecting socket has (readers.h). */
static __always_inline __u64 sm_own_readers(struct bpf_sock_ops *ctx)
{
	__u32 port = ctx->local_port;
	struct sm_port *own = bpf_map_lookup_elem(&sm_ports, &port);

	return own && own->process && own->socket == sm_name_of(ctx)
		   ? sm_connected_kind(own->process, sm_remote_port(ctx))
		   : 0;
}

/* Did nobody connect from there lately? */
static __always_inline bool sm_is_strange(const struct sm_port *from, __u32 now)
{
	return !from || !from->connects || now - from->connects > SM_ARRIVAL_WINDOW;
}

static __always_inline void sm_note_arrival(struct sm_port *from, __u32 when)
{
	if (from && (!from->arrives || (__s32)(when - from->arrives) > 0))
		from->arrives = when;
}

static __always_inline void sm_doubt_until(__u32 when)
{
	__u32 any = SM_ANY_PORT;

	sm_note_arrival(bpf_map_lookup_elem(&sm_ports, &any), when);
}

/* A SYN has arrived at an attached listener. */
static __always_inline void sm_arrives(struct bpf_sock_ops *ctx)
{
	__u32 port = sm_remote_port(ctx);
	struct sm_port *from = bpf_map_lookup_elem(&sm_ports, &port);
	__u32 now = sm_now();

	if (sm_is_strange(from, now))
		sm_doubt_until(now);
	else
		sm_note_arrival(from, now);
}

static __always_inline bool sm_arrived_since(__u32 port, __u32 when)
{
	struct sm_port *from = bpf_map_lookup_elem(&sm_ports, &port);

	return from && from->arrives && (__s32)(from->arrives - when) >= 0;
}

/* The accepting end of a connection is established, and nobody waits for it. */
static __always_inline void sm_came_unseen(struct bpf_sock_ops *ctx)
{
	__u32 port = sm_remote_port(ctx);
	struct sm_port *from = bpf_map_lookup_elem(&sm_ports, &port);
	__u32 now = sm_now();

	if (!sm_is_strange(from, now) && !sm_arrived_since(port, from->connects))
		sm_doubt_until(now + SM_DOUBT);
}

/* The answer has come: may it be that of an attached listener? */
static __always_inline bool sm_may_be_here(struct bpf_sock_ops *ctx)
{
	__u32 port = ctx->local_port;
	struct sm_port *own = bpf_map_lookup_elem(&sm_ports, &port);

	/* Older than the attachment. */
	if (!own || !own->connects)
		return true;
	return sm_arrived_since(port, own->connects) ||
	       sm_arrived_since(SM_ANY_PORT, own->connects);
}

#endif
