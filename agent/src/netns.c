// SPDX-License-Identifier: Apache-2.0
#include "netns.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define OWN "/proc/thread-self/ns/net"

struct visit {
	int (*use)(void *argument);
	void *argument;
	ino_t *seen;
	size_t count, capacity;
};

/* Remembers a namespace; false if it was there before (or there is no memory to tell). */
static bool is_new(struct visit *visit, ino_t inode)
{
	for (size_t i = 0; i < visit->count; i++) {
		if (visit->seen[i] == inode)
			return false;
	}
	if (visit->count == visit->capacity) {
		size_t capacity = visit->capacity ? 2 * visit->capacity : 16;
		ino_t *seen = realloc(visit->seen, capacity * sizeof(*seen));

		if (!seen)
			return false;
		visit->seen = seen;
		visit->capacity = capacity;
	}
	visit->seen[visit->count++] = inode;
	return true;
}

static int enter(struct visit *visit, const char *path)
{
	struct stat status;
	int fd, result = 0;

	if (stat(path, &status) || !is_new(visit, status.st_ino))
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	if (setns(fd, CLONE_NEWNET) == 0)
		result = visit->use(visit->argument);
	close(fd);
	return result;
}

/* `format` makes a path of each entry. */
static int enter_all(struct visit *visit, const char *folder, const char *format, bool numbers)
{
	DIR *directory = opendir(folder);
	struct dirent *entry;
	char path[512];
	int result = 0;

	if (!directory)
		return 0;
	while (result == 0 && (entry = readdir(directory))) {
		if (numbers ? *entry->d_name < '1' || *entry->d_name > '9' : *entry->d_name == '.')
			continue;
		snprintf(path, sizeof(path), format, entry->d_name);
		result = enter(visit, path);
	}
	closedir(directory);
	return result;
}

int sma_each_netns(int (*use)(void *argument), void *argument)
{
	struct visit visit = {.use = use, .argument = argument};
	int own = open(OWN, O_RDONLY | O_CLOEXEC), result;

	if (own < 0)
		return -errno;
	result = enter(&visit, OWN);
	if (result == 0)
		result = enter_all(&visit, "/proc", "/proc/%s/ns/net", true);
	if (result == 0)
		result = enter_all(&visit, "/run/netns", "/run/netns/%s", false);
	if (setns(own, CLONE_NEWNET))
		result = -errno;
	close(own);
	free(visit.seen);
	return result;
}
