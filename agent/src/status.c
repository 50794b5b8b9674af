// SPDX-License-Identifier: Apache-2.0
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "answer.h"
#include "caps.h"
#include "cgroup.h"
#include "edge_users.h"
#include "iter.h"
#include "kallsyms.h"
#include "options.h"
#include "policy.h"
#include "probe_fionread.h"
#include "show.h"
#include "splice.h"
#include "text.h"
#include "../../bpf/include/sockmap_abi.h"

/* 2^53 - 1: beyond it the description lies, and no JSON reader in JavaScript could follow. */
#define MAX_ID 9007199254740991LL

const struct sma_pin *sma_attachment_sockmap(const struct sma_attachment *attachment)
{
	json_int_t wanted = json_integer_value(json_object_get(attachment->meta, "sockmap"));
	const struct sma_pin *first = NULL;

	for (size_t i = 0; i < attachment->count; i++) {
		const struct sma_pin *pin = &attachment->pins[i];

		if (pin->type != SMA_PIN_MAP || !sma_is_sockmap(pin->bpf_type))
			continue;
		if (pin->id == wanted)
			return pin;
		if (!first)
			first = pin;
	}
	return first;
}

static const struct sma_pin *find_link(const struct sma_attachment *attachment,
				       const struct sma_pin *program)
{
	for (size_t i = 0; i < attachment->count; i++) {
		if (attachment->pins[i].type == SMA_PIN_LINK &&
		    attachment->pins[i].prog_id == program->id)
			return &attachment->pins[i];
	}
	return NULL;
}

static json_t *show_programs(const struct sma_attachment *attachment, const char *cgroup)
{
	json_t *targets = json_object_get(attachment->meta, "targets"), *list = json_array();

	for (size_t i = 0; i < attachment->count; i++) {
		const struct sma_pin *pin = &attachment->pins[i];
		const struct sma_pin *link;
		const char *type, *target = NULL;

		if (pin->type != SMA_PIN_PROG)
			continue;
		link = find_link(attachment, pin);
		if (link && link->bpf_type == BPF_LINK_TYPE_CGROUP)
			target = link->cgroup_id ? cgroup : NULL;
		else if (link || pin->bpf_type == BPF_PROG_TYPE_SK_MSG ||
			 pin->bpf_type == BPF_PROG_TYPE_SK_SKB)
			target = json_string_value(json_object_get(targets, pin->name));
		type = libbpf_bpf_prog_type_str(pin->bpf_type);
		json_array_append_new(
		    list, json_pack("{s:I, s:o, s:s, s:o}", "id", (json_int_t)pin->id, "name",
				    sma_text(pin->name), "type", type ? type : "unknown",
				    "attachedTo", sma_text_or_null(target)));
	}
	return list;
}

static json_t *show_maps(const struct sma_attachment *attachment)
{
	json_t *list = json_array();

	for (size_t i = 0; i < attachment->count; i++) {
		const struct sma_pin *pin = &attachment->pins[i];
		const char *type = libbpf_bpf_map_type_str(pin->bpf_type);

		if (pin->type == SMA_PIN_MAP)
			json_array_append_new(
			    list, json_pack("{s:I, s:o, s:s}", "id", (json_int_t)pin->id, "name",
					    sma_text(pin->name), "type", type ? type : "unknown"));
	}
	return list;
}

static unsigned int count_pins(const struct sma_attachment *attachment, enum sma_pin_type type)
{
	unsigned int count = 0;

	for (size_t i = 0; i < attachment->count; i++)
		count += attachment->pins[i].type == type;
	return count;
}

__attribute__((format(printf, 2, 3))) static void warn(json_t *warnings, const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = sma_vformat(format, args);
	va_end(args);
	if (text)
		json_array_append_new(warnings, sma_text(text));
	free(text);
}

/* Was the program of an object without cgroup programs taken off? Kernels before 5.18 do not tell.
 */
static bool is_off_its_map(const struct sma_attachment *attachment)
{
	const struct sma_pin *sockmap = sma_attachment_sockmap(attachment);
	__u32 id = 0, count = 1;

	return sockmap &&
	       bpf_prog_query(sockmap->fd, BPF_SK_MSG_VERDICT, 0, NULL, &id, &count) == 0 &&
	       count == 0;
}

