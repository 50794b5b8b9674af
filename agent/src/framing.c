// SPDX-License-Identifier: Apache-2.0
#include "framing.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* Returns bytes read into the buffer, 0 at the end of the input. */
static ssize_t fill(struct sma_reader *reader)
{
	struct pollfd fds[] = {{.fd = reader->fd, .events = POLLIN},
			       {.fd = reader->stop_fd, .events = POLLIN}};
	ssize_t got;

	for (;;) {
		if (poll(fds, 2, -1) < 0) {
			if (errno == EINTR)
				continue;
			return 0;
		}
		if (fds[1].revents)
			return 0;
		got = read(reader->fd, reader->buffer, sizeof(reader->buffer));
		if (got < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		reader->from = 0;
		reader->to = got > 0 ? (size_t)got : 0;
		return got > 0 ? got : 0;
	}
}

/* Reads up to and with the empty line. */
static enum sma_frame read_header(struct sma_reader *reader, char header[SMA_MAX_HEADER + 1],
				  const char **why)
{
	size_t length = 0;

	for (;;) {
		if (reader->from == reader->to && fill(reader) == 0) {
			if (length == 0)
				return SMA_FRAME_END;
			*why = "The input ended inside a frame header";
			return SMA_FRAME_BAD;
		}
		if (length == SMA_MAX_HEADER) {
			*why = "A frame header is longer than 4096 bytes";
			return SMA_FRAME_BAD;
		}
		header[length] = reader->buffer[reader->from++];
		if (header[length++] == 0) {
			*why = "A frame header holds a NUL byte";
			return SMA_FRAME_BAD;
		}
		if (length >= 4 && memcmp(header + length - 4, "\r\n\r\n", 4) == 0) {
			header[length] = 0;
			return SMA_FRAME_OK;
		}
	}
}

static bool parse_length(const char *value, size_t *size)
{
	size_t digits;

	value += strspn(value, " \t");
	digits = strspn(value, "0123456789");
	if (digits == 0 || digits > 10)
		return false;
	*size = strtoul(value, NULL, 10);
	value += digits;
	value += strspn(value, " \t");
	return strncmp(value, "\r\n", 2) == 0;
}

/* One Content-Length; other fields need a name and are ignored. */
static enum sma_frame parse_header(const char *header, size_t *size, const char **why)
{
	bool found = false;

	for (const char *line = header; strcmp(line, "\r\n") != 0;) {
		const char *colon = strchr(line, ':'), *end = strstr(line, "\r\n");

		if (!end || !colon || colon > end || colon == line) {
			*why = "A frame header line has no name and colon";
			return SMA_FRAME_BAD;
		}
		if ((size_t)(colon - line) == strlen("Content-Length") &&
		    strncasecmp(line, "Content-Length", strlen("Content-Length")) == 0) {
			if (found || !parse_length(colon + 1, size)) {
				*why = found ? "A frame header has two Content-Length lines"
					     : "Content-Length is not a number of bytes";
				return SMA_FRAME_BAD;
			}
			found = true;
		}
		line = end + 2;
	}
	if (!found)
		*why = "A frame header has no Content-Length";
	else if (*size > SMA_MAX_BODY)
		*why = "A frame body is larger than 64 MiB";
	else
		return SMA_FRAME_OK;
	return SMA_FRAME_BAD;
}

enum sma_frame sma_read_frame(struct sma_reader *reader, char **body, size_t *size,
			      const char **why)
{
	char header[SMA_MAX_HEADER + 1];
	enum sma_frame result = read_header(reader, header, why);
	size_t have = 0;

	*body = NULL;
	if (result != SMA_FRAME_OK)
		return result;
	if (parse_header(header, size, why) != SMA_FRAME_OK)
		return SMA_FRAME_BAD;
	*body = malloc(*size + 1);
	if (!*body) {
		*why = "Memory ran out for a frame body";
		return SMA_FRAME_BAD;
	}
	while (have < *size) {
		size_t part;

		if (reader->from == reader->to && fill(reader) == 0) {
			free(*body);
			*body = NULL;
			*why = "The input ended inside a frame body";
			return SMA_FRAME_BAD;
		}
		part = reader->to - reader->from;
		if (part > *size - have)
			part = *size - have;
		memcpy(*body + have, reader->buffer + reader->from, part);
		reader->from += part;
		have += part;
	}
	(*body)[*size] = 0;
	return SMA_FRAME_OK;
}
