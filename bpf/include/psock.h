/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Another socket, its psock and what we keep of it, as a program may look at them: probe reads. */
#ifndef SOCKMAP_PSOCK_H
#define SOCKMAP_PSOCK_H

#include <stdbool.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "kernel.h"
#include "read.h"
#include "sockmap_abi.h"

/* sk_user_data carries flags in its low bits (include/net/sock.h SK_USER_DATA_*). */
#define SM_USER_DATA_FLAGS 7UL

/*
 * peer_sk may be stale: a closed socket's memory is reused. All reads of it are those of read.h,
 * its cookie says whether it is still the peer, and should a freed page still hold the old cookie,
 * then sm_sockets, which is asked last, does not. A direction that is being redirected asks
 * sm_sockets alone: whatever else it reads of a stale socket is harmless.
 */
static __always_inline bool sm_is_peer(struct sock *sk, __u64 cookie)
{
	return (__u64)sm_read(sk, __sk_common.skc_cookie.counter) == cookie;
}

/*
 * A field of what we keep of the peer. That memory may be another socket's by now, or nobody's,
 * which reads as 0; where it matters, the cookie is read last, and compared.
 */
#define sm_of_peer(peer, field)                                                                    \
	({                                                                                         \
		struct sm_peer *of_peer = (struct sm_peer *)(peer)->peer_state;                    \
		__typeof__(of_peer->field) value = 0;                                              \
                                                                                                   \
		bpf_probe_read_kernel(&value, sizeof(value), &of_peer->field);                     \
		value;                                                                             \
	})

static __always_inline struct sk_psock *sm_psock(struct sock *sk)
{
	unsigned long data = (unsigned long)sm_read(sk, sk_user_data);
	struct sk_psock *psock = (struct sk_psock *)(data & ~SM_USER_DATA_FLAGS);

	if (!psock || sm_read(psock, sk) != sk)
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
	return sm_read(head, next) == head;
}

#endif
