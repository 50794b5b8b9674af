/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef SMA_ADDRESSES_H
#define SMA_ADDRESSES_H

#include <bpf/bpf_endian.h>

#include "kernel_types.h"

#define SMA_AF_INET6 10

/* Family, addresses and ports of a socket, into a zeroed record that has such fields. */
#define SMA_READ_ADDRESSES(sk, record)                                                             \
	do {                                                                                       \
		(record)->family = BPF_CORE_READ(sk, __sk_common.skc_family);                      \
		(record)->local_port = BPF_CORE_READ(sk, __sk_common.skc_num);                     \
		(record)->remote_port = bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport));       \
		if ((record)->family == SMA_AF_INET6 &&                                            \
		    bpf_core_field_exists((sk)->__sk_common.skc_v6_daddr)) {                       \
			BPF_CORE_READ_INTO(&(record)->local, sk, __sk_common.skc_v6_rcv_saddr);    \
			BPF_CORE_READ_INTO(&(record)->remote, sk, __sk_common.skc_v6_daddr);       \
		} else {                                                                           \
			*(__u32 *)(record)->local = BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr);  \
			*(__u32 *)(record)->remote = BPF_CORE_READ(sk, __sk_common.skc_daddr);     \
		}                                                                                  \
	} while (0)

#endif
