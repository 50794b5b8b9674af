// SPDX-License-Identifier: Apache-2.0
#include "probe_original_dst.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "text.h"
#include "../../bpf/include/sockmap_abi.h"

#define NOT_RUN	       1 /* what the map says until the program ran: no helper returns it */
#define PROBE_PREFIX   "sockmap-probe-"
#define CHILD_MS       500
#define RMDIR_MS       500
#define INSN(...)      ((struct bpf_insn){__VA_ARGS__})
#define MOV(to, value) INSN(.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = (to), .imm = (value))
#define COPY(to, from) INSN(.code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = (to), .src_reg = (from))
#define ADD(to, value) INSN(.code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = (to), .imm = (value))
#define CALL(helper)   INSN(.code = BPF_JMP | BPF_CALL, .imm = (helper))

/* Leaves in the map's only value what the helper returned at the passive end. */
static int load_program(int map)
{
	const struct bpf_insn insns[] = {
	    INSN(.code = BPF_LDX | BPF_W | BPF_MEM, .dst_reg = BPF_REG_2, .src_reg = BPF_REG_1,
		 .off = offsetof(struct bpf_sock_ops, op)),
	    INSN(.code = BPF_JMP | BPF_JNE | BPF_K, .dst_reg = BPF_REG_2, .off = 15,
		 .imm = BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB),
	    MOV(BPF_REG_2, SOL_IP),
	    MOV(BPF_REG_3, SM_SO_ORIGINAL_DST),
	    COPY(BPF_REG_4, BPF_REG_10),
	    ADD(BPF_REG_4, -(int)sizeof(struct sockaddr_in)),
	    MOV(BPF_REG_5, sizeof(struct sockaddr_in)),
	    CALL(BPF_FUNC_getsockopt),
	    COPY(BPF_REG_6, BPF_REG_0),
	    INSN(.code = BPF_ST | BPF_W | BPF_MEM, .dst_reg = BPF_REG_10, .off = -4),
	    INSN(.code = BPF_LD | BPF_DW | BPF_IMM, .dst_reg = BPF_REG_1,
		 .src_reg = BPF_PSEUDO_MAP_FD, .imm = map),
	    INSN(0),
	    COPY(BPF_REG_2, BPF_REG_10),
	    ADD(BPF_REG_2, -4),
	    CALL(BPF_FUNC_map_lookup_elem),
	    INSN(.code = BPF_JMP | BPF_JEQ | BPF_K, .dst_reg = BPF_REG_0, .off = 1),
	    INSN(.code = BPF_STX | BPF_DW | BPF_MEM, .dst_reg = BPF_REG_0, .src_reg = BPF_REG_6),
	    MOV(BPF_REG_0, 1),
	    INSN(.code = BPF_JMP | BPF_EXIT),
	};

	return bpf_prog_load(BPF_PROG_TYPE_SOCK_OPS, "sma_probe", "GPL", insns,
			     sizeof(insns) / sizeof(*insns), NULL);
}

/* In a child, whose sockets are the cgroup's. Only system calls: the agent may have threads. */
static void connect_inside(int procs)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct timeval limit = {.tv_usec = CHILD_MS * 1000};
	socklen_t length = sizeof(address);
	int listener, client;

	if (write(procs, "0", 1) != 1)
		_exit(1);
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	_exit(listener < 0 || client < 0 || bind(listener, (struct sockaddr *)&address, length) ||
	      listen(listener, 1) || getsockname(listener, (struct sockaddr *)&address, &length) ||
	      setsockopt(client, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) ||
	      setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) ||
	      connect(client, (struct sockaddr *)&address, length) ||
	      accept(listener, NULL, NULL) < 0);
}

static bool run_child(const char *cgroup)
{
	char *path = sma_format("%s/cgroup.procs", cgroup);
	int procs = path ? open(path, O_WRONLY | O_CLOEXEC) : -1, status = 1;
	pid_t child = procs >= 0 ? fork() : -1;

	if (child == 0)
		connect_inside(procs);
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (procs >= 0)
		close(procs);
	free(path);
	return child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* What the helper returned; NOT_RUN: nothing came of it. */
static long try_in(const char *cgroup)
{
	int map =
	    bpf_map_create(BPF_MAP_TYPE_ARRAY, "sma_probe", sizeof(__u32), sizeof(__s64), 1, NULL);
	int folder = open(cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int program = map >= 0 ? load_program(map) : -1, link = -1;
	__s64 value = NOT_RUN;
	__u32 zero = 0;

	if (program >= 0 && folder >= 0 && bpf_map_update_elem(map, &zero, &value, BPF_ANY) == 0)
		link = bpf_link_create(program, folder, BPF_CGROUP_SOCK_OPS, NULL);
	if (link < 0 || !run_child(cgroup) || bpf_map_lookup_elem(map, &zero, &value))
		value = NOT_RUN;
	for (size_t i = 0; i < 4; i++) {
		int fd = (int[]){link, program, folder, map}[i];

		if (fd >= 0)
			close(fd);
	}
	return value;
}

/* Those of agents that were killed at it; one that is at work is not empty, or is about to be. */
static void sweep(const char *parent)
{
	DIR *directory = opendir(parent);
	struct dirent *entry;
	int pid;

	while (directory && (entry = readdir(directory))) {
		if (sscanf(entry->d_name, PROBE_PREFIX "%d", &pid) == 1 &&
		    (pid == getpid() || (kill(pid, 0) && errno == ESRCH)))
			unlinkat(dirfd(directory), entry->d_name, AT_REMOVEDIR);
	}
	if (directory)
		closedir(directory);
}

int sma_original_dst_told(const char *parent, struct sma_error *error)
{
	char *cgroup = sma_format("%s/" PROBE_PREFIX "%d", parent, getpid());
	long value = NOT_RUN;
	int number = 0;

	if (!cgroup)
		return sma_fail_memory(error);
	sweep(parent);
	if (mkdir(cgroup, 0700)) {
		number = errno;
	} else {
		value = try_in(cgroup);
		/* The child has been reaped; the kernel may take a moment to notice. */
		for (int ms = 0; rmdir(cgroup) && errno == EBUSY && ms < RMDIR_MS; ms++)
			usleep(1000);
	}
	free(cgroup);
	if (number)
		return sma_fail(error, SMA_UNSUPPORTED,
				"Use --pairing handshake, or attach to a cgroup below it.",
				"Whether this kernel gives BPF programs the original destination "
				"cannot be tested in %s: %s",
				parent, strerror(number));
	if (value == NOT_RUN)
		return sma_fail(error, SMA_UNSUPPORTED, "Use --pairing handshake.",
				"Whether this kernel gives BPF programs the original destination "
				"could not be tested");
	return value == 0 || value == -ENOENT;
}
