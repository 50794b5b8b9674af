/* SPDX-License-Identifier: Apache-2.0 */
/* What a request runs in: where to look, whether it was cancelled, whom to tell about progress. */
#ifndef SMA_CONTEXT_H
#define SMA_CONTEXT_H

#include <jansson.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "error.h"

struct sma_context {
	const char *bpffs_override; /* a bpffs mount or a folder in one; NULL: found */
	atomic_bool cancelled;
	atomic_bool
	    loading; /* in the verifier, which a signal interrupts; nothing else wants one */
	void (*report)(void *to, const char *message);
	void *report_to;
	/* Gives the caller bytes while the request runs: 0, or -1: nobody takes them. NULL: the
	 * request comes from a command line, which has files. */
	int (*deliver)(void *to, const void *bytes, size_t size);
	void *deliver_to;
};

/* Every function of the agent: the CLI and the RPC call the same ones. NULL: `error` is set. */
typedef json_t *sma_method(struct sma_context *context, const json_t *params,
			   struct sma_error *error);

sma_method sma_initialize, sma_probe, sma_cgroups, sma_verify, sma_attach, sma_detach, sma_status,
    sma_stats, sma_programs, sma_maps, sma_map_entries, sma_sockets, sma_policy_set, sma_policy_get,
    sma_capture;

/* NULL: no such method. */
sma_method *sma_find_method(const char *name);

/*
 * What a request may hold up: nothing but figures; what waits for the verifier or for a drain; what
 * goes on until it is cancelled.
 */
enum sma_lane { SMA_QUICK, SMA_LONG, SMA_ENDLESS };
enum sma_lane sma_lane_of(const char *name);

void sma_progress(struct sma_context *context, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* True (and `error` set) once the request was cancelled. */
bool sma_cancelled(struct sma_context *context, struct sma_error *error);

#endif
