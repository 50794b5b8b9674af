// SPDX-License-Identifier: Apache-2.0
#include "bpf_ids.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int sma_map_by_id(__u32 id, struct bpf_map_info *info, struct sma_error *error)
{
	__u32 length = sizeof(*info);
	int fd = bpf_map_get_fd_by_id(id);

	memset(info, 0, sizeof(*info));
	if (fd < 0 && errno == ENOENT)
		return sma_fail(error, SMA_NOT_FOUND, "List them with `sockmap-agent maps`.",
				"There is no map with id %u", id);
	if (fd < 0)
		return sma_fail_errno(error, errno, NULL, "The map %u cannot be opened", id);
	if (bpf_obj_get_info_by_fd(fd, info, &length)) {
		sma_fail_errno(error, errno, NULL, "The map %u cannot be read", id);
		close(fd);
		return -1;
	}
	return fd;
}

int sma_prog_maps(int fd, struct bpf_prog_info *info, __u32 **ids)
{
	__u32 length = sizeof(*info), count;

	*ids = NULL;
	memset(info, 0, sizeof(*info));
	if (bpf_obj_get_info_by_fd(fd, info, &length))
		return -1;
	count = info->nr_map_ids;
	*ids = calloc(count + 1, sizeof(**ids));
	if (!*ids)
		return -1;
	memset(info, 0, sizeof(*info));
	info->nr_map_ids = count;
	info->map_ids = (__u64)(unsigned long)*ids;
	length = sizeof(*info);
	if (bpf_obj_get_info_by_fd(fd, info, &length)) {
		free(*ids);
		*ids = NULL;
		return -1;
	}
	if (info->nr_map_ids > count)
		info->nr_map_ids = count;
	return 0;
}

static int named_among(const __u32 *ids, __u32 count, const char *name, struct bpf_map_info *info)
{
	for (__u32 i = 0; i < count; i++) {
		__u32 length = sizeof(*info);
		int fd = bpf_map_get_fd_by_id(ids[i]);

		memset(info, 0, sizeof(*info));
		if (fd >= 0 && bpf_obj_get_info_by_fd(fd, info, &length) == 0 &&
		    strcmp(info->name, name) == 0)
			return fd;
		if (fd >= 0)
			close(fd);
	}
	return -1;
}

int sma_sibling_map(__u32 id, const char *name, struct bpf_map_info *info)
{
	__u32 program = 0;
	int found = -1;

	while (found < 0 && bpf_prog_get_next_id(program, &program) == 0) {
		int fd = bpf_prog_get_fd_by_id(program);
		struct bpf_prog_info prog;
		__u32 *ids;
		bool uses = false;

		if (fd < 0)
			continue;
		if (sma_prog_maps(fd, &prog, &ids) == 0) {
			for (__u32 i = 0; i < prog.nr_map_ids; i++)
				uses = uses || ids[i] == id;
			if (uses)
				found = named_among(ids, prog.nr_map_ids, name, info);
			free(ids);
		}
		close(fd);
	}
	return found;
}
