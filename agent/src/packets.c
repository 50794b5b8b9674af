// SPDX-License-Identifier: Apache-2.0
#include "packets.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "io.h"
#include "reasons.h"

/* Streams whose state is at hand; another that falls on the same place begins anew. */
#define STREAMS	     65536

#define IP4_HEADER   20
#define IP6_HEADER   40
#define TCP_HEADER   20
#define MAX_SEGMENT  (65535 - IP4_HEADER - TCP_HEADER)
#define HOP_LIMIT    64
#define WINDOW	     65535
#define WINDOW_SCALE 14 /* the largest: nothing here is ever full */
#define COMMENT_SIZE 320

enum { ACCEPTED, CONNECTED, ENDS };
enum { SYN = 0x02, PSH = 0x08, ACK = 0x10 };

struct end {
	bool seen;
	__u64 sent;  /* bytes, up to the newest in the file, or to when it began */
	__u64 stack; /* of these, through the stack */
	__u32 pid;
	char command[16];
};

struct sma_stream {
	__u64 connecting; /* cookie of the end that connected */
	struct end ends[ENDS];
};

struct segment {
	const struct sma_capture_end *connecting; /* the addresses, as that end has them */
	bool from_connecting;
	__u8 flags;
	__u32 seq, ack;
	size_t size; /* of the payload */
	const void *payload;
	size_t captured;
};

struct headers {
	__u8 bytes[IP6_HEADER + TCP_HEADER + 8];
	size_t size;
};

static void put16(__u8 *at, size_t value)
{
	at[0] = (__u8)(value >> 8);
	at[1] = (__u8)value;
}

static void put32(__u8 *at, __u32 value)
{
	put16(at, value >> 16);
	put16(at + 2, value & 0xffff);
}

/* RFC 1071 */
static __u32 sum(const void *data, size_t size, __u32 before)
{
	const __u8 *bytes = data;
	__u64 total = before;

	for (size_t i = 0; i + 1 < size; i += 2)
		total += (__u32)bytes[i] << 8 | bytes[i + 1];
	if (size & 1)
		total += (__u32)bytes[size - 1] << 8;
	while (total >> 16)
		total = (total & 0xffff) + (total >> 16);
	return (__u32)total;
}

/* Where the addresses begin and how long one is, for the pseudo header of the TCP checksum. */
struct addresses {
	size_t at, size;
};

static struct addresses put_ip(struct headers *headers, const struct segment *segment,
			       size_t tcp_size)
{
	const struct sma_capture_end *end = segment->connecting;
	bool four = sma_address_family(end->family, end->local) == 4;
	struct addresses addresses = four ? (struct addresses){12, 4} : (struct addresses){8, 16};
	size_t skip = four && end->family != AF_INET ? 12 : 0;
	const __u8 *source = segment->from_connecting ? end->local : end->remote;
	const __u8 *target = segment->from_connecting ? end->remote : end->local;
	__u8 *ip = headers->bytes;

	headers->size = four ? IP4_HEADER : IP6_HEADER;
	memcpy(ip + addresses.at, source + skip, addresses.size);
	memcpy(ip + addresses.at + addresses.size, target + skip, addresses.size);
	if (four) {
		ip[0] = 0x45;
		put16(ip + 2, IP4_HEADER + tcp_size);
		put16(ip + 6, 0x4000); /* do not fragment */
		ip[8] = HOP_LIMIT;
		ip[9] = IPPROTO_TCP;
		put16(ip + 10, ~sum(ip, IP4_HEADER, 0) & 0xffff);
	} else {
		ip[0] = 0x60;
		put16(ip + 4, tcp_size);
		ip[6] = IPPROTO_TCP;
		ip[7] = HOP_LIMIT;
	}
	return addresses;
}

