/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The datapath's maps. Sizes are defaults: the loader may change them before the load. */
#ifndef SOCKMAP_MAPS_H
#define SOCKMAP_MAPS_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "peers_map.h"
#include "readers_map.h"
#include "sockmap_abi.h"

#define SM_DEFAULT_SOCKETS 65536

/* A value of 8 bytes is what lets user space read the map: a lookup gives the socket cookie. */
struct {
	__uint(type, BPF_MAP_TYPE_SOCKHASH);
	__uint(max_entries, SM_DEFAULT_SOCKETS);
	__type(key, __u64);
	__type(value, __u64);
} sm_sockets SEC(".maps");

/*
 * Not an LRU map: evicting an entry between the passive end's look-up and the
 * active end's would leave a pair of which only one end knows. It is bounded by
 * its size and cleaned by the first message, the first round trip or the close.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, SM_DEFAULT_SOCKETS);
	__type(key, struct sm_handshake);
	__type(value, struct sm_pairing);
} sm_handshakes SEC(".maps");

/* Only for the pairings that need it; the loader makes it that large then. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);
	__type(key, struct sm_tuple);
	__type(value, struct sm_handshake);
} sm_tuples SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SM_VERDICTS);
	__type(key, __u32);
	__type(value, struct sm_count);
} sm_totals SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SM_PORTS);
	__type(key, __u32);
	__type(value, struct sm_port);
} sm_ports SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct sm_config);
} sm_config SEC(".maps");

/* Only listeners get an entry; the kernel copies it to each socket that they accept. */
struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC | BPF_F_CLONE);
	__type(key, int);
	__type(value, struct sm_owner);
} sm_owners SEC(".maps");

struct sm_rules {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1); /* the loader makes each as large as its policy */
	__uint(key_size, sizeof(struct sm_policy_key));
	__uint(value_size, sizeof(struct sm_rule_set));
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, struct sm_rules);
} sm_policy SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} sm_capture SEC(".maps");

const volatile struct sm_options sm_options SEC(SM_OPTIONS_MAP) = {
    .pairing = SM_BY_HANDSHAKE,
    .pairing_auto = 1,
    .gated = 0,
    .fionread_denies = 0,
};

#endif
