// SPDX-License-Identifier: Apache-2.0
#include "attach.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "caps.h"
#include "pins.h"
#include "stage.h"
#include "takeoff.h"
#include "text.h"

static int pin(struct attach *attach, int fd, const char *prefix, const char *name,
	       struct sma_error *error)
{
	char *path = sma_format("%s/%s%s", attach->staging, prefix, name);
	int result = 0;

	if (!path)
		return sma_fail_memory(error);
	/* bpffs reserves dots; libbpf's own maps (.rodata) have them. */
	for (char *dot = path + strlen(attach->staging); (dot = strchr(dot, '.'));)
		*dot = '_';
	if (bpf_obj_pin(fd, path))
		result =
		    sma_fail_errno(error, errno, NULL, "%s cannot be pinned at %s", name, path);
	free(path);
	return result;
}

static int pin_meta(struct attach *attach, struct sma_error *error)
{
	char value[SMA_META_SIZE] = {0}, when[32], *text;
	json_t *meta;
	__u32 key = 0;
	int fd, result;

	sma_iso_time(time(NULL), when);
	meta = json_pack("{s:{s:o, s:s}, s:{s:I, s:o}, s:s, s:s, s:i, s:O, s:[i, i, i], s:b, s:o}",
			 "object", "name", sma_text(attach->file.name), "sha256",
			 attach->file.sha256, "cgroup", "id", (json_int_t)attach->cgroup.id, "path",
			 sma_text(attach->cgroup.path), "attachedAt", when, "agent", SMA_VERSION,
			 "sockmap", (int)attach->sockmap_id, "targets", attach->targets, "parts",
			 (int)attach->programs, (int)attach->maps, (int)attach->links, "nudges",
			 attach->nudges, "edgeUsers", sma_text_or_null(attach->edge_users));
	text = meta ? json_dumps(meta, JSON_COMPACT) : NULL;
	json_decref(meta);
	if (!text || strlen(text) >= sizeof(value)) {
		free(text);
		return sma_fail(error, SMA_UNSUPPORTED, "Use shorter names.",
				"The description of the attachment exceeds %d bytes",
				SMA_META_SIZE);
	}
	memcpy(value, text, strlen(text));
	free(text);
	fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "sm_meta", sizeof(key), sizeof(value), 1, NULL);
	if (fd < 0)
		return sma_fail_errno(error, errno, NULL,
				      "The map of the description cannot be made");
	if (bpf_map_update_elem(fd, &key, value, BPF_ANY))
		result = sma_fail_errno(error, errno, NULL, "The description cannot be written");
	else
		result = pin(attach, fd, "", SMA_META_PIN, error);
	close(fd);
	return result;
}

static bool is_shared(const struct attach *attach, const char *map)
{
	json_t *name;
	size_t index;

	json_array_foreach(attach->loaded.shared, index, name)
	{
		if (strcmp(json_string_value(name), map) == 0)
			return true;
	}
	return false;
}

int sma_attach_pin_all(struct attach *attach, struct sma_error *error)
{
	struct bpf_program *program;
	struct bpf_map *map;

	if (mkdir(attach->staging, 0700))
		return sma_fail_errno(error, errno, NULL, "The folder %s cannot be made",
				      attach->staging);
	bpf_object__for_each_program(program, attach->loaded.object)
	{
		if (bpf_program__fd(program) < 0)
			continue;
		if (pin(attach, bpf_program__fd(program), "prog_", bpf_program__name(program),
			error))
			return -1;
		attach->programs++;
		attach->links += sma_goes_to_cgroup(bpf_program__type(program));
	}
	for (size_t i = 0; i < SMA_TRACERS; i++) {
		const struct sma_tracer *tracer = &attach->tracers[i];

		if (!tracer->object)
			continue;
		if (pin(attach, tracer->program_fd, "prog_", tracer->name, error))
			return -1;
		json_object_set_new(attach->targets, tracer->name, sma_text(tracer->function));
		attach->programs++;
	}
	bpf_object__for_each_map(map, attach->loaded.object)
	{
		const char *name = bpf_map__name(map);

		if (bpf_map__fd(map) < 0)
			continue;
		if (pin(attach, bpf_map__fd(map),
			is_shared(attach, name) ? SMA_SHARED_PIN : SMA_MAP_PIN, name, error))
			return -1;
		attach->maps++;
	}
	sma_stage("maps-pinned");
	if (pin_meta(attach, error))
		return -1;
	sma_stage("pinned");
	return 0;
}

static int cgroup_refused(const struct attach *attach, const char *program, struct sma_error *error)
{
	int number = errno;

	if (number == EPERM && sma_caps_sufficient())
		return sma_fail(error, SMA_BUSY,
				"Detach the other program (bpftool cgroup tree shows it).",
				"%s or one of its parents has a program attached that does not "
				"allow a second one",
				attach->cgroup.path);
	if (number == EINVAL)
		return sma_fail(error, SMA_UNSUPPORTED, "Use Linux 5.10 or newer.",
				"This kernel cannot attach %s to a cgroup by link", program);
	return sma_fail_errno(error, number, NULL, "%s cannot be attached to the cgroup %s",
			      program, attach->cgroup.path);
}

int sma_attach_link_all(struct attach *attach, struct sma_error *error)
{
	struct bpf_program *program;

	for (size_t i = 0; i < SMA_TRACERS; i++) {
		const struct sma_tracer *tracer = &attach->tracers[i];

		if (tracer->object && pin(attach, tracer->link_fd, "link_", tracer->name, error))
			return -1;
	}
	sma_progress(attach->context, "Attaching to %s", attach->cgroup.path);
	bpf_object__for_each_program(program, attach->loaded.object)
	{
		const char *name = bpf_program__name(program);
		enum bpf_attach_type type = bpf_program__expected_attach_type(program);
		int fd, result;

		if (bpf_program__fd(program) < 0 || !sma_goes_to_cgroup(bpf_program__type(program)))
			continue;
		if (bpf_program__type(program) == BPF_PROG_TYPE_SOCK_OPS)
			type = BPF_CGROUP_SOCK_OPS;
		fd = bpf_link_create(bpf_program__fd(program), attach->cgroup.fd, type, NULL);
		if (fd < 0)
			return cgroup_refused(attach, name, error);
		sma_stage("linked");
		result = pin(attach, fd, "link_", name, error);
		close(fd);
		if (result)
			return -1;
	}
	sma_stage("link-pinned");
	return 0;
}
