/* SPDX-License-Identifier: Apache-2.0 */
/* Where the two file systems that BPF needs are mounted, from /proc/self/mountinfo (proc(5)). */
#ifndef SMA_MOUNTS_H
#define SMA_MOUNTS_H

#include "context.h"

/* Mount point of the first file system of that type (its own root), malloc()ed; NULL: none. */
char *sma_mount_find(const char *type);

/* The bpffs folder to use, malloc()ed: the override, the mount, or /sys/fs/bpf freshly mounted. */
char *sma_bpffs(struct sma_context *context, struct sma_error *error);

/* Mount point of cgroup v2, malloc()ed. */
char *sma_cgroup_root(struct sma_error *error);

#endif