/* attached, draining or broken; `warnings` says what is wrong. */
static const char *judge(const struct sma_attachment *attachment, const char *cgroup,
			 json_t *warnings)
{
	json_t *parts = json_object_get(attachment->meta, "parts");
	json_int_t programs = json_integer_value(json_array_get(parts, 0));
	json_int_t maps = json_integer_value(json_array_get(parts, 1));
	json_int_t links = json_integer_value(json_array_get(parts, 2));
	unsigned int linked = 0;

	for (size_t i = 0; i < attachment->count; i++)
		linked +=
		    attachment->pins[i].type == SMA_PIN_LINK && attachment->pins[i].cgroup_id != 0;
	if (!attachment->meta) {
		warn(warnings,
		     "Its description is missing or unreadable. Detach still removes it.");
		return "broken";
	}
	if (count_pins(attachment, SMA_PIN_PROG) < programs ||
	    count_pins(attachment, SMA_PIN_MAP) < maps) {
		warn(warnings, "Some of its pins were removed. Detach removes the rest.");
		return "broken";
	}
	if (links > 0 && !cgroup) {
		warn(warnings, "Its cgroup no longer exists. Detach removes the rest.");
		return "broken";
	}
	if (linked < links || (links == 0 && is_off_its_map(attachment)))
		return "draining";
	return "attached";
}

/* What this host does to the sockets of a sockmap. */
static void warn_of_host(const struct sma_attachment *attachment, bool ours, json_t *warnings)
{
	const char *edge_users = json_string_value(json_object_get(attachment->meta, "edgeUsers"));

	if (edge_users)
		warn(warnings, SMA_EDGE_WARNING, edge_users);
	if (sma_fionread_broken() == 1)
		warn(warnings, "%s",
		     sma_find_pin(attachment, SMA_PIN_LINK, SM_GATE_PROGRAM) ? SMA_FIONREAD_GATED
		     : json_is_true(json_object_get(attachment->meta, "nudges"))
			 ? SMA_FIONREAD_NUDGED
			 : SMA_FIONREAD_WARNING);
	if (sma_fionread_blind() == 1 &&
	    !sma_find_pin(attachment, SMA_PIN_LINK, SMA_ANSWER_PROGRAM))
		warn(warnings, "%s", SMA_FIONREAD_BLIND_WARNING);
	if (ours && !sma_splice_is_seen(attachment))
		warn(warnings, "%s", SMA_SPLICE_WARNING);
	if (ours && sma_kallsyms_hidden())
		warn(warnings, "%s", SMA_KALLSYMS_WARNING);
}

static json_t *show(const struct sma_attachment *attachment, struct sma_error *error)
{
	json_t *meta = attachment->meta, *object = json_object_get(meta, "object");
	json_t *cgroup = json_object_get(meta, "cgroup"), *warnings = json_array();
	json_int_t cgroup_id = json_integer_value(json_object_get(cgroup, "id"));
	const char *name = json_string_value(json_object_get(object, "name"));
	const char *hash = json_string_value(json_object_get(object, "sha256"));
	const char *when = json_string_value(json_object_get(meta, "attachedAt")), *state;
	const struct sma_pin *sockmap = sma_attachment_sockmap(attachment);
	struct sma_sockets sockets = {0};
	uint32_t abi = sma_attachment_abi(attachment);
	char *path;

	for (size_t i = 0; i < attachment->count; i++) {
		if (attachment->pins[i].cgroup_id)
			cgroup_id = (json_int_t)attachment->pins[i].cgroup_id;
	}
	if (cgroup_id < 0 || cgroup_id > MAX_ID)
		cgroup_id = 0;
	path = sma_cgroup_path((uint64_t)cgroup_id,
			       json_string_value(json_object_get(cgroup, "path")));
	state = judge(attachment, path, warnings);
	if (sockmap && sma_read_sockets(sockmap->fd, sockmap->key_size, &sockets, error)) {
		warn(warnings, "Its sockets cannot be read: %s.", error->message);
		sma_error_clear(error);
	}
	if (sockmap)
		warn_of_host(attachment, abi != 0, warnings);
	json_t *result = json_pack(
	    "{s:s, s:s, s:{s:I, s:o}, s:{s:o, s:o}, s:o, s:o, s:o, s:o, s:o, s:I, s:o, s:o, s:o, "
	    "s:o}",
	    "name", attachment->name, "state", state, "cgroup", "id", cgroup_id, "path",
	    sma_text_or_null(path), "object", "name", sma_text(name ? name : ""), "sha256",
	    sma_text(hash ? hash : ""), "attachedAt",
	    sma_text(when ? when : "1970-01-01T00:00:00Z"), "pinPath", sma_text(attachment->path),
	    "programs", show_programs(attachment, path), "maps", show_maps(attachment), "sockmapId",
	    sockmap ? json_integer(sockmap->id) : json_null(), "sockets", (json_int_t)sockets.count,
	    "abi", abi ? json_integer(abi) : json_null(), "pairing", sma_pairing_json(attachment),
	    "policyRules", sma_policy_count_json(attachment), "warnings", warnings);
	sma_sockets_free(&sockets);
	free(path);
	return result;
}

