// SPDX-License-Identifier: Apache-2.0
#include "cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "context.h"
#include "io.h"
#include "mounts.h"
#include "params.h"
#include "text.h"

#define CGROUP_ACTION "Choose one of `sockmap-agent cgroups`."
#define FILEID_KERNFS 0xfe /* include/linux/exportfs.h; the handle is the 64-bit inode number */

static int open_at(const char *root, const char *path, struct sma_cgroup *cgroup)
{
	struct statfs fs;
	struct stat st;

	cgroup->path = sma_format("%s%s", root, path);
	cgroup->fd = cgroup->path ? open(cgroup->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (cgroup->fd >= 0 && (fstatfs(cgroup->fd, &fs) || fstat(cgroup->fd, &st) ||
				(unsigned long)fs.f_type != CGROUP2_SUPER_MAGIC)) {
		close(cgroup->fd);
		cgroup->fd = -1;
		errno = EMEDIUMTYPE;
	}
	if (cgroup->fd < 0) {
		int number = errno;

		free(cgroup->path);
		cgroup->path = NULL;
		return -number;
	}
	for (size_t length = strlen(cgroup->path); length > 1 && cgroup->path[length - 1] == '/';
	     length--)
		cgroup->path[length - 1] = 0;
	cgroup->id = st.st_ino;
	return 0;
}

int sma_cgroup_open(const char *path, struct sma_cgroup *cgroup, struct sma_error *error)
{
	char *root = sma_cgroup_root(error);
	int result;

	cgroup->fd = -1;
	if (!root)
		return -1;
	if (path[0] != '/') {
		free(root);
		return sma_fail(error, SMA_INVALID_PARAMS, CGROUP_ACTION,
				"The cgroup path %s must start with /", path);
	}
	result = open_at("", path, cgroup);
	if (result && open_at(root, path, cgroup) == 0)
		result = 0;
	if (result == -EMEDIUMTYPE)
		sma_fail(error, SMA_NO_CGROUP, CGROUP_ACTION,
			 "%s is not a cgroup v2 directory (cgroup v2 is mounted at %s)", path,
			 root);
	else if (result)
		sma_fail(error, SMA_NO_CGROUP, CGROUP_ACTION, "The cgroup %s cannot be opened: %s",
			 path, strerror(-result));
	free(root);
	return result ? -1 : 0;
}

void sma_cgroup_close(struct sma_cgroup *cgroup)
{
	if (cgroup->fd >= 0)
		close(cgroup->fd);
	free(cgroup->path);
	cgroup->fd = -1;
	cgroup->path = NULL;
}

static char *path_by_handle(uint64_t id)
{
	struct {
		struct file_handle handle;
		unsigned char bytes[sizeof(uint64_t)];
	} target = {.handle = {.handle_bytes = sizeof(uint64_t), .handle_type = FILEID_KERNFS}};
	char *root = sma_mount_find("cgroup2"), link[64], path[4096];
	int mount_fd, fd;
	ssize_t length;

	if (!root)
		return NULL;
	mount_fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(root);
	if (mount_fd < 0)
		return NULL;
	memcpy(target.handle.f_handle, &id, sizeof(id));
	fd = open_by_handle_at(mount_fd, &target.handle, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	close(mount_fd);
	if (fd < 0)
		return NULL;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, path, sizeof(path) - 1);
	close(fd);
	return length > 0 && path[0] == '/' ? strndup(path, (size_t)length) : NULL;
}

char *sma_cgroup_path(uint64_t id, const char *hint)
{
	struct statfs fs;
	struct stat st;

	if (id == 0)
		return NULL;
	if (hint && hint[0] == '/' && stat(hint, &st) == 0 && st.st_ino == id &&
	    statfs(hint, &fs) == 0 && (unsigned long)fs.f_type == CGROUP2_SUPER_MAGIC)
		return strdup(hint);
	return path_by_handle(id);
}

/* nftw() hands nothing through. */
static _Thread_local struct {
	json_t *found;
	size_t root_length;
	const char *filter;
} listing;

static unsigned int count_lines(const char *directory)
{
	char *path = sma_format("%s/cgroup.procs", directory);
	struct sma_buffer text = {0};
	unsigned int lines = 0;

	if (path && sma_read_file(path, 64 << 20, &text) == 0) {
		for (size_t i = 0; i < text.size; i++)
			lines += text.data[i] == '\n';
	}
	free(path);
	free(text.data);
	return lines;
}

static int visit(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	const char *below = path + listing.root_length;

	(void)st;
	(void)ftw;
	if (type != FTW_D)
		return 0;
	if (*below == 0)
		below = "/";
	if (!listing.filter || strstr(below, listing.filter))
		json_array_append_new(listing.found, sma_text(below));
	return 0;
}

static int by_path(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* Result rows: sorted, and processes counted only for those that are shown. */
static json_t *rows(const char *root, uint64_t limit)
{
	size_t total = json_array_size(listing.found);
	const char **paths = calloc(total + 1, sizeof(*paths));
	json_t *out = json_array();

	for (size_t i = 0; paths && i < total; i++)
		paths[i] = json_string_value(json_array_get(listing.found, i));
	if (paths && total)
		qsort(paths, total, sizeof(*paths), by_path);
	for (size_t i = 0; paths && i < total && i < limit; i++) {
		char *path = sma_format("%s%s", root, paths[i]);

		json_array_append_new(out, json_pack("{s:s, s:i}", "path", paths[i], "processes",
						     path ? (int)count_lines(path) : 0));
		free(path);
	}
	free(paths);
	return out;
}

json_t *sma_cgroups(struct sma_context *context, const json_t *params, struct sma_error *error)
{
	const char *filter = NULL;
	uint64_t limit = 1000;
	char *root;
	json_t *result;

	(void)context;
	if (sma_param_string(params, "filter", false, &filter, error) ||
	    sma_param_uint(params, "limit", false, 100000, &limit, error))
		return NULL;
	root = sma_cgroup_root(error);
	if (!root)
		return NULL;
	listing.found = json_array();
	listing.root_length = strlen(root);
	listing.filter = filter;
	nftw(root, visit, 32, FTW_PHYS | FTW_MOUNT);
	result = json_pack("{s:o, s:o, s:I}", "root", sma_text(root), "cgroups", rows(root, limit),
			   "total", (json_int_t)json_array_size(listing.found));
	json_decref(listing.found);
	listing.found = NULL;
	free(root);
	return result;
}
