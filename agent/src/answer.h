/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program that corrects what ioctl(FIONREAD) says where the kernel does not count redirected
 * bytes (agent/bpf/answer.bpf.c). A part of an attachment of our datapath: pinned with it, and
 * as long as sockets are in its map.
 */
#ifndef SMA_ANSWER_H
#define SMA_ANSWER_H

#include <linux/types.h>

#include "context.h"

#define SMA_ANSWER_PROGRAM "sma_answer"

struct bpf_object;

struct sma_answer {
	struct bpf_object *object; /* NULL: not needed */
	const char *function;	   /* of the kernel, that it goes to */
	int program_fd, link_fd;
};

/*
 * Loads it for the sockets of a sockmap, when FIONREAD does not count redirected bytes here, and
 * attaches it: answers are right from here on, up to sma_answer_close() if its link is not pinned.
 * SMA_UNSUPPORTED: the kernel refuses it.
 */
int sma_answer_load(struct sma_context *context, __u32 map_id, struct sma_answer *answer,
		    struct sma_error *error);

void sma_answer_close(struct sma_answer *answer);

#endif
