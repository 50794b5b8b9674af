/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The few fields of kernel structures that the datapath reads. CO-RE finds their
 * offsets in the running kernel's BTF by name, so only names and types matter
 * here and one object serves every kernel. Written by hand instead of a generated
 * vmlinux.h, which would tie the build to a machine and hide what is relied on.
 *
 * Checked against include/net/sock.h, include/linux/{tcp,skmsg,wait,net}.h of
 * 5.10, 6.1, 6.12 and 6.18.
 */
#ifndef SOCKMAP_KERNEL_H
#define SOCKMAP_KERNEL_H

#include <linux/in6.h>
#include <linux/types.h>

#define SM_TCP_ESTABLISHED 1
#define SM_TCP_FIN_WAIT1   4
#define SM_TCP_FIN_WAIT2   5
#define SM_TCP_CLOSE	   7
#define SM_TCP_CLOSE_WAIT  8

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct list_head {
	struct list_head *next;
};

struct wait_queue_head {
	struct list_head head;
};

struct wait_queue_entry {
	void *private;
	void *func;
	struct list_head entry;
};

struct socket_wq {
	struct wait_queue_head wait;
};

struct epoll_event {
	__u32 events;
};

struct epitem {
	struct epoll_event event;
};

struct eppoll_entry {
	struct epitem *base;
	struct wait_queue_entry wait;
};

typedef struct {
	__s64 counter;
} sm_atomic64;

struct ns_common {
	unsigned int inum;
};

struct net {
	struct ns_common ns;
	__u64 net_cookie; /* from 5.12 on */
};

typedef struct {
	struct net *net;
} sm_net;

struct proto {
	__s64 *memory_allocated; /* atomic_long_t: pages, of all sockets of the protocol */
	long *sysctl_mem;	 /* net.ipv4.tcp_mem */
};

struct sock_common {
	__u32 skc_daddr, skc_rcv_saddr; /* network byte order, as skc_dport */
	__u16 skc_dport;
	__u16 skc_num;
	unsigned short skc_family;
	struct in6_addr skc_v6_daddr, skc_v6_rcv_saddr;
	unsigned long skc_flags;
	struct proto *skc_prot;
	sm_net skc_net;
	sm_atomic64 skc_cookie;
	volatile unsigned char skc_state;
};

typedef struct {
	int owned;
} sm_socket_lock;

typedef struct {
	__u32 val;
} sm_kernel_id; /* kuid_t, kgid_t */

struct cred {
	sm_kernel_id fsuid, fsgid;
};

struct task_struct {
	struct task_struct *group_leader;
	__u64 start_time; /* ns */
};

struct file {
	unsigned int f_flags;
	const struct cred *f_cred;
};

struct socket {
	struct file *file;
};

struct sock {
	struct sock_common __sk_common;
	sm_socket_lock sk_lock;
	struct socket_wq *sk_wq;
	void *sk_user_data;
	struct socket *sk_socket;
	sm_kernel_id sk_uid;
	int sk_peek_off;
	int sk_rcvlowat;
};

/* Not these numbers: CO-RE asks the running kernel. */
enum sock_flags {
	SOCK_KEEPOPEN = 3,
	SOCK_ZEROCOPY = 18,
};

/* `flag` is a name: CO-RE takes no variable. */
#define sm_has_flag(sk, flag)                                                                      \
	((sk)->__sk_common.skc_flags >> bpf_core_enum_value(enum sock_flags, flag) & 1)

struct tcp_sock {
	__u32 rcv_nxt;
	__u32 copied_seq;
	__u32 snd_una;
	__u32 write_seq;
	__u32 notsent_lowat;
	unsigned int keepalive_time; /* 0: net.ipv4.tcp_keepalive_time */
	void *fastopen_rsk;
	_Bool is_mptcp; /* only with CONFIG_MPTCP */
};

struct sk_psock {
	struct sock *sk;
	struct list_head ingress_msg;
};

struct sk_msg_sg {
	__u32 size;
};

struct sk_msg {
	struct sk_msg_sg sg;
	struct list_head list;
};

#pragma clang attribute pop

#endif
