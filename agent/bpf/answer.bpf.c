// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Corrects what ioctl(FIONREAD) says on kernels before 929e30f93125, which count what waits in the
 * TCP receive queue and nothing that was redirected: an answer of 0 makes nginx wait for an edge
 * that never comes. The answer has just been written where it belongs when the function returns;
 * what waits in the psock queue is added to it there.
 *
 * The function is sk_ioctl() where there is one (6.5), tcp_ioctl() before: the same arguments.
 */
#include <linux/in.h>

#include "kernel_types.h"
#include "../../bpf/include/sockmap_abi.h"

#define SIOCINQ 0x541B /* FIONREAD */

/* sk_user_data carries flags in its low bits (include/net/sock.h SK_USER_DATA_*). */
#define USER_DATA_FLAGS 7UL

/* More messages than the default queue limit lets in are not counted: who has read so many asks
 * again. */
#define MAX_MESSAGES (SM_DEFAULT_QUEUE_LIMIT / SM_MESSAGE_OVERHEAD)

static __always_inline __u32 redirected_bytes(struct sock *sk)
{
	unsigned long data = (unsigned long)BPF_CORE_READ(sk, sk_user_data);
	struct sk_psock *psock = (struct sk_psock *)(data & ~USER_DATA_FLAGS);
	struct list_head *head, *pos;
	__u32 bytes = 0;

	if (!psock || BPF_CORE_READ(psock, sk) != sk)
		return 0;
	head = (struct list_head *)__builtin_preserve_access_index(&psock->ingress_msg);
	pos = BPF_CORE_READ(head, next);
	/* Another thread may read meanwhile: the walk may go astray, the reads are safe and
	 * bounded. */
	for (int i = 0; i < MAX_MESSAGES && pos && pos != head; i++) {
		struct sk_msg *msg = (void *)pos - bpf_core_field_offset(struct sk_msg, list);

		bytes += BPF_CORE_READ(msg, sg.size);
		pos = BPF_CORE_READ(pos, next);
	}
	return bytes;
}

SEC("fexit/tcp_ioctl")
int sma_answer(__u64 *args)
{
	struct sock *sk = (struct sock *)args[0];
	void *target = (void *)args[2];
	__u32 answer, bytes;

	if ((__u32)args[1] != SIOCINQ || (__u32)args[3] != 0 ||
	    BPF_CORE_READ(sk, sk_protocol) != IPPROTO_TCP)
		return 0;
	bytes = redirected_bytes(sk);
	if (bytes && bpf_probe_read_user(&answer, sizeof(answer), target) == 0) {
		answer += bytes;
		bpf_probe_write_user(target, &answer, sizeof(answer));
	}
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
