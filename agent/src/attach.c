// SPDX-License-Identifier: Apache-2.0
/*
 * Order of an attach. All is pinned in a folder that nobody adopts before anything is live, so
 * that the next agent can take apart what a killed one left. The sk_msg program goes to its
 * sockmap before the first socket can join: a psock keeps the programs that the map had then
 * (sock_map_link()). The folder gets its name in one step, and our datapath's switch goes on last.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "answer.h"
#include "attach.h"
#include "caps.h"
#include "edge_users.h"
#include "kallsyms.h"
#include "params.h"
#include "pins.h"
#include "probe_fionread.h"
#include "show.h"
#include "splice.h"
#include "stage.h"
#include "takeoff.h"
#include "text.h"
#include "../../bpf/include/sockmap_abi.h"

#define UNDO_TIMEOUT_MS 1000

static int configure(struct attach *attach, unsigned int enabled, struct sma_error *error)
{
	struct sm_config config = {
	    .abi = SM_ABI, .enabled = enabled, .queue_limit = SM_DEFAULT_QUEUE_LIMIT};
	struct bpf_map *map;
	__u32 key = 0;

	if (!attach->loaded.ours)
		return 0;
	map = bpf_object__find_map_by_name(attach->loaded.object, SM_CONFIG_MAP);
	if (bpf_map_update_elem(bpf_map__fd(map), &key, &config, BPF_ANY))
		return sma_fail_errno(error, errno, NULL, "The datapath cannot be configured");
	return 0;
}

/* Before anything is live: no connection slips through. */
static int install_policy(struct attach *attach, struct sma_error *error)
{
	struct bpf_map *map = bpf_object__find_map_by_name(attach->loaded.object, SM_POLICY_MAP);

	if (!attach->has_policy)
		return 0;
	if (!attach->loaded.ours || !map)
		return sma_fail(error, SMA_UNSUPPORTED, "Leave it out.",
				"Only the Sockmap datapath accepts a policy");
	return sma_policy_install(bpf_map__fd(map), &attach->policy, error);
}

static enum bpf_attach_type slot_of(const struct bpf_program *program)
{
	enum bpf_attach_type slot = bpf_program__expected_attach_type(program);

	if (bpf_program__type(program) == BPF_PROG_TYPE_SK_MSG)
		return BPF_SK_MSG_VERDICT;
	/* SEC("sk_skb") alone says nothing more. */
	return slot == BPF_SK_SKB_STREAM_PARSER || slot == BPF_SK_SKB_VERDICT
		   ? slot
		   : BPF_SK_SKB_STREAM_VERDICT;
}

static uint32_t map_id(const struct bpf_map *map)
{
	struct bpf_map_info info = {0};
	__u32 length = sizeof(info);

	return bpf_obj_get_info_by_fd(bpf_map__fd(map), &info, &length) ? 0 : info.id;
}

/* A sockmap has one slot of each kind: two programs of one object must not fight for it. */
static int check_slot_free(struct attach *attach, struct bpf_program *program,
			   const struct bpf_map *map, struct sma_error *error)
{
	struct bpf_program *other;

	bpf_object__for_each_program(other, attach->loaded.object)
	{
		const char *taken =
		    json_string_value(json_object_get(attach->targets, bpf_program__name(other)));

		if (taken && strcmp(taken, bpf_map__name(map)) == 0 &&
		    slot_of(other) == slot_of(program))
			return sma_fail(
			    error, SMA_AMBIGUOUS, "Keep one of them, or give each its own sockmap.",
			    "%s and %s both belong to the sockmap %s", bpf_program__name(other),
			    bpf_program__name(program), taken);
	}
	return sma_check_owner(&attach->loaded, map, slot_of(program), error);
}

static int choose_sockmaps(struct attach *attach, struct sma_error *error)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, attach->loaded.object)
	{
		bool sk_msg = bpf_program__type(program) == BPF_PROG_TYPE_SK_MSG;
		struct bpf_map *map;

		if (bpf_program__fd(program) < 0 ||
		    !sma_goes_to_sockmap(bpf_program__type(program)))
			continue;
		map = sma_choose_sockmap(&attach->loaded, program,
					 sk_msg ? attach->sk_msg_map : NULL, error);
		if (!map || check_slot_free(attach, program, map, error))
			return -1;
		json_object_set_new(attach->targets, bpf_program__name(program),
				    sma_text(bpf_map__name(map)));
		if (sk_msg || !attach->sockmap_id)
			attach->sockmap_id = map_id(map);
	}
	return 0;
}

