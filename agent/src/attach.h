/* SPDX-License-Identifier: Apache-2.0 */
/* An attach on its way: attach.c says in which order, attach_pins.c makes the pins. */
#ifndef SMA_ATTACH_H
#define SMA_ATTACH_H

#include <stdbool.h>
#include <stdint.h>

#include "cgroup.h"
#include "loader.h"
#include "object.h"
#include "options.h"
#include "policy.h"
#include "tracer.h"

enum { SMA_ANSWER, SMA_SPLICE, SMA_TRACERS };

struct attach {
	struct sma_context *context;
	const char *name;
	const char *sk_msg_map;
	struct sma_object file;
	struct sma_options options;
	bool has_policy;
	struct sma_policy policy;
	struct sma_cgroup cgroup;
	struct sma_loaded loaded;
	struct sma_tracer tracers[SMA_TRACERS];
	char *root;    /* BPFFS/sockmap */
	char *staging; /* the folder while it is being filled */
	char *final;
	json_t *targets;  /* program -> sockmap */
	bool nudges;	  /* the datapath wakes readers that miss an edge (bpf/include/nudge.h) */
	char *edge_users; /* edge_users.h, for the description; NULL: none, or it does not matter */
	uint32_t sockmap_id;
	unsigned int programs, maps, links;
};

/* Pins programs, maps and the description into the staging folder, which it makes. */
int sma_attach_pin_all(struct attach *attach, struct sma_error *error);

/* Attaches to the cgroup; each link is pinned before the next is made. */
int sma_attach_link_all(struct attach *attach, struct sma_error *error);

#endif
