// SPDX-License-Identifier: Apache-2.0
#include "mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "stage.h"
#include "text.h"

#define BPFFS_DEFAULT "/sys/fs/bpf"
#define BPFFS_ACTION  "Mount one: mount -t bpf -o mode=0700 bpf " BPFFS_DEFAULT "."
#define LOCK_POLL_MS  20
#define LOCK_TRIES    50

/* mountinfo writes blanks, tabs, newlines and backslashes as \ooo. */
static void unescape(char *text)
{
	char *out = text;

	for (; *text; out++) {
		if (text[0] == '\\' && strspn(text + 1, "01234567") >= 3) {
			*out =
			    (char)((text[1] - '0') << 6 | (text[2] - '0') << 3 | (text[3] - '0'));
			text += 4;
		} else {
			*out = *text++;
		}
	}
	*out = 0;
}

char *sma_mount_find(const char *type)
{
	FILE *file = fopen("/proc/self/mountinfo", "re");
	char *line = NULL, *found = NULL;
	size_t size = 0;

	if (!file)
		return NULL;
	while (!found && getline(&line, &size, file) > 0) {
		char root[4096], point[4096], kind[64];
		char *tail = strstr(line, " - ");

		if (!tail || sscanf(tail, " - %63s", kind) != 1 || strcmp(kind, type) != 0)
			continue;
		if (sscanf(line, "%*s %*s %*s %4095s %4095s", root, point) != 2 ||
		    strcmp(root, "/") != 0)
			continue;
		unescape(point);
		found = strdup(point);
	}
	free(line);
	fclose(file);
	return found;
}

/*
 * Two agents that start at once must not mount it twice: the second mount would hide what the
 * first agent attached. Whoever else holds the lock, which any user can, is not waited for long.
 */
static int lock_default(void)
{
	int fd = open(BPFFS_DEFAULT, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	for (int i = 0; fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) && i < LOCK_TRIES; i++)
		sma_sleep_ms(LOCK_POLL_MS);
	return fd;
}

static char *mount_bpffs(struct sma_error *error)
{
	int lock;
	char *point;

	sma_stage("bpffs-missing");
	lock = lock_default();
	point = sma_mount_find("bpf");
	if (!point &&
	    mount("bpf", BPFFS_DEFAULT, "bpf", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0700"))
		sma_fail(error, SMA_NO_BPFFS, BPFFS_ACTION,
			 "No bpffs is mounted, and mounting it on " BPFFS_DEFAULT " failed: %s",
			 strerror(errno));
	else if (!point)
		point = strdup(BPFFS_DEFAULT);
	if (lock >= 0)
		close(lock);
	return point;
}

char *sma_bpffs(struct sma_context *context, struct sma_error *error)
{
	struct statfs fs;
	char *point;

	if (context->bpffs_override) {
		if (statfs(context->bpffs_override, &fs)) {
			sma_fail(error, SMA_NO_BPFFS, "Name a folder on a mounted bpffs.",
				 "The bpffs folder %s cannot be used: %s", context->bpffs_override,
				 strerror(errno));
			return NULL;
		}
		if ((unsigned long)fs.f_type != BPF_FS_MAGIC) {
			sma_fail(error, SMA_NO_BPFFS, "Name a folder on a mounted bpffs.",
				 "%s is not on a bpffs", context->bpffs_override);
			return NULL;
		}
		return strdup(context->bpffs_override);
	}
	point = sma_mount_find("bpf");
	return point ? point : mount_bpffs(error);
}

char *sma_cgroup_root(struct sma_error *error)
{
	char *root = sma_mount_find("cgroup2");

	if (!root)
		sma_fail(error, SMA_NO_CGROUP,
			 "Mount it: mount -t cgroup2 none /sys/fs/cgroup (or boot with "
			 "systemd.unified_cgroup_hierarchy=1).",
			 "cgroup v2 is not mounted on this host");
	return root;
}
