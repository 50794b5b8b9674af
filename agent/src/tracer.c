// SPDX-License-Identifier: Apache-2.0
#include "tracer.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "log.h"
#include "object.h"

int sma_tracer_start(struct sma_context *context, struct sma_tracer *tracer,
		     struct bpf_object *object, const struct bpf_program *program)
{
	int result;

	sma_log_begin(0);
	result = sma_object_load(context, object);
	free(sma_log_take());
	if (result == 0) {
		tracer->program_fd = bpf_program__fd(program);
		/* This, and not BPF_LINK_CREATE: 5.10 knows no other way for such a program. */
		tracer->link_fd = bpf_raw_tracepoint_open(NULL, tracer->program_fd);
		/* Some load it and then refuse this: arm64 had no trampolines before 6.4. */
		result = tracer->link_fd < 0 ? -errno : 0;
	}
	if (result)
		bpf_object__close(object);
	else
		tracer->object = object;
	return result;
}

void sma_tracer_close(struct sma_tracer *tracer)
{
	if (!tracer->object)
		return;
	close(tracer->link_fd);
	bpf_object__close(tracer->object);
	tracer->object = NULL;
}
