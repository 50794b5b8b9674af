// SPDX-License-Identifier: Apache-2.0
#include "object.h"

#include <bpf/btf.h>
#include <elf.h>
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "io.h"
#include "log.h"
#include "params.h"
#include "text.h"

#define MAX_OBJECT    (64u << 20)
#define OBJECT_ACTION "Build it with clang -target bpf -g -O2 -c."

static int read_path(struct sma_context *context, const char *path, struct sma_object *object,
		     struct sma_error *error)
{
	struct sma_buffer file = {0};
	const char *slash = strrchr(path, '/');
	int result = sma_read_path(path, MAX_OBJECT, &context->cancelled, &file);

	if (result) {
		free(file.data);
		if (sma_cancelled(context, error))
			return -1;
		return sma_fail(error, SMA_BAD_OBJECT, "Check the path of the object file.",
				"The object file %s cannot be read: %s", path, strerror(-result));
	}
	object->name = strdup(slash ? slash + 1 : path);
	object->data = file.data;
	object->size = file.size;
	return 0;
}

static int read_sent(const json_t *ref, struct sma_object *object, struct sma_error *error)
{
	const char *name = NULL, *data = NULL;

	if (sma_param_string(ref, "name", true, &name, error) ||
	    sma_param_string(ref, "data", true, &data, error))
		return -1;
	object->data = sma_base64_decode(data, &object->size);
	if (!object->data)
		return sma_fail(error, SMA_INVALID_PARAMS, NULL, "\"object.data\" is not base64");
	object->name = strdup(strrchr(name, '/') ? strrchr(name, '/') + 1 : name);
	return 0;
}

static int check_elf(const struct sma_object *object, struct sma_error *error)
{
	Elf64_Ehdr header;

	if (object->size < SELFMAG || memcmp(object->data, ELFMAG, SELFMAG) != 0)
		return sma_fail(error, SMA_BAD_OBJECT, OBJECT_ACTION, "%s is not an ELF file",
				object->name);
	if (object->size < sizeof(header))
		return sma_fail(error, SMA_BAD_OBJECT, OBJECT_ACTION,
				"%s is cut off: it ends inside the ELF header", object->name);
	memcpy(&header, object->data, sizeof(header));
	if (header.e_ident[EI_CLASS] != ELFCLASS64 ||
	    (header.e_machine != EM_BPF && header.e_machine != EM_NONE))
		return sma_fail(error, SMA_BAD_OBJECT, OBJECT_ACTION,
				"%s is an ELF file for another machine, not a BPF object",
				object->name);
	if (header.e_ident[EI_DATA] !=
	    (__BYTE_ORDER == __LITTLE_ENDIAN ? ELFDATA2LSB : ELFDATA2MSB))
		return sma_fail(error, SMA_BAD_OBJECT, OBJECT_ACTION,
				"%s has the other byte order than this host", object->name);
	if (header.e_type != ET_REL)
		return sma_fail(error, SMA_BAD_OBJECT, OBJECT_ACTION,
				"%s is linked: a BPF object is a relocatable file", object->name);
	return 0;
}

int sma_object_read(struct sma_context *context, const json_t *params, struct sma_object *object,
		    struct sma_error *error)
{
	const json_t *ref = json_object_get(params, "object");
	const char *path = NULL;
	int result;

	memset(object, 0, sizeof(*object));
	if (!json_is_object(ref))
		return sma_fail(error, SMA_INVALID_PARAMS, NULL,
				"\"object\" must be {\"path\"} or {\"name\", \"data\"}");
	if (sma_param_string(ref, "path", !json_object_get(ref, "data"), &path, error))
		return -1;
	result = path ? read_path(context, path, object, error) : read_sent(ref, object, error);
	if (result == 0 && !object->name)
		result = sma_fail_memory(error);
	if (result == 0)
		result = check_elf(object, error);
	if (result)
		sma_object_free(object);
	else
		sma_sha256_hex(object->data, object->size, object->sha256);
	return result;
}

void sma_object_free(struct sma_object *object)
{
	free(object->name);
	free(object->data);
	memset(object, 0, sizeof(*object));
}

/*
 * clang leaves a section in BTF of which all variables were optimised away. Kernels before 5.12
 * (13ca51d5eb35) refuse all of the object's BTF for that, and its verifier logs have no lines of C.
 * Nothing refers to it: it becomes a type that every kernel knows.
 */
static void drop_empty_sections(struct bpf_object *object)
{
	const struct btf *btf = bpf_object__btf(object);

	for (__u32 id = 1; btf && id < btf__type_cnt(btf); id++) {
		/* Given out to be read, but it is what libbpf hands to the kernel. */
		struct btf_type *type = (struct btf_type *)btf__type_by_id(btf, id);

		if (btf_is_datasec(type) && btf_vlen(type) == 0)
			*type = (struct btf_type){.info = BTF_KIND_CONST << 24};
	}
}

struct bpf_object *sma_object_open(const struct sma_object *object, const char *pin_root,
				   struct sma_error *error)
{
	/* Up to the first dot: libbpf puts it before .rodata and the like. */
	char *stem = strndup(object->name, strcspn(object->name, "."));
	LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = stem && *stem ? stem : "object",
		    .pin_root_path = pin_root);
	struct bpf_object *opened;
	char *said, *complaint;

	sma_log_begin(0);
	opened = bpf_object__open_mem(object->data, object->size, &options);
	said = sma_log_take();
	free(stem);
	if (!opened) {
		complaint = sma_log_complaint(said && *said ? said : strerror(errno));
		sma_fail(error, SMA_BAD_OBJECT, OBJECT_ACTION, "libbpf cannot read %s: %s",
			 object->name, complaint ? complaint : "");
		free(complaint);
		error->log = said;
		return NULL;
	}
	free(said);
	drop_empty_sections(opened);
	if (!bpf_object__next_program(opened, NULL)) {
		bpf_object__close(opened);
		sma_fail(error, SMA_BAD_OBJECT,
			 "Give its functions SEC(\"sockops\") or SEC(\"sk_msg\").",
			 "%s holds no BPF program", object->name);
		return NULL;
	}
	return opened;
}

struct bpf_program *sma_object_choose(struct bpf_object *object, const char *name)
{
	struct bpf_program *program, *chosen = NULL;

	bpf_object__for_each_program(program, object)
	{
		bool wanted = strcmp(bpf_program__name(program), name) == 0;

		bpf_program__set_autoload(program, wanted);
		if (wanted)
			chosen = program;
	}
	return chosen;
}

int sma_object_load(struct sma_context *context, struct bpf_object *object)
{
	int result = -EINTR;

	/* In this order: a cancellation either is seen here or finds `loading` set and interrupts.
	 */
	atomic_store(&context->loading, true);
	if (!atomic_load(&context->cancelled))
		result = bpf_object__load(object);
	atomic_store(&context->loading, false);
	return result;
}
