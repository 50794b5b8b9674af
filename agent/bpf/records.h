/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the iterator programs write and the agent reads back, record after record. */
#ifndef SMA_RECORDS_H
#define SMA_RECORDS_H

#include <linux/types.h>

#include "../../bpf/include/sockmap_abi.h"

/* Layout of .rodata of sockets.bpf.c, set before it is loaded. */
struct sma_iter_config {
	__u32 key_size;	   /* of the map that is read */
	__u32 make_cookie; /* 1: bpf_get_socket_cookie() is there for tracing programs (5.12) */
	__u32 map_id;	   /* of that map, for the iterator over TCP sockets */
};

/* A sockhash's keys are shorter (MAX_BPF_STACK); a power of two. */
#define SMA_MAX_KEY 1024

/* Followed by the map's key. */
struct sma_iter_socket {
	__u64 sk;     /* address of the socket: its identity while the record is at hand */
	__u64 cookie; /* 0: nobody asked for one yet and the program could not either */
	__u64 inode;
	__u64 queued;  /* bytes in the psock queue, and those it corks */
	__u32 backlog; /* packets or messages that `queued` does not count, 0: none */
	__u32 netns;
	__u16 family; /* AF_INET, AF_INET6 */
	__u16 local_port;
	__u16 remote_port; /* all ports in host order */
	__u8 state;	   /* include/net/tcp_states.h */
	__u8 psock;	   /* 1: the socket has a psock */
	__u8 local[16];
	__u8 remote[16];
};

struct sma_iter_peer {
	__u64 cookie;
	__u64 peer_cookie;
	__u64 redirected_messages;
	__u64 redirected_bytes;
	__u64 stack_messages;
	__u64 stack_bytes;
	__u64 last_stack_verdict;
	__u64 messages[SM_VERDICTS]; /* by enum sm_verdict */
};

#endif
