// SPDX-License-Identifier: Apache-2.0
#include "takeoff.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "answer.h"
#include "splice.h"
#include "stage.h"
#include "text.h"
#include "../../bpf/include/sockmap_abi.h"

#define FREED_TIMEOUT_MS 2000

/*
 * The readers need them as long as their sockets are in the map, or messages may be redirected to
 * them.
 */
static bool serves_readers(const struct sma_pin *link)
{
	return strcmp(link->name, SM_GATE_PROGRAM) == 0 ||
	       strcmp(link->name, SM_SETSOCKOPT_PROGRAM) == 0 ||
	       strcmp(link->name, SMA_ANSWER_PROGRAM) == 0 || sma_is_splice_program(link->name);
}

static int detach_links(const struct sma_attachment *attachment, struct sma_error *error)
{
	for (size_t i = 0; i < attachment->count; i++) {
		const struct sma_pin *pin = &attachment->pins[i];
		char *path;

		if (pin->type != SMA_PIN_LINK || serves_readers(pin))
			continue;
		/* EOPNOTSUPP: a link of another kind goes with its pin; ENOLINK and the like: its
		 * target is gone. */
		if (bpf_link_detach(pin->fd) && errno == EPERM)
			return sma_fail_errno(error, errno, NULL, "The link %s cannot be detached",
					      pin->name);
		path = sma_format("%s/%s", attachment->path, pin->file);
		if (!path)
			return sma_fail_memory(error);
		if (unlink(path) && errno != ENOENT) {
			sma_fail_errno(error, errno, NULL, "The pin %s cannot be removed", path);
			free(path);
			return -1;
		}
		free(path);
	}
	return 0;
}

static void switch_off(const struct sma_attachment *attachment)
{
	const struct sma_pin *pin = sma_find_pin(attachment, SMA_PIN_MAP, SM_CONFIG_MAP);
	struct sm_config config;
	__u32 key = 0;

	if (!sma_attachment_abi(attachment) || bpf_map_lookup_elem(pin->fd, &key, &config))
		return;
	config.enabled = 0;
	config.draining = 1;
	bpf_map_update_elem(pin->fd, &key, &config, BPF_ANY);
}

/*
 * A sockmap has one slot for each of these; the kernel detaches a program only
 * when it is the one that sits there, so trying all of them is safe.
 */
static const enum bpf_attach_type sk_msg_slots[] = {BPF_SK_MSG_VERDICT};
static const enum bpf_attach_type sk_skb_slots[] = {BPF_SK_SKB_STREAM_VERDICT, BPF_SK_SKB_VERDICT,
						    BPF_SK_SKB_STREAM_PARSER};

static void detach_from_sockmaps(const struct sma_attachment *attachment,
				 const struct sma_pin *prog)
{
	bool sk_msg = prog->bpf_type == BPF_PROG_TYPE_SK_MSG;
	const enum bpf_attach_type *slots = sk_msg ? sk_msg_slots : sk_skb_slots;
	size_t count = sk_msg ? 1 : 3;

	for (size_t i = 0; i < attachment->count; i++) {
		const struct sma_pin *map = &attachment->pins[i];

		if (map->type != SMA_PIN_MAP || !sma_is_sockmap(map->bpf_type))
			continue;
		for (size_t slot = 0; slot < count; slot++)
			bpf_prog_detach2(prog->fd, map->fd, slots[slot]);
	}
}

int sma_stop(const struct sma_attachment *attachment, struct sma_error *error)
{
	if (detach_links(attachment, error))
		return -1;
	sma_stage("link-detached");
	switch_off(attachment);
	sma_stage("switched-off");
	for (size_t i = 0; i < attachment->count; i++) {
		const struct sma_pin *pin = &attachment->pins[i];

		if (pin->type == SMA_PIN_PROG && (pin->bpf_type == BPF_PROG_TYPE_SK_MSG ||
						  pin->bpf_type == BPF_PROG_TYPE_SK_SKB))
			detach_from_sockmaps(attachment, pin);
	}
	sma_stage("stopped");
	return 0;
}

int sma_remove(const char *root, struct sma_attachment *attachment, struct sma_error *error)
{
	const char *folder = strrchr(attachment->path, '/') + 1;
	char *moved = NULL;
	int result;

	/* Under a name that nobody adopts: an interrupted removal is finished by the next sweep. */
	if (folder[0] != '%') {
		moved = sma_format("%s/%%off-%s", root, folder);
		if (!moved)
			return sma_fail_memory(error);
		if (rename(attachment->path, moved)) {
			sma_fail_errno(error, errno, NULL, "%s cannot be taken away",
				       attachment->path);
			free(moved);
			return -1;
		}
		sma_stage("moved");
	}
	result = sma_folder_remove(moved ? moved : attachment->path);
	free(moved);
	if (result)
		return sma_fail_errno(error, -result, NULL, "The pins of %s cannot be removed",
				      attachment->name);
	return 0;
}

/* Asked without a descriptor: closing one of a dying prog array can keep it for ever (host.c). */
static bool is_there(const struct sma_pin *pin)
{
	__u32 before = pin->id - 1, next = 0;
	int result = pin->type == SMA_PIN_PROG	? bpf_prog_get_next_id(before, &next)
		     : pin->type == SMA_PIN_MAP ? bpf_map_get_next_id(before, &next)
						: bpf_link_get_next_id(before, &next);

	return result == 0 ? next == pin->id : errno != ENOENT;
}

/* The kernel frees programs and maps after RCU grace periods, psocks in a worker. */
void sma_await_freed(const struct sma_attachment *attachment)
{
	double deadline = sma_now_ms() + FREED_TIMEOUT_MS;

	for (size_t i = 0; i < attachment->count; i++) {
		if (attachment->pins[i].shared)
			return;
	}
	for (size_t i = 0; i < attachment->count; i++) {
		const struct sma_pin *pin = &attachment->pins[i];

		while (is_there(pin) && sma_now_ms() < deadline)
			sma_sleep_ms(5);
		if (is_there(pin))
			fprintf(stderr,
				"sockmap-agent: %s (id %u) is still held by another process\n",
				pin->name, pin->id);
	}
}
