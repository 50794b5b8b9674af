// SPDX-License-Identifier: Apache-2.0
/*
 * measure: how fast two processes on this host talk.
 *
 *   measure rr     --size N --seconds S    round trips on one connection
 *   measure stream --size N --seconds S    writes of N bytes, one direction
 *   measure rate   --size N --seconds S    connect, one request, close
 *
 * --transport tcp|unix, --cgroup DIR: joined by both, --against DIR: and in turns with it sockets
 * that the client makes in this other one, --server-netns FILE: entered by the server,
 * --server-outside: the server stays out of the cgroup, --connect ADDRESS (127.0.0.1), --cpus N,M:
 * the client stays on CPU N, the server on CPU M, --awake FILE: no CPU sleeps meanwhile, FILE is
 * /dev/cpu_dma_latency. Prints one JSON object: {"operations", "bytes", "seconds", "p50us",
 * "p99us"}; the quantiles are of round trips and connections, 0 for a stream and in turns;
 * "against": the first three of the other cgroup.
 */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "measure.h"

static int usage(void)
{
	fputs("usage: measure rr|stream|rate [--size N] [--seconds S] [--transport tcp|unix] "
	      "[--cgroup DIR] [--against DIR] "
	      "[--server-netns FILE] [--server-outside] [--connect ADDRESS] [--cpus N,M] "
	      "[--awake FILE]\n",
	      stderr);
	return 2;
}

static bool parse(int argc, char **argv, struct options *options)
{
	static const struct option longs[] = {
	    {"size", required_argument, NULL, 's'},
	    {"seconds", required_argument, NULL, 't'},
	    {"transport", required_argument, NULL, 'x'},
	    {"cgroup", required_argument, NULL, 'c'},
	    {"against", required_argument, NULL, 'g'},
	    {"server-netns", required_argument, NULL, 'n'},
	    {"server-outside", no_argument, NULL, 'o'},
	    {"connect", required_argument, NULL, 'a'},
	    {"cpus", required_argument, NULL, 'p'},
	    {"awake", required_argument, NULL, 'w'},
	    {NULL, 0, NULL, 0},
	};
	int id;

	while ((id = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		switch (id) {
		case 's':
			options->size = strtoul(optarg, NULL, 10);
			break;
		case 't':
			options->seconds = strtod(optarg, NULL);
			break;
		case 'x':
			options->unix_socket = strcmp(optarg, "unix") == 0;
			break;
		case 'c':
			options->cgroup = optarg;
			break;
		case 'g':
			options->against = optarg;
			break;
		case 'n':
			options->server_netns = optarg;
			break;
		case 'o':
			options->server_outside = true;
			break;
		case 'a':
			options->connect = optarg;
			break;
		case 'p':
			if (sscanf(optarg, "%d,%d", &options->client_cpu, &options->server_cpu) !=
			    2)
				return false;
			break;
		case 'w':
			stay_awake(optarg);
			break;
		default:
			return false;
		}
	}
	return options->size && options->seconds > 0 && (!options->against || options->cgroup) &&
	       (strcmp(options->mode, "rr") == 0 || strcmp(options->mode, "rate") == 0 ||
		strcmp(options->mode, "stream") == 0);
}

static void be_server(const struct options *options, struct shared *shared, int ready)
{
	int listener;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (options->server_netns)
		enter(options->server_netns);
	if (options->cgroup && !options->server_outside)
		join(options->cgroup);
	stay_on(options->server_cpu);
	listener = open_listener(options, shared);
	if (write(ready, "", 1) != 1)
		die("ready");
	if (options->against && strcmp(options->mode, "rate") != 0)
		serve_in_turns(options, shared, listener);
	serve(options, shared, listener);
}

static void be_client(const struct options *options, struct shared *shared)
{
	if (options->cgroup)
		join(options->cgroup);
	stay_on(options->client_cpu);
	if (options->against)
		take_turns(options, shared);
	else if (strcmp(options->mode, "stream") == 0)
		stream(options, shared);
	else
		round_trips(options, shared, strcmp(options->mode, "rate") == 0);
}

int main(int argc, char **argv)
{
	struct options options = {
	    .size = 64,
	    .seconds = 1,
	    .connect = "127.0.0.1",
	    .client_cpu = -1,
	    .server_cpu = -1,
	};
	struct shared *shared;
	int ready[2];
	pid_t pid;
	char byte;

	if (argc < 2)
		return usage();
	options.mode = argv[1];
	if (!parse(argc - 1, argv + 1, &options))
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
	if (pid == 0)
		be_server(&options, shared, ready[1]);
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		die("the server did not start");
	be_client(&options, shared);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return 0;
}
