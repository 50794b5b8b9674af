/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program that corrects what ioctl(FIONREAD) says where the kernel does not count redirected
 * bytes (agent/bpf/answer.bpf.c).
 */
#ifndef SMA_ANSWER_H
#define SMA_ANSWER_H

#include <linux/types.h>

#include "tracer.h"

#define SMA_ANSWER_PROGRAM "sma_answer"

/*
 * Starts it for the sockets of a sockmap, when FIONREAD does not count redirected bytes here:
 * answers are right from here on. SMA_UNSUPPORTED: the kernel refuses it.
 */
int sma_answer_load(struct sma_context *context, __u32 map_id, struct sma_tracer *tracer,
		    struct sma_error *error);

#endif
