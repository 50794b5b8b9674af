// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Copies messages for `sockmap-agent capture`. It is loaded for one capture only and put
 * into SM_CAPTURE_MAP, where sm_verdict goes on with it after all was decided: it changes nothing
 * of that, and returns SK_PASS.
 */
#include <stdbool.h>

#include "addresses.h"
#include "kernel_types.h"
#include "records.h"
#include "../../bpf/include/sockmap_abi.h"

/* A message has at most MAX_MSG_FRAGS + 1 pieces; the kernel may be built with 17 to 45. */
#define MAX_PIECES 46

/*
 * A reservation has a constant size: the smallest of these in which the piece fits. Together with
 * its description a small one takes 512 bytes of the ring buffer. What sendmsg() copies comes in
 * pieces of at most 32 KiB, or a page if that is larger.
 */
#define SMALL  312
#define MEDIUM 4096
#define LARGE  32768
#define HUGE   65536

const volatile struct sma_capture_config config = {};
struct sma_capture_counts counts = {};

/* Stands for the datapath's own map, whose descriptor is put in its place before the load. */
struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct sm_peer);
} sm_peers SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 16 << 20);
} sma_parts SEC(".maps");

/* What the socket sent so far, this message included; `stack`: of that, through the stack. */
static __always_inline __u64 sent(const struct sm_count counted[SM_VERDICTS], __u64 *stack)
{
	__u64 others = 0;

#pragma unroll
	for (int verdict = SM_REDIRECTED + 1; verdict < SM_VERDICTS; verdict++)
		others += counted[verdict].bytes;
	*stack = others;
	return others + counted[SM_REDIRECTED].bytes;
}

/* The other end's state lies in its socket's storage, which may be gone: the cookie tells. */
static __always_inline __u64 sent_by_peer(const struct sm_peer *peer)
{
	const struct sm_peer *state = (const struct sm_peer *)peer->peer_state;
	struct sm_count counted[SM_VERDICTS];
	__u64 cookie = 0, stack;

	if (bpf_probe_read_kernel(&cookie, sizeof(cookie), &state->cookie) ||
	    cookie != peer->peer_cookie ||
	    bpf_probe_read_kernel(counted, sizeof(counted), state->counts))
		return 0;
	return sent(counted, &stack);
}

static __always_inline bool has_port(const struct sma_capture_end *end)
{
	return end->local_port == config.port || end->remote_port == config.port;
}

/* The message as a whole; false: not wanted. */
static __always_inline bool describe(struct sk_msg_md *msg, const struct sm_peer *peer,
				     struct sma_capture_part *part)
{
	struct sock *own = (struct sock *)bpf_skc_to_tcp_sock(msg->sk);
	struct sock *other = (struct sock *)peer->peer_sk;
	struct task_struct *task;

	part->cookie = peer->cookie;
	part->peer_cookie = peer->peer_cookie;
	if (!own ||
	    (config.cookie && part->cookie != config.cookie && part->peer_cookie != config.cookie))
		return false;
	SMA_READ_ADDRESSES(own, &part->sender);
	if (BPF_CORE_READ(other, __sk_common.skc_cookie.counter) == (__s64)part->peer_cookie)
		SMA_READ_ADDRESSES(other, &part->receiver);
	if (config.port && !has_port(&part->sender) && !has_port(&part->receiver))
		return false;
	part->time = bpf_ktime_get_ns();
	part->size = msg->size;
	part->position = sent(peer->counts, &part->stack) - part->size;
	part->peer_position = sent_by_peer(peer);
	part->handshake = peer->handshake;
	part->active = peer->active;
	part->verdict = peer->mode == SM_MODE_REDIRECT ? SM_REDIRECTED : peer->last_stack_verdict;
	part->pid = bpf_get_current_pid_tgid() >> 32;
	if (config.command) {
		task = (struct task_struct *)bpf_get_current_task();
		BPF_CORE_READ_INTO(&part->command, task, comm);
	}
	return true;
}

/*
 * The length of a piece of the message, as its scatter list has it. A message that was not pushed
 * by halves (sm_verdict never asks for that) has its first piece in front.
 */
static __always_inline __u32 piece_length(const struct sk_msg *kernel_msg, __u32 index)
{
	__u32 length = 0;

	bpf_probe_read_kernel(&length, sizeof(length),
			      (const void *)kernel_msg +
				  bpf_core_field_offset(struct sk_msg, sg.data) +
				  index * bpf_core_type_size(struct scatterlist) +
				  bpf_core_field_offset(struct scatterlist, length));
	return length;
}

/*
 * The length is read back from the record: the verifier follows each number that says how much is
 * copied to where it comes from, and would take every piece of every message for a case of its own.
 */
#define EMIT(capacity)                                                                             \
	({                                                                                         \
		struct {                                                                           \
			struct sma_capture_part part;                                              \
			char bytes[capacity];                                                      \
		} *record = bpf_ringbuf_reserve(&sma_parts, sizeof(*record), 0);                   \
		__u64 bytes;                                                                       \
                                                                                                   \
		if (record) {                                                                      \
			record->part = *part;                                                      \
			bytes = *(volatile __u32 *)&record->part.length;                           \
			if (bytes <= (capacity))                                                   \
				bpf_probe_read_kernel(record->bytes, bytes, data);                 \
			bpf_ringbuf_submit(record, 0);                                             \
		}                                                                                  \
		record != NULL;                                                                    \
	})

static __always_inline bool emit(const struct sma_capture_part *part, const void *data)
{
	if (part->length <= SMALL)
		return EMIT(SMALL);
	if (part->length <= MEDIUM)
		return EMIT(MEDIUM);
	if (part->length <= LARGE)
		return EMIT(LARGE);
	return EMIT(HUGE);
}

/* The bytes of a piece; `data` remains NULL if they cannot be had. */
static __always_inline void copy_piece(struct sk_msg_md *msg, struct sma_capture_part *part,
				       const void **data)
{
	part->length = part->span;
	if (part->length > config.snaplen - part->offset)
		part->length = config.snaplen - part->offset;
	if (part->length > HUGE)
		part->length = HUGE;
	/* Within one piece nothing is moved. */
	if (bpf_msg_pull_data(msg, part->offset, part->offset + part->length, 0))
		part->length = 0;
	else
		*data = msg->data;
}

SEC("sk_msg")
int sma_capture(struct sk_msg_md *msg)
{
	struct sm_peer *peer = bpf_sk_storage_get(&sm_peers, msg->sk, NULL, 0);
	struct sk_msg *kernel_msg = (struct sk_msg *)msg;
	struct sma_capture_part part = {};
	__u32 copied = 0, wanted;
	bool whole = true;

	if (!peer || (peer->mode != SM_MODE_REDIRECT && !config.all) || !describe(msg, peer, &part))
		return SK_PASS;
	wanted = part.size < config.snaplen ? part.size : config.snaplen;
	for (int i = 0; i < MAX_PIECES && part.offset < wanted; i++) {
		const void *data = NULL;

		part.span = piece_length(kernel_msg, i);
		if (!part.span)
			break;
		copy_piece(msg, &part, &data);
		if (emit(&part, data))
			copied += part.length;
		else
			whole = false;
		part.offset += part.span;
	}
	/* What is left out, by snaplen or because it was not found. */
	part.span = part.size - part.offset;
	part.length = 0;
	if (part.span && !emit(&part, NULL))
		whole = false;
	if (!whole || copied < wanted) {
		__sync_fetch_and_add(&counts.dropped_messages, 1);
		__sync_fetch_and_add(&counts.dropped_bytes, wanted - copied);
	}
	return SK_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