static void put_headers(struct headers *headers, const struct segment *segment)
{
	static const __u8 syn_options[8] = {2, 4, MAX_SEGMENT >> 8, MAX_SEGMENT & 0xff, 1,
					    3, 3, WINDOW_SCALE};
	const struct sma_capture_end *end = segment->connecting;
	size_t options = segment->flags & SYN ? sizeof(syn_options) : 0;
	struct addresses addresses;
	__u32 check;
	__u8 *tcp;

	memset(headers, 0, sizeof(*headers));
	addresses = put_ip(headers, segment, TCP_HEADER + options + segment->size);
	tcp = headers->bytes + headers->size;
	put16(tcp, segment->from_connecting ? end->local_port : end->remote_port);
	put16(tcp + 2, segment->from_connecting ? end->remote_port : end->local_port);
	put32(tcp + 4, segment->seq);
	put32(tcp + 8, segment->ack);
	tcp[12] = (__u8)((TCP_HEADER + options) / 4 << 4);
	tcp[13] = segment->flags;
	put16(tcp + 14, WINDOW);
	if (options)
		memcpy(tcp + TCP_HEADER, syn_options, options);
	headers->size += TCP_HEADER + options;
	/* Of a segment that is cut off nobody can tell it. */
	if (segment->captured < segment->size)
		return;
	check = sum(headers->bytes + addresses.at, 2 * addresses.size, IPPROTO_TCP);
	check += (__u32)(TCP_HEADER + options + segment->size);
	check = sum(tcp, TCP_HEADER + options, check);
	put16(tcp + 16, ~sum(segment->payload, segment->captured, check) & 0xffff);
}

static void write_segment(struct sma_packets *packets, const struct segment *segment, __u64 time,
			  const char *comment)
{
	struct sma_packet packet = {.time = time + packets->realtime, .comment = comment};
	struct headers headers;

	put_headers(&headers, segment);
	packet.headers = headers.bytes;
	packet.headers_size = headers.size;
	packet.payload = segment->payload;
	packet.payload_size = segment->captured;
	packet.original_size = headers.size + segment->size;
	sma_pcapng_packet(packets->file, &packet);
	packets->count++;
}

/* The connection as it was established, when all of it is to follow. */
static void write_handshake(struct sma_packets *packets, const struct sma_part *part,
			    const struct sma_capture_end *connecting)
{
	static const char comment[] = "not captured: made from the connection's first message";
	struct segment segment = {.connecting = connecting, .payload = ""};

	segment.from_connecting = true;
	segment.flags = SYN;
	segment.seq = part->message->handshake.snd_nxt - 1;
	write_segment(packets, &segment, part->message->time, comment);
	segment.from_connecting = false;
	segment.flags = SYN | ACK;
	segment.seq = part->message->handshake.rcv_nxt - 1;
	segment.ack = part->message->handshake.snd_nxt;
	write_segment(packets, &segment, part->message->time, comment);
	segment.from_connecting = true;
	segment.flags = ACK;
	segment.seq = part->message->handshake.snd_nxt;
	segment.ack = part->message->handshake.rcv_nxt;
	write_segment(packets, &segment, part->message->time, comment);
}

struct comment {
	char text[COMMENT_SIZE];
	size_t size;
};

