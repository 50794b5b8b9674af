/* SPDX-License-Identifier: Apache-2.0 */
/* Taking an attachment off without losing a byte: also what undoes a failed or killed attach. */
#ifndef SMA_TAKEOFF_H
#define SMA_TAKEOFF_H

#include "pins.h"

struct sma_takeoff {
	unsigned int timeout_ms; /* how long to wait for queues */
	bool force;		 /* at the timeout, drop what is still queued */
	/* Results. */
	bool empty; /* no socket is left in its sockmaps */
	uint64_t drained;
	uint64_t lost_bytes;
	json_t *remaining; /* rows of detachResult.remaining, new reference */
};

/* Detaches links and programs and turns the datapath's switch off: no new socket, no new redirect.
 */
int sma_stop(const struct sma_attachment *attachment, struct sma_error *error);

/* Waits for every psock queue to empty and deletes the sockets; stop first. */
int sma_drain(struct sma_context *context, const struct sma_attachment *attachment,
	      struct sma_takeoff *takeoff, struct sma_error *error);

/* Removes the emptied folder; lock of the root held. */
int sma_remove(const char *root, struct sma_attachment *attachment, struct sma_error *error);

/* Waits until the kernel has freed what it held; without the lock. */
void sma_await_freed(const struct sma_attachment *attachment);

#endif
