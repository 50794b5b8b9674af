/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the datapath's maps look like from outside. Included by bpf/sockmap.bpf.c,
 * which fills them, and by agent/, which reads them; extension/protocol/agent.ts
 * names the same verdicts for the extension.
 *
 * An object is our datapath when it holds the map SM_CONFIG_MAP with the value
 * size of struct sm_config and that struct's `abi` says SM_ABI.
 */
#ifndef SOCKMAP_ABI_H
#define SOCKMAP_ABI_H

#include <linux/types.h>

#define SM_ABI 1

/*
 * What sm_config.queue_limit is when it is 0. Together with the stack's own two
 * buffers it keeps a writer whose reader sleeps within 2x of plain TCP.
 */
#define SM_DEFAULT_QUEUE_LIMIT (1024 * 1024)

/* What sm_config.stream_ns is when it is 0. */
#define SM_DEFAULT_STREAM_NS (250 * 1000 * 1000ULL)

/* What a message in a psock queue costs the kernel beside its bytes (struct sk_msg). */
#define SM_MESSAGE_OVERHEAD 1024

/* Map names, at most BPF_OBJ_NAME_LEN - 1 = 15 characters. */
#define SM_SOCKETS_MAP	  "sm_sockets"	  /* SOCKHASH: socket cookie (u64) -> socket */
#define SM_PEERS_MAP	  "sm_peers"	  /* SK_STORAGE: struct sm_peer */
#define SM_HANDSHAKES_MAP "sm_handshakes" /* HASH: struct sm_handshake -> struct sm_pairing */
#define SM_TOTALS_MAP	  "sm_totals"	  /* PERCPU_ARRAY: enum sm_verdict -> struct sm_count */
#define SM_TUPLES_MAP	  "sm_tuples"	  /* HASH: struct sm_tuple -> struct sm_handshake */
#define SM_PORTS_MAP	  "sm_ports"	  /* ARRAY: TCP port -> struct sm_port */
#define SM_CONFIG_MAP	  "sm_config"	  /* ARRAY of one: struct sm_config */
#define SM_OPTIONS_MAP	  ".rodata.sm"	  /* of one: struct sm_options */
#define SM_OWNERS_MAP	  "sm_owners"	  /* SK_STORAGE, cloned by accept: struct sm_owner */
#define SM_READERS_MAP	  "sm_readers" /* LRU_HASH: kind of reader (u64) -> enum sm_reading (u32) */
#define SM_SPLICING_MAP	  "sm_splicing" /* ARRAY of one: struct sm_splicing */
#define SM_POLICY_MAP                                                                              \
	"sm_policy" /* ARRAY_OF_MAPS of one: LPM_TRIE struct sm_policy_key ->                      \
		     struct sm_rule_set; no map: no policy */

/*
 * PROG_ARRAY of one, empty but while redirected messages are captured: an sk_msg program that
 * sm_verdict goes on with when all is decided and counted, in the same context, so that it finds
 * the sending socket locked and in its struct sm_peer what became of the message. It must return
 * SK_PASS, which carries out the redirect that sm_verdict asked for, and is no part of the
 * datapath's object. The map must be pinned as long as it is attached: whenever the last descriptor
 * of one that is not is closed, the kernel empties it later on (prog_array_map_clear()), and of two
 * listings of all maps that end at one time it keeps a reference for ever. So the kernel does not
 * empty the slot for a capture that is killed: any later use of the attachment does (slot.h).
 */
#define SM_CAPTURE_MAP "sm_capture"

/* cgroup_skb/ingress, only loaded when edge-triggered readers are to be kept right (gate.h). */
#define SM_GATE_PROGRAM "sm_gate"

/* cgroup/setsockopt: refuses kernel TLS to sockets in the map (exclusion.h). */
#define SM_SETSOCKOPT_PROGRAM "sm_setsockopt"

/*
 * What became of a message: redirected into the peer's psock, or given to the
 * TCP stack for the reason named. Values are ABI: append, never renumber.
 *
 * A connection end that could not join the datapath at all has no sk_msg runs. It
 * counts once, with no bytes, as SM_NO_PEER, SM_MAP_FULL, SM_POLICY, SM_EXCLUDED or SM_ERROR
 * in the totals.
 * One that leaves as SM_STREAM has no more of them, and counts once like these.
 */
enum sm_verdict {
	SM_REDIRECTED = 0,
	SM_NO_PEER = 1, /* the peer socket is not on this host, or not attached */
	SM_ORDER =
	    2, /* earlier bytes still travel through the stack: overtaking them would reorder */
	SM_BACKPRESSURE = 3, /* the peer's psock queue is over sm_config.queue_limit */
	SM_PEER_GONE = 4,    /* the peer is closing or left the map */
	SM_DISABLED = 5,     /* sm_config.enabled is 0: the attachment is being drained */
	SM_MAP_FULL = 6,     /* no room in a map when the connection was established */
	SM_POLICY = 7,	     /* a policy rule says so */
	SM_EXCLUDED = 8,     /* the socket uses what a sockmap cannot carry */
	SM_ERROR = 9,	     /* a helper failed */
	SM_STREAM = 10,	     /* a stream that outran its reader has left the map (stream.h) */
	SM_FIRST = 11,	     /* the first message to a reader that may splice() (readers.h) */
	SM_VERDICTS = 12,
};

