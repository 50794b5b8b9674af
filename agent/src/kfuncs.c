// SPDX-License-Identifier: Apache-2.0
/*
 * Where a kfunc is missing, its calls are never reached (bpf/include/read.h), but they are there:
 * of function 0, as libbpf before 1.2 leaves them. Kernels from 5.13 to 5.15 refuse that before
 * they look at what is reached (add_kfunc_call()).
 */
#include "kfuncs.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static bool calls_nothing(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP | BPF_CALL) && insn->src_reg == BPF_PSEUDO_KFUNC_CALL &&
	       insn->imm == 0;
}

static int take_out_calls(struct bpf_program *program, struct bpf_prog_load_opts *options,
			  long cookie)
{
	const struct bpf_insn zero = {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0};
	size_t count = bpf_program__insn_cnt(program);
	struct bpf_insn *insns = malloc(count * sizeof(*insns));
	int result;

	(void)options;
	(void)cookie;
	if (!insns)
		return -ENOMEM;
	memcpy(insns, bpf_program__insns(program), count * sizeof(*insns));
	for (size_t i = 0; i < count; i++) {
		if (calls_nothing(&insns[i]))
			insns[i] = zero;
	}
	result = bpf_program__set_insns(program, insns, count);
	free(insns);
	return result;
}

void sma_kfuncs_install(void)
{
	LIBBPF_OPTS(libbpf_prog_handler_opts, handler, .prog_prepare_load_fn = take_out_calls);

	/* As libbpf itself has them. */
	libbpf_register_prog_handler("sockops", BPF_PROG_TYPE_SOCK_OPS, BPF_CGROUP_SOCK_OPS,
				     &handler);
	libbpf_register_prog_handler("sk_msg", BPF_PROG_TYPE_SK_MSG, BPF_SK_MSG_VERDICT, &handler);
	libbpf_register_prog_handler("cgroup_skb/ingress", BPF_PROG_TYPE_CGROUP_SKB,
				     BPF_CGROUP_INET_INGRESS, &handler);
	libbpf_register_prog_handler("cgroup/setsockopt", BPF_PROG_TYPE_CGROUP_SOCKOPT,
				     BPF_CGROUP_SETSOCKOPT, &handler);
}
