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
#include "../../bpf/include/peers_map.h"

/* A message has at most MAX_MSG_FRAGS + 1 pieces; the kernel may be built with 17 to 45. */
#define MAX_PIECES 46

/*
 * A reservation has a constant size: the smallest of these in which the piece fits. Together with
 * its description a small one takes 512 bytes of the ring buffer. What sendmsg() copies comes in
 * pieces of at most 32 KiB, or a page if that is larger.
 */
#define SMALL  472
#define MEDIUM 4096
#define LARGE  32768
#define HUGE   65536

const volatile struct sma_capture_config config = {};
struct sma_capture_counts counts = {};

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

/* The other end, if it is still there. */
static __always_inline struct sock *other_end(const struct sm_peer *peer)
{
	struct sock *sk = (struct sock *)peer->peer_sk;

	if (BPF_CORE_READ(sk, __sk_common.skc_cookie.counter) != (__s64)peer->peer_cookie)
		return NULL;
	return sk;
}

static __always_inline bool is_wanted(struct sk_msg_md *msg, const struct sm_peer *peer,
				      struct sock *other)
{
	__u32 port = config.port;

	if (peer->mode != SM_MODE_REDIRECT && !config.all)
		return false;
	if (config.cookie && peer->cookie != config.cookie && peer->peer_cookie != config.cookie)
		return false;
	if (!port || msg->local_port == port || bpf_ntohl(msg->remote_port) == port)
		return true;
	return other && (BPF_CORE_READ(other, __sk_common.skc_num) == port ||
			 bpf_ntohs(BPF_CORE_READ(other, __sk_common.skc_dport)) == port);
}

/* Written into the ring buffer at once: what is on the stack multiplies the verifier's cases. */
static __always_inline bool emit_message(struct sk_msg_md *msg, const struct sm_peer *peer,
					 struct sock *other, __u64 time)
{
	struct sock *own = (struct sock *)bpf_skc_to_tcp_sock(msg->sk);
	struct sma_capture_message *message;
	struct task_struct *task;

	if (!own)
		return false;
	message = bpf_ringbuf_reserve(&sma_parts, sizeof(*message), 0);
	if (!message)
		return false;
	__builtin_memset(message, 0, sizeof(*message));
	message->time = time;
	message->cookie = peer->cookie;
	message->peer_cookie = peer->peer_cookie;
	message->size = msg->size;
	message->position = sent(peer->counts, &message->stack) - msg->size;
	message->peer_position = sent_by_peer(peer);
	message->handshake = peer->handshake;
	message->active = peer->active;
	message->verdict =
	    peer->mode == SM_MODE_REDIRECT ? SM_REDIRECTED : peer->last_stack_verdict;
	message->pid = bpf_get_current_pid_tgid() >> 32;
	if (config.command) {
		task = (struct task_struct *)bpf_get_current_task();
		BPF_CORE_READ_INTO(&message->command, task, comm);
	}
	SMA_READ_ADDRESSES(own, &message->sender);
	if (other)
		SMA_READ_ADDRESSES(other, &message->receiver);
	bpf_ringbuf_submit(message, 0);
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
			struct sma_capture_piece piece;                                            \
			char bytes[capacity];                                                      \
		} *record = bpf_ringbuf_reserve(&sma_parts, sizeof(*record), 0);                   \
		__u64 bytes;                                                                       \
                                                                                                   \
		if (record) {                                                                      \
			record->piece = *piece;                                                    \
			bytes = *(volatile __u32 *)&record->piece.length;                          \
			if (bytes <= (capacity))                                                   \
				bpf_probe_read_kernel(record->bytes, bytes, data);                 \
			bpf_ringbuf_submit(record, 0);                                             \
		}                                                                                  \
		record != NULL;                                                                    \
	})

static __always_inline bool emit_piece(const volatile struct sma_capture_piece *piece,
				       const void *data)
{
	if (piece->length <= SMALL)
		return EMIT(SMALL);
	if (piece->length <= MEDIUM)
		return EMIT(MEDIUM);
	if (piece->length <= LARGE)
		return EMIT(LARGE);
	return EMIT(HUGE);
}

/*
 * Returns how many bytes of the first `*limit` ones were copied. Volatile, so that from one piece
 * to the next only the stack knows the numbers: older verifiers (6.1) would follow each of them
 * through all pieces, and give up.
 */
static __always_inline __u32 emit_pieces(struct sk_msg_md *msg,
					 volatile struct sma_capture_piece *piece,
					 const volatile __u32 *limit)
{
	const struct sk_msg *kernel_msg = (const struct sk_msg *)msg;
	volatile __u32 copied = 0;

	for (int i = 0; i < MAX_PIECES && piece->offset < *limit; i++) {
		__u32 room = *limit - piece->offset;
		const void *data = NULL;

		piece->span = piece_length(kernel_msg, i);
		if (!piece->span)
			break;
		piece->length = piece->span;
		if (piece->length > room)
			piece->length = room;
		if (piece->length > HUGE)
			piece->length = HUGE;
		/* Within one piece nothing is moved. */
		if (bpf_msg_pull_data(msg, piece->offset, piece->offset + piece->length, 0))
			piece->length = 0;
		else
			data = msg->data;
		if (emit_piece(piece, data))
			copied += piece->length;
		piece->offset += piece->span;
	}
	return copied;
}

SEC("sk_msg")
int sma_capture(struct sk_msg_md *msg)
{
	struct sm_peer *peer = bpf_sk_storage_get(&sm_peers, msg->sk, NULL, 0);
	volatile __u32 wanted = msg->size < config.snaplen ? msg->size : config.snaplen;
	struct sma_capture_piece piece = {};
	struct sock *other;
	__u32 copied = 0;
	bool whole;

	if (!peer)
		return SK_PASS;
	other = other_end(peer);
	if (!is_wanted(msg, peer, other))
		return SK_PASS;
	piece.time = bpf_ktime_get_ns();
	piece.cookie = peer->cookie;
	whole = emit_message(msg, peer, other, piece.time);
	if (whole) {
		copied = emit_pieces(msg, &piece, &wanted);
		/* What is left out, by snaplen or because it was not found. */
		piece.span = msg->size - piece.offset;
		piece.length = 0;
		if (piece.span && !emit_piece(&piece, NULL))
			whole = false;
	}
	if (!whole || copied < wanted) {
		__sync_fetch_and_add(&counts.dropped_messages, 1);
		__sync_fetch_and_add(&counts.dropped_bytes, wanted - copied);
	}
	return SK_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
