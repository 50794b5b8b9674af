/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The few kernel types that the iterators read, for CO-RE: field offsets come
 * from the BTF of the running kernel, so only the names matter here.
 */
#ifndef SMA_KERNEL_TYPES_H
#define SMA_KERNEL_TYPES_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct list_head {
	struct list_head *next;
};

struct in6_addr {
	union {
		__u32 u6_addr32[4];
	} in6_u;
};

struct ns_common {
	unsigned int inum;
};

struct net {
	struct ns_common ns;
};

typedef struct {
	struct net *net;
} possible_net_t;

typedef struct {
	__s64 counter;
} atomic64_t;

struct sock_common {
	__be32 skc_daddr;
	__be32 skc_rcv_saddr;
	__be16 skc_dport;
	__u16 skc_num;
	unsigned short skc_family;
	volatile unsigned char skc_state;
	possible_net_t skc_net;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
	atomic64_t skc_cookie;
};

struct inode {
	unsigned long i_ino;
};

struct socket {
	short type;
	struct sock *sk;
};

struct socket_alloc {
	struct socket socket;
	struct inode vfs_inode;
};

struct sock {
	struct sock_common __sk_common;
	__u16 sk_protocol;
	struct socket *sk_socket;
	void *sk_user_data;
	void *sk_bpf_storage; /* of all maps of that kind */
	int sk_rcvlowat;
};

struct tcp_sock {
	__u32 notsent_lowat;
};

/* page_link is not here: its type differs between kernels, and nobody needs it. */
struct scatterlist {
	unsigned int length;
};

struct sk_msg_sg {
	__u32 start;
	__u32 size;
	struct scatterlist data[1]; /* MAX_MSG_FRAGS + 2 */
};

struct task_struct {
	char comm[16];
};

struct pt_regs___x86 {
	unsigned long orig_ax; /* number of the system call */
};

struct pt_regs___arm64 {
	int syscallno;
};

struct sk_msg {
	struct sk_msg_sg sg;
	struct list_head list;
};

struct sk_buff_head {
	__u32 qlen;
};

struct sk_psock {
	struct sock *sk;
	struct sk_msg *cork;
	struct list_head ingress_msg;
	struct sk_buff_head ingress_skb;
	struct list_head link;
	__u32 msg_tot_len;
};

struct bpf_map {
	enum bpf_map_type map_type;
	__u32 id;
};

/* include/linux/skmsg.h and net/core/sock_map.c: which maps hold a socket, and where in them. */
struct sk_psock_link {
	struct list_head list;
	struct bpf_map *map;
	void *link_raw;
};

struct bpf_stab {
	struct bpf_map map;
	struct sock **sks;
};

struct bpf_shtab_elem {
	__u32 hash;
	__u8 key[0];
};

struct seq_file;

#pragma clang attribute pop

/* Contexts of the iterators: their layout is fixed by the kernel's DEFINE_BPF_ITER_FUNC. */
struct bpf_iter_meta {
	struct seq_file *seq;
	__u64 session_id;
	__u64 seq_num;
};

struct bpf_iter__sockmap {
	struct bpf_iter_meta *meta;
	struct bpf_map *map;
	void *key;
	struct sock *sk;
};

struct bpf_iter__tcp {
	struct bpf_iter_meta *meta;
	struct sock_common *sk_common;
	__u32 uid;
};

struct bpf_iter__bpf_sk_storage_map {
	struct bpf_iter_meta *meta;
	struct bpf_map *map;
	struct sock *sk;
	void *value;
};

#endif
