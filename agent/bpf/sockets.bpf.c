// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Reads every socket of a sockmap or sockhash: no lookup from user space gives more than a cookie.
 */
#include "kernel_types.h"
#include "records.h"

#include <bpf/bpf_endian.h>

#define AF_INET6_	      10
#define SK_USER_DATA_PTRMASK_ (~7UL)
#define MAX_QUEUED_MESSAGES   1024

const volatile struct sma_iter_config config = {};

struct psock_queue {
	__u64 bytes;
	__u32 backlog;
};

/* sk_psock.msg_tot_len counts the queue on newer kernels; older ones have only the list. */
static __always_inline void walk_queue(struct sk_psock *psock, struct psock_queue *queue)
{
	const void *head =
	    (const void *)psock + bpf_core_field_offset(struct sk_psock, ingress_msg);
	struct list_head *next = BPF_CORE_READ(psock, ingress_msg.next);

	for (int i = 0; i < MAX_QUEUED_MESSAGES; i++) {
		if (!next || next == head)
			return;
		struct sk_msg *msg = (void *)next - bpf_core_field_offset(struct sk_msg, list);

		queue->bytes += BPF_CORE_READ(msg, sg.size);
		next = BPF_CORE_READ(msg, list.next);
	}
	queue->backlog++;
}

static __always_inline int read_queue(struct sock *sk, struct psock_queue *queue)
{
	unsigned long user_data = (unsigned long)BPF_CORE_READ(sk, sk_user_data);
	struct sk_psock *psock = (void *)(user_data & SK_USER_DATA_PTRMASK_);
	struct sk_msg *cork;

	if (!psock)
		return 0;
	queue->backlog = BPF_CORE_READ(psock, ingress_skb.qlen);
	if (bpf_core_field_exists(psock->msg_tot_len))
		queue->bytes = BPF_CORE_READ(psock, msg_tot_len);
	else
		walk_queue(psock, queue);
	cork = BPF_CORE_READ(psock, cork);
	if (cork)
		queue->bytes += BPF_CORE_READ(cork, sg.size);
	return 1;
}

static __always_inline void read_addresses(struct sock *sk, struct sma_iter_socket *record)
{
	record->family = BPF_CORE_READ(sk, __sk_common.skc_family);
	record->state = BPF_CORE_READ(sk, __sk_common.skc_state);
	record->local_port = BPF_CORE_READ(sk, __sk_common.skc_num);
	record->remote_port = bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport));
	if (record->family == AF_INET6_ && bpf_core_field_exists(sk->__sk_common.skc_v6_daddr)) {
		BPF_CORE_READ_INTO(&record->local, sk, __sk_common.skc_v6_rcv_saddr);
		BPF_CORE_READ_INTO(&record->remote, sk, __sk_common.skc_v6_daddr);
		return;
	}
	*(__u32 *)record->local = BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr);
	*(__u32 *)record->remote = BPF_CORE_READ(sk, __sk_common.skc_daddr);
}

SEC("iter/sockmap")
int sma_sockets(struct bpf_iter__sockmap *ctx)
{
	struct seq_file *seq = ctx->meta->seq;
	struct sma_iter_socket record = {};
	struct psock_queue queue = {};
	struct sock *sk = ctx->sk;
	void *key = ctx->key;
	struct socket *socket;

	if (!sk || !key)
		return 0;
	record.sk = (__u64)sk;
	if (config.make_cookie)
		record.cookie = bpf_get_socket_cookie(sk);
	else
		record.cookie = BPF_CORE_READ(sk, __sk_common.skc_cookie.counter);
	record.netns = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
	socket = BPF_CORE_READ(sk, sk_socket);
	if (socket) {
		struct socket_alloc *alloc =
		    (void *)socket - bpf_core_field_offset(struct socket_alloc, socket);

		record.inode = BPF_CORE_READ(alloc, vfs_inode.i_ino);
	}
	read_addresses(sk, &record);
	record.psock = read_queue(sk, &queue);
	record.queued = queue.bytes;
	record.backlog = queue.backlog;
	bpf_seq_write(seq, &record, sizeof(record));
	bpf_seq_write(seq, key, config.key_size);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
