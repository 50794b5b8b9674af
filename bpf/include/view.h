/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The addresses of a connection, as one of its ends has them. */
#ifndef SOCKMAP_VIEW_H
#define SOCKMAP_VIEW_H

#include <linux/bpf.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include "kernel.h"
#include "sockmap_abi.h"

#define SM_AF_INET 2
#define SM_MAPPED  bpf_htonl(0xffff)

/* Of a socket that may be another's: probe reads. */
static __always_inline void sm_view_of(struct sock *sk, struct sm_view *view)
{
	struct sock_common *common = &sk->__sk_common;

	__builtin_memset(view, 0, sizeof(*view));
	if (BPF_CORE_READ(sk, __sk_common.skc_family) == SM_AF_INET) {
		view->local[2] = view->remote[2] = SM_MAPPED;
		view->local[3] = BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr);
		view->remote[3] = BPF_CORE_READ(sk, __sk_common.skc_daddr);
	} else if (bpf_core_field_exists(common->skc_v6_daddr)) {
		BPF_CORE_READ_INTO(&view->local, sk, __sk_common.skc_v6_rcv_saddr);
		BPF_CORE_READ_INTO(&view->remote, sk, __sk_common.skc_v6_daddr);
	}
	view->local_port = BPF_CORE_READ(sk, __sk_common.skc_num);
	view->remote_port = bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport));
}

/* The same connection as its other end sees it when no NAT lies between them. */
static __always_inline void sm_turn(struct sm_view *view)
{
	__u16 port = view->local_port;

#pragma unroll
	for (int i = 0; i < 4; i++) {
		__u32 word = view->local[i];

		view->local[i] = view->remote[i];
		view->remote[i] = word;
	}
	view->local_port = view->remote_port;
	view->remote_port = port;
}

#endif
