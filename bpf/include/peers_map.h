/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the datapath keeps of each socket. In the programs of agent/bpf it only stands for the map
 * of an attachment, whose descriptor is put in its place before the load.
 */
#ifndef SOCKMAP_PEERS_MAP_H
#define SOCKMAP_PEERS_MAP_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "sockmap_abi.h"

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct sm_peer);
} sm_peers SEC(".maps");

#endif
