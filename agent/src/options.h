/* SPDX-License-Identifier: Apache-2.0 */
/* How our datapath is to be loaded: the optional parameters of `attach`, and what `status` says of
 * them. */
#ifndef SMA_OPTIONS_H
#define SMA_OPTIONS_H

#include <bpf/libbpf.h>

#include "pins.h"
#include "../../bpf/include/sockmap_abi.h"

struct sma_options {
	bool given; /* at least one of them was asked for */
	struct sm_options datapath;
	uint32_t max_sockets;
};

/* From `pairing`, `maxSockets` and `edgeReaders`. */
int sma_options_read(const json_t *params, struct sma_options *options, struct sma_error *error);

/*
 * Sets up an object that is open and not loaded. `ours`: it is our datapath; others have no
 * options. `cgroup`: the path that it will be attached to, below which a pairing may have to be
 * tried.
 */
int sma_options_apply(const struct sma_options *options, struct bpf_object *object, bool ours,
		      const char *cgroup, struct sma_error *error);

/* {"by", "reason"} as the kernel has it; null: not our datapath. */
json_t *sma_pairing_json(const struct sma_attachment *attachment);

#endif
