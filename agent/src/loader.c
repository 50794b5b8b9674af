// SPDX-License-Identifier: Apache-2.0
#include "loader.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bpf_ids.h"
#include "ktls.h"
#include "log.h"
#include "pins.h"
#include "text.h"
#include "../../bpf/include/sockmap_abi.h"

bool sma_goes_to_cgroup(enum bpf_prog_type type)
{
	switch (type) {
	case BPF_PROG_TYPE_SOCK_OPS:
	case BPF_PROG_TYPE_CGROUP_SKB:
	case BPF_PROG_TYPE_CGROUP_SOCK:
	case BPF_PROG_TYPE_CGROUP_SOCK_ADDR:
	case BPF_PROG_TYPE_CGROUP_SOCKOPT:
	case BPF_PROG_TYPE_CGROUP_SYSCTL:
	case BPF_PROG_TYPE_CGROUP_DEVICE:
		return true;
	default:
		return false;
	}
}

bool sma_goes_to_sockmap(enum bpf_prog_type type)
{
	return type == BPF_PROG_TYPE_SK_MSG || type == BPF_PROG_TYPE_SK_SKB;
}

/* Of the datapath's: both cost something (bpf/README.md). */
static bool is_needed(const struct bpf_program *program, bool gated)
{
	const char *name = bpf_program__name(program);

	if (strcmp(name, SM_GATE_PROGRAM) == 0)
		return gated;
	return strcmp(name, SM_SETSOCKOPT_PROGRAM) != 0 || sma_kernel_has_tls();
}

/* Only what will be attached is loaded. Returns how many programs that is. */
static unsigned int select_programs(struct bpf_object *object, bool ours, bool gated)
{
	struct bpf_program *program;
	unsigned int count = 0;

	bpf_object__for_each_program(program, object)
	{
		enum bpf_prog_type type = bpf_program__type(program);
		bool wanted = bpf_program__autoload(program) &&
			      (sma_goes_to_cgroup(type) || sma_goes_to_sockmap(type));

		wanted = wanted && (!ours || is_needed(program, gated));
		bpf_program__set_autoload(program, wanted);
		count += wanted;
	}
	return count;
}

static int reuse_pinned(struct bpf_map *map, struct sma_loaded *loaded, struct sma_error *error)
{
	const char *path = bpf_map__pin_path(map);
	struct bpf_map_info info = {0};
	__u32 length = sizeof(info);
	int fd = path ? bpf_obj_get(path) : -1, result = 0;

	if (fd < 0)
		return 0;
	if (bpf_obj_get_info_by_fd(fd, &info, &length))
		result =
		    sma_fail_errno(error, errno, NULL, "The map pinned at %s cannot be read", path);
	else if (info.type != bpf_map__type(map) || info.key_size != bpf_map__key_size(map) ||
		 info.value_size != bpf_map__value_size(map))
		result = sma_fail(error, SMA_BUSY, "Remove that pin or rename the map.",
				  "Another map with a different layout is pinned at %s", path);
	else if (bpf_map__reuse_fd(map, fd))
		result =
		    sma_fail_errno(error, errno, NULL, "The map pinned at %s cannot be used", path);
	else
		json_array_append_new(loaded->shared, sma_text(bpf_map__name(map)));
	close(fd);
	return result;
}

static int prepare_maps(struct sma_loaded *loaded, struct sma_error *error)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, loaded->object)
	{
		if (reuse_pinned(map, loaded, error))
			return -1;
		/* libbpf would pin it while loading, before anything is complete. */
		if (bpf_map__pin_path(map) && bpf_map__set_pin_path(map, NULL))
			return sma_fail_memory(error);
		if (strcmp(bpf_map__name(map), SM_CONFIG_MAP) == 0 &&
		    bpf_map__type(map) == BPF_MAP_TYPE_ARRAY &&
		    bpf_map__value_size(map) == sizeof(struct sm_config))
			loaded->ours = true;
	}
	return 0;
}

int sma_load_failed(const char *object, int result, char *said, struct sma_error *error)
{
	char *log = sma_log_verifier(said ? said : ""),
	     *program = sma_log_rejected(said ? said : "");
	char *complaint = sma_log_complaint(log && *log ? log : said ? said : "");

	if (program && result != -EPERM)
		sma_fail(error, SMA_VERIFIER_REJECTED, "Open the verifier log.",
			 "The verifier rejected %s: %s", program, complaint ? complaint : "");
	else if (result == -EPERM)
		sma_fail_errno(error, EPERM, NULL, "%s cannot be loaded", object);
	else
		sma_fail(error, SMA_UNSUPPORTED, "Compare with `sockmap-agent probe`.",
			 "The kernel cannot load %s: %s", object, complaint ? complaint : "");
	error->program = program;
	error->log = log ? log : said;
	if (log)
		free(said);
	free(complaint);
	return -1;
}

int sma_load(struct sma_context *context, const struct sma_object *file,
	     const struct sma_options *options, const char *cgroup, const char *bpffs,
	     struct sma_loaded *loaded, struct sma_error *error)
{
	unsigned int count;
	int result;

	memset(loaded, 0, sizeof(*loaded));
	loaded->shared = json_array();
	loaded->object = sma_object_open(file, bpffs, error);
	if (!loaded->object || prepare_maps(loaded, error) ||
	    sma_options_apply(options, loaded->object, loaded->ours, cgroup, error)) {
		sma_loaded_close(loaded);
		return -1;
	}
	count = select_programs(loaded->object, loaded->ours, options->datapath.gated);
	if (count == 0) {
		sma_loaded_close(loaded);
		return sma_fail(error, SMA_BAD_OBJECT,
				"Give its functions SEC(\"sockops\") or SEC(\"sk_msg\").",
				"%s has no program that attaches to a cgroup or a sockmap",
				file->name);
	}
	sma_progress(context, "Verifying %u programs of %s", count, file->name);
	sma_log_begin(0);
	result = sma_object_load(context, loaded->object);
	if (result) {
		sma_load_failed(file->name, result, sma_log_take(), error);
		sma_loaded_close(loaded);
		sma_cancelled(context, error);
		return -1;
	}
	free(sma_log_take());
	return 0;
}

