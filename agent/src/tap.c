// SPDX-License-Identifier: Apache-2.0
#include "tap.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loader.h"
#include "log.h"
#include "object.h"
#include "show.h"
#include "slot.h"
#include "../../bpf/include/sockmap_abi.h"

extern const char sma_capture_object[], sma_capture_object_end[];

/*
 * Messages whose pieces are still to come: at most one for each task that is in sendmsg(). Two of
 * them whose cookies fall on the same place are as good as never there at once.
 */
#define OPEN_MESSAGES 4096

struct open_message {
	struct sma_capture_message message;
	__u64 number;
};

struct sma_tap_reading {
	sma_tap_reader *reader;
	void *argument;
	__u64 begun; /* messages */
	struct open_message open[OPEN_MESSAGES];
};

static int hand_over(void *context, void *data, size_t size)
{
	struct sma_tap_reading *reading = context;
	const struct sma_capture_piece *piece = data;
	struct open_message *open;
	struct sma_part part;

	if (size == sizeof(open->message)) {
		const struct sma_capture_message *message = data;

		reading->open[message->cookie % OPEN_MESSAGES] =
		    (struct open_message){*message, ++reading->begun};
		return 0;
	}
	if (size < sizeof(*piece) || piece->length > size - sizeof(*piece))
		return -EPROTO;
	open = &reading->open[piece->cookie % OPEN_MESSAGES];
	if (open->message.cookie != piece->cookie || open->message.time != piece->time)
		return 0;
	part = (struct sma_part){&open->message, open->number, piece->offset, piece->span,
				 piece->length};
	return reading->reader(reading->argument, &part, piece + 1);
}

/* What an attachment must have to be captured from. */
static int find_maps(const struct sma_attachment *attachment, struct sma_tap *tap, int *peers,
		     struct sma_error *error)
{
	const struct sma_pin *sockmap = sma_attachment_sockmap(attachment);
	const struct sma_pin *storage = sma_find_pin(attachment, SMA_PIN_MAP, SM_PEERS_MAP);
	const struct sma_pin *config = sma_find_pin(attachment, SMA_PIN_MAP, SM_CONFIG_MAP);

	if (!sma_attachment_abi(attachment))
		return sma_fail(error, SMA_UNSUPPORTED, "Attach the built-in datapath.",
				"%s is not the Sockmap datapath, and only its messages can be "
				"captured",
				attachment->name);
	if (sockmap && config && storage && storage->value_size == sizeof(struct sm_peer))
		tap->slot_fd = sma_slot(attachment);
	if (tap->slot_fd < 0)
		return sma_fail(error, SMA_UNSUPPORTED, "Detach it and attach it again.",
				"%s was attached by a version without capture", attachment->name);
	*peers = storage->fd;
	tap->hold_fd = sma_slot_hold(attachment);
	if (tap->hold_fd < 0)
		return sma_fail_errno(error, -tap->hold_fd, NULL, "%s cannot be locked",
				      attachment->path);
	tap->config_fd = fcntl(config->fd, F_DUPFD_CLOEXEC, 0);
	return tap->config_fd < 0
		   ? sma_fail_errno(error, errno, NULL, "The datapath cannot be watched")
		   : 0;
}

static int prepare(struct bpf_object *object, const struct sma_capture_config *config, int peers)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, SM_PEERS_MAP);
	struct bpf_map *constants = bpf_object__find_map_by_name(object, ".rodata");
	struct sma_capture_config chosen = *config;

	chosen.command =
	    libbpf_probe_bpf_helper(BPF_PROG_TYPE_SK_MSG, BPF_FUNC_get_current_task, NULL) == 1;
	if (!map || !constants || bpf_map__reuse_fd(map, peers) ||
	    bpf_map__set_initial_value(constants, &chosen, sizeof(chosen)))
		return -EINVAL;
	return 0;
}

static int load(struct sma_context *context, const struct sma_capture_config *config, int peers,
		struct sma_tap *tap, struct sma_error *error)
{
	struct bpf_program *program;
	int result = -EINVAL;

