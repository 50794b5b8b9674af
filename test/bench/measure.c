// SPDX-License-Identifier: Apache-2.0
/*
 * measure: how fast two processes on this host talk.
 *
 *   measure rr     --size N --seconds S    round trips on one connection
 *   measure stream --size N --seconds S    writes of N bytes, one direction
 *   measure rate   --size N --seconds S    connect, one request, close
 *
 * --transport tcp|unix, --cgroup DIR: joined by both, --server-netns FILE: entered by
 * the server, --server-outside: the server stays out of the cgroup, --connect ADDRESS
 * (127.0.0.1), --cpus N,M: the client stays on CPU N, the server on CPU M, --awake FILE: no CPU
 * sleeps meanwhile, FILE is /dev/cpu_dma_latency. Prints one JSON object:
 * {"operations", "bytes", "seconds", "p50us", "p99us"}; the quantiles are of round trips and
 * connections, 0 for a stream.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SAMPLES (1 << 20)

struct options {
	const char *mode, *cgroup, *server_netns, *connect;
	int client_cpu, server_cpu; /* -1: any */
	bool unix_socket, server_outside;
	size_t size;
	double seconds;
};

struct shared {
	uint16_t port;
	volatile uint64_t received;
};

static float samples[SAMPLES];

static void die(const char *what)
{
	fprintf(stderr, "measure: %s: %s\n", what, strerror(errno));
	exit(1);
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void join(const char *cgroup)
{
	char path[4096];
	int fd;

	snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "0\n", 2) != 2)
		die(path);
	close(fd);
}

static void enter(const char *netns)
{
	int fd = open(netns, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || setns(fd, CLONE_NEWNET))
		die(netns);
	close(fd);
}

static void stay_on(int cpu)
{
	cpu_set_t set;

	if (cpu < 0)
		return;
	CPU_ZERO(&set);
	CPU_SET((size_t)cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		die("--cpus");
}

/* Until the process ends: the file stays open. */
static void stay_awake(const char *file)
{
	int fd = open(file, O_WRONLY | O_CLOEXEC), microseconds = 0;

	if (fd < 0 || write(fd, &microseconds, sizeof(microseconds)) != sizeof(microseconds))
		die(file);
}

/* An abstract address: nothing to remove afterwards. */
static socklen_t unix_address(struct sockaddr_un *address)
{
	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	snprintf(address->sun_path + 1, sizeof(address->sun_path) - 1, "measure-%d", getpgrp());
	return sizeof(*address);
}

static int open_listener(const struct options *options, struct shared *shared)
{
	struct sockaddr_in four = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_ANY)};
	struct sockaddr_un local;
	socklen_t size = sizeof(four);
	int fd, one = 1;

	if (options->unix_socket) {
		size = unix_address(&local);
		fd = socket(AF_UNIX, SOCK_STREAM, 0);
		if (fd < 0 || bind(fd, (struct sockaddr *)&local, size) || listen(fd, 128))
			die("listen");
		return fd;
	}
	fd = socket(AF_INET, SOCK_STREAM, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) ||
	    bind(fd, (struct sockaddr *)&four, size) || listen(fd, 1024) ||
	    getsockname(fd, (struct sockaddr *)&four, &size))
		die("listen");
	shared->port = ntohs(four.sin_port);
	return fd;
}

static void no_delay(const struct options *options, int fd)
{
	int one = 1;

	if (!options->unix_socket && setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)))
		die("TCP_NODELAY");
}

static int open_connection(const struct options *options, const struct shared *shared)
{
	struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(shared->port)};
	struct sockaddr_un local;
	int fd = socket(options->unix_socket ? AF_UNIX : AF_INET, SOCK_STREAM, 0);

	if (fd < 0)
		die("socket");
	if (options->unix_socket) {
		socklen_t size = unix_address(&local);

		if (connect(fd, (struct sockaddr *)&local, size))
			die("connect");
		return fd;
	}
	inet_pton(AF_INET, options->connect, &four.sin_addr);
	if (connect(fd, (struct sockaddr *)&four, sizeof(four)))
		die("connect");
	no_delay(options, fd);
	return fd;
}