static int attach_to_sockmaps(struct attach *attach, struct sma_error *error)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, attach->loaded.object)
	{
		const char *name = bpf_program__name(program);
		const char *target = json_string_value(json_object_get(attach->targets, name));
		struct bpf_map *map =
		    target ? bpf_object__find_map_by_name(attach->loaded.object, target) : NULL;

		if (!map || bpf_prog_attach(bpf_program__fd(program), bpf_map__fd(map),
					    slot_of(program), 0) == 0)
			continue;
		if (errno == EBUSY)
			return sma_fail(error, SMA_BUSY,
					"Detach the other program first, or use a separate map.",
					"The sockmap %s already has a program from another owner",
					target);
		return sma_fail_errno(error, errno, NULL, "%s cannot be attached to the sockmap %s",
				      name, target);
	}
	sma_stage("sockmap-attached");
	return 0;
}

static int put_in_place(struct attach *attach, struct sma_error *error)
{
	if (renameat2(AT_FDCWD, attach->staging, AT_FDCWD, attach->final, RENAME_NOREPLACE)) {
		if (errno == EEXIST)
			return sma_fail(error, SMA_EXISTS,
					"Detach it first, or choose another name.",
					"An attachment named %s exists", attach->name);
		return sma_fail_errno(error, errno, NULL, "The attachment cannot be put in place");
	}
	free(attach->staging);
	attach->staging = attach->final;
	attach->final = NULL;
	sma_stage("published");
	return 0;
}

/* Locked, so that nobody detaches it before it is switched on, and switches it off in vain. */
static int publish(struct attach *attach, struct sma_error *error)
{
	int lock = sma_pins_lock(attach->context, attach->staging, false, error), result;

	if (lock < 0)
		return -1;
	result = put_in_place(attach, error) || configure(attach, 1, error) ? -1 : 0;
	close(lock);
	return result;
}

/* Whatever is live is pinned: the folder is taken off like any other. */
static void undo(struct attach *attach)
{
	struct sma_context context = {0};
	struct sma_takeoff takeoff = {.timeout_ms = UNDO_TIMEOUT_MS};
	struct sma_attachment folder;
	struct sma_error ignored = {0};

	if (sma_folder_open(attach->staging, &folder, &ignored) == 0) {
		if (sma_stop(&folder, &ignored) == 0 &&
		    sma_drain(&context, &folder, &takeoff, &ignored) == 0 && takeoff.empty)
			sma_remove(attach->root, &folder, &ignored);
		json_decref(takeoff.remaining);
		sma_attachment_close(&folder);
	}
	sma_error_clear(&ignored);
}

/*
 * Before all else: no reader may get a wrong answer. A kernel that refuses it refuses what was
 * asked for; without it programs such as nginx stall.
 */
static int load_answer(struct attach *attach, struct sma_error *error)
{
	const struct bpf_map *sockets;

	if (!attach->loaded.ours)
		return 0;
	sockets = bpf_object__find_map_by_name(attach->loaded.object, SM_SOCKETS_MAP);
	if (sma_answer_load(attach->context, map_id(sockets), &attach->tracers[SMA_ANSWER],
			    error) == 0)
		return 0;
	if (attach->options.datapath.gated || atomic_load(&attach->context->cancelled))
		return -1;
	/* Nobody asked for it: status warns. */
	sma_error_clear(error);
	return 0;
}

/*
 * Before the first message, too: whoever splices must not be sent one unseen. Where it cannot be
 * used (bpf/include/readers.h, sm_may_watch()), status warns.
 */
static int load_splice(struct attach *attach, struct sma_error *error)
{
	if (!attach->loaded.ours || (attach->options.datapath.gated && sma_fionread_broken() == 1))
		return 0;
	return sma_splice_load(attach->context, attach->loaded.object, &attach->tracers[SMA_SPLICE],
			       error);
}

/* What nudge.h of the datapath depends on: it finds these symbols, or does without. */
static bool can_nudge(const struct attach *attach)
{
	return attach->loaded.ours && !attach->options.datapath.gated &&
	       sma_kallsyms_has("sockopt_lock_sock") && sma_kallsyms_has("ep_poll_callback");
}

