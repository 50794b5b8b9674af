// SPDX-License-Identifier: Apache-2.0
#include "pcapng.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io.h"

#define SECTION_HEADER	 0x0a0d0d0a
#define INTERFACE	 1
#define STATISTICS	 5
#define ENHANCED_PACKET	 6
#define BYTE_ORDER_MAGIC 0x1a2b3c4d
#define LINKTYPE_RAW	 101
#define NANOSECONDS	 9

enum option {
	END = 0,
	COMMENT = 1,
	USER_APPLICATION = 4,
	INTERFACE_NAME = 2,
	INTERFACE_RESOLUTION = 9,
	START_TIME = 2,
	END_TIME = 3,
	RECEIVED = 4,
	DROPPED = 5,
};

static void add_u16(struct sma_buffer *out, __u16 value)
{
	sma_buffer_add(out, &value, sizeof(value));
}

static void add_u32(struct sma_buffer *out, __u32 value)
{
	sma_buffer_add(out, &value, sizeof(value));
}

static void pad(struct sma_buffer *out)
{
	sma_buffer_add(out, "\0\0\0", -out->size & 3);
}

static void add_option(struct sma_buffer *out, enum option code, const void *value, size_t size)
{
	add_u16(out, (__u16)code);
	add_u16(out, (__u16)size);
	if (size)
		sma_buffer_add(out, value, size);
	pad(out);
}

static void add_text(struct sma_buffer *out, enum option code, const char *text)
{
	size_t size = strlen(text);

	add_option(out, code, text, size < 0xffff ? size : 0xffff);
}

/* Upper half first, whatever the byte order. */
static void add_time(struct sma_buffer *out, __u64 time)
{
	add_u32(out, (__u32)(time >> 32));
	add_u32(out, (__u32)time);
}

static void add_time_option(struct sma_buffer *out, enum option code, __u64 time)
{
	add_u16(out, (__u16)code);
	add_u16(out, sizeof(time));
	add_time(out, time);
}

/* Returns where the block begins, for end_block(). Blocks are multiples of 4 bytes long. */
static size_t begin_block(struct sma_buffer *out, __u32 type)
{
	size_t at = out->size;

	add_u32(out, type);
	add_u32(out, 0);
	return at;
}

/* The length stands in front and behind. */
static void end_block(struct sma_buffer *out, size_t at)
{
	__u32 length = (__u32)(out->size - at + sizeof(length));

	add_u32(out, length);
	if (!out->failed)
		memcpy(out->data + at + sizeof(__u32), &length, sizeof(length));
}

void sma_pcapng_begin(struct sma_pcapng *file, const char *interface)
{
	struct sma_buffer *out = &file->pending;
	__u64 unknown_length = ~0ULL;
	__u8 resolution = NANOSECONDS;
	size_t at = begin_block(out, SECTION_HEADER);

	add_u32(out, BYTE_ORDER_MAGIC);
	add_u16(out, 1);
	add_u16(out, 0);
	sma_buffer_add(out, &unknown_length, sizeof(unknown_length));
	add_text(out, USER_APPLICATION, "sockmap-agent " SMA_VERSION);
	add_option(out, END, NULL, 0);
	end_block(out, at);

	at = begin_block(out, INTERFACE);
	add_u16(out, LINKTYPE_RAW);
	add_u16(out, 0);
	add_u32(out, 0); /* no limit: what was cut off is seen from the packet */
	add_text(out, INTERFACE_NAME, interface);
	add_option(out, INTERFACE_RESOLUTION, &resolution, sizeof(resolution));
	add_option(out, END, NULL, 0);
	end_block(out, at);
}

void sma_pcapng_packet(struct sma_pcapng *file, const struct sma_packet *packet)
{
	struct sma_buffer *out = &file->pending;
	size_t at = begin_block(out, ENHANCED_PACKET);

	add_u32(out, 0);
	add_time(out, packet->time);
	add_u32(out, (__u32)(packet->headers_size + packet->payload_size));
	add_u32(out, (__u32)packet->original_size);
	sma_buffer_add(out, packet->headers, packet->headers_size);
	if (packet->payload_size)
		sma_buffer_add(out, packet->payload, packet->payload_size);
	pad(out);
	add_text(out, COMMENT, packet->comment);
	add_option(out, END, NULL, 0);
	end_block(out, at);
}

void sma_pcapng_end(struct sma_pcapng *file, __u64 begun, __u64 ended, __u64 received,
		    __u64 dropped)
{
	struct sma_buffer *out = &file->pending;
	size_t at = begin_block(out, STATISTICS);

	add_u32(out, 0);
	add_time(out, ended);
	add_time_option(out, START_TIME, begun);
	add_time_option(out, END_TIME, ended);
	add_option(out, RECEIVED, &received, sizeof(received));
	add_option(out, DROPPED, &dropped, sizeof(dropped));
	add_option(out, END, NULL, 0);
	end_block(out, at);
}

static int write_out(struct sma_pcapng *file)
{
	int result = sma_write_all(file->fd, file->pending.data, file->pending.size,
				   &file->context->cancelled);

	/* Nothing can be done if that fails, too. */
	if (result && file->own && ftruncate(file->fd, (off_t)file->written))
		return result;
	return result;
}

static int deliver(const struct sma_pcapng *file)
{
	const struct sma_context *context = file->context;

	return context->deliver(context->deliver_to, file->pending.data, file->pending.size)
		   ? -EPIPE
		   : 0;
}

bool sma_pcapng_wanted(const struct sma_pcapng *file)
{
	struct pollfd reader = {.fd = file->fd};

	/* Of a pipe, or of a socket, which sshd gives its commands. */
	return file->fd < 0 || poll(&reader, 1, 0) <= 0 || !(reader.revents & (POLLERR | POLLHUP));
}

int sma_pcapng_flush(struct sma_pcapng *file)
{
	struct sma_buffer *out = &file->pending;
	int result;

	if (out->failed)
		return -ENOMEM;
	result = file->fd < 0 ? deliver(file) : write_out(file);
	if (result)
		return result;
	file->written += out->size;
	out->size = 0;
	return 0;
}
