// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Reads what the datapath keeps per socket. An iterator over the storage map,
 * because bpf_sk_storage_get() in an iterator over the sockhash needs Linux 5.11.
 */
#include "kernel_types.h"
#include "records.h"
#include "../../bpf/include/sockmap_abi.h"

SEC("iter/bpf_sk_storage_map")
int sma_peers(struct bpf_iter__bpf_sk_storage_map *ctx)
{
	struct seq_file *seq = ctx->meta->seq;
	const struct sm_peer *peer = ctx->value;
	struct sma_iter_peer record = {};

	if (!ctx->sk || !peer)
		return 0;
	record.cookie = peer->cookie;
	record.peer_cookie = peer->peer_cookie;
	record.redirected_messages = peer->counts[SM_REDIRECTED].messages;
	record.redirected_bytes = peer->counts[SM_REDIRECTED].bytes;
#pragma unroll
	for (int verdict = SM_REDIRECTED + 1; verdict < SM_VERDICTS; verdict++) {
		record.stack_messages += peer->counts[verdict].messages;
		record.stack_bytes += peer->counts[verdict].bytes;
	}
	record.last_stack_verdict = peer->last_stack_verdict;
	bpf_seq_write(seq, &record, sizeof(record));
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
