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
#include "sockmap_abi.h"

/* sk_user_data carries flags in its low bits (include/net/sock.h SK_USER_DATA_*). */
#define SM_USER_DATA_FLAGS 7UL

/* A queue longer than this is over the default limit by its overhead alone. */
#define SM_QUEUE_WALK	(SM_DEFAULT_QUEUE_LIMIT / SM_MESSAGE_OVERHEAD)

#define SM_WAITERS_WALK 8

/* Reads of a lock, at 10 to 20 ns each: as long as a reader takes for 64 KiB, and shorter than a
 * sleep. */
#define SM_SPINS 512

/* DEFINE_WAIT_FUNC(wait, woken_wake_function) is how recvmsg() and sendmsg() wait. */
extern const void woken_wake_function __ksym __weak;

/*
 * peer_sk may be stale: a closed socket's memory is reused. All reads of it are
 * probe reads, its cookie says whether it is still the peer, and should a freed
 * page still hold the old cookie, then sm_sockets, which is asked last, does not.
 */
static __always_inline bool sm_is_peer(struct sock *sk, __u64 cookie)
{
	return (__u64)BPF_CORE_READ(sk, __sk_common.skc_cookie.counter) == cookie;
}

static __always_inline struct sk_psock *sm_psock(struct sock *sk)
{
	unsigned long data = (unsigned long)BPF_CORE_READ(sk, sk_user_data);
	struct sk_psock *psock = (struct sk_psock *)(data & ~SM_USER_DATA_FLAGS);

	if (!psock || BPF_CORE_READ(psock, sk) != sk)
		return NULL;
	return psock;
}

static __always_inline bool sm_psock_empty(struct sock *sk)
{
	struct sk_psock *psock = sm_psock(sk);
	struct list_head *head;

	if (!psock)
		return true;
	head = (struct list_head *)__builtin_preserve_access_index(&psock->ingress_msg);
	return BPF_CORE_READ(head, next) == head;
}

/*
 * Are the `waiters` for certain the only ones who hold references to the peer's psock? A task that
 * is just sending holds one, too, and there is no telling how long: it may be preempted, throttled
 * or in a page fault. It is not there if the only one who ever sent is the waiter; nor if nobody
 * ever sent, but for the few instructions before somebody's first send takes the lock.
 */
static __always_inline bool sm_no_writer_at_work(struct sm_peer *peer, int waiters,
						 struct task_struct *waiter)
{
	const struct sm_peer *state = (const struct sm_peer *)peer->peer_state;
	struct sm_writer writer;
	__u64 cookie = 0, task;

	if (bpf_probe_read_kernel(&cookie, sizeof(cookie), &state->cookie) ||
	    cookie != peer->peer_cookie ||
	    bpf_probe_read_kernel(&writer, sizeof(writer), &state->writer))
		return false;
	if (!writer.task)
		return true;
	task = (__u64)(__u32)BPF_CORE_READ(waiter, tgid) << 32 | (__u32)BPF_CORE_READ(waiter, pid);
	return waiters == 1 && !writer.since && task == writer.task;
}

/*
 * May a reader of the peer be waiting inside tcp_recvmsg(), for the rest of what it
 * asked for (MSG_WAITALL, SO_RCVLOWAT)? It looks at the TCP receive queue only:
 * redirected bytes would not wake it, and later bytes of the stack would overtake
 * them. A reader that waits in tcp_bpf_recvmsg() looks at both queues, and holds a
 * reference to the psock while it does. In doubt the answer is yes, which costs a
 * message through the stack.
 *
 * `first`: nothing was sent through the stack yet. Then only one reader can be
 * there, and only in one place: asleep since before the connection was established
 * (recv() after a non-blocking connect()). There is no doubt to be had, but a task
 * that has not left connect() yet looks the same.
 */
static __always_inline bool sm_reader_in_stack(struct sm_peer *peer, struct sock *sk, bool first)
{
	const void *woken = &woken_wake_function;
	struct sk_psock *psock = sm_psock(sk);
	struct socket_wq *wq = BPF_CORE_READ(sk, sk_wq);
	struct task_struct *waiter = NULL;
	struct list_head *head, *pos;
	int references, waiters = 0;
	int i;

	if (!psock || !wq || (!first && BPF_CORE_READ(sk, sk_lock.owned)))
		return true;
	references = BPF_CORE_READ(psock, refcnt.refs.counter) - 1;
	head = (struct list_head *)__builtin_preserve_access_index(&wq->wait.head);
	pos = BPF_CORE_READ(head, next);
	for (i = 0; i < SM_WAITERS_WALK && pos != head; i++) {
		struct wait_queue_entry *entry;

		if (!pos)
			return true;
		entry = (void *)pos - bpf_core_field_offset(struct wait_queue_entry, entry);
		/* epoll has no task in its entry; poll() has, but another function. */
		if (woken ? BPF_CORE_READ(entry, func) == woken
			  : BPF_CORE_READ(entry, private) != NULL) {
			waiter = BPF_CORE_READ(entry, private);
			waiters++;
		}
		pos = BPF_CORE_READ(pos, next);
	}
	if (pos != head || waiters > references)
		return true;
	return !first && waiters && !sm_no_writer_at_work(peer, waiters, waiter);
}

/*
 * May this direction go from the stack to redirection? All that was sent is
 * acknowledged, so the peer's TCP has processed it (bytes in its backlog are not
 * acknowledged yet) and rcv_nxt stands behind it; and the peer has read up to
 * there. copied_seq is read first: both only grow, so equality proves that it had
 * caught up at that time.
 */
static __always_inline bool sm_in_order(struct tcp_sock *tp, struct sm_peer *peer,
					struct sock *peer_sk, __u32 first_seq)
{
	struct tcp_sock *peer_tp = (struct tcp_sock *)peer_sk;
	__u32 copied_seq;

	if (tp->write_seq != tp->snd_una)
		return false;
	copied_seq = BPF_CORE_READ(peer_tp, copied_seq);
	barrier();
	if (copied_seq != BPF_CORE_READ(peer_tp, rcv_nxt))
		return false;
	return !sm_reader_in_stack(peer, peer_sk, tp->snd_una == first_seq);
}

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
	psock = sm_psock(peer_sk);
	if (!psock) /* the redirect will fail and say so */
		return false;
	queued = sm_queued(psock, limit);
	peer->queued_estimate = queued;
	return queued && queued + size + SM_MESSAGE_OVERHEAD > limit / 2;
}

/*
 * A redirect takes the lock of the receiving socket (bpf_tcp_ingress()), which its reader holds
 * while it copies (tcp_bpf_recvmsg()), and sleeps until it is free. On two CPUs both then do
 * nothing but put each other to sleep, once a message, which costs more than the copies. So this
 * waits a little before, awake, as a mutex does (mutex_spin_on_owner()).
 */
static __always_inline void sm_await_reader(struct sock *peer_sk)
{
	int i;

	for (i = 0; i < SM_SPINS && BPF_CORE_READ(peer_sk, sk_lock.owned); i++)
		;
}

#endif
