// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Marks the sockets whose readers splice() (bpf/include/readers.h). Two programs: one for where
 * splice() begins, and one for kernels that refuse it, for where any reader has looked for bytes of
 * the stack. They are called for all TCP sockets of the host, and mind those of one attachment.
 */
#include <stdbool.h>

#include "kernel_types.h"
#include "../../bpf/include/peers_map.h"
#include "../../bpf/include/readers_map.h"

/* Of splice(). */
#define SYSCALL_X86   275
#define SYSCALL_ARM64 76

static __always_inline void mark(struct sm_peer *peer)
{
	struct sm_splicing *splicing;
	__u32 splices = SM_SPLICES, zero = 0;
	__u64 kind = peer->readers;

	peer->splices = 1;
	if (kind)
		bpf_map_update_elem(&sm_readers, &kind, &splices, BPF_ANY);
	splicing = bpf_map_lookup_elem(&sm_splicing, &zero);
	if (splicing)
		splicing->seen = 1;
}

SEC("fentry/tcp_splice_read")
int sma_splice(__u64 *args)
{
	struct socket *socket = (struct socket *)args[0];
	struct sock *sk = socket->sk;
	struct sm_peer *peer;

	if (!sk)
		return 0;
	peer = bpf_sk_storage_get(&sm_peers, sk, NULL, 0);
	if (peer && !peer->splices)
		mark(peer);
	return 0;
}

/* Is the calling task inside splice()? */
static __always_inline bool is_in_splice(void)
{
	void *regs = (void *)bpf_task_pt_regs(bpf_get_current_task_btf());
	struct pt_regs___x86 *x86 = regs;
	struct pt_regs___arm64 *arm64 = regs;

	if (bpf_core_field_exists(x86->orig_ax))
		return BPF_CORE_READ(x86, orig_ax) == SYSCALL_X86;
	if (bpf_core_field_exists(arm64->syscallno))
		return BPF_CORE_READ(arm64, syscallno) == SYSCALL_ARM64;
	return false;
}

/* tcp_read_sock() comes here also when it has found nothing. */
SEC("tp_btf/tcp_rcv_space_adjust")
int sma_spliced(__u64 *args)
{
	struct sock *sk = (struct sock *)args[0];
	struct sm_peer *peer;

	/* Most of them are none of ours: they shall not pay for the look-up. */
	if (!sk->sk_bpf_storage)
		return 0;
	peer = bpf_sk_storage_get(&sm_peers, sk, NULL, 0);
	if (peer && !peer->splices && is_in_splice())
		mark(peer);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