json_t *sma_show_attachment(const char *root, const char *name, struct sma_error *error)
{
	struct sma_attachment attachment;
	json_t *result;

	if (sma_attachment_open(root, name, &attachment, error))
		return NULL;
	result = show(&attachment, error);
	sma_attachment_close(&attachment);
	return result;
}

/* What cannot be opened must not hide the others. `why` is used up. */
static json_t *show_unreadable(const char *root, const char *name, struct sma_error *why)
{
	struct sma_attachment nothing = {.path = sma_pins_path(root, name)};
	struct sma_error ignored = {0};
	json_t *result, *warnings = json_array();

	snprintf(nothing.name, sizeof(nothing.name), "%s", name);
	result = nothing.path ? show(&nothing, &ignored) : NULL;
	warn(warnings, "%s.", why->message);
	json_object_set_new(result, "warnings", warnings);
	sma_attachment_close(&nothing);
	sma_error_clear(&ignored);
	sma_error_clear(why);
	return result;
}

json_t *sma_status(struct sma_context *context, const json_t *params, struct sma_error *error)
{
	json_t *list = json_array(), *names, *name;
	char *root;
	size_t index;
	int lock;

	(void)params;
	if (!sma_caps_sufficient()) {
		json_decref(list);
		sma_fail(error, SMA_NOT_PERMITTED, SMA_CAPS_ACTION,
			 "Attachments cannot be read: %s is missing", sma_caps_missing());
		return NULL;
	}
	root = sma_pins_root(context, error);
	if (!root) {
		json_decref(list);
		return NULL;
	}
	/* Somebody attaches or detaches at this moment: then nothing is orphaned either. */
	lock = sma_pins_lock(context, root, false, error);
	if (lock >= 0) {
		sma_pins_sweep(context, root);
		close(lock);
	}
	sma_error_clear(error);
	names = sma_pins_names(root);
	json_array_foreach(names, index, name)
	{
		json_t *shown = sma_show_attachment(root, json_string_value(name), error);

		/* SMA_NOT_FOUND: gone since the folder was listed. */
		if (!shown && error->kind != SMA_NOT_FOUND)
			shown = show_unreadable(root, json_string_value(name), error);
		if (shown)
			json_array_append_new(list, shown);
		sma_error_clear(error);
	}
	json_decref(names);
	free(root);
	return json_pack("{s:o}", "attachments", list);
}

static void set_owner(json_t *owners, uint32_t id, json_t *name)
{
	char key[16];

	snprintf(key, sizeof(key), "%u", id);
	json_object_set(owners, key, name);
}

json_t *sma_attachment_ids(struct sma_context *context)
{
	json_t *maps = json_object(), *programs = json_object(), *names = NULL, *name;
	struct sma_error ignored = {0};
	char *root = sma_pins_root(context, &ignored);
	size_t index;

	if (root)
		names = sma_pins_names(root);
	json_array_foreach(names, index, name)
	{
		struct sma_attachment attachment;

		if (sma_attachment_open(root, json_string_value(name), &attachment, &ignored))
			continue;
		for (size_t i = 0; i < attachment.count; i++) {
			const struct sma_pin *pin = &attachment.pins[i];

			if (pin->type != SMA_PIN_LINK)
				set_owner(pin->type == SMA_PIN_MAP ? maps : programs, pin->id,
					  name);
		}
		set_owner(maps, attachment.meta_id, name);
		sma_attachment_close(&attachment);
	}
	json_decref(names);
	free(root);
	sma_error_clear(&ignored);
	return json_pack("{s:o, s:o}", "maps", maps, "programs", programs);
}

const char *sma_only_attachment(struct sma_context *context, json_t **names,
				struct sma_error *error)
{
	char *root = sma_pins_root(context, error);

	*names = root ? sma_pins_names(root) : NULL;
	free(root);
	if (!*names)
		return NULL;
	if (json_array_size(*names) == 1)
		return json_string_value(json_array_get(*names, 0));
	if (json_array_size(*names) == 0) {
		sma_fail(error, SMA_NOT_FOUND, "Attach one first.", "Nothing is attached");
	} else {
		sma_fail(error, SMA_AMBIGUOUS, "Choose one with --name.",
			 "There are %zu attachments", json_array_size(*names));
		error->choices = json_incref(*names);
	}
	return NULL;
}
