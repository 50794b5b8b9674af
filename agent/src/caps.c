// SPDX-License-Identifier: Apache-2.0
#include "caps.h"

#include <linux/capability.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * CAP_SYS_ADMIN: ids to fds (bpf_*_get_fd_by_id) and mounting bpffs. CAP_SYS_PTRACE and
 * CAP_DAC_READ_SEARCH: /proc/PID/fd of other users' processes, open_by_handle_at() for cgroups.
 * CAP_SYSLOG: the addresses in /proc/kallsyms, which the datapath tells waiting readers by.
 */
static const struct {
	const char *name;
	int number;
} kept[] = {
    {"cap_bpf", CAP_BPF},
    {"cap_perfmon", CAP_PERFMON},
    {"cap_net_admin", CAP_NET_ADMIN},
    {"cap_sys_admin", CAP_SYS_ADMIN},
    {"cap_sys_ptrace", CAP_SYS_PTRACE},
    {"cap_dac_read_search", CAP_DAC_READ_SEARCH},
    {"cap_syslog", CAP_SYSLOG},
};

#define KEPT (sizeof(kept) / sizeof(*kept))

struct sets {
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
};

static bool get(struct sets *sets)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};

	memset(sets, 0, sizeof(*sets));
	return syscall(SYS_capget, &header, sets->data) == 0;
}

static bool has(int number)
{
	struct sets sets;

	return get(&sets) && (sets.data[CAP_TO_INDEX(number)].effective & CAP_TO_MASK(number));
}

void sma_caps_drop(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};
	struct sets sets, keep = {0};

	setrlimit(RLIMIT_MEMLOCK, &unlimited);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (!get(&sets))
		return;
	for (size_t i = 0; i < KEPT; i++) {
		unsigned int word = CAP_TO_INDEX(kept[i].number), bit = CAP_TO_MASK(kept[i].number);

		keep.data[word].effective |= sets.data[word].effective & bit;
		keep.data[word].permitted |= sets.data[word].permitted & bit;
	}
	syscall(SYS_capset, &header, keep.data);
}

bool sma_caps_sufficient(void)
{
	return has(CAP_NET_ADMIN) && has(CAP_SYS_ADMIN);
}

const char *sma_caps_missing(void)
{
	if (!has(CAP_SYS_ADMIN))
		return has(CAP_NET_ADMIN) ? "CAP_SYS_ADMIN" : "CAP_SYS_ADMIN and CAP_NET_ADMIN";
	return "CAP_NET_ADMIN";
}

json_t *sma_caps_json(void)
{
	json_t *flags = json_object();

	for (size_t i = 0; i < KEPT; i++)
		json_object_set_new(flags, kept[i].name, json_boolean(has(kept[i].number)));
	return flags;
}
