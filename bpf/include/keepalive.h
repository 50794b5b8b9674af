/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What lies between the ends of a connection forgets it when it sees no packet for a time: an entry
 * of conntrack after 5 days, or what net.netfilter.nf_conntrack_tcp_timeout_established says, one
 * of IPVS after 15 minutes. Redirected bytes are no packets. Where NAT depends on the entry, the
 * FIN then goes astray, and the other end waits for it for ever.
 *
 * So the accepting end sends keepalive probes, unless its application has asked for them. It keeps
 * them when it leaves the map: whether the application wants them by then cannot be told.
 */
#ifndef SOCKMAP_KEEPALIVE_H
#define SOCKMAP_KEEPALIVE_H

#include <linux/bpf.h>
#include <linux/in.h>
#include <linux/tcp.h>
#include <asm-generic/socket.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include "kernel.h"

/* Between two probes: less than any of those times, and nothing to 64,000 sockets. */
#define SM_KEEPALIVE_SECONDS 300

static __always_inline void sm_keep_alive(struct bpf_sock_ops *ctx, struct tcp_sock *tp)
{
	int seconds = SM_KEEPALIVE_SECONDS, one = 1;

	if (sm_has_flag((struct sock *)tp, SOCK_KEEPOPEN))
		return;
	/* A time that is set already is the application's. */
	if (!tp->keepalive_time)
		bpf_setsockopt(ctx, IPPROTO_TCP, TCP_KEEPIDLE, &seconds, sizeof(seconds));
	bpf_setsockopt(ctx, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
}

#endif