/* With sm_gate, or where the datapath wakes them, it does not matter who waits for edges. */
static void find_edge_users(struct attach *attach)
{
	struct sma_edge_users users;

	if (!attach->loaded.ours || attach->options.datapath.gated || attach->nudges)
		return;
	sma_find_edge_users(attach->cgroup.path, &users);
	if (users.processes)
		attach->edge_users = sma_edge_users_text(&users);
}

static int run(struct attach *attach, struct sma_error *error)
{
	char *bpffs = strndup(attach->root, strlen(attach->root) - strlen("/sockmap"));
	int result = bpffs ? sma_load(attach->context, &attach->file, &attach->options,
				      attach->cgroup.path, bpffs, &attach->loaded, error)
			   : sma_fail_memory(error);

	free(bpffs);
	if (result)
		return -1;
	sma_stage("loaded");
	attach->targets = json_object();
	if (load_answer(attach, error) || load_splice(attach, error))
		return -1;
	attach->nudges = can_nudge(attach);
	find_edge_users(attach);
	if (sma_cancelled(attach->context, error) || configure(attach, 0, error) ||
	    install_policy(attach, error) || choose_sockmaps(attach, error))
		return -1;
	if (sma_attach_pin_all(attach, error) || attach_to_sockmaps(attach, error) ||
	    sma_cancelled(attach->context, error) || sma_attach_link_all(attach, error) ||
	    publish(attach, error)) {
		undo(attach);
		return -1;
	}
	return 0;
}

static json_t *attach_locked(struct attach *attach, struct sma_error *error)
{
	int lock = sma_pins_lock(attach->context, attach->root, true, error);
	json_t *result = NULL;

	if (lock < 0)
		return NULL;
	sma_pins_sweep(attach->context, attach->root);
	if (access(attach->final, F_OK) == 0)
		sma_fail(error, SMA_EXISTS, "Detach it first, or choose another name.",
			 "An attachment named %s exists", attach->name);
	else if (access(attach->staging, F_OK) == 0)
		sma_fail(error, SMA_BUSY,
			 "Read or close those connections, or choose another name.",
			 "Connections of an interrupted attach of %s still hold unread bytes",
			 attach->name);
	else if (run(attach, error) == 0)
		result = sma_show_attachment(attach->root, attach->name, error);
	close(lock);
	return result;
}

json_t *sma_attach(struct sma_context *context, const json_t *params, struct sma_error *error)
{
	struct attach attach = {.context = context, .cgroup = {.fd = -1}};
	const char *cgroup = NULL, *policy = NULL;
	json_t *result = NULL;

	if (sma_param_name(params, &attach.name, error) ||
	    sma_param_string(params, "cgroup", true, &cgroup, error) ||
	    sma_param_string(params, "skMsgMap", false, &attach.sk_msg_map, error) ||
	    sma_param_string(params, "policy", false, &policy, error) ||
	    sma_options_read(params, &attach.options, error) ||
	    sma_object_read(context, params, &attach.file, error))
		return NULL;
	attach.has_policy = policy != NULL;
	if (policy && sma_policy_parse(policy, &attach.policy, error)) {
		sma_policy_close(&attach.policy);
		sma_object_free(&attach.file);
		return NULL;
	}
	if (!sma_caps_sufficient())
		sma_fail(error, SMA_NOT_PERMITTED, SMA_CAPS_ACTION,
			 "Programs cannot be attached: %s is missing", sma_caps_missing());
	else if (sma_cgroup_open(cgroup, &attach.cgroup, error) == 0)
		attach.root = sma_pins_root(context, error);
	if (attach.root) {
		attach.final = sma_pins_path(attach.root, attach.name);
		attach.staging = attach.final ? sma_format("%s/%%on-%s", attach.root,
							   attach.final + strlen(attach.root) + 1)
					      : NULL;
		if (attach.staging)
			result = attach_locked(&attach, error);
		else
			sma_fail_memory(error);
	}
	sma_loaded_close(&attach.loaded);
	for (size_t i = 0; i < SMA_TRACERS; i++)
		sma_tracer_close(&attach.tracers[i]);
	sma_cgroup_close(&attach.cgroup);
	sma_object_free(&attach.file);
	sma_policy_close(&attach.policy);
	json_decref(attach.targets);
	free(attach.edge_users);
	free(attach.root);
	free(attach.staging);
	free(attach.final);
	return result;
}
