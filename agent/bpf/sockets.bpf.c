// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Reads every socket of a sockmap or sockhash: no lookup from user space gives more than a cookie.
 * Two programs for the same records: one over the map, and one over the TCP sockets of a network
 * namespace for kernels that refuse the first (some hardened ones answer EPERM to every iterator
 * that is handed a map's memory).
 */
#include "addresses.h"
#include "psock.h"
#include "records.h"

#define TCP_TIME_WAIT_	  6
#define TCP_NEW_SYN_RECV_ 12

const volatile struct sma_iter_config config = {};

/* Only one reader runs per loaded object; too large for the stack. */
unsigned char found_key[SMA_MAX_KEY];

struct psock_queue {
	__u64 bytes;
	__u32 backlog;
};

/* sk_psock.msg_tot_len counts the queue on newer kernels; older ones have only the list. */
static __always_inline void read_queue(struct sk_psock *psock, struct psock_queue *queue)
{
	struct sk_msg *cork;
	bool more = false;

	if (bpf_core_field_exists(psock->msg_tot_len))
		queue->bytes = BPF_CORE_READ(psock, msg_tot_len);
	else
		queue->bytes = sma_queued_bytes(psock, &more);
	queue->backlog = BPF_CORE_READ(psock, ingress_skb.qlen) + more;
	cork = BPF_CORE_READ(psock, cork);
	if (cork)
		queue->bytes += BPF_CORE_READ(cork, sg.size);
}

/* All but the cookie, which wants the verifier's own pointer to the socket. */
static __always_inline void read_socket(struct sock *sk, struct sma_iter_socket *record)
{
	struct sk_psock *psock = sma_psock(sk);
	struct psock_queue queue = {};
	struct socket *socket;

	record->sk = (__u64)sk;
	record->netns = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
	socket = BPF_CORE_READ(sk, sk_socket);
	if (socket) {
		struct socket_alloc *alloc =
		    (void *)socket - bpf_core_field_offset(struct socket_alloc, socket);

		record->inode = BPF_CORE_READ(alloc, vfs_inode.i_ino);
	}
	record->state = BPF_CORE_READ(sk, __sk_common.skc_state);
	SMA_READ_ADDRESSES(sk, record);
	if (psock) {
		read_queue(psock, &queue);
		record->psock = 1;
	}
	record->queued = queue.bytes;
	record->backlog = queue.backlog;
}

SEC("iter/sockmap")
int sma_sockets(struct bpf_iter__sockmap *ctx)
{
	struct seq_file *seq = ctx->meta->seq;
	struct sma_iter_socket record = {};
	struct sock *sk = ctx->sk;
	void *key = ctx->key;

	if (!sk || !key)
		return 0;
	if (config.make_cookie)
		record.cookie = bpf_get_socket_cookie(sk);
	else
		record.cookie = BPF_CORE_READ(sk, __sk_common.skc_cookie.counter);
	read_socket(sk, &record);
	bpf_seq_write(seq, &record, sizeof(record));
	bpf_seq_write(seq, key, config.key_size);
	return 0;
}

/*
 * The key by which a map holds the socket (sock_map_add_link()): in the element of a sockhash, or
 * the index of the slot of a sockmap.
 */
static __always_inline int read_key(struct sk_psock_link *link, struct bpf_map *map)
{
	void *raw = BPF_CORE_READ(link, link_raw);

	if (BPF_CORE_READ(map, map_type) == BPF_MAP_TYPE_SOCKHASH)
		return bpf_probe_read_kernel(found_key, config.key_size & (SMA_MAX_KEY - 1),
					     raw +
						 bpf_core_field_offset(struct bpf_shtab_elem, key));
	*(__u32 *)found_key =
	    (raw - (void *)BPF_CORE_READ((struct bpf_stab *)map, sks)) / sizeof(void *);
	return 0;
}

SEC("iter/tcp")
int sma_tcp_sockets(struct bpf_iter__tcp *ctx)
{
	struct sock_common *common = ctx->sk_common;
	struct seq_file *seq = ctx->meta->seq;
	struct sma_iter_socket record = {};
	struct sk_psock_link *link;
	struct sk_psock *psock;
	struct sock *sk;
	__u8 state;

	if (!common)
		return 0;
	state = BPF_CORE_READ(common, skc_state);
	if (state == TCP_TIME_WAIT_ || state == TCP_NEW_SYN_RECV_)
		return 0;
	sk = (struct sock *)common;
	psock = sma_psock(sk);
	if (!psock)
		return 0;
	link = sma_next_link(psock, NULL);
	for (int i = 0; i < SMA_LINKS_WALK && link; i++) {
		struct bpf_map *map = BPF_CORE_READ(link, map);

		if (BPF_CORE_READ(map, id) == config.map_id && read_key(link, map) == 0) {
			record.cookie = bpf_get_socket_cookie(common);
			read_socket(sk, &record);
			bpf_seq_write(seq, &record, sizeof(record));
			bpf_seq_write(seq, found_key, config.key_size & (SMA_MAX_KEY - 1));
		}
		link = sma_next_link(psock, link);
	}
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
