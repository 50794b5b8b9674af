/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program of agent/bpf that runs where the kernel does something with TCP sockets, for those of
 * one attachment of our datapath. It is a part of the attachment, and pinned with it.
 */
#ifndef SMA_TRACER_H
#define SMA_TRACER_H

#include "context.h"

struct bpf_object;
struct bpf_program;

struct sma_tracer {
	struct bpf_object *object; /* NULL: there is none */
	const char *name;	   /* of its pins */
	const char *function;	   /* of the kernel, that it goes to */
	int program_fd, link_fd;
};

/*
 * Loads `object`, which is taken over, and attaches the only one of its programs that is to be
 * loaded. It runs from here on, up to sma_tracer_close() if its link is not pinned. 0, or a
 * negative errno when the kernel refuses it.
 */
int sma_tracer_start(struct sma_context *context, struct sma_tracer *tracer,
		     struct bpf_object *object, const struct bpf_program *program);

/* A zeroed one, and one that is closed, are nothing to it. */
void sma_tracer_close(struct sma_tracer *tracer);

#endif
