/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Readers that splice(): Go's io.Copy() from one TCP connection to another, systemd-socket-proxyd,
 * haproxy with option splice-auto. tcp_splice_read() takes bytes of the stack only. What has been
 * redirected to such a reader is never read, and no program could move it.
 *
 * A program of the agent (agent/bpf/splice.bpf.c) marks the socket of whoever splices, and messages
 * to it take the stack from then on. By then it may be too late. So the first message to a reader
 * takes the stack, unless it is known how readers of its kind read: those that have read bytes of
 * the stack and are not marked receive. Of one kind are the sockets that a process has connected
 * to one port, and those that came to a port of a network namespace, until somebody listens there
 * anew.
 */
#ifndef SOCKMAP_READERS_H
#define SOCKMAP_READERS_H

#include <stdbool.h>
#include <linux/bpf.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include "kernel.h"
#include "maps.h"
#include "psock.h"
#include "read.h"
#include "waiting.h"

/* From 5.11 on, when such programs could find what is stored for a socket. */
extern const void bpf_sk_storage_get_tracing __ksym __weak;

/* Kinds of reader: 47 bits of what it belongs to, whether it was accepted, and a port. */
#define SM_KIND_SHIFT 17
#define SM_ACCEPTED   (1ULL << 16)

/*
 * Where the kernel tells, and where readers wait can be seen (waiting.h). But sm_gate lets no bytes
 * of the stack in where FIONREAD denies them (gate.h), not even the first.
 */
static __always_inline bool sm_may_watch(void)
{
	return &bpf_sk_storage_get_tracing && &sk_wait_data &&
	       !(sm_options.gated && sm_options.fionread_denies);
}

/* NULL: nobody marks. */
static __always_inline const struct sm_splicing *sm_watched(void)
{
	const struct sm_splicing *splicing;
	__u32 zero = 0;

	if (!sm_may_watch())
		return NULL;
	splicing = bpf_map_lookup_elem(&sm_splicing, &zero);
	return splicing && splicing->watched ? splicing : NULL;
}

/* A name for the calling process that no later one has. */
static __always_inline __u32 sm_this_process(void)
{
	struct task_struct *task;

	if (!sm_may_watch())
		return 0;
	task = (struct task_struct *)bpf_get_current_task();
	return (__u32)sm_read(sm_read(task, group_leader), start_time) | 1;
}

static __always_inline __u64 sm_accepted_kind(struct tcp_sock *tp)
{
	struct sock *sk = (struct sock *)tp;
	struct net *net = sm_read(sk, __sk_common.skc_net.net);
	__u64 place = bpf_core_field_exists(net->net_cookie) ? sm_read(net, net_cookie)
							     : sm_read(net, ns.inum);

	return place << SM_KIND_SHIFT | SM_ACCEPTED | sm_read(sk, __sk_common.skc_num);
}

static __always_inline __u64 sm_connected_kind(__u32 process, __u16 port)
{
	return (__u64)process << SM_KIND_SHIFT | port;
}

/* Somebody listens: it may be another program than the last time. */
static __always_inline void sm_forget_readers(struct tcp_sock *tp)
{
	__u64 kind = sm_accepted_kind(tp);

	if (sm_may_watch())
		bpf_map_delete_elem(&sm_readers, &kind);
}

static __always_inline __u32 sm_reading_of(__u64 kind)
{
	__u32 *reading = kind ? bpf_map_lookup_elem(&sm_readers, &kind) : NULL;

	return reading ? *reading : SM_UNKNOWN_READER;
}

/* So far; whoever does otherwise is marked. */
static __always_inline void sm_note_receives(__u64 kind)
{
	__u32 receives = SM_RECEIVES;

	/* An update takes memory first, from other kinds, and then finds that there is one. */
	if (kind && sm_reading_of(kind) == SM_UNKNOWN_READER)
		bpf_map_update_elem(&sm_readers, &kind, &receives, BPF_NOEXIST);
}

/* With the socket's lock held: no splice() is about to mark it. */
static __always_inline void sm_learn_reader(const struct tcp_sock *tp, struct sm_peer *peer)
{
	__u32 begin = peer->active ? peer->handshake.rcv_nxt : peer->handshake.snd_nxt;

	if (peer->learned || tp->copied_seq == begin || !sm_watched())
		return;
	peer->learned = 1;
	if (!peer->splices)
		sm_note_receives(peer->readers);
}

/* Has our peer's reader spliced? If the peer is gone by now, any answer will do. */
static __always_inline bool sm_peer_splices(const struct sm_peer *peer)
{
	const struct sm_splicing *splicing = sm_watched();

	return splicing && splicing->seen && sm_of_peer(peer, splices);
}

#endif
