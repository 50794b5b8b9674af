// SPDX-License-Identifier: Apache-2.0
#include <endian.h>
#include <errno.h>
#include <string.h>
#include "traffic.h"

/* splitmix64's finalizer over the word's number. */
static uint64_t pattern_word(uint64_t stream, uint64_t index)
{
	uint64_t x = (stream + 1) * 0x9e3779b97f4a7c15ULL + index * 0xd1342543de82ef95ULL;

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

void pattern_fill(uint64_t stream, uint64_t position, void *data, size_t size)
{
	unsigned char *out = data;

	while (size) {
		uint64_t word = htole64(pattern_word(stream, position / 8));
		size_t skipped = position % 8;
		size_t part = 8 - skipped < size ? 8 - skipped : size;

		memcpy(out, (unsigned char *)&word + skipped, part);
		out += part;
		position += part;
		size -= part;
	}
}

size_t pattern_check(uint64_t stream, uint64_t position, const void *data, size_t size)
{
	unsigned char expected[4096];
	size_t done = 0;

	while (done < size) {
		size_t part = size - done < sizeof(expected) ? size - done : sizeof(expected);
		const unsigned char *got = (const unsigned char *)data + done;
		size_t i;

		pattern_fill(stream, position + done, expected, part);
		if (memcmp(got, expected, part) != 0) {
			for (i = 0; got[i] == expected[i]; i++)
				;
			return done + i;
		}
		done += part;
	}
	return size;
}

bool send_pattern(int fd, uint64_t stream, uint64_t position, size_t size, size_t message)
{
	static _Thread_local unsigned char buffer[1 << 20];

	if (message > sizeof(buffer))
		message = sizeof(buffer);
	while (size) {
		size_t part = size < message ? size : message;

		pattern_fill(stream, position, buffer, part);
		if (!send_all(fd, buffer, part))
			return false;
		position += part;
		size -= part;
	}
	return true;
}

int receive_pattern(int fd, uint64_t stream, uint64_t position, size_t size, int flags)
{
	static _Thread_local unsigned char buffer[1 << 20];

	while (size) {
		size_t part = size < sizeof(buffer) ? size : sizeof(buffer);
		ssize_t got = recv(fd, buffer, part, flags);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return errno == EAGAIN ? ETIMEDOUT : errno;
		if (got == 0)
			return EPIPE;
		if (pattern_check(stream, position, buffer, (size_t)got) != (size_t)got)
			return EBADMSG;
		position += (size_t)got;
		size -= (size_t)got;
	}
	return 0;
}
