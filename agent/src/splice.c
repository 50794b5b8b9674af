// SPDX-License-Identifier: Apache-2.0
#include "splice.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>

#include "kallsyms.h"
#include "object.h"
#include "../../bpf/include/sockmap_abi.h"

extern const char sma_splice_object[], sma_splice_object_end[];

struct place {
	const char *program, *function;
};

/* The better first: it costs nothing to whoever does not splice(). Programs of
 * agent/bpf/splice.bpf.c. */
static const struct place places[] = {{"sma_splice", "tcp_splice_read"},
				      {"sma_spliced", "tcp_rcv_space_adjust"}};
#define PLACES (sizeof(places) / sizeof(*places))

static const char *const maps[] = {SM_PEERS_MAP, SM_READERS_MAP, SM_SPLICING_MAP};

static int share_maps(const struct bpf_object *datapath, struct bpf_object *object)
{
	for (size_t i = 0; i < sizeof(maps) / sizeof(*maps); i++) {
		struct bpf_map *theirs = bpf_object__find_map_by_name(datapath, maps[i]);
		struct bpf_map *ours = bpf_object__find_map_by_name(object, maps[i]);

		if (!theirs || !ours || bpf_map__reuse_fd(ours, bpf_map__fd(theirs)))
			return -EINVAL;
	}
	return 0;
}

static int start(struct sma_context *context, const struct bpf_object *datapath,
		 const struct place *place, struct sma_tracer *tracer)
{
	struct bpf_object *object = bpf_object__open_mem(
	    sma_splice_object, (size_t)(sma_splice_object_end - sma_splice_object), NULL);
	const struct bpf_program *program;

	if (!object)
		return -errno;
	program = sma_object_choose(object, place->program);
	if (!program || share_maps(datapath, object)) {
		bpf_object__close(object);
		return -EINVAL;
	}
	return sma_tracer_start(context, tracer, object, program);
}

int sma_splice_load(struct sma_context *context, const struct bpf_object *datapath,
		    struct sma_tracer *tracer, struct sma_error *error)
{
	struct bpf_map *splicing = bpf_object__find_map_by_name(datapath, SM_SPLICING_MAP);
	const struct sm_splicing watched = {.watched = 1};
	__u32 zero = 0;

	for (size_t i = 0; i < PLACES && !tracer->object; i++) {
		tracer->name = places[i].program;
		tracer->function = places[i].function;
		if (start(context, datapath, &places[i], tracer) && sma_cancelled(context, error))
			return -1;
	}
	if (tracer->object && bpf_map_update_elem(bpf_map__fd(splicing), &zero, &watched, BPF_ANY))
		return sma_fail_errno(error, errno, NULL, "The datapath cannot be configured");
	return 0;
}

bool sma_is_splice_program(const char *name)
{
	for (size_t i = 0; i < PLACES; i++) {
		if (strcmp(name, places[i].program) == 0)
			return true;
	}
	return false;
}

bool sma_splice_is_seen(const struct sma_attachment *attachment)
{
	for (size_t i = 0; i < attachment->count; i++) {
		const struct sma_pin *pin = &attachment->pins[i];

		if (pin->type == SMA_PIN_LINK && sma_is_splice_program(pin->name))
			return !sma_kallsyms_hidden();
	}
	return false;
}
