/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Captured messages as the TCP packets that would have carried them. A connection has the addresses
 * that its connecting end sees, so that both directions are one stream whatever NAT lies between;
 * its sequence numbers begin where those of its handshake did, and count every byte that was sent,
 * also those that took the stack: what is not in the file is a gap of the right size.
 */
#ifndef SMA_PACKETS_H
#define SMA_PACKETS_H

#include "pcapng.h"
#include "tap.h"

struct sma_stream;

struct sma_packets {
	struct sma_pcapng *file;
	__u64 realtime; /* what CLOCK_REALTIME is ahead of CLOCK_MONOTONIC, ns */
	struct sma_stream *streams;
	__u64 count; /* of packets written */
};

/* 0 or -1: memory ran out. */
int sma_packets_open(struct sma_packets *packets, struct sma_pcapng *file);
void sma_packets_add(struct sma_packets *packets, const struct sma_part *part, const void *bytes);
void sma_packets_close(struct sma_packets *packets);

#endif
