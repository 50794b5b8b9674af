/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The pairings by address: the active end leaves its addresses with its handshake in
 * sm_tuples, the passive end looks there with its own, reversed, and takes the entry out.
 * What it does not take, the active end takes back with its handshake.
 *
 * The passive end's own address is not the one that the active end connected to when a
 * DNAT or REDIRECT lies between them. By SM_BY_ORIGINAL_DST the kernel is asked for that
 * one; by SM_BY_TUPLE such a connection is not accelerated.
 */
#ifndef SOCKMAP_TUPLE_H
#define SOCKMAP_TUPLE_H

#include <stdbool.h>
#include <linux/bpf.h>
#include <linux/in.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include "kernel.h"
#include "maps.h"
#include "view.h"

#define SM_SOL_IP 0
#define SM_ENOENT 2

static __always_inline bool sm_uses_tuples(void)
{
	return sm_options.pairing != SM_BY_HANDSHAKE;
}

static __always_inline void sm_own_tuple(struct tcp_sock *tp, struct sm_tuple *tuple)
{
	struct sock *sk = (struct sock *)tp;

	sm_view_of(sk, &tuple->view);
	tuple->netns = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
}

/* 0, or the error of the map: full is -E2BIG. */
static __always_inline long sm_remember_tuple(struct tcp_sock *tp,
					      const struct sm_handshake *handshake)
{
	struct sm_tuple tuple;

	if (!sm_uses_tuples())
		return 0;
	sm_own_tuple(tp, &tuple);
	return bpf_map_update_elem(&sm_tuples, &tuple, handshake, BPF_ANY);
}

static __always_inline void sm_forget_tuple(struct tcp_sock *tp,
					    const struct sm_handshake *handshake)
{
	struct sm_handshake *found;
	struct sm_tuple tuple;

	if (!sm_uses_tuples())
		return;
	sm_own_tuple(tp, &tuple);
	found = bpf_map_lookup_elem(&sm_tuples, &tuple);
	if (found && found->snd_nxt == handshake->snd_nxt && found->rcv_nxt == handshake->rcv_nxt)
		bpf_map_delete_elem(&sm_tuples, &tuple);
}

/* The destination that the active end knows, into its view. */
static __always_inline bool sm_undo_nat(struct bpf_sock_ops *ctx, struct sm_view *view)
{
	struct sockaddr_in original = {};
	long error;

	if (sm_options.pairing != SM_BY_ORIGINAL_DST)
		return true;
	error = bpf_getsockopt(ctx, SM_SOL_IP, SM_SO_ORIGINAL_DST, &original, sizeof(original));
	if (error)
		return error == -SM_ENOENT;
	view->remote[0] = view->remote[1] = 0;
	view->remote[2] = SM_MAPPED;
	view->remote[3] = original.sin_addr.s_addr;
	view->remote_port = bpf_ntohs(original.sin_port);
	return true;
}

/*
 * The handshake of the active end, for the passive one. `handshake` is the passive end's
 * own, mirrored: with SM_BY_HANDSHAKE that is it.
 */
static __always_inline bool sm_find_handshake(struct bpf_sock_ops *ctx, struct tcp_sock *tp,
					      struct sm_handshake *handshake)
{
	struct sm_handshake *found;
	struct sm_tuple tuple;

	if (!sm_uses_tuples())
		return true;
	sm_own_tuple(tp, &tuple);
	sm_turn(&tuple.view);
	if (!sm_undo_nat(ctx, &tuple.view))
		return false;
	found = bpf_map_lookup_elem(&sm_tuples, &tuple);
	if (!found)
		return false;
	*handshake = *found;
	bpf_map_delete_elem(&sm_tuples, &tuple);
	return true;
}

#endif