	sma_log_begin(0);
	tap->object = bpf_object__open_mem(
	    sma_capture_object, (size_t)(sma_capture_object_end - sma_capture_object), NULL);
	if (tap->object && prepare(tap->object, config, peers) == 0)
		result = sma_object_load(context, tap->object);
	if (result) {
		sma_load_failed("the capture program", result, sma_log_take(), error);
		sma_cancelled(context, error);
		return -1;
	}
	free(sma_log_take());
	program = bpf_object__next_program(tap->object, NULL);
	tap->program_fd = bpf_program__fd(program);
	return 0;
}

int sma_tap_open(struct sma_context *context, const struct sma_attachment *attachment,
		 const struct sma_capture_config *config, sma_tap_reader *reader, void *argument,
		 struct sma_tap *tap, struct sma_error *error)
{
	struct bpf_prog_info info = {0};
	__u32 length = sizeof(info);
	struct bpf_map *parts;
	int peers = -1;

	*tap = SMA_TAP_CLOSED;
	tap->reading = calloc(1, sizeof(*tap->reading));
	if (!tap->reading)
		return sma_fail_memory(error);
	tap->reading->reader = reader;
	tap->reading->argument = argument;
	if (find_maps(attachment, tap, &peers, error) || load(context, config, peers, tap, error))
		return -1;
	parts = bpf_object__find_map_by_name(tap->object, "sma_parts");
	tap->ring =
	    parts ? ring_buffer__new(bpf_map__fd(parts), hand_over, tap->reading, NULL) : NULL;
	if (!tap->ring || bpf_obj_get_info_by_fd(tap->program_fd, &info, &length))
		return sma_fail_errno(error, errno, NULL, "The ring buffer cannot be read");
	tap->program_id = info.id;
	return 0;
}

void sma_tap_close(struct sma_tap *tap)
{
	sma_tap_stop(tap);
	ring_buffer__free(tap->ring);
	bpf_object__close(tap->object);
	if (tap->slot_fd >= 0)
		close(tap->slot_fd);
	if (tap->config_fd >= 0)
		close(tap->config_fd);
	if (tap->hold_fd >= 0)
		close(tap->hold_fd);
	free(tap->reading);
}

static int put(const struct sma_tap *tap)
{
	__u32 slot = 0;

	return bpf_map_update_elem(tap->slot_fd, &slot, &tap->program_fd, BPF_ANY) ? -errno : 0;
}

int sma_tap_start(struct sma_tap *tap, const char *name, struct sma_error *error)
{
	int result;

	if (sma_slot_occupant(tap->slot_fd))
		return sma_fail(error, SMA_BUSY, "End that one first.",
				"Messages of %s are being captured already", name);
	result = put(tap);
	/* EINVAL: it does not go with sm_verdict, which somebody else has loaded in another way. */
	return result
		   ? sma_fail_errno(error, -result, NULL, "Messages of %s cannot be captured", name)
		   : 0;
}

void sma_tap_stop(struct sma_tap *tap)
{
	__u32 slot = 0;

	if (tap->slot_fd >= 0 && tap->program_id &&
	    sma_slot_occupant(tap->slot_fd) == tap->program_id)
		bpf_map_delete_elem(tap->slot_fd, &slot);
}

bool sma_tap_alive(struct sma_tap *tap)
{
	struct sm_config config;
	__u32 key = 0;

	if (bpf_map_lookup_elem(tap->config_fd, &key, &config) || !config.enabled)
		return false;
	/* An agent that found a killed capture there may have emptied the slot only now. */
	if (!sma_slot_occupant(tap->slot_fd))
		put(tap);
	return true;
}

int sma_tap_read(struct sma_tap *tap, int timeout_ms)
{
	int result =
	    timeout_ms ? ring_buffer__poll(tap->ring, timeout_ms) : ring_buffer__consume(tap->ring);

	return result > 0 ? 0 : result;
}

void sma_tap_counts(const struct sma_tap *tap, struct sma_capture_counts *counts)
{
	struct bpf_map *map = bpf_object__find_map_by_name(tap->object, ".bss");
	__u32 key = 0;

	memset(counts, 0, sizeof(*counts));
	if (map)
		bpf_map_lookup_elem(bpf_map__fd(map), &key, counts);
}
