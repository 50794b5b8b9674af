// SPDX-License-Identifier: Apache-2.0
#include "procs.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "text.h"

static int by_inode(const void *left, const void *right)
{
	const struct sma_owner *a = left, *b = right;

	return a->inode < b->inode ? -1 : a->inode > b->inode;
}

const struct sma_owner *sma_owner_of(const struct sma_owner *owners, size_t count, uint64_t inode)
{
	struct sma_owner wanted = {.inode = inode};

	return inode && count ? bsearch(&wanted, owners, count, sizeof(wanted), by_inode) : NULL;
}

static int open_file(int process, const char *name, char *text, size_t size)
{
	int fd = openat(process, name, O_RDONLY | O_CLOEXEC);
	ssize_t length;

	text[0] = 0;
	if (fd < 0)
		return -1;
	length = read(fd, text, size - 1);
	close(fd);
	text[length > 0 ? length : 0] = 0;
	return 0;
}

/* The line of cgroup v2 starts with 0:: (cgroups(7)). */
static char *cgroup_of(int process)
{
	char text[8192], *line;

	if (open_file(process, "cgroup", text, sizeof(text)))
		return NULL;
	line = strncmp(text, "0::", 3) == 0 ? text : strstr(text, "\n0::");
	if (!line)
		return NULL;
	line += line == text ? 3 : 4;
	return strndup(line, strcspn(line, "\n"));
}

void sma_process_name(int process, char name[32])
{
	open_file(process, "comm", name, 32);
	name[strcspn(name, "\n")] = 0;
}

/* What all sockets of one process share, read when the first of them is met. */
struct holder {
	int process; /* fd of /proc/PID */
	int pid;
	bool known;
	char command[32];
	char *cgroup;
};

static void describe(struct sma_owner *owner, struct holder *holder)
{
	if (!holder->known) {
		sma_process_name(holder->process, holder->command);
		holder->cgroup = cgroup_of(holder->process);
		holder->known = true;
	}
	owner->pid = holder->pid;
	memcpy(owner->command, holder->command, sizeof(owner->command));
	owner->cgroup = holder->cgroup ? strdup(holder->cgroup) : NULL;
}

/* Returns how many of the owners were found in this process. */
static size_t scan_process(struct holder *holder, struct sma_owner *owners, size_t count)
{
	int fds = openat(holder->process, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *directory = fds >= 0 ? fdopendir(fds) : NULL;
	struct dirent *entry;
	size_t found = 0;

	if (!directory) {
		if (fds >= 0)
			close(fds);
		return 0;
	}
	while ((entry = readdir(directory))) {
		char target[64];
		ssize_t length = readlinkat(fds, entry->d_name, target, sizeof(target) - 1);
		struct sma_owner *owner;

		if (length <= 8 || memcmp(target, "socket:[", 8) != 0)
			continue;
		target[length] = 0;
		owner =
		    (struct sma_owner *)sma_owner_of(owners, count, strtoull(target + 8, NULL, 10));
		if (owner && !owner->pid) {
			describe(owner, holder);
			found++;
		}
	}
	closedir(directory);
	return found;
}

void sma_find_owners(struct sma_owner *owners, size_t count)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	size_t missing = 0;

	if (count > 1)
		qsort(owners, count, sizeof(*owners), by_inode);
	for (size_t i = 0; i < count; i++)
		missing += owners[i].inode != 0;
	while (proc && missing && (entry = readdir(proc))) {
		struct holder holder = {0};

		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		holder.pid = atoi(entry->d_name);
		holder.process =
		    openat(dirfd(proc), entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (holder.process < 0)
			continue;
		missing -= scan_process(&holder, owners, count);
		free(holder.cgroup);
		close(holder.process);
	}
	if (proc)
		closedir(proc);
}

void sma_owners_free(struct sma_owner *owners, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(owners[i].cgroup);
	free(owners);
}
