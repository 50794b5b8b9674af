/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where the tasks wait that wait for a socket.
 *
 * A reader that waits inside tcp_recvmsg(), for the rest of what it asked for (MSG_WAITALL,
 * SO_RCVLOWAT) or since before its socket was established, looks at the TCP receive queue only:
 * redirected bytes would not wake it, and later bytes of the stack would overtake them. One that
 * waits in tcp_bpf_recvmsg() looks at both queues. In the socket's wait queue they look the same:
 * same kind of entry, same function. But the entry is a variable of the function that waits, so the
 * stack right below it, where that function's calls leave their return addresses, tells which one
 * it is.
 */
#ifndef SOCKMAP_WAITING_H
#define SOCKMAP_WAITING_H

#include <stdbool.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "kernel.h"

/*
 * Functions of the kernel, by /proc/kallsyms; weak: their address is 0 where that hides it or a
 * kernel has no such function. Then whoever waits is in doubt.
 */
extern const void woken_wake_function __ksym __weak; /* of whoever waits in recvmsg(), sendmsg() */
extern const void sk_wait_data __ksym __weak;	     /* tcp_recvmsg(), and splice() */
extern const void tcp_bpf_recvmsg __ksym __weak;     /* waits itself on 5.10 */
extern const void sk_msg_wait_data __ksym __weak;    /* after that */
extern const void tcp_msg_wait_data __ksym __weak;   /* from 5.17 at the latest */
extern const void sk_stream_wait_memory __ksym __weak; /* sendmsg() */
extern const void __inet_stream_connect __ksym __weak; /* connect() */
extern const void inet_wait_for_connect __ksym __weak; /* the same in builds such as Ubuntu's 7.0 */
extern const void ep_poll_callback __ksym __weak;      /* of whoever uses epoll */

/* Their lengths, at most: sk_wait_data() has 0x140 to 0x19c bytes on the kernels tried, the others
 * up to 0x450. */
#define SM_WAIT_DATA_BYTES 0x400
#define SM_FUNCTION_BYTES  0x480

/* Words below an entry. The return address was found in the 1st or, on 5.10, 8th on x86-64, in the
 * 3rd or 5th on arm64. */
#define SM_FRAME_WORDS 16

/* So many at a time: a program's stack is small. */
#define SM_READ_WORDS	4

#define SM_WAITERS_WALK 8

#define SM_EPOLLIN	1U
#define SM_EPOLLET	(1U << 31)

/* So often it is looked at who waits: see sm_reader_in_stack(). */
#define SM_LOOKS 2

/* Of kernel text the upper 16 bits are set; arm64 signs return addresses there. */
#define SM_TEXT_BITS (0xffffULL << 48)

/*
 * 1: `address` is one of the `bytes` from `function` on, which may be 0; else 0. Without a branch,
 * of which the verifier would follow both ways, a hundred times.
 */
static __always_inline __u64 sm_within(__u64 address, const void *function, __u64 bytes)
{
	__u64 distance = address - (__u64)function;

	return ((distance - bytes) & ~distance) >> 63;
}

/*
 * Is it certain that a task does not wait inside tcp_recvmsg()? With `in_sockmap`: that it waits
 * inside tcp_bpf_recvmsg().
 */
static __always_inline bool sm_waits_elsewhere(struct wait_queue_entry *entry, bool in_sockmap)
{
	__u64 words[SM_READ_WORDS];
	__u64 known = 0;
	int i, j;

	if (!&sk_wait_data)
		return false;
	for (i = SM_READ_WORDS; i <= SM_FRAME_WORDS; i += SM_READ_WORDS) {
		if (bpf_probe_read_kernel(words, sizeof(words), (void *)entry - i * sizeof(*words)))
			return false;
		for (j = 0; j < SM_READ_WORDS; j++) {
			__u64 address = words[j] | SM_TEXT_BITS;

			if (sm_within(address, &sk_wait_data, SM_WAIT_DATA_BYTES))
				return false;
			known |= sm_within(address, &tcp_msg_wait_data, SM_FUNCTION_BYTES) |
				 sm_within(address, &sk_msg_wait_data, SM_FUNCTION_BYTES) |
				 sm_within(address, &tcp_bpf_recvmsg, SM_FUNCTION_BYTES);
			if (!in_sockmap)
				known |=
				    sm_within(address, &sk_stream_wait_memory, SM_FUNCTION_BYTES) |
				    sm_within(address, &__inet_stream_connect, SM_FUNCTION_BYTES) |
				    sm_within(address, &inet_wait_for_connect, SM_FUNCTION_BYTES);
		}
	}
	return known;
}

