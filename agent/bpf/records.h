/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the agent tells its programs, and what they write for it, record after record. */
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

/* Layout of .rodata of answer.bpf.c, set before it is loaded. */
struct sma_answer_config {
	__u32 map_id; /* of the sockmap whose sockets it minds */
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

/* Layout of .rodata of capture.bpf.c. */
struct sma_capture_config {
	__u64 cookie;  /* of either end; 0: any */
	__u32 port;    /* of either end; 0: any */
	__u32 snaplen; /* bytes of a message that are copied */
	__u32 command; /* 1: bpf_get_current_task() is there for sk_msg programs */
	__u32 all;     /* 1: also messages that took the stack */
};

/* Layout of its .bss. */
struct sma_capture_counts {
	__u64 dropped_messages; /* of which at least a part is missing */
	__u64 dropped_bytes;	/* which would have been copied */
};

/* A connection as one end sees it. */
struct sma_capture_end {
	__u8 local[16], remote[16];
	__u16 family, local_port, remote_port; /* as in struct sma_iter_socket */
	__u16 reserved;
};

/*
 * A message. Then come its pieces, in order: `time` and `cookie` say which message they are of, as
 * messages of several sockets may be mixed.
 */
struct sma_capture_message {
	__u64 time; /* CLOCK_MONOTONIC ns */
	__u64 cookie, peer_cookie;
	__u64 position;	     /* bytes that the socket sent before this message, on whichever way */
	__u64 stack;	     /* of these, the ones that took the stack */
	__u64 peer_position; /* bytes that the other end has sent */
	struct sm_handshake handshake;
	__u32 active; /* 1: the sender connected, 0: it was accepted */
	__u32 pid;
	__u32 size;
	__u32 verdict;				 /* enum sm_verdict */
	char command[16];			 /* empty: not known */
	struct sma_capture_end sender, receiver; /* family 0: not known any more */
};

/* Its bytes follow, and unused room: no record of a piece is as large as a message. */
struct sma_capture_piece {
	__u64 time;
	__u64 cookie;
	__u32 offset; /* in the message */
	__u32 span;   /* bytes of the message that this stands for, and how many of them follow */
	__u32 length;
	__u32 reserved;
};

#endif
