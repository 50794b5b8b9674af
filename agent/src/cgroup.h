/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SMA_CGROUP_H
#define SMA_CGROUP_H

#include <stdint.h>

#include "error.h"

struct sma_cgroup {
	int fd;
	uint64_t id; /* inode number of its directory */
	char *path;  /* absolute */
};

/* Opens an absolute path, or a path below the cgroup v2 root as `cgroups` lists it. */
int sma_cgroup_open(const char *path, struct sma_cgroup *cgroup, struct sma_error *error);
void sma_cgroup_close(struct sma_cgroup *cgroup);

/* Path of the cgroup of that id, `hint` tried first; malloc()ed, NULL: it is gone or not visible.
 */
char *sma_cgroup_path(uint64_t id, const char *hint);

#endif
