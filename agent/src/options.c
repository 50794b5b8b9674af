// SPDX-License-Identifier: Apache-2.0
#include "options.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>

#include "params.h"
#include "probe_fionread.h"
#include "probe_original_dst.h"
#include "text.h"

#define DEFAULT_SOCKETS 65536
/* Two for one connection; with more than 16 million the buckets alone take gigabytes. */
#define MIN_SOCKETS 2
#define MAX_SOCKETS (1u << 24)

static const char *const pairings[] = {[SM_BY_HANDSHAKE] = "handshake",
				       [SM_BY_ORIGINAL_DST] = "original-dst",
				       [SM_BY_TUPLE] = "tuple"};
#define PAIRINGS (sizeof(pairings) / sizeof(*pairings))

static int read_pairing(const json_t *params, struct sma_options *options, struct sma_error *error)
{
	const char *name = "auto";

	if (sma_param_string(params, "pairing", false, &name, error))
		return -1;
	options->datapath.pairing_auto = strcmp(name, "auto") == 0;
	if (options->datapath.pairing_auto)
		return 0;
	for (__u32 by = 0; by < PAIRINGS; by++) {
		if (strcmp(name, pairings[by]) == 0) {
			options->datapath.pairing = by;
			options->given = true;
			return 0;
		}
	}
	return sma_fail(error, SMA_INVALID_PARAMS, NULL,
			"\"pairing\" must be auto, handshake, original-dst or tuple, not \"%s\"",
			name);
}

int sma_options_read(const json_t *params, struct sma_options *options, struct sma_error *error)
{
	uint64_t sockets = DEFAULT_SOCKETS;
	bool edge_readers = false;

	memset(options, 0, sizeof(*options));
	if (read_pairing(params, options, error) ||
	    sma_param_uint(params, "maxSockets", false, MAX_SOCKETS, &sockets, error) ||
	    sma_param_bool(params, "edgeReaders", &edge_readers, error))
		return -1;
	options->datapath.gated = edge_readers;
	options->given = options->given || edge_readers;
	if (sockets < MIN_SOCKETS)
		return sma_fail(error, SMA_INVALID_PARAMS, NULL,
				"\"maxSockets\" must be at least %d, the two ends of a connection",
				MIN_SOCKETS);
	options->given = options->given || json_object_get(params, "maxSockets");
	options->max_sockets = json_object_get(params, "maxSockets") ? (uint32_t)sockets : 0;
	return 0;
}

static int check_original_dst(const char *cgroup, struct sma_error *error)
{
	switch (sma_original_dst_told(cgroup, error)) {
	case 1:
		return 0;
	case 0:
		return sma_fail(error, SMA_UNSUPPORTED,
				"Use --pairing handshake (sockmap.pairing), which works on every "
				"kernel and through every NAT.",
				"This kernel does not give BPF programs the original destination "
				"of a connection (bpf_getsockopt(SOL_IP, %d) fails)",
				SM_SO_ORIGINAL_DST);
	default:
		return -1;
	}
}

static int set_size(struct bpf_object *object, const char *name, uint32_t entries,
		    struct sma_error *error)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, name);

	if (!map || bpf_map__set_max_entries(map, entries))
		return sma_fail(error, SMA_BAD_OBJECT, "Build the object again.",
				"The datapath has no map %s of a size that can be chosen", name);
	return 0;
}

static int set_sizes(const struct sma_options *options, struct bpf_object *object,
		     struct sma_error *error)
{
	struct bpf_map *sockets = bpf_object__find_map_by_name(object, SM_SOCKETS_MAP);
	uint32_t entries = options->max_sockets;

	if (!entries && sockets)
		entries = bpf_map__max_entries(sockets);
	if (options->max_sockets && (set_size(object, SM_SOCKETS_MAP, entries, error) ||
				     set_size(object, SM_HANDSHAKES_MAP, entries, error)))
		return -1;
	if (options->datapath.pairing != SM_BY_HANDSHAKE)
		return set_size(object, SM_TUPLES_MAP, entries, error);
	return 0;
}

int sma_options_apply(const struct sma_options *options, struct bpf_object *object, bool ours,
		      const char *cgroup, struct sma_error *error)
{
	struct bpf_map *constants = bpf_object__find_map_by_name(object, SM_OPTIONS_MAP);
	struct sm_options datapath = options->datapath;

	if (!ours && options->given)
		return sma_fail(error, SMA_UNSUPPORTED, "Leave them out.",
				"Pairing, number of sockets and edge readers can be chosen only "
				"for the Sockmap datapath");
	if (!ours)
		return 0;
	if (options->datapath.pairing == SM_BY_ORIGINAL_DST && check_original_dst(cgroup, error))
		return -1;
	datapath.fionread_denies = sma_fionread_broken() == 1;
	if (!constants || bpf_map__set_initial_value(constants, &datapath, sizeof(datapath)))
		return sma_fail(error, SMA_BAD_OBJECT, "Build the object again.",
				"The datapath was built for another version of the agent");
	return set_sizes(options, object, error);
}

json_t *sma_pairing_json(const struct sma_attachment *attachment)
{
	const struct sma_pin *pin = sma_find_pin(attachment, SMA_PIN_MAP, SM_OPTIONS_MAP);
	struct sm_options options;
	const char *reason;
	__u32 zero = 0;

	if (!sma_attachment_abi(attachment) || !pin || pin->value_size != sizeof(options) ||
	    bpf_map_lookup_elem(pin->fd, &zero, &options) || options.pairing >= PAIRINGS)
		return json_null();
	if (options.pairing_auto)
		reason = "The default: it works on every kernel and through every NAT.";
	else if (options.pairing == SM_BY_ORIGINAL_DST)
		reason = "It was asked for, and this kernel supports it.";
	else
		reason = "It was asked for.";
	return json_pack("{s:s, s:s}", "by", pairings[options.pairing], "reason", reason);
}
