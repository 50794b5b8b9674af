/* SPDX-License-Identifier: Apache-2.0 */
/* A capture file (draft-ietf-opsawg-pcapng) of raw IP packets with times in nanoseconds. */
#ifndef SMA_PCAPNG_H
#define SMA_PCAPNG_H

#include <linux/types.h>

#include "context.h"
#include "text.h"

struct sma_pcapng {
	struct sma_context *context; /* a cancellation ends a write that blocks */
	int fd;			     /* -1: the context delivers it */
	bool own;		     /* a file that nobody else writes, from its beginning */
	struct sma_buffer pending;   /* whole blocks that are not written yet */
	__u64 written;		     /* bytes */
};

struct sma_packet {
	__u64 time; /* ns since 1970 */
	const void *headers, *payload;
	size_t headers_size, payload_size; /* as captured */
	size_t original_size;		   /* of the packet */
	const char *comment;		   /* UTF-8 */
};

/* Blocks are collected until the next flush. Memory that runs out is told by that. */
void sma_pcapng_begin(struct sma_pcapng *file, const char *interface);
void sma_pcapng_packet(struct sma_pcapng *file, const struct sma_packet *packet);
/* Times as in packets. */
void sma_pcapng_end(struct sma_pcapng *file, __u64 begun, __u64 ended, __u64 received,
		    __u64 dropped);

/* False: its reader has gone, which a write would find out. */
bool sma_pcapng_wanted(const struct sma_pcapng *file);

/* 0 or -errno (EPIPE: nobody takes it). An own file is cut back to its last whole block when it
 * cannot take more. */
int sma_pcapng_flush(struct sma_pcapng *file);

#endif
