// SPDX-License-Identifier: Apache-2.0
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bpf_ids.h"
#include "btf_json.h"
#include "context.h"
#include "host.h"
#include "params.h"
#include "show.h"
#include "text.h"

/* BPF_MAP_TYPE_CGRP_STORAGE of Linux 6.2 and later headers. */
#define MAP_TYPE_CGRP_STORAGE 32

struct entries {
	int fd;
	struct bpf_map_info info;
	struct btf *btf;
	int cpus; /* 0: one value for all */
	size_t value_room;
	unsigned char *key, *next, *value;
	json_t *rows;
	uint64_t total;
};

static bool is_per_cpu(__u32 type)
{
	return type == BPF_MAP_TYPE_PERCPU_HASH || type == BPF_MAP_TYPE_PERCPU_ARRAY ||
	       type == BPF_MAP_TYPE_LRU_PERCPU_HASH || type == BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE;
}

static bool has_keys(__u32 type)
{
	switch (type) {
	case BPF_MAP_TYPE_RINGBUF:
	case BPF_MAP_TYPE_USER_RINGBUF:
	case BPF_MAP_TYPE_QUEUE:
	case BPF_MAP_TYPE_STACK:
	case BPF_MAP_TYPE_BLOOM_FILTER:
	case BPF_MAP_TYPE_SK_STORAGE:
	case BPF_MAP_TYPE_INODE_STORAGE:
	case BPF_MAP_TYPE_TASK_STORAGE:
	case MAP_TYPE_CGRP_STORAGE:
		return false;
	default:
		return true;
	}
}

static json_t *decoded(const struct entries *entries, __u32 type_id, const unsigned char *data,
		       size_t size)
{
	json_t *value =
	    entries->btf && type_id ? sma_btf_json(entries->btf, type_id, data, size) : NULL;

	return value ? value : sma_number_json(data, size);
}

static json_t *cell(const unsigned char *data, size_t size, json_t *value)
{
	char *hex = sma_hex(data, size);
	json_t *object = json_pack("{s:s}", "hex", hex ? hex : "");

	if (value)
		json_object_set_new(object, "value", value);
	free(hex);
	return object;
}

static json_t *value_cell(struct entries *entries)
{
	size_t size = entries->info.value_size, step = (size + 7) & ~(size_t)7;
	json_t *list;

	if (bpf_map_lookup_elem(entries->fd, entries->key, entries->value))
		return json_null();
	if (!entries->cpus)
		return cell(
		    entries->value, size,
		    decoded(entries, entries->info.btf_value_type_id, entries->value, size));
	list = json_array();
	for (int cpu = 0; cpu < entries->cpus; cpu++) {
		json_t *value = decoded(entries, entries->info.btf_value_type_id,
					entries->value + (size_t)cpu * step, size);

		json_array_append_new(list, value ? value : json_null());
	}
	return cell(entries->value, step * (size_t)entries->cpus, list);
}

/* Walks all keys, so that `total` is right; a map that changes meanwhile may restart the walk. */
static int walk(struct sma_context *context, struct entries *entries, const struct sma_page *page,
		struct sma_error *error)
{
	size_t key_size = entries->info.key_size;
	const unsigned char *from = NULL;
	uint64_t limit = (uint64_t)entries->info.max_entries * 2 + 16;

	while (entries->total < limit &&
	       bpf_map_get_next_key(entries->fd, from, entries->next) == 0) {
		memcpy(entries->key, entries->next, key_size);
		from = entries->key;
		if (entries->total >= page->offset && entries->total - page->offset < page->limit)
			json_array_append_new(
			    entries->rows,
			    json_pack("{s:o, s:o}", "key",
				      cell(entries->key, key_size,
					   decoded(entries, entries->info.btf_key_type_id,
						   entries->key, key_size)),
				      "value", value_cell(entries)));
		entries->total++;
		if (entries->total % 1024 == 0 && sma_cancelled(context, error))
			return -1;
	}
	if (entries->total < limit && errno != ENOENT)
		return sma_fail_errno(error, errno, NULL, "The keys of the map %u cannot be read",
				      entries->info.id);
	return 0;
}

static int prepare(struct entries *entries, struct sma_error *error)
{
	size_t value_size = (entries->info.value_size + 7u) & ~7u;

	if (!has_keys(entries->info.type)) {
		const char *type = libbpf_bpf_map_type_str(entries->info.type);

		return sma_fail(error, SMA_UNSUPPORTED, NULL,
				"A map of type %s has no entries that user space can list",
				type ? type : "unknown");
	}
	if (is_per_cpu(entries->info.type)) {
		entries->cpus = libbpf_num_possible_cpus();
		if (entries->cpus < 1)
			return sma_fail(error, SMA_SYSTEM, NULL,
					"The number of possible CPUs is not known");
		value_size *= (size_t)entries->cpus;
	}
	if (entries->info.btf_id)
		entries->btf = btf__load_from_kernel_by_id(entries->info.btf_id);
	entries->key = calloc(1, entries->info.key_size + 1u);
	entries->next = calloc(1, entries->info.key_size + 1u);
	/* fd arrays answer with 4 bytes, sockmaps with 8, whatever the value size says. */
	entries->value = calloc(1, value_size + 8);
	entries->rows = json_array();
	return entries->key && entries->next && entries->value ? 0 : sma_fail_memory(error);
}

json_t *sma_map_entries(struct sma_context *context, const json_t *params, struct sma_error *error)
{
	struct entries entries = {0};
	struct sma_page page;
	json_t *result = NULL;
	uint64_t id = 0;

	if (sma_param_uint(params, "id", true, UINT32_MAX, &id, error) ||
	    sma_param_page(params, &page, error))
		return NULL;
	entries.fd = sma_map_by_id((__u32)id, &entries.info, error);
	if (entries.fd < 0)
		return NULL;
	if (prepare(&entries, error) == 0 && walk(context, &entries, &page, error) == 0) {
		json_t *ids = sma_attachment_ids(context);

		result =
		    json_pack("{s:o, s:I, s:I, s:O}", "map",
			      sma_show_map(entries.fd, &entries.info, json_object_get(ids, "maps")),
			      "total", (json_int_t)entries.total, "offset", (json_int_t)page.offset,
			      "entries", entries.rows);
		json_decref(ids);
	}
	close(entries.fd);
	btf__free(entries.btf);
	free(entries.key);
	free(entries.next);
	free(entries.value);
	json_decref(entries.rows);
	return result;
}