static bool send_all(int fd, const char *data, size_t size)
{
	while (size) {
		ssize_t sent = send(fd, data, size, MSG_NOSIGNAL);

		if (sent <= 0)
			return false;
		data += sent;
		size -= (size_t)sent;
	}
	return true;
}

static bool receive_all(int fd, char *data, size_t size)
{
	while (size) {
		ssize_t got = recv(fd, data, size, 0);

		if (got <= 0)
			return false;
		data += got;
		size -= (size_t)got;
	}
	return true;
}

static void serve(const struct options *options, struct shared *shared, int listener)
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
static void round_trips(const struct options *options, const struct shared *shared, bool reconnect)
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

static void stream(const struct options *options, struct shared *shared)
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

static int usage(void)
{
	fputs("usage: measure rr|stream|rate [--size N] [--seconds S] [--transport tcp|unix] "
	      "[--cgroup DIR] "
	      "[--server-netns FILE] [--server-outside] [--connect ADDRESS] [--cpus N,M] "
	      "[--awake FILE]\n",
	      stderr);
	return 2;
}

int main(int argc, char **argv)
{
	static const struct option longs[] = {
	    {"size", required_argument, NULL, 's'},
	    {"seconds", required_argument, NULL, 't'},
	    {"transport", required_argument, NULL, 'x'},
	    {"cgroup", required_argument, NULL, 'c'},
	    {"server-netns", required_argument, NULL, 'n'},
	    {"server-outside", no_argument, NULL, 'o'},
	    {"connect", required_argument, NULL, 'a'},
	    {"cpus", required_argument, NULL, 'p'},
	    {"awake", required_argument, NULL, 'w'},
	    {NULL, 0, NULL, 0},
	};
	struct options options = {
	    .size = 64,
	    .seconds = 1,
	    .connect = "127.0.0.1",
	    .client_cpu = -1,
	    .server_cpu = -1,
	};
	struct shared *shared;
	int id, ready[2];
	pid_t pid;
	char byte = 0;

	if (argc < 2)
		return usage();
	options.mode = argv[1];
	while ((id = getopt_long(argc - 1, argv + 1, "", longs, NULL)) != -1) {
		switch (id) {
		case 's':
			options.size = strtoul(optarg, NULL, 10);
			break;
		case 't':
			options.seconds = strtod(optarg, NULL);
			break;
		case 'x':
			options.unix_socket = strcmp(optarg, "unix") == 0;
			break;
		case 'c':
			options.cgroup = optarg;
			break;
		case 'n':
			options.server_netns = optarg;
			break;
		case 'o':
			options.server_outside = true;
			break;
		case 'a':
			options.connect = optarg;
			break;
		case 'p':
			if (sscanf(optarg, "%d,%d", &options.client_cpu, &options.server_cpu) != 2)
				return usage();
			break;
		case 'w':
			stay_awake(optarg);
			break;
		default:
			return usage();
		}
	}
	if (!options.size || options.seconds <= 0)
		return usage();
	signal(SIGPIPE, SIG_IGN);
	setpgid(0, 0);
	shared =
	    mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED || pipe(ready))
		die("start");
	pid = fork();
	if (pid < 0)
		die("fork");
	if (pid == 0) {
		int listener;

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (options.server_netns)
			enter(options.server_netns);
		if (options.cgroup && !options.server_outside)
			join(options.cgroup);
		stay_on(options.server_cpu);
		listener = open_listener(&options, shared);
		if (write(ready[1], &byte, 1) != 1)
			die("ready");
		serve(&options, shared, listener);
	}
	close(ready[1]);
	if (options.cgroup)
		join(options.cgroup);
	stay_on(options.client_cpu);
	if (read(ready[0], &byte, 1) != 1)
		die("the server did not start");
	if (strcmp(options.mode, "rr") == 0)
		round_trips(&options, shared, false);
	else if (strcmp(options.mode, "rate") == 0)
		round_trips(&options, shared, true);
	else if (strcmp(options.mode, "stream") == 0)
		stream(&options, shared);
	else
		id = usage();
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return id == 2 ? 2 : 0;
}
