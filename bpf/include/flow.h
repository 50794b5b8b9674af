/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * When a message may be redirected. A receiver is served from its psock queue
 * first and from its TCP receive queue second (tcp_bpf_recvmsg()), so
 *
 *   redirect, then stack   is read in order whatever happens in between;
 *   stack, then redirect   is read in the wrong order unless the earlier bytes
 *                          have been read already.
 *
 * A direction therefore leaves redirection at any message, and returns only when
 * all that it sent through the stack is acknowledged and read.
 */
#ifndef SOCKMAP_FLOW_H
#define SOCKMAP_FLOW_H

#include <stdbool.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "kernel.h"
#include "psock.h"
#include "read.h"
#include "readers.h"
#include "sockmap_abi.h"
#include "waiting.h"

/* A queue longer than this is over the default limit by its overhead alone. */
#define SM_QUEUE_WALK (SM_DEFAULT_QUEUE_LIMIT / SM_MESSAGE_OVERHEAD)

/* Reads of a lock, at 10 to 20 ns each: as long as a reader takes for 64 KiB, and shorter than a
 * sleep. */
#define SM_SPINS 512

/*
 * A redirect takes the lock of the receiving socket (bpf_tcp_ingress()), which its reader holds
 * while it copies (tcp_bpf_recvmsg()), and sleeps until it is free. On two CPUs both then do
 * nothing but put each other to sleep, once a message, which costs more than the copies. So this
 * waits a little before, awake, much as a mutex does (mutex_spin_on_owner()), but for so long also
 * when the reader does not run.
 */
static __always_inline void sm_await_lock(struct sock *peer_sk)
{
	int i;

	if (!sm_read(peer_sk, sk_lock.owned))
		return;
	/* By the slower way, which leaves the cache line alone for a while. */
	for (i = 0; i < SM_SPINS && BPF_CORE_READ(peer_sk, sk_lock.owned); i++)
		;
}

/*
 * Did the stack send something for this socket that no program was shown? A send() that was called
 * before the socket joined does: it waits inside tcp_sendmsg() for the connection (MSG_FASTOPEN
 * where the server knows no cookie, or any writer after a non-blocking connect()) and goes on
 * there.
 */
static __always_inline bool sm_sent_unseen(const struct tcp_sock *tp, const struct sm_peer *peer)
{
	return tp->write_seq != peer->seen_write_seq;
}

/*
 * May this direction go from the stack to redirection? All that was sent is
 * acknowledged, so the peer's TCP has processed it (bytes in its backlog are not
 * acknowledged yet) and rcv_nxt stands behind it; and the peer has read up to
 * there. copied_seq is read first: both only grow, so equality proves that it had
 * caught up at that time.
 *
 * Before anything was sent through the stack only a reader of the connecting end can be
 * inside tcp_recvmsg(): one that waits since before the connection was established
 * (recv() after a non-blocking connect()), or that called at that moment. The latter is
 * looked for once only, without the lock: who holds it now calls tcp_bpf_recvmsg(), and
 * in doubt a first message through the stack may find nobody who reads it, and so all
 * after it.
 */
static __always_inline bool sm_in_order(struct tcp_sock *tp, const struct sm_peer *peer,
					struct sock *peer_sk)
{
	struct tcp_sock *peer_tp = (struct tcp_sock *)peer_sk;
	__u32 copied_seq;

	if (tp->write_seq != tp->snd_una)
		return false;
	copied_seq = sm_read(peer_tp, copied_seq);
	barrier();
	if (copied_seq != sm_read(peer_tp, rcv_nxt))
		return false;
	if (!peer->last_stack_verdict && !sm_sent_unseen(tp, peer) && !peer->early_reader)
		return peer->active || !sm_waits_in_stack(peer_sk);
	/* Most who hold the lock are on their way to wait, or to leave. */
	sm_await_lock(peer_sk);
	return !sm_reader_in_stack(peer_sk);
}

/*
 * The verdict on a message of a direction that is not redirected at the time, as far as order and
 * its reader are concerned.
 */
