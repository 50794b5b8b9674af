// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Corrects what ioctl(FIONREAD) says on kernels before 929e30f93125, which count what waits in the
 * TCP receive queue and nothing that was redirected: an answer of 0 makes nginx wait for an edge
 * that never comes. The answer has just been written where it belongs when the function returns;
 * what waits in the psock queue is added to it there.
 *
 * It is called for all TCP sockets of the host, and minds those of one map: each attachment has its
 * own, and two must not add the same bytes.
 *
 * The function is sk_ioctl() where there is one (6.5), tcp_ioctl() before: the same arguments.
 */
#include <linux/in.h>

#include "psock.h"
#include "records.h"

#define SIOCINQ 0x541B /* FIONREAD */

const volatile struct sma_answer_config config = {};

static __always_inline bool is_in_map(struct sk_psock *psock)
{
	struct sk_psock_link *link = sma_next_link(psock, NULL);

	for (int i = 0; i < SMA_LINKS_WALK && link; i++) {
		if (BPF_CORE_READ(link, map, id) == config.map_id)
			return true;
		link = sma_next_link(psock, link);
	}
	return false;
}

SEC("fexit/tcp_ioctl")
int sma_answer(__u64 *args)
{
	struct sock *sk = (struct sock *)args[0];
	void *target = (void *)args[2];
	struct sk_psock *psock;
	__u32 answer, bytes;
	bool more;

	if ((__u32)args[1] != SIOCINQ || (__u32)args[3] != 0 ||
	    BPF_CORE_READ(sk, sk_protocol) != IPPROTO_TCP)
		return 0;
	psock = sma_psock(sk);
	if (!psock || !is_in_map(psock))
		return 0;
	/* Who has read those asks again for more. */
	bytes = sma_queued_bytes(psock, &more);
	if (bytes && bpf_probe_read_user(&answer, sizeof(answer), target) == 0) {
		answer += bytes;
		bpf_probe_write_user(target, &answer, sizeof(answer));
	}
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
