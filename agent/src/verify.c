// SPDX-License-Identifier: Apache-2.0
/* Every program is loaded from an object of its own, so that one refusal does not hide the others.
 */
#include <bpf/libbpf.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "caps.h"
#include "context.h"
#include "log.h"
#include "object.h"
#include "params.h"
#include "text.h"

#define MAX_LOG_LEVEL 7

/* The longest log that a kernel writes (bpf_verifier_log_attr_valid() in kernel/bpf/log.c). */
#define MAX_LOG_SIZE (UINT_MAX >> 2)

struct verify {
	struct sma_context *context;
	struct sma_object file;
	unsigned int level;
};

static json_t *processed(const char *log)
{
	const char *line = NULL, *next = log;

	while ((next = strstr(next, "processed "))) {
		if (next == log || next[-1] == '\n')
			line = next;
		next++;
	}
	return line ? json_integer(strtoll(line + strlen("processed "), NULL, 10)) : json_null();
}

/* Room for any log, of which only what the kernel writes takes memory: libbpf's own buffer of 16
 * MiB grows by verifying the program again. MAP_FAILED: libbpf has to.
 */
static char *log_room(struct bpf_program *program)
{
	char *room = mmap(NULL, MAX_LOG_SIZE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (room != MAP_FAILED)
		bpf_program__set_log_buf(program, room, MAX_LOG_SIZE);
	return room;
}

/* The log of one load, malloc()ed; NULL: none was written. */
static char *written(char *room, const char *said)
{
	char *log;

	if (room == MAP_FAILED)
		return sma_log_verifier(said);
	log = *room ? strdup(room) : NULL;
	munmap(room, MAX_LOG_SIZE);
	return log;
}

/* The verdict of one program; NULL with `error`: cancelled, or nothing could be loaded at all. */
static json_t *verify_program(struct verify *verify, const char *name, struct sma_error *error)
{
	struct bpf_object *object = sma_object_open(&verify->file, NULL, error);
	struct bpf_program *program;
	struct bpf_map *map;
	char *said, *log, *room, *complaint = NULL;
	const char *type;
	size_t insns;
	int result;

	if (!object)
		return NULL;
	program = sma_object_choose(object, name);
	bpf_object__for_each_map(map, object)
	{
		if (bpf_map__pin_path(map))
			bpf_map__set_pin_path(map, NULL);
	}
	bpf_program__set_log_level(program, verify->level);
	room = log_room(program);
	insns = bpf_program__insn_cnt(program);
	sma_log_begin(1);
	result = sma_object_load(verify->context, object);
	said = sma_log_take();
	log = written(room, said ? said : "");
	if (sma_cancelled(verify->context, error)) {
		free(said);
		free(log);
		bpf_object__close(object);
		return NULL;
	}
	if (result)
		complaint = sma_log_complaint(log && *log ? log : said ? said : "");
	type = libbpf_bpf_prog_type_str(bpf_program__type(program));
	json_t *row =
	    json_pack("{s:o, s:o, s:s, s:b, s:o, s:I, s:o, s:o}", "name", sma_text(name), "section",
		      sma_text(bpf_program__section_name(program)), "type", type ? type : "unknown",
		      "ok", result == 0, "error", sma_text_or_null(complaint), "insns",
		      (json_int_t)insns, "insnsProcessed", processed(log ? log : ""), "log",
		      sma_text(log		? log
			       : result && said ? said
						: ""));
	free(complaint);
	free(said);
	free(log);
	bpf_object__close(object);
	return row;
}

static json_t *program_names(const struct sma_object *file, const char *only,
			     struct sma_error *error)
{
	struct bpf_object *object = sma_object_open(file, NULL, error);
	struct bpf_program *program;
	json_t *names, *all;

	if (!object)
		return NULL;
	names = json_array();
	all = json_array();
	bpf_object__for_each_program(program, object)
	{
		const char *name = bpf_program__name(program);

		json_array_append_new(all, sma_text(name));
		if (!only || strcmp(only, name) == 0)
			json_array_append_new(names, sma_text(name));
	}
	bpf_object__close(object);
	if (json_array_size(names) == 0) {
		sma_fail(error, SMA_NOT_FOUND, "Choose one of the listed programs.",
			 "%s has no program named %s", file->name, only ? only : "");
		error->choices = json_incref(all);
		json_decref(names);
		names = NULL;
	}
	json_decref(all);
	return names;
}

static json_t *verify_all(struct verify *verify, const char *only, struct sma_error *error)
{
	json_t *names = program_names(&verify->file, only, error), *name, *rows;
	size_t index;

	if (!names)
		return NULL;
	rows = json_array();
	json_array_foreach(names, index, name)
	{
		json_t *row;

		sma_progress(verify->context, "Verifying %s (%zu of %zu)", json_string_value(name),
			     index + 1, json_array_size(names));
		row = verify_program(verify, json_string_value(name), error);
		if (!row)
			break;
		json_array_append_new(rows, row);
	}
	json_decref(names);
	if (error->message) {
		json_decref(rows);
		return NULL;
	}
	return rows;
}

json_t *sma_verify(struct sma_context *context, const json_t *params, struct sma_error *error)
{
	struct verify verify = {.context = context};
	const char *program = NULL;
	uint64_t level = 1;
	json_t *rows;

	if (sma_param_string(params, "program", false, &program, error) ||
	    sma_param_uint(params, "logLevel", false, MAX_LOG_LEVEL, &level, error) ||
	    sma_object_read(context, params, &verify.file, error))
		return NULL;
	verify.level = (unsigned int)level;
	if (!sma_caps_sufficient()) {
		sma_fail(error, SMA_NOT_PERMITTED, SMA_CAPS_ACTION,
			 "Programs cannot be verified: %s is missing", sma_caps_missing());
		rows = NULL;
	} else {
		rows = verify_all(&verify, program, error);
	}
	json_t *result =
	    rows ? json_pack("{s:o, s:o}", "object", sma_text(verify.file.name), "programs", rows)
		 : NULL;
	sma_object_free(&verify.file);
	return result;
}
