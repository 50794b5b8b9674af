/* SPDX-License-Identifier: Apache-2.0 */
/* The capture program (agent/bpf/capture.bpf.c) in its slot of an attached datapath. */
#ifndef SMA_TAP_H
#define SMA_TAP_H

#include "../bpf/records.h"
#include "pins.h"

struct bpf_object;
struct ring_buffer;
struct sma_tap_reading;

struct sma_tap {
	struct bpf_object *object;
	struct ring_buffer *ring;
	struct sma_tap_reading *reading;
	int slot_fd;   /* SM_CAPTURE_MAP */
	int config_fd; /* SM_CONFIG_MAP */
	int hold_fd;   /* as long as it is open the program may stay in the slot */
	int program_fd;
	__u32 program_id;
};

#define SMA_TAP_CLOSED ((struct sma_tap){.slot_fd = -1, .config_fd = -1, .hold_fd = -1})

/* A piece of a message; not for longer than the call. */
struct sma_part {
	const struct sma_capture_message *message;
	__u64 number; /* of the message, from 1 in the order in which they begin */
	__u32 offset; /* in the message */
	__u32 span; /* bytes of the message that this stands for, and how many of them are there */
	__u32 length;
};

/* Of a piece and its bytes; less than 0 ends the reading. */
typedef int sma_tap_reader(void *argument, const struct sma_part *part, const void *bytes);

/* Loads the program; nothing is captured yet. `reader` and `argument` must outlive the tap, which
 * is to be closed also when this fails. */
int sma_tap_open(struct sma_context *context, const struct sma_attachment *attachment,
		 const struct sma_capture_config *config, sma_tap_reader *reader, void *argument,
		 struct sma_tap *tap, struct sma_error *error);
void sma_tap_close(struct sma_tap *tap);

/* Puts it into the slot. Fails with SMA_BUSY when another capture is there. */
int sma_tap_start(struct sma_tap *tap, const char *name, struct sma_error *error);
/* Takes it out again; what it has written remains to be read. */
void sma_tap_stop(struct sma_tap *tap);

/* Does the datapath still redirect? Also puts back what was taken for a killed capture's. */
bool sma_tap_alive(struct sma_tap *tap);

/* Hands over what there is, and waits for it at most so long (0: not at all). 0, -errno or what the
 * reader returned. */
int sma_tap_read(struct sma_tap *tap, int timeout_ms);

void sma_tap_counts(const struct sma_tap *tap, struct sma_capture_counts *counts);

#endif
