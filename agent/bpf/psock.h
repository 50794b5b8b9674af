/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a sockmap keeps at a socket: struct sk_psock of include/linux/skmsg.h. */
#ifndef SMA_PSOCK_H
#define SMA_PSOCK_H

#include <stdbool.h>

#include "kernel_types.h"

/* sk_user_data carries flags in its low bits (include/net/sock.h SK_USER_DATA_*). */
#define SMA_USER_DATA_FLAGS 7UL

#define SMA_QUEUE_WALK	    1024
#define SMA_LINKS_WALK	    32

/* NULL: it is in no sockmap. */
static __always_inline struct sk_psock *sma_psock(struct sock *sk)
{
	unsigned long data = (unsigned long)BPF_CORE_READ(sk, sk_user_data);
	struct sk_psock *psock = (void *)(data & ~SMA_USER_DATA_FLAGS);

	/* Others keep their own things in sk_user_data. */
	return psock && BPF_CORE_READ(psock, sk) == sk ? psock : NULL;
}

/*
 * Bytes of the messages that wait to be read; `more`: there are others behind them. The reader
 * unlinks meanwhile: the walk may go astray, the reads are safe and bounded.
 */
static __always_inline __u64 sma_queued_bytes(struct sk_psock *psock, bool *more)
{
	const void *head =
	    (const void *)psock + bpf_core_field_offset(struct sk_psock, ingress_msg);
	struct list_head *next = BPF_CORE_READ(psock, ingress_msg.next);
	__u64 bytes = 0;

	*more = false;
	for (int i = 0; i < SMA_QUEUE_WALK; i++) {
		if (!next || next == head)
			return bytes;
		struct sk_msg *msg = (void *)next - bpf_core_field_offset(struct sk_msg, list);

		bytes += BPF_CORE_READ(msg, sg.size);
		next = BPF_CORE_READ(msg, list.next);
	}
	*more = true;
	return bytes;
}

/* The link to a map that holds the socket, behind `link` or, when it is NULL, the first. */
static __always_inline struct sk_psock_link *sma_next_link(struct sk_psock *psock,
							   struct sk_psock_link *link)
{
	const void *head = (const void *)psock + bpf_core_field_offset(struct sk_psock, link);
	struct list_head *next =
	    link ? BPF_CORE_READ(link, list.next) : BPF_CORE_READ(psock, link.next);

	if (!next || next == head)
		return NULL;
	return (void *)next - bpf_core_field_offset(struct sk_psock_link, list);
}

#endif
