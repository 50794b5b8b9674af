// SPDX-License-Identifier: Apache-2.0
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "caps.h"
#include "context.h"
#include "mounts.h"
#include "params.h"
#include "rpc.h"
#include "text.h"

static void add_problem(json_t *problems, const char *message, const char *action)
{
	json_array_append_new(problems,
			      json_pack("{s:o, s:s}", "message", sma_text(message), "action",
					action ? action : "See `sockmap-agent probe`."));
}

/* `return 1` as sk_msg: needs the rights and the kernel features that an attach needs. */
static bool try_load(json_t *problems)
{
	struct bpf_insn insns[] = {
	    {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 1},
	    {.code = BPF_JMP | BPF_EXIT}};
	char *message;
	int fd;

	if (!sma_caps_sufficient()) {
		message =
		    sma_format("Programs cannot be loaded: %s is missing", sma_caps_missing());
		add_problem(problems, message ? message : "", SMA_CAPS_ACTION);
		free(message);
		return false;
	}
	fd = bpf_prog_load(BPF_PROG_TYPE_SK_MSG, "sma_probe", "GPL", insns,
			   sizeof(insns) / sizeof(*insns), NULL);
	if (fd >= 0) {
		close(fd);
		return true;
	}
	message = sma_format("The kernel refuses sk_msg programs: %s", strerror(errno));
	add_problem(problems, message ? message : "",
		    "Use a kernel with CONFIG_BPF_SYSCALL and CONFIG_NET_SOCK_MSG.");
	free(message);
	return false;
}

json_t *sma_initialize(struct sma_context *context, const json_t *params, struct sma_error *error)
{
	const char *client = NULL;
	uint64_t protocol = 0;
	struct utsname host;
	json_t *problems, *result;
	char *bpffs, *cgroup;
	bool can_load;

	if (sma_param_string(params, "client", true, &client, error) ||
	    sma_param_uint(params, "protocol", true, UINT32_MAX, &protocol, error))
		return NULL;
	if (protocol != SMA_PROTOCOL) {
		sma_fail(error, SMA_PROTOCOL_KIND,
			 "Install the agent that comes with the extension.",
			 "%s speaks protocol %llu and this agent %d", client,
			 (unsigned long long)protocol, SMA_PROTOCOL);
		return NULL;
	}
	problems = json_array();
	can_load = try_load(problems);
	bpffs = sma_bpffs(context, error);
	if (!bpffs)
		add_problem(problems, error->message, error->action);
	sma_error_clear(error);
	cgroup = sma_cgroup_root(error);
	if (!cgroup)
		add_problem(problems, error->message, error->action);
	sma_error_clear(error);
	if (access("/sys/kernel/btf/vmlinux", R_OK))
		add_problem(problems, "The kernel has no BTF, so sockets cannot be listed",
			    "Use a kernel built with CONFIG_DEBUG_INFO_BTF.");
	uname(&host);
	result =
	    json_pack("{s:s, s:i, s:i, s:i, s:o, s:s, s:s, s:o, s:o, s:b, s:o}", "agentVersion",
		      SMA_VERSION, "protocol", SMA_PROTOCOL, "pid", (int)getpid(), "uid",
		      (int)getuid(), "hostname", sma_text(host.nodename), "kernel", host.release,
		      "arch", host.machine, "bpffs", sma_text_or_null(bpffs), "cgroup2",
		      sma_text_or_null(cgroup), "canLoad", can_load, "problems", problems);
	free(bpffs);
	free(cgroup);
	return result;
}
