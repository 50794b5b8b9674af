// SPDX-License-Identifier: Apache-2.0
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "context.h"
#include "iter.h"
#include "params.h"
#include "pins.h"
#include "reasons.h"
#include "show.h"
#include "text.h"
#include "../../bpf/include/sockmap_abi.h"

static const char *const reasons[SM_VERDICTS] = {
    [SM_NO_PEER] = "noPeer",	 [SM_ORDER] = "order",	     [SM_BACKPRESSURE] = "backpressure",
    [SM_PEER_GONE] = "peerGone", [SM_DISABLED] = "disabled", [SM_MAP_FULL] = "mapFull",
    [SM_POLICY] = "policy",	 [SM_EXCLUDED] = "excluded", [SM_ERROR] = "error",
    [SM_STREAM] = "stream",	 [SM_FIRST] = "first"};

const char *sma_reason(__u64 verdict)
{
	return verdict < SM_VERDICTS ? reasons[verdict] : NULL;
}

static json_t *count_json(const struct sm_count *count)
{
	return json_pack("{s:I, s:I}", "messages", (json_int_t)count->messages, "bytes",
			 (json_int_t)count->bytes);
}

static int read_totals(const struct sma_attachment *attachment, struct sm_count totals[SM_VERDICTS],
		       struct sma_error *error)
{
	const struct sma_pin *pin = sma_find_pin(attachment, SMA_PIN_MAP, SM_TOTALS_MAP);
	int cpus = libbpf_num_possible_cpus(), result = 0;
	struct sm_count *values;

	memset(totals, 0, SM_VERDICTS * sizeof(*totals));
	if (!pin || pin->bpf_type != BPF_MAP_TYPE_PERCPU_ARRAY ||
	    pin->value_size != sizeof(*values) || cpus < 1)
		return sma_fail(error, SMA_NOT_FOUND, "Detach it and attach again.",
				"The counters of %s are missing", attachment->name);
	values = calloc((size_t)cpus, sizeof(*values));
	if (!values)
		return sma_fail_memory(error);
	for (__u32 verdict = 0; result == 0 && verdict < SM_VERDICTS; verdict++) {
		if (bpf_map_lookup_elem(pin->fd, &verdict, values)) {
			result =
			    sma_fail_errno(error, errno, NULL, "The counters of %s cannot be read",
					   attachment->name);
			break;
		}
		for (int cpu = 0; cpu < cpus; cpu++) {
			totals[verdict].messages += values[cpu].messages;
			totals[verdict].bytes += values[cpu].bytes;
		}
	}
	free(values);
	return result;
}

struct population {
	__u64 sockets, paired, queued;
};

static int read_population(const struct sma_attachment *attachment, const struct sma_pin *sockmap,
			   struct population *population, struct sma_error *error)
{
	const struct sma_pin *storage = sma_find_pin(attachment, SMA_PIN_MAP, SM_PEERS_MAP);
	struct sma_iter_peer *peers = NULL;
	struct sma_sockets sockets;
	struct sma_iter iter;
	size_t count = 0;
	int result = 0;

	if (sma_read_sockets(sockmap->fd, sockmap->key_size, &sockets, error))
		return -1;
	if (sockets.count && storage && storage->value_size == sizeof(struct sm_peer)) {
		result = sma_iter_open_peers(&iter, storage->fd, error);
		if (result == 0) {
			result = sma_iter_peers(&iter, &peers, &count, error);
			sma_iter_close(&iter);
		}
	}
	for (size_t i = 0; i < sockets.count; i++) {
		const struct sma_iter_socket *socket = &sockets.list[i].record;
		const struct sma_iter_peer *peer = sma_find_peer(peers, count, socket->cookie);

		population->sockets++;
		population->paired += peer && peer->peer_cookie;
		population->queued += socket->queued;
	}
	free(peers);
	sma_sockets_free(&sockets);
	return result;
}

static json_t *stats(const struct sma_attachment *attachment, struct sma_error *error)
{
	const struct sma_pin *sockmap = sma_attachment_sockmap(attachment);
	struct sm_count totals[SM_VERDICTS], stack = {0};
	struct population population = {0};
	json_t *by_reason;

	if (!sma_attachment_abi(attachment) || !sockmap) {
		sma_fail(error, SMA_UNSUPPORTED, "Look at its sockets and maps instead.",
			 "%s is not the Sockmap datapath and has no counters", attachment->name);
		return NULL;
	}
	if (read_totals(attachment, totals, error) ||
	    read_population(attachment, sockmap, &population, error))
		return NULL;
	by_reason = json_object();
	for (unsigned int verdict = SM_REDIRECTED + 1; verdict < SM_VERDICTS; verdict++) {
		stack.messages += totals[verdict].messages;
		stack.bytes += totals[verdict].bytes;
		json_object_set_new(by_reason, reasons[verdict], count_json(&totals[verdict]));
	}
	return json_pack("{s:s, s:f, s:o, s:o, s:o, s:I, s:I, s:I, s:I}", "name", attachment->name,
			 "atMs", sma_now_ms(), "redirected", count_json(&totals[SM_REDIRECTED]),
			 "stack", count_json(&stack), "reasons", by_reason, "sockets",
			 (json_int_t)population.sockets, "paired", (json_int_t)population.paired,
			 "capacity", (json_int_t)sockmap->max_entries, "queuedBytes",
			 (json_int_t)population.queued);
}

json_t *sma_stats(struct sma_context *context, const json_t *params, struct sma_error *error)
{
	struct sma_attachment attachment;
	const char *name = NULL;
	json_t *result;

	if (sma_param_name(params, &name, error) ||
	    sma_attachment_find(context, name, &attachment, error))
		return NULL;
	result = stats(&attachment, error);
	sma_attachment_close(&attachment);
	return result;
}