struct sm_count {
	__u64 messages; /* sk_msg program runs: a large sendmsg() may make several */
	__u64 bytes;
};

/* How the passive end of a connection finds the active one. */
enum sm_pairing_by {
	SM_BY_HANDSHAKE = 0,	/* initial sequence numbers: on every kernel, through every NAT */
	SM_BY_ORIGINAL_DST = 1, /* the reversed addresses, the destination being what it was before
				   NAT: a patched kernel tells (SM_SO_ORIGINAL_DST) */
	SM_BY_TUPLE = 2,	/* the reversed addresses as they are: not through NAT */
};

/*
 * bpf_getsockopt(SOL_IP, ...) in openEuler's kernel and those that took its patch: fills a
 * struct sockaddr_in, or says -ENOENT where no NAT took place. Stock kernels say -EINVAL.
 */
#define SM_SO_ORIGINAL_DST 800

/* Chosen before the load, constant for the verifier, which removes the code of the other choices.
 */
struct sm_options {
	__u32 pairing;	       /* enum sm_pairing_by */
	__u32 pairing_auto;    /* 1: nobody asked for this pairing */
	__u32 gated;	       /* 1: sm_gate is attached (gate.h) */
	__u32 fionread_denies; /* 1: bytes that came through the stack (nudge.h) */
};

/* Written by user space, at any time, one update being one switch. */
struct sm_config {
	__u32 abi;	   /* SM_ABI */
	__u32 enabled;	   /* 0: every message takes the stack, no socket joins */
	__u32 queue_limit; /* bytes, SM_MESSAGE_OVERHEAD included, that may wait in a psock queue
			      before the stack's window takes over; 0: SM_DEFAULT_QUEUE_LIMIT */
	__u32 draining;	   /* 1: whoever detaches it takes sockets out as they become empty */
	__u64 stream_ns;   /* a stream leaves the map when it outran its reader for that long;
			      0: SM_DEFAULT_STREAM_NS, ~0: never */
};

/*
 * The two initial sequence numbers of a connection as its active end sees them
 * when it becomes established (tcp_finish_connect()): they name the connection
 * whatever NAT, namespace or address family lies between the ends. The passive
 * end holds the same two, mirrored (tcp_init_transfer()).
 */
struct sm_handshake {
	__u32 snd_nxt;
	__u32 rcv_nxt;
};

/* A connection as one of its ends sees it. IPv4 as ::ffff:a.b.c.d. */
struct sm_view {
	__u32 local[4], remote[4];     /* network byte order */
	__u16 local_port, remote_port; /* host byte order */
};

/*
 * A connection as its active end sees it. The namespace is part of it, so ends in different ones
 * never match: their equal addresses may be two connections.
 */
struct sm_tuple {
	struct sm_view view;
	__u32 netns; /* inode number */
};

/* When something was last seen of a TCP port, in units of 2^20 ns; 0: never (arrival.h). */
struct sm_port {
	__u32 connects; /* a socket sent its SYN from it */
	__u32 arrives;	/* a SYN from it came to an attached listener */
	__u32 socket;	/* the last that did the former, as sm_name_of() has it */
	__u32 process;	/* and whose it is (readers.h) */
};

/* There is no such port: where SYNs from ports are noted that nobody connects from. */
#define SM_ANY_PORT 0
#define SM_PORTS    65536

struct sm_pairing {
	__u64 active_cookie;
	__u64 active_sk;      /* struct sock *, only ever read through probe_read_kernel */
	__u64 passive_cookie; /* 0 until the passive end arrived; written last */
	__u64 passive_sk;
	__u32 refusal; /* enum sm_verdict: why the passive end did not join, 0: no such thing */
	__u32 early_reader; /* 1: the active end may have one since before it was established */
	__u64 active_state; /* struct sm_peer * in the kernel, read like the sockets */
	__u64 passive_state;
};

/* How the sockets of a kind are read (readers.h). */
enum sm_reading {
	SM_UNKNOWN_READER = 0,
	SM_RECEIVES = 1, /* recv() and the like: redirected bytes, too */
	SM_SPLICES = 2,	 /* splice(): bytes of the stack only */
};

struct sm_splicing {
	__u32 watched; /* 1: sma_splice of the agent is attached */
	__u32 seen;    /* 1: it has marked a socket (sm_peer.splices) */
};

enum sm_mode {
	SM_MODE_STACK = 0, /* bytes of this direction may still be on their way through the stack */
	SM_MODE_REDIRECT = 1,
};

/* Who sends on a socket. */
struct sm_writer {
	__u64 task;  /* of the newest message, as bpf_get_current_pid_tgid() gives it; 0: none */
	__u64 since; /* CLOCK_MONOTONIC ns when another task became the writer, 0: never */
	__u64 runs;  /* messages */
	__u64 bytes; /* of those messages */
};

