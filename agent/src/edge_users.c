// SPDX-License-Identifier: Apache-2.0
#include "edge_users.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "io.h"
#include "procs.h"
#include "text.h"

#define MAX_DEPTH_FDS 32
/* 80 bytes for each descriptor that is waited for. */
#define MAX_FDINFO (16 << 20)
#define MAX_PROCS  (16 << 20)

/* nftw() hands nothing through. */
static _Thread_local struct sma_edge_users *found;

/* "tfd:        5 events: 80002001 data: ...", a line for each descriptor. */
static bool has_edge(const char *fdinfo)
{
	for (const char *at = fdinfo; (at = strstr(at, " events:")); at++) {
		if (strtoul(at + strlen(" events:"), NULL, 16) & EPOLLET)
			return true;
	}
	return false;
}

static bool waits_for_edges(int process, const char *fd)
{
	char *name = sma_format("fdinfo/%s", fd);
	int file = name ? openat(process, name, O_RDONLY | O_CLOEXEC) : -1;
	struct sma_buffer text = {0};
	bool edge;

	free(name);
	if (file < 0)
		return false;
	edge = sma_read_fd(file, MAX_FDINFO, &text) == 0 && text.data && has_edge(text.data);
	close(file);
	free(text.data);
	return edge;
}

static bool any_waits_for_edges(int process)
{
	int fds = openat(process, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *directory = fds >= 0 ? fdopendir(fds) : NULL;
	struct dirent *entry;
	bool edge = false;

	if (!directory) {
		if (fds >= 0)
			close(fds);
		return false;
	}
	while (!edge && (entry = readdir(directory))) {
		char target[32];
		ssize_t length = readlinkat(fds, entry->d_name, target, sizeof(target) - 1);

		if (length <= 0)
			continue;
		target[length] = 0;
		edge = strcmp(target, "anon_inode:[eventpoll]") == 0 &&
		       waits_for_edges(process, entry->d_name);
	}
	closedir(directory);
	return edge;
}

static void note(struct sma_edge_users *users, const char *name)
{
	users->processes++;
	for (size_t i = 0; i < users->count; i++) {
		if (strcmp(users->names[i], name) == 0)
			return;
	}
	if (users->count < SMA_EDGE_NAMES)
		snprintf(users->names[users->count++], sizeof(*users->names), "%s", name);
}

static void look_at(long pid)
{
	char path[32], name[32];
	int process;

	snprintf(path, sizeof(path), "/proc/%ld", pid);
	process = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (process < 0)
		return;
	sma_process_name(process, name);
	if (strcmp(name, "nginx") == 0 || any_waits_for_edges(process))
		note(found, name);
	close(process);
}

static int visit(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	struct sma_buffer text = {0};
	char *file;

	(void)st;
	(void)ftw;
	if (type != FTW_D)
		return 0;
	file = sma_format("%s/cgroup.procs", path);
	/* A threaded cgroup does not list processes: the domain above it does. */
	if (file && sma_read_file(file, MAX_PROCS, &text) == 0) {
		for (char *at = text.data, *end; at && *at; at = *end ? end + 1 : end) {
			long pid = strtol(at, &end, 10);

			if (end == at)
				break;
			/* 0: of another pid namespace. */
			if (pid > 0)
				look_at(pid);
		}
	}
	free(file);
	free(text.data);
	return 0;
}

void sma_find_edge_users(const char *cgroup, struct sma_edge_users *users)
{
	memset(users, 0, sizeof(*users));
	found = users;
	nftw(cgroup, visit, MAX_DEPTH_FDS, FTW_PHYS | FTW_MOUNT);
	found = NULL;
}

char *sma_edge_users_text(const struct sma_edge_users *users)
{
	struct sma_buffer text = {0};

	for (size_t i = 0; i < users->count; i++) {
		if (i > 0)
			sma_buffer_add(&text, ", ", 2);
		sma_buffer_add(&text, users->names[i], strlen(users->names[i]));
	}
	if (users->processes > users->count) {
		char *more = sma_format(" (%zu processes)", users->processes);

		if (more)
			sma_buffer_add(&text, more, strlen(more));
		free(more);
	}
	if (!text.failed)
		return text.data;
	free(text.data);
	return NULL;
}
