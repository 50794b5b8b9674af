// SPDX-License-Identifier: Apache-2.0
/* One kind of connections alone. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "measure.h"

#define SAMPLES (1 << 20)

static float samples[SAMPLES];

void serve(const struct options *options, struct shared *shared, int listener)
{
	size_t room = options->size > 262144 ? options->size : 262144;
	char *buffer = malloc(room);
	bool stream = strcmp(options->mode, "stream") == 0;

	for (;;) {
		int fd = accept(listener, NULL, NULL);

		if (fd < 0)
			die("accept");
		no_delay(options, fd);
		if (stream) {
			ssize_t got;

			while ((got = recv(fd, buffer, room, 0)) > 0)
				shared->received += (uint64_t)got;
		} else {
			while (receive_all(fd, buffer, options->size))
				if (!send_all(fd, buffer, options->size))
					break;
		}
		close(fd);
	}
}

static int by_value(const void *a, const void *b)
{
	float left = *(const float *)a, right = *(const float *)b;

	return (left > right) - (left < right);
}

static void print(uint64_t operations, uint64_t bytes, double seconds, bool quantiles)
{
	size_t count = operations < SAMPLES ? (size_t)operations : SAMPLES;
	double p50 = 0, p99 = 0;

	if (quantiles && count) {
		qsort(samples, count, sizeof(samples[0]), by_value);
		p50 = (double)samples[count / 2] * 1e6;
		p99 = (double)samples[count * 99 / 100] * 1e6;
	}
	printf(
	    "{\"operations\":%llu,\"bytes\":%llu,\"seconds\":%.6f,\"p50us\":%.2f,\"p99us\":%.2f}\n",
	    (unsigned long long)operations, (unsigned long long)bytes, seconds, p50, p99);
}

/* One round trip after another, on one connection or a new one for each. */
void round_trips(const struct options *options, const struct shared *shared, bool reconnect)
{
	char *buffer = calloc(1, options->size);
	uint64_t operations = 0;
	int fd = reconnect ? -1 : open_connection(options, shared);
	double start, end, before, after;

	/* The first messages of a connection pair its ends: not what is measured here. */
	for (int i = 0; !reconnect && i < 200; i++)
		if (!send_all(fd, buffer, options->size) || !receive_all(fd, buffer, options->size))
			die("round trip");
	start = before = now();
	end = start + options->seconds;
	while (before < end) {
		if (reconnect)
			fd = open_connection(options, shared);
		if (!send_all(fd, buffer, options->size) || !receive_all(fd, buffer, options->size))
			die("round trip");
		if (reconnect)
			close(fd);
		after = now();
		samples[operations++ % SAMPLES] = (float)(after - before);
		before = after;
	}
	print(operations, operations * options->size * 2, before - start, true);
}

void stream(const struct options *options, struct shared *shared)
{
	char *buffer = calloc(1, options->size);
	int fd = open_connection(options, shared);
	double start, end, last;
	uint64_t first, received, operations = 0;

	/* A stream may leave a sockmap in its first half second: what follows is measured. */
	for (double warm = now() + 0.6; now() < warm;)
		if (!send_all(fd, buffer, options->size))
			die("send");
	first = shared->received;
	start = last = now();
	end = start + options->seconds;
	while (last < end) {
		/* Reading the clock at each small write would be most of the work. */
		for (int i = 0; i < 64; i++)
			if (!send_all(fd, buffer, options->size))
				die("send");
		operations += 64;
		last = now();
	}
	received = shared->received - first;
	print(operations, received, last - start, false);
}
