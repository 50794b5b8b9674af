/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Stands for the datapath's own map, whose descriptor is put in its place before the load. */
#ifndef SMA_PEERS_MAP_H
#define SMA_PEERS_MAP_H

#include "kernel_types.h"
#include "../../bpf/include/sockmap_abi.h"

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct sm_peer);
} sm_peers SEC(".maps");

#endif
