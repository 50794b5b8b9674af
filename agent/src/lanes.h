/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests in lanes (sma_lane_of()), each with a thread that runs them one after another: what may
 * take a minute (the verifier, a drain) holds up only its like, and never the figures that views
 * ask for. What has no end (a capture) gets a lane to itself, and is refused when none is free.
 */
#ifndef SMA_LANES_H
#define SMA_LANES_H

#include <jansson.h>
#include <stdbool.h>

#include "context.h"

struct sma_lanes;

/*
 * Both are called on the lane's thread, `run` with the context that a cancellation reaches. What it
 * returns is given to `answer` when the lane is free again: who reads the answer may ask anew.
 */
struct sma_lanes_options {
	const char *bpffs_override;
	json_t *(*run)(void *to, struct sma_context *context, const json_t *message);
	void (*answer)(void *to, json_t *answer);
	void *to;
};

/* NULL: no memory or no threads. */
struct sma_lanes *sma_lanes_start(const struct sma_lanes_options *options);

/*
 * Takes over `message`, whose "method" says which lane: from here on it is the lane's thread that
 * counts its references. False: too many run or wait, and it stays the caller's.
 */
bool sma_lanes_add(struct sma_lanes *lanes, json_t *message);

/*
 * Interrupts the running request of that id. One that still waits is taken out and returned, with
 * its reference: nobody else will answer it.
 */
json_t *sma_lanes_cancel(struct sma_lanes *lanes, const json_t *id);

/* Interrupts what runs, drops what waits and frees all. */
void sma_lanes_end(struct sma_lanes *lanes);

#endif
