// SPDX-License-Identifier: Apache-2.0
#include "answer.h"

#include <bpf/libbpf.h>
#include <errno.h>

#include "probe_fionread.h"
#include "../bpf/records.h"

extern const char sma_answer_object[], sma_answer_object_end[];

static int refused(struct sma_error *error)
{
	return sma_fail(error, SMA_UNSUPPORTED,
			"Attach without --edge-readers (sockmap.edgeReaders), and exclude "
			"programs that use FIONREAD (nginx, Java, .NET) with a policy.",
			"On this kernel ioctl(FIONREAD) does not count redirected bytes, and the "
			"kernel refuses the program that corrects it");
}

static int start(struct sma_context *context, __u32 map_id, struct sma_tracer *tracer)
{
	const struct sma_answer_config config = {map_id};
	struct bpf_object *object = bpf_object__open_mem(
	    sma_answer_object, (size_t)(sma_answer_object_end - sma_answer_object), NULL);
	struct bpf_program *program = object ? bpf_object__next_program(object, NULL) : NULL;
	struct bpf_map *constants = object ? bpf_object__find_map_by_name(object, ".rodata") : NULL;

	if (!program || !constants ||
	    bpf_map__set_initial_value(constants, &config, sizeof(config)) ||
	    bpf_program__set_attach_target(program, 0, tracer->function)) {
		bpf_object__close(object);
		return -EINVAL;
	}
	return sma_tracer_start(context, tracer, object, program);
}

int sma_answer_load(struct sma_context *context, __u32 map_id, struct sma_tracer *tracer,
		    struct sma_error *error)
{
	if (sma_fionread_blind() != 1)
		return 0;
	tracer->name = SMA_ANSWER_PROGRAM;
	tracer->function =
	    libbpf_find_vmlinux_btf_id("sk_ioctl", BPF_TRACE_FEXIT) > 0 ? "sk_ioctl" : "tcp_ioctl";
	if (start(context, map_id, tracer) == 0)
		return 0;
	return sma_cancelled(context, error) ? -1 : refused(error);
}