static void say(struct comment *comment, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void say(struct comment *comment, const char *format, ...)
{
	size_t room = sizeof(comment->text) - comment->size;
	va_list args;
	int size;

	va_start(args, format);
	size = vsnprintf(comment->text + comment->size, room, format, args);
	va_end(args);
	if (size > 0)
		comment->size += (size_t)size < room ? (size_t)size : room - 1;
}

/* A name may hold anything; a comment holds text. */
static void name_process(struct comment *comment, const struct end *end)
{
	char name[sizeof(end->command) + 1] = {0};
	json_t *text;

	memcpy(name, end->command, sizeof(end->command));
	text = sma_text(name);
	if (*name)
		say(comment, " (%s, process %u)", json_string_value(text), end->pid);
	else if (end->pid)
		say(comment, " (process %u)", end->pid);
	json_decref(text);
}

static void describe(struct comment *comment, const struct sma_part *part, const struct end *sender,
		     const struct end *receiver)
{
	__u64 missing = part->message->position + part->offset - sender->sent;
	__u64 stack = part->message->stack - sender->stack;

	comment->size = 0;
	say(comment, "socket %llu", (unsigned long long)part->message->cookie);
	name_process(comment, sender);
	say(comment, " to socket %llu", (unsigned long long)part->message->peer_cookie);
	name_process(comment, receiver);
	if (part->message->verdict != SM_REDIRECTED)
		say(comment, "; took the TCP stack: %s", sma_reason(part->message->verdict));
	if (part->span < part->message->size)
		say(comment, "; bytes %u to %u of a message of %u", part->offset,
		    part->offset + part->span, part->message->size);
	if (sender->seen && missing)
		say(comment, "; %llu bytes before are not here, of which %llu took the TCP stack",
		    (unsigned long long)missing, (unsigned long long)stack);
	else if (!sender->seen && part->message->position)
		say(comment, "; %llu bytes were sent before, of which %llu took the TCP stack",
		    (unsigned long long)part->message->position,
		    (unsigned long long)part->message->stack);
}

static void note_process(struct end *end, const struct sma_part *part)
{
	char path[32];
	struct sma_buffer text = {0};

	if (end->pid == part->message->pid && *end->command)
		return;
	end->pid = part->message->pid;
	memcpy(end->command, part->message->command, sizeof(end->command));
	if (*end->command)
		return;
	snprintf(path, sizeof(path), "/proc/%u/comm", part->message->pid);
	if (sma_read_file(path, 64, &text) == 0 && text.size) {
		text.data[strcspn(text.data, "\n")] = 0;
		snprintf(end->command, sizeof(end->command), "%s", text.data);
	}
	free(text.data);
}

static struct sma_stream *stream_of(struct sma_packets *packets, const struct sma_part *part)
{
	__u64 cookie = part->message->active ? part->message->cookie : part->message->peer_cookie;
	struct sma_stream *stream = &packets->streams[cookie % STREAMS];

	if (stream->connecting != cookie) {
		memset(stream, 0, sizeof(*stream));
		stream->connecting = cookie;
	}
	return stream;
}

void sma_packets_add(struct sma_packets *packets, const struct sma_part *part, const void *bytes)
{
	struct sma_stream *stream = stream_of(packets, part);
	bool active = part->message->active, ends_known = part->message->receiver.family != 0;
	struct end *sender = &stream->ends[active ? CONNECTED : ACCEPTED];
	struct end *receiver = &stream->ends[active ? ACCEPTED : CONNECTED];
	struct sma_capture_end turned = part->message->sender;
	struct segment segment = {.from_connecting = active};
	struct comment comment;

	/* The other end has gone meanwhile: its addresses are ours, unless there is NAT. */
	memcpy(turned.local, part->message->sender.remote, sizeof(turned.local));
	memcpy(turned.remote, part->message->sender.local, sizeof(turned.remote));
	turned.local_port = part->message->sender.remote_port;
	turned.remote_port = part->message->sender.local_port;
	segment.connecting = active	  ? &part->message->sender
			     : ends_known ? &part->message->receiver
					  : &turned;
	if (!sender->seen && !receiver->seen) {
		/* Not later: what the other end sends now may stand behind this in the file. */
		receiver->sent = part->message->peer_position;
		if (!part->message->position && !part->offset && !receiver->sent)
			write_handshake(packets, part, segment.connecting);
	}
	note_process(sender, part);
	describe(&comment, part, sender, receiver);
	segment.seq =
	    (active ? part->message->handshake.snd_nxt : part->message->handshake.rcv_nxt) +
	    (__u32)(part->message->position + part->offset);
	segment.ack =
	    (active ? part->message->handshake.rcv_nxt : part->message->handshake.snd_nxt) +
	    (__u32)receiver->sent;
	for (size_t done = 0; done < part->span; done += segment.size) {
		size_t left = part->span - done, captured = part->length - done;

		segment.size = left < MAX_SEGMENT ? left : MAX_SEGMENT;
		segment.payload = (const __u8 *)bytes + done;
		if (done >= part->length)
			captured = 0;
		segment.captured = captured < segment.size ? captured : segment.size;
		segment.flags = ACK;
		if (part->offset + done + segment.size == part->message->size)
			segment.flags |= PSH;
		write_segment(packets, &segment, part->message->time, comment.text);
		segment.seq += (__u32)segment.size;
	}
	sender->seen = true;
	sender->sent = part->message->position + part->offset + part->span;
	sender->stack = part->message->stack;
}

int sma_packets_open(struct sma_packets *packets, struct sma_pcapng *file)
{
	packets->file = file;
	packets->streams = calloc(STREAMS, sizeof(*packets->streams));
	return packets->streams ? 0 : -1;
}

void sma_packets_close(struct sma_packets *packets)
{
	free(packets->streams);
}
