// SPDX-License-Identifier: Apache-2.0
#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "caps.h"
#include "params.h"
#include "pins.h"
#include "takeoff.h"
#include "text.h"
#include "../../bpf/include/sockmap_abi.h"

#define DEFAULT_DRAIN_MS 5000
#define MAX_DRAIN_MS	 (24u * 3600 * 1000)
#define SWEEP_DRAIN_MS	 500

static int remove_locked(struct sma_context *context, const char *root,
			 struct sma_attachment *attachment, struct sma_error *error)
{
	int lock = sma_pins_lock(context, root, true, error), result;

	if (lock < 0)
		return -1;
	result = sma_remove(root, attachment, error);
	close(lock);
	return result;
}

static json_t *detach(struct sma_context *context, const char *root,
		      struct sma_attachment *attachment, struct sma_takeoff *takeoff,
		      struct sma_error *error)
{
	char name[33];
	bool removed;

	memcpy(name, attachment->name, sizeof(name));
	sma_progress(context, "Stopping %s", name);
	if (sma_stop(attachment, error) || sma_drain(context, attachment, takeoff, error))
		return NULL;
	removed = takeoff->empty;
	if (removed && remove_locked(context, root, attachment, error))
		return NULL;
	return json_pack("{s:s, s:b, s:I, s:O, s:I}", "name", name, "removed", removed,
			 "drainedSockets", (json_int_t)takeoff->drained, "remaining",
			 takeoff->remaining, "lostBytes", (json_int_t)takeoff->lost_bytes);
}

/* Keeps ids of an attachment whose fds are closed, to wait until the kernel freed them. */
static void close_and_await(struct sma_attachment *attachment)
{
	for (size_t i = 0; i < attachment->count; i++) {
		close(attachment->pins[i].fd);
		attachment->pins[i].fd = -1;
	}
	sma_await_freed(attachment);
}

json_t *sma_detach(struct sma_context *context, const json_t *params, struct sma_error *error)
{
	struct sma_attachment attachment = {0};
	struct sma_takeoff takeoff = {0};
	uint64_t timeout = DEFAULT_DRAIN_MS;
	const char *name = NULL;
	char *root;
	json_t *result = NULL;
	int lock;

	if (sma_param_name(params, &name, error) ||
	    sma_param_uint(params, "drainTimeoutMs", false, MAX_DRAIN_MS, &timeout, error) ||
	    sma_param_bool(params, "force", &takeoff.force, error))
		return NULL;
	takeoff.timeout_ms = (unsigned int)timeout;
	if (!sma_caps_sufficient()) {
		sma_fail(error, SMA_NOT_PERMITTED, SMA_CAPS_ACTION,
			 "Nothing can be detached: %s is missing", sma_caps_missing());
		return NULL;
	}
	root = sma_pins_root(context, error);
	/* Not the lock of all: draining takes long, and other attachments go on meanwhile. */
	lock = root ? sma_attachment_lock(context, root, name, error) : -1;
	if (lock >= 0 && sma_attachment_open(root, name, &attachment, error) == 0) {
		if (attachment.has_folder)
			sma_fail(error, SMA_UNSUPPORTED, "Move it away, then detach again.",
				 "%s holds a folder that is no part of the attachment",
				 attachment.path);
		else
			result = detach(context, root, &attachment, &takeoff, error);
	}
	if (lock >= 0)
		close(lock);
	if (result && takeoff.empty)
		close_and_await(&attachment);
	json_decref(takeoff.remaining);
	for (size_t i = 0; i < attachment.count; i++) {
		if (attachment.pins[i].fd >= 0)
			close(attachment.pins[i].fd);
	}
	attachment.count = 0;
	sma_attachment_close(&attachment);
	free(root);
	return result;
}

/* A folder that a killed attach or detach left: nobody else can be at it, the lock is ours. */
static void sweep_folder(struct sma_context *context, const char *root, const char *folder)
{
	struct sma_takeoff takeoff = {.timeout_ms = SWEEP_DRAIN_MS};
	struct sma_context quiet = {.bpffs_override = context->bpffs_override};
	char *path = sma_format("%s/%s", root, folder);
	struct sma_attachment attachment;
	struct sma_error ignored = {0};

	if (path && sma_folder_open(path, &attachment, &ignored) == 0) {
		if (sma_stop(&attachment, &ignored) == 0 &&
		    sma_drain(&quiet, &attachment, &takeoff, &ignored) == 0 && takeoff.empty)
			sma_remove(root, &attachment, &ignored);
		json_decref(takeoff.remaining);
		sma_attachment_close(&attachment);
	}
	free(path);
	sma_error_clear(&ignored);
}

static bool is_being_detached(struct sma_context *context, const char *path)
{
	struct sma_error ignored = {0};
	int lock = sma_pins_lock(context, path, false, &ignored);

	sma_error_clear(&ignored);
	if (lock >= 0)
		close(lock);
	return lock < 0;
}

/* Killed between publishing and switching on: everything is in place but the switch. */
static void finish_attach(struct sma_context *context, const char *root, const char *name)
{
	struct sma_attachment attachment;
	struct sma_error ignored = {0};
	const struct sma_pin *pin;
	struct sm_config config;
	bool linked = false;
	__u32 key = 0;

	if (sma_attachment_open(root, name, &attachment, &ignored)) {
		sma_error_clear(&ignored);
		return;
	}
	for (size_t i = 0; i < attachment.count; i++)
		linked = linked || attachment.pins[i].cgroup_id != 0;
	pin = sma_find_pin(&attachment, SMA_PIN_MAP, SM_CONFIG_MAP);
	if (linked && sma_attachment_abi(&attachment) &&
	    bpf_map_lookup_elem(pin->fd, &key, &config) == 0 && !config.enabled &&
	    !config.draining && !is_being_detached(context, attachment.path)) {
		config.enabled = 1;
		bpf_map_update_elem(pin->fd, &key, &config, BPF_ANY);
	}
	sma_attachment_close(&attachment);
}

void sma_pins_sweep(struct sma_context *context, const char *root)
{
	DIR *directory = opendir(root);
	struct dirent *entry;
	json_t *names, *name;
	size_t index;

	while (directory && (entry = readdir(directory))) {
		if (entry->d_name[0] == '%')
			sweep_folder(context, root, entry->d_name);
	}
	if (directory)
		closedir(directory);
	names = sma_pins_names(root);
	json_array_foreach(names, index, name)
	{
		finish_attach(context, root, json_string_value(name));
	}
	json_decref(names);
}
