// SPDX-License-Identifier: Apache-2.0
/* All programs and maps of the host, by id. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bpf_ids.h"
#include "caps.h"
#include "context.h"
#include "host.h"
#include "io.h"
#include "show.h"
#include "text.h"

/* `memlock` of /proc/self/fdinfo: what the kernel charges for it, bytes. */
static json_int_t memory_of(int fd)
{
	struct sma_buffer text = {0};
	char path[64], *line;
	json_int_t bytes = 0;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	if (sma_read_file(path, 65536, &text) == 0) {
		line = strstr(text.data, "\nmemlock:");
		bytes = line ? strtoll(line + strlen("\nmemlock:"), NULL, 10) : 0;
	}
	free(text.data);
	return bytes;
}

static json_t *attachment_of(json_t *ids, __u32 id)
{
	char key[16];
	json_t *name;

	snprintf(key, sizeof(key), "%u", id);
	name = json_object_get(ids, key);
	return name ? json_incref(name) : json_null();
}

/* load_time counts from boot (CLOCK_BOOTTIME). */
static json_t *loaded_at(__u64 load_time)
{
	struct timespec wall, boot;
	char text[32];

	if (load_time == 0 || clock_gettime(CLOCK_REALTIME, &wall) ||
	    clock_gettime(CLOCK_BOOTTIME, &boot))
		return json_null();
	sma_iso_time(wall.tv_sec - boot.tv_sec + (long long)(load_time / 1000000000u), text);
	return json_string(text);
}

static json_t *show_program(int fd, json_t *ids)
{
	struct bpf_prog_info info;
	const char *type;
	json_t *map_ids;
	__u32 *maps;
	char *tag;

	if (sma_prog_maps(fd, &info, &maps))
		return NULL;
	map_ids = json_array();
	for (__u32 i = 0; i < info.nr_map_ids; i++)
		json_array_append_new(map_ids, json_integer(maps[i]));
	free(maps);
	tag = sma_hex(info.tag, sizeof(info.tag));
	type = libbpf_bpf_prog_type_str(info.type);
	json_t *program = json_pack(
	    "{s:I, s:s, s:o, s:o, s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o}", "id",
	    (json_int_t)info.id, "type", type ? type : "unknown", "name", sma_text(info.name),
	    "tag", sma_text(tag ? tag : ""), "loadedAt", loaded_at(info.load_time), "uid",
	    (json_int_t)info.created_by_uid, "xlatedBytes", (json_int_t)info.xlated_prog_len,
	    "jitedBytes", (json_int_t)info.jited_prog_len, "memoryBytes", memory_of(fd), "runCount",
	    (json_int_t)info.run_cnt, "runTimeNs", (json_int_t)info.run_time_ns, "mapIds", map_ids,
	    "attachment", attachment_of(ids, info.id));
	free(tag);
	return program;
}

json_t *sma_show_map(int fd, const struct bpf_map_info *info, json_t *map_attachments)
{
	const char *type = libbpf_bpf_map_type_str(info->type);

	return json_pack("{s:I, s:s, s:o, s:I, s:I, s:I, s:I, s:b, s:o}", "id",
			 (json_int_t)info->id, "type", type ? type : "unknown", "name",
			 sma_text(info->name), "keySize", (json_int_t)info->key_size, "valueSize",
			 (json_int_t)info->value_size, "maxEntries", (json_int_t)info->max_entries,
			 "memoryBytes", memory_of(fd), "frozen", sma_map_frozen(fd), "attachment",
			 attachment_of(map_attachments, info->id));
}

int sma_map_frozen(int fd)
{
	struct sma_buffer text = {0};
	char path[64];
	int frozen = 0;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	if (sma_read_file(path, 65536, &text) == 0)
		frozen = strstr(text.data, "\nfrozen:\t1") != NULL;
	free(text.data);
	return frozen;
}

static bool refused(int number, struct sma_error *error)
{
	if (number == ENOENT)
		return false;
	sma_fail_errno(error, number, NULL, "The kernel's BPF objects cannot be listed");
	return true;
}

json_t *sma_programs(struct sma_context *context, const json_t *params, struct sma_error *error)
{
	json_t *list = json_array(), *ids = sma_attachment_ids(context);
	__u32 id = 0;
	int number;

	(void)params;
	while (bpf_prog_get_next_id(id, &id) == 0) {
		int fd = bpf_prog_get_fd_by_id(id);
		json_t *program;

		if (fd < 0 && errno == EPERM)
			break;
		if (fd < 0)
			continue;
		program = show_program(fd, json_object_get(ids, "programs"));
		if (program)
			json_array_append_new(list, program);
		close(fd);
	}
	number = errno;
	json_decref(ids);
	if (refused(number, error)) {
		json_decref(list);
		return NULL;
	}
	return json_pack("{s:o}", "programs", list);
}

/*
 * Whenever the last descriptor of a prog array is closed, the kernel empties it a moment later, in
 * a worker, and takes a reference for that (prog_array_map_clear()). Closed again before the worker
 * has run, it takes another one and never gives it back. So who opens one that is just dying has
 * to hold it until the worker has run.
 */
struct held {
	int *fds;
	size_t count;
};

#define WORKER_MS 20

static void close_later(struct held *held, int fd)
{
	int *fds = reallocarray(held->fds, held->count + 1, sizeof(*fds));

	if (!fds) {
		close(fd);
		return;
	}
	held->fds = fds;
	held->fds[held->count++] = fd;
}

static void close_held(struct held *held)
{
	if (held->count)
		sma_sleep_ms(WORKER_MS);
	for (size_t i = 0; i < held->count; i++)
		close(held->fds[i]);
	free(held->fds);
}

json_t *sma_maps(struct sma_context *context, const json_t *params, struct sma_error *error)
{
	json_t *list = json_array(), *ids = sma_attachment_ids(context);
	struct held held = {0};
	__u32 id = 0;
	int number;

	(void)params;
	while (bpf_map_get_next_id(id, &id) == 0) {
		struct bpf_map_info info = {0};
		__u32 length = sizeof(info);
		int fd = bpf_map_get_fd_by_id(id);
		json_t *map;

		if (fd < 0 && errno == EPERM)
			break;
		if (fd < 0)
			continue;
		map = bpf_obj_get_info_by_fd(fd, &info, &length)
			  ? NULL
			  : sma_show_map(fd, &info, json_object_get(ids, "maps"));
		/* Pinned ones are not dying. */
		if (info.type == BPF_MAP_TYPE_PROG_ARRAY &&
		    !json_is_string(json_object_get(map, "attachment")))
			close_later(&held, fd);
		else
			close(fd);
		if (map)
			json_array_append_new(list, map);
	}
	number = errno;
	close_held(&held);
	json_decref(ids);
	if (refused(number, error)) {
		json_decref(list);
		return NULL;
	}
	return json_pack("{s:o}", "maps", list);
}
