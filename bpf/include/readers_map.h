/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is known of readers (readers.h). In the programs of agent/bpf they stand for the maps of an
 * attachment, as in peers_map.h.
 */
#ifndef SOCKMAP_READERS_MAP_H
#define SOCKMAP_READERS_MAP_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "sockmap_abi.h"

/* What it has forgotten is found out anew. */
#define SM_READER_KINDS 4096

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, SM_READER_KINDS);
	__type(key, __u64);
	__type(value, __u32);
} sm_readers SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct sm_splicing);
} sm_splicing SEC(".maps");

#endif