void sma_loaded_close(struct sma_loaded *loaded)
{
	bpf_object__close(loaded->object);
	json_decref(loaded->shared);
	memset(loaded, 0, sizeof(*loaded));
}

static bool references(struct bpf_program *program, const struct bpf_map *map)
{
	struct bpf_map_info map_info = {0};
	struct bpf_prog_info info = {0};
	__u32 ids[64], length = sizeof(map_info);

	if (bpf_obj_get_info_by_fd(bpf_map__fd(map), &map_info, &length))
		return false;
	info.nr_map_ids = sizeof(ids) / sizeof(*ids);
	info.map_ids = (__u64)(unsigned long)ids;
	length = sizeof(info);
	if (bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &length))
		return false;
	for (__u32 i = 0; i < info.nr_map_ids && i < sizeof(ids) / sizeof(*ids); i++) {
		if (ids[i] == map_info.id)
			return true;
	}
	return false;
}

struct bpf_map *sma_choose_sockmap(const struct sma_loaded *loaded, struct bpf_program *program,
				   const char *wanted, struct sma_error *error)
{
	struct bpf_map *map, *only = NULL, *used = NULL;
	unsigned int count = 0, used_count = 0;
	json_t *choices = json_array();

	bpf_object__for_each_map(map, loaded->object)
	{
		if (!sma_is_sockmap(bpf_map__type(map)))
			continue;
		if (wanted && strcmp(bpf_map__name(map), wanted) == 0) {
			json_decref(choices);
			return map;
		}
		json_array_append_new(choices, sma_text(bpf_map__name(map)));
		only = map;
		count++;
		if (references(program, map)) {
			used = map;
			used_count++;
		}
	}
	if (!wanted && (count == 1 || used_count == 1)) {
		json_decref(choices);
		return count == 1 ? only : used;
	}
	if (count == 0)
		sma_fail(error, SMA_BAD_OBJECT, "Declare a BPF_MAP_TYPE_SOCKHASH map in it.",
			 "%s needs a sockmap and the object has none", bpf_program__name(program));
	else if (wanted)
		sma_fail(error, SMA_AMBIGUOUS, "Choose one of the listed maps.",
			 "The object has no sockmap named %s", wanted);
	else
		sma_fail(error, SMA_AMBIGUOUS, "Choose one with skMsgMap (--sk-msg-map).",
			 "%s could be attached to any of %u sockmaps", bpf_program__name(program),
			 count);
	if (count)
		error->choices = json_incref(choices);
	json_decref(choices);
	return NULL;
}

static bool is_own(const struct sma_loaded *loaded, __u32 id)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, loaded->object)
	{
		struct bpf_prog_info info = {0};
		__u32 length = sizeof(info);

		if (bpf_program__fd(program) >= 0 &&
		    bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &length) == 0 &&
		    info.id == id)
			return true;
	}
	return false;
}

/*
 * Kernels before 5.18 do not tell what is attached to a sockmap, and would replace it silently:
 * there another program of the same kind that uses the map counts as its owner. 0: none.
 */
static __u32 likely_owner(const struct sma_loaded *loaded, const struct bpf_map *map,
			  enum bpf_attach_type slot)
{
	__u32 type = slot == BPF_SK_MSG_VERDICT ? BPF_PROG_TYPE_SK_MSG : BPF_PROG_TYPE_SK_SKB;
	struct bpf_map_info map_info = {0};
	__u32 length = sizeof(map_info), id = 0;

	if (bpf_obj_get_info_by_fd(bpf_map__fd(map), &map_info, &length))
		return 0;
	while (bpf_prog_get_next_id(id, &id) == 0) {
		int fd = bpf_prog_get_fd_by_id(id);
		struct bpf_prog_info info;
		bool uses = false;
		__u32 *maps;

		if (fd < 0)
			continue;
		if (sma_prog_maps(fd, &info, &maps) == 0) {
			for (__u32 i = 0; info.type == type && i < info.nr_map_ids; i++)
				uses = uses || maps[i] == map_info.id;
			free(maps);
		}
		close(fd);
		if (uses && !is_own(loaded, id))
			return id;
	}
	return 0;
}

int sma_check_owner(const struct sma_loaded *loaded, const struct bpf_map *map,
		    enum bpf_attach_type slot, struct sma_error *error)
{
	__u32 ids[1] = {0}, count = 1;
	struct bpf_prog_info info = {0};
	__u32 length = sizeof(info);
	int fd;

	if (bpf_prog_query(bpf_map__fd(map), slot, 0, NULL, ids, &count))
		ids[0] = likely_owner(loaded, map, slot);
	else if (count == 0)
		ids[0] = 0;
	if (ids[0] == 0)
		return 0;
	fd = bpf_prog_get_fd_by_id(ids[0]);
	if (fd >= 0) {
		bpf_obj_get_info_by_fd(fd, &info, &length);
		close(fd);
	}
	return sma_fail(error, SMA_BUSY, "Detach that program first, or use a separate map.",
			"The sockmap %s already has the program %s (id %u) from another owner",
			bpf_map__name(map), *info.name ? info.name : "without a name", ids[0]);
}
