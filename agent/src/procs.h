/* SPDX-License-Identifier: Apache-2.0 */
/* Which process holds a socket: /proc/PID/fd/N -> socket:[inode]. */
#ifndef SMA_PROCS_H
#define SMA_PROCS_H

#include <stddef.h>
#include <stdint.h>

struct sma_owner {
	uint64_t inode; /* set by the caller */
	int pid;	/* 0: none found */
	char command[32];
	char *cgroup; /* path below the cgroup v2 root, or NULL */
};

/* Of the process whose folder in /proc is open (comm); "" when it has gone. */
void sma_process_name(int process, char name[32]);

/* Fills the owners of those inodes; sorts `owners` by inode. */
void sma_find_owners(struct sma_owner *owners, size_t count);
const struct sma_owner *sma_owner_of(const struct sma_owner *owners, size_t count, uint64_t inode);
void sma_owners_free(struct sma_owner *owners, size_t count);

#endif
