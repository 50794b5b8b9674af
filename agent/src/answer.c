// SPDX-License-Identifier: Apache-2.0
#include "answer.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "object.h"
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

int sma_answer_load(struct sma_context *context, __u32 map_id, struct sma_answer *answer,
		    struct sma_error *error)
{
	const struct sma_answer_config config = {map_id};
	struct bpf_program *program;
	struct bpf_map *constants;
	int result = -EINVAL;

	*answer = (struct sma_answer){.link_fd = -1};
	if (sma_fionread_blind() != 1)
		return 0;
	sma_log_begin(0);
	answer->function =
	    libbpf_find_vmlinux_btf_id("sk_ioctl", BPF_TRACE_FEXIT) > 0 ? "sk_ioctl" : "tcp_ioctl";
	answer->object = bpf_object__open_mem(
	    sma_answer_object, (size_t)(sma_answer_object_end - sma_answer_object), NULL);
	program = answer->object ? bpf_object__next_program(answer->object, NULL) : NULL;
	constants = answer->object ? bpf_object__find_map_by_name(answer->object, ".rodata") : NULL;
	if (program && constants &&
	    bpf_map__set_initial_value(constants, &config, sizeof(config)) == 0 &&
	    bpf_program__set_attach_target(program, 0, answer->function) == 0)
		result = sma_object_load(context, answer->object);
	free(sma_log_take());
	if (result == 0) {
		answer->program_fd = bpf_program__fd(program);
		/* This, and not BPF_LINK_CREATE: 5.10 knows no other way for such a program. */
		answer->link_fd = bpf_raw_tracepoint_open(NULL, answer->program_fd);
		/* Some load it and then refuse this: arm64 had no trampolines before 6.4. */
		result = answer->link_fd < 0 ? -errno : 0;
	}
	if (result == 0)
		return 0;
	sma_answer_close(answer);
	return sma_cancelled(context, error) ? -1 : refused(error);
}

void sma_answer_close(struct sma_answer *answer)
{
	if (answer->object && answer->link_fd >= 0)
		close(answer->link_fd);
	bpf_object__close(answer->object);
	*answer = (struct sma_answer){.link_fd = -1};
}
