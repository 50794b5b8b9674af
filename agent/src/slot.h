/* SPDX-License-Identifier: Apache-2.0 */
/* Who has a program in SM_CAPTURE_MAP, the slot of an attached datapath (sockmap_abi.h). */
#ifndef SMA_SLOT_H
#define SMA_SLOT_H

#include "pins.h"

/* Descriptor of the slot, which the caller closes; -1: the attachment has none. */
int sma_slot(const struct sma_attachment *attachment);

/* Id of the program in the slot, 0: none. */
__u32 sma_slot_occupant(int slot_fd);

/*
 * Tells other agents that somebody captures from the attachment, until the descriptor that it
 * returns is closed, which the kernel does for a process that is killed. -errno: it cannot be told.
 */
int sma_slot_hold(const struct sma_attachment *attachment);

/* Takes out what a killed capture left in the slot. */
void sma_slot_reap(const struct sma_attachment *attachment);

#endif
