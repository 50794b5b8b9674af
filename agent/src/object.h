/* SPDX-License-Identifier: Apache-2.0 */
/* A BPF object file: read or received, checked, opened with libbpf. */
#ifndef SMA_OBJECT_H
#define SMA_OBJECT_H

#include <bpf/libbpf.h>

#include "context.h"

struct sma_object {
	char *name; /* base name of the file */
	void *data;
	size_t size;
	char sha256[65];
};

/* From `params.object` (objectRef in agent.ts). */
int sma_object_read(struct sma_context *context, const json_t *params, struct sma_object *object,
		    struct sma_error *error);
void sma_object_free(struct sma_object *object);

/* bpf_object__close() the result. */
struct bpf_object *sma_object_open(const struct sma_object *object, const char *pin_root,
				   struct sma_error *error);

/* Only this of its programs will be loaded. NULL: there is none of that name. */
struct bpf_program *sma_object_choose(struct bpf_object *object, const char *name);

/* bpf_object__load() that a cancellation interrupts: -EINTR, or what libbpf makes of it. */
int sma_object_load(struct sma_context *context, struct bpf_object *object);

#endif