static __always_inline __u32 sm_begin(struct tcp_sock *tp, const struct sm_peer *peer,
				      struct sock *peer_sk)
{
	bool first = !peer->last_stack_verdict && !sm_sent_unseen(tp, peer);
	__u64 kind = sm_of_peer(peer, readers);
	__u32 reading = sm_watched() ? sm_reading_of(kind) : SM_RECEIVES;

	if (reading == SM_SPLICES)
		return SM_EXCLUDED;
	if (first && reading == SM_UNKNOWN_READER && !sm_waits_in_sockmap(peer_sk))
		return SM_FIRST;
	if (!sm_in_order(tp, peer, peer_sk))
		return SM_ORDER;
	/* It has read all that there was: if by splice(), it is marked by now. */
	if (sm_peer_splices(peer))
		return SM_EXCLUDED;
	if (reading == SM_UNKNOWN_READER)
		sm_note_receives(kind);
	return SM_REDIRECTED;
}

/* So many messages from one look at net.ipv4.tcp_mem to the next. */
#define SM_MEMORY_LOOKS 64

/* Bytes and overhead of what waits in the psock, cut off where it exceeds `limit`. */
static __always_inline __u64 sm_queued(struct sk_psock *psock, __u64 limit)
{
	struct list_head *head =
	    (struct list_head *)__builtin_preserve_access_index(&psock->ingress_msg);
	struct list_head *pos = BPF_CORE_READ(head, next);
	__u64 queued = 0;
	int i;

	/* The reader unlinks meanwhile: the walk may go astray, the reads are safe and bounded. */
	for (i = 0; i < SM_QUEUE_WALK; i++) {
		struct sk_msg *msg;

		if (pos == head || !pos || queued > limit)
			return queued;
		msg = (void *)pos - bpf_core_field_offset(struct sk_msg, list);
		queued += SM_MESSAGE_OVERHEAD + BPF_CORE_READ(msg, sg.size);
		pos = BPF_CORE_READ(pos, next);
	}
	return limit + 1;
}

/*
 * Is all of TCP about to use more memory than the second value of net.ipv4.tcp_mem? From there on a
 * redirect may fail (sk_wmem_schedule() in bpf_tcp_ingress()), and the application would be told
 * ENOMEM, where the stack lets it wait. The way from the middle of the first two values to there is
 * left to messages that are being redirected already.
 */
static __always_inline bool sm_memory_is_short(const struct tcp_sock *tp, struct sm_peer *peer)
{
	const struct proto *proto = ((const struct sock *)tp)->__sk_common.skc_prot;
	long limits[2];

	/* They are hardly ever changed. */
	if (!peer->memory_limit || peer->writer.runs % SM_MEMORY_LOOKS == 0) {
		bpf_probe_read_kernel(limits, sizeof(limits), proto->sysctl_mem);
		peer->memory_limit = (limits[0] + limits[1]) >> 1;
	}
	return *proto->memory_allocated > peer->memory_limit;
}

/*
 * The kernel queues without bound into a psock: no window stops the writer. The
 * estimate only grows, so that the usual message costs one comparison; when it
 * reaches the limit the queue is measured. Below half of the limit the message
 * still fits (and the next measurement is far away), else the stack takes over
 * and blocks the writer as it always does. An empty queue takes any message.
 */
static __always_inline bool sm_over_limit(struct sm_peer *peer, struct sock *peer_sk, __u32 size,
					  __u64 limit)
{
	struct sk_psock *psock;
	__u64 queued;

	if (peer->queued_estimate + size + SM_MESSAGE_OVERHEAD <= limit)
		return false;
	psock = sm_is_peer(peer_sk, peer->peer_cookie) ? sm_psock(peer_sk) : NULL;
	if (!psock) /* the redirect will fail and say so */
		return false;
	queued = sm_queued(psock, limit);
	peer->queued_estimate = queued;
	return queued && queued + size + SM_MESSAGE_OVERHEAD > limit / 2;
}

#endif
