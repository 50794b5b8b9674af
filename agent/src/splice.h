/* SPDX-License-Identifier: Apache-2.0 */
/* The program that marks sockets whose readers splice() (agent/bpf/splice.bpf.c). */
#ifndef SMA_SPLICE_H
#define SMA_SPLICE_H

#include <stdbool.h>

#include "pins.h"
#include "tracer.h"

/* Of an attachment without it. */
#define SMA_SPLICE_WARNING                                                                         \
	"Redirected bytes do not reach programs that read with splice() (TCP proxies written in "  \
	"Go, systemd-socket-proxyd, haproxy with option splice-auto), and this attachment does "   \
	"not recognize them: exclude them with a policy."

/*
 * Starts it for an attachment, with the maps of its datapath, and tells the datapath. If the kernel
 * refuses it, there is none, and the attachment does without.
 */
int sma_splice_load(struct sma_context *context, const struct bpf_object *datapath,
		    struct sma_tracer *tracer, struct sma_error *error);

bool sma_is_splice_program(const char *name);

/* Has this attachment got it, and can its datapath make use of it? */
bool sma_splice_is_seen(const struct sma_attachment *attachment);

#endif
