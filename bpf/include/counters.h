/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef SOCKMAP_COUNTERS_H
#define SOCKMAP_COUNTERS_H

#include "maps.h"

/*
 * The totals belong to a CPU, but a task may be preempted by another one's sk_msg
 * on the same CPU, or by softirq: hence atomic adds, which cost little on a line
 * that no other CPU touches.
 */
static __always_inline void sm_count_total(__u32 verdict, __u64 bytes)
{
	struct sm_count *total = bpf_map_lookup_elem(&sm_totals, &verdict);

	if (!total)
		return;
	__sync_fetch_and_add(&total->messages, 1);
	/* Not for a constant 0: clang makes it an atomic or, which 5.10 does not have. */
	if (bytes)
		__sync_fetch_and_add(&total->bytes, bytes);
}

static __always_inline void sm_note_writer(struct sm_peer *peer, __u64 bytes)
{
	__u64 task = bpf_get_current_pid_tgid();

	if (peer->writer.task != task) {
		if (peer->writer.task)
			peer->writer.since = bpf_ktime_get_ns();
		peer->writer.task = task;
	}
	peer->writer.runs++;
	peer->writer.bytes += bytes;
}

/* Called with the socket locked (tcp_bpf_sendmsg()): plain adds are enough for its own. */
static __always_inline void sm_count_message(struct sm_peer *peer, __u32 verdict, __u64 bytes)
{
	sm_note_writer(peer, bytes);
	/* Right before it is used: 5.10 does not know the bounds of what was spilled before. */
	if (verdict >= SM_VERDICTS)
		return;
	peer->counts[verdict].messages++;
	peer->counts[verdict].bytes += bytes;
	if (verdict != SM_REDIRECTED)
		peer->last_stack_verdict = verdict;
	sm_count_total(verdict, bytes);
}

#endif
