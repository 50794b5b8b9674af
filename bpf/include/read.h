/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Fields of what a program has no more of than the address. The memory may be somebody else's by
 * now, or nobody's, which reads as 0.
 *
 * BPF_CORE_READ() does that on every kernel, but each step is a call, of 33 ns where calls are made
 * safe against speculation. From 6.2 on bpf_rdonly_cast() gives an address a type, and the read is
 * a load. An address that was read so has a type as well: no arithmetic with it, of which older
 * verifiers understand too little. Lists are walked with BPF_CORE_READ().
 */
#ifndef SOCKMAP_READ_H
#define SOCKMAP_READ_H

#include <linux/bpf.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

extern void *bpf_rdonly_cast(const void *address, __u32 btf_id) __ksym __weak;

/* Names of the kernel up to the ___. This helper came with the same release as the cast. */
enum bpf_func_id___read {
	BPF_FUNC_cgrp_storage_get___read = 210,
};

/* A constant when the program is loaded, so that the other way is no part of it. */
#define sm_may_cast()                                                                              \
	bpf_core_enum_value_exists(enum bpf_func_id___read, BPF_FUNC_cgrp_storage_get___read)

/* Volatile: in the order of the program, and anew each time, as the helper does it. */
#define sm_read(address, field)                                                                    \
	({                                                                                         \
		__typeof__(address) sm_from = (address);                                           \
		__typeof__(sm_from->field) sm_value;                                               \
                                                                                                   \
		if (sm_may_cast()) {                                                               \
			sm_from = bpf_rdonly_cast(sm_from,                                         \
						  bpf_core_type_id_kernel(__typeof__(*sm_from)));  \
			sm_value = *(volatile __typeof__(sm_value) *)&sm_from->field;              \
		} else {                                                                           \
			BPF_CORE_READ_INTO(&sm_value, sm_from, field);                             \
		}                                                                                  \
		sm_value;                                                                          \
	})

#endif