/* epoll has no task in its entry; poll() has, but another function. */
static __always_inline bool sm_is_task(struct wait_queue_entry *entry)
{
	const void *woken = &woken_wake_function;

	return woken ? BPF_CORE_READ(entry, func) == woken : BPF_CORE_READ(entry, private) != NULL;
}

static __always_inline bool sm_all_wait_elsewhere(struct socket_wq *wq)
{
	struct list_head *head =
	    (struct list_head *)__builtin_preserve_access_index(&wq->wait.head);
	struct list_head *pos = BPF_CORE_READ(head, next);
	int i;

	for (i = 0; i < SM_WAITERS_WALK && pos != head; i++) {
		struct wait_queue_entry *entry;

		if (!pos)
			return false;
		entry = (void *)pos - bpf_core_field_offset(struct wait_queue_entry, entry);
		if (sm_is_task(entry) && !sm_waits_elsewhere(entry, false))
			return false;
		pos = BPF_CORE_READ(pos, next);
	}
	return pos == head;
}

enum sm_waiter {
	SM_NOBODY = 0, /* or an epoll that is told to report edges of something else for now */
	SM_SOMEBODY = 1,
	SM_FOR_EDGES = 2, /* an epoll, of what there is to read */
};

static __always_inline enum sm_waiter sm_waiter_of(struct wait_queue_entry *entry)
{
	struct eppoll_entry *epoll =
	    (void *)entry - bpf_core_field_offset(struct eppoll_entry, wait);
	__u32 events;

	if (BPF_CORE_READ(entry, func) != &ep_poll_callback)
		return SM_SOMEBODY;
	events = BPF_CORE_READ(epoll, base, event.events);
	if (!(events & SM_EPOLLET))
		return SM_SOMEBODY;
	return events & SM_EPOLLIN ? SM_FOR_EDGES : SM_NOBODY;
}

static __always_inline enum sm_waiter sm_who_waits(struct sock *sk)
{
	struct socket_wq *wq = BPF_CORE_READ(sk, sk_wq);
	struct list_head *head =
	    (struct list_head *)__builtin_preserve_access_index(&wq->wait.head);
	struct list_head *pos = BPF_CORE_READ(head, next);
	enum sm_waiter who = SM_NOBODY;
	int i;

	for (i = 0; i < SM_WAITERS_WALK && pos && pos != head; i++) {
		enum sm_waiter one = sm_waiter_of(
		    (void *)pos - bpf_core_field_offset(struct wait_queue_entry, entry));

		if (one > who)
			who = one;
		pos = BPF_CORE_READ(pos, next);
	}
	return who;
}

/* Is the first who waits for this socket a reader of redirected bytes? */
static __always_inline bool sm_waits_in_sockmap(struct sock *sk)
{
	struct socket_wq *wq = BPF_CORE_READ(sk, sk_wq);
	struct list_head *head =
	    (struct list_head *)__builtin_preserve_access_index(&wq->wait.head);
	struct list_head *pos = BPF_CORE_READ(head, next);
	struct wait_queue_entry *entry =
	    (void *)pos - bpf_core_field_offset(struct wait_queue_entry, entry);

	return pos && pos != head && sm_is_task(entry) && sm_waits_elsewhere(entry, true);
}

/* Is a reader waiting inside tcp_recvmsg() now, as far as this host lets a program see? */
static __always_inline bool sm_waits_in_stack(struct sock *sk)
{
	return &sk_wait_data && !sm_all_wait_elsewhere(BPF_CORE_READ(sk, sk_wq));
}

/*
 * May a reader be inside tcp_recvmsg()? Such a one holds the socket's lock or stands in its wait
 * queue. One that is woken for nothing takes the lock and leaves the queue for some 100 ns: to be
 * overlooked it must do so between two looks at the lock, and again between the next two. In doubt
 * the answer is yes, which costs a message through the stack.
 */
static __always_inline bool sm_reader_in_stack(struct sock *sk)
{
	struct socket_wq *wq = BPF_CORE_READ(sk, sk_wq);
	int i;

	if (!wq)
		return true;
	for (i = 0; i < SM_LOOKS; i++) {
		if (BPF_CORE_READ(sk, sk_lock.owned) || !sm_all_wait_elsewhere(wq))
			return true;
	}
	return BPF_CORE_READ(sk, sk_lock.owned);
}

#endif