/* What a socket had sent when it was last asked whether it is a stream (stream.h). */
struct sm_window {
	__u64 since;	  /* CLOCK_MONOTONIC ns; 0: not yet */
	__u64 runs;	  /* sm_writer.runs */
	__u64 redirected; /* messages */
	__u64 bytes;	  /* sm_writer.bytes */
};

/* TCP_NOTSENT_LOWAT of a writer that is held. */
#define SM_HELD_BYTES (128 * 1024)

/*
 * Keepalive probes of a socket that is watched: a second apart, and as many as there can be, so
 * that they do not end the connection while a path is down for a while.
 */
#define SM_WATCH_SECONDS 1
#define SM_WATCH_COUNT	 127

/* A socket whose reader may miss an edge (nudge.h). */
struct sm_watch {
	__u64 since;	  /* CLOCK_MONOTONIC ns when its reader was last seen to do something */
	__u32 copied_seq; /* tcp_sock.copied_seq at that time */
	__u32 on;
	__u32 wakes;	 /* of its reader */
	__s32 keepalive; /* SO_KEEPALIVE before, and the options of that name */
	__s32 idle, interval, count;
};

/* One per socket that the datapath knows; the counters are those of the socket's sending direction.
 */
struct sm_peer {
	__u64 cookie;
	__u64 peer_cookie; /* 0: not paired */
	__u64 peer_sk;
	struct sm_handshake handshake; /* as the active end sees it */
	__u32 mode;		       /* enum sm_mode */
	__u32 seen_write_seq;	  /* tcp_sock.write_seq when it joined, later when a message could
				     last be redirected in order */
	__u32 last_stack_verdict; /* enum sm_verdict of the newest message that took the stack, else
				     0 */
	__s64 memory_limit;	  /* pages that all of TCP may take before messages go to the stack;
				     0: not looked at yet (flow.h) */
	__u64 queued_estimate;	  /* of what waits in the peer's psock queue: bytes plus
				     SM_MESSAGE_OVERHEAD for each message */
	struct sm_count counts[SM_VERDICTS];
	__u32 foreign_flags; /* sock_ops callback flags that others had set before us */
	__u32 active;	     /* 1: this end connected, 0: it was accepted */
	__u64 peer_state;    /* the peer's struct sm_peer * in the kernel */
	struct sm_writer writer;
	struct sm_window window;
	__u32 is_stream;    /* 1: it outran its reader, who has left the map, and so do we */
	__u32 held;	    /* 1: the socket's TCP_NOTSENT_LOWAT is ours (hold.h) */
	__u64 gated_since;  /* when sm_gate first held back a segment to this socket, ns; 0: none */
	__u32 early_reader; /* 1: the peer may have one since before it was established */
	__u32 stalled;	    /* 1: its reader waited for an edge that did not come (nudge.h) */
	struct sm_watch watch;
	__u64 readers; /* which kind its reader is of, key of sm_readers; 0: none that is known */
	__u32 splices; /* 1: its reader has called splice() */
	__u32 learned; /* 1: it has read bytes of the stack, which its kind is known by */
};

/* Who made a socket, as iptables' owner match has it. */
struct sm_owner {
	__u32 uid, gid;
	__u32 gid_known; /* 0: nothing tells it */
};

#define SM_MAX_RULES  1024
#define SM_RULE_WORDS (SM_MAX_RULES / 64)

/* Bit n of word n / 64: rule n. */
struct sm_rule_set {
	__u64 words[SM_RULE_WORDS];
};

/*
 * A policy is one trie: every condition of a rule is a prefix of some kind, and the value of a
 * prefix are the rules that hold for all that lies below it. So a longer prefix has the rules of
 * the shorter ones around it, and the empty prefix of a kind those without a condition of that
 * kind; that entry is always there. A policy is never changed, only replaced whole, by one write of
 * sm_policy.
 */
enum sm_policy_kind {
	SM_POLICY_RETURN = 1,	   /* the RETURN rules */
	SM_POLICY_ACCEPT = 2,	   /* the ACCEPT rules */
	SM_POLICY_ADDRESS = 3,	   /* IPv6, or IPv4 as ::ffff:a.b.c.d */
	SM_POLICY_PORT = 4,	   /* 16 bits, network byte order; a range is several prefixes */
	SM_POLICY_UID = 5,	   /* 32 bits, host byte order */
	SM_POLICY_GID = 6,	   /* 32 bits, host byte order */
	SM_POLICY_UNKNOWN_GID = 7, /* for a socket whose gid nothing tells */
	SM_POLICY_TEXT = 8, /* 32 bits, network byte order: which 128 bytes of its source, which
			       ends with a NUL; not for the datapath */
};

#define SM_POLICY_KIND_BITS 32

struct sm_policy_key {
	__u32 prefixlen; /* SM_POLICY_KIND_BITS and those of `data` that count */
	__u32 kind;	 /* enum sm_policy_kind */
	__u32 data[4];
};

#endif
