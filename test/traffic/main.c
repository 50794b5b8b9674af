// SPDX-License-Identifier: Apache-2.0
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "traffic.h"

struct subcommand {
	const char *name;
	int (*run)(const struct options *options);
	const char *help;
};

static const struct subcommand subcommands[] = {
    {"pairs", run_pairs, "connections to an echo server, all open at once; --hold keeps them"},
    {"defer", run_defer, "TCP_DEFER_ACCEPT listener, several sends at once; [--wait-all] [--gap]"},
    {"fast-open", run_fast_open, "the first bytes in the SYN (net.ipv4.tcp_fastopen=3)"},
    {"server-first", run_server_first,
     "the server greets before it hears anything; [--early-read]"},
    {"slow-reader", run_slow_reader, "how much a writer gets rid of while nobody reads"},
    {"churn", run_churn, "random sizes both ways at once, random readers"},
    {"unread", run_unread, "both ends hold unread bytes until a line comes on standard input"},
    {"short", run_short, "one request each, ended in every way"},
    {"half-close", run_half_close, "shutdown(SHUT_WR), then a reply that is read late"},
    {"reset", run_reset, "the server resets while the client has unread bytes"},
    {"reconnect", run_reconnect,
     "connect(AF_UNSPEC) with unread bytes, then to the echo server of --connect"},
    {"zerocopy", run_zerocopy, "MSG_ZEROCOPY sends that wait for their completion; [--late]"},
    {"peek", run_peek, "a reader that peeks at all bytes before it takes the first"},
    {"ktls", run_ktls, "a server with kernel TLS, which it begins --gap after the handshake"},
    {"splice", run_splice, "an echo through splice() at both ends; [--late]"},
    {"edge", run_edge, "edge-triggered readers by nginx's rules that begin after --gap"},
    {"echo-server", run_echo_server, "returns what it gets, until standard input ends"},
    {"integrity", run_integrity, "--runs random runs from --seed, on plain TCP and in the cgroup"},
    {"tasks", run_tasks, "an echo whose ends read in one task and write in another, like load"},
    {"load", run_load, "--rate messages a second for --hold seconds, over --count connections"},
};

enum option_id {
	OPTION_CGROUP = 256,
	OPTION_SERVER_CGROUP,
	OPTION_CLIENT_CGROUP,
	OPTION_NETNS,
	OPTION_SERVER_NETNS,
	OPTION_CLIENT_NETNS,
	OPTION_FAMILY,
	OPTION_SERVER_UID,
	OPTION_SERVER_GID,
	OPTION_CLIENT_UID,
	OPTION_CLIENT_GID,
	OPTION_LISTEN,
	OPTION_CONNECT,
	OPTION_COUNT,
	OPTION_BYTES,
	OPTION_MESSAGE,
	OPTION_HOLD,
	OPTION_RATE,
	OPTION_GAP,
	OPTION_QUIET,
	OPTION_TIMEOUT,
	OPTION_SEED,
	OPTION_RUNS,
	OPTION_CAP,
	OPTION_KEEPALIVE,
	OPTION_LOWAT,
	OPTION_WAIT_ALL,
	OPTION_FROM_SERVER,
	OPTION_EARLY_READ,
	OPTION_MPTCP,
	OPTION_LATE,
	OPTION_SHRINK,
	OPTION_ASK,
	OPTION_NO_SPLICE,
};

static const struct option long_options[] = {
    {"cgroup", required_argument, NULL, OPTION_CGROUP},
    {"server-cgroup", required_argument, NULL, OPTION_SERVER_CGROUP},
    {"client-cgroup", required_argument, NULL, OPTION_CLIENT_CGROUP},
    {"netns", required_argument, NULL, OPTION_NETNS},
    {"server-netns", required_argument, NULL, OPTION_SERVER_NETNS},
    {"client-netns", required_argument, NULL, OPTION_CLIENT_NETNS},
    {"server-uid", required_argument, NULL, OPTION_SERVER_UID},
    {"server-gid", required_argument, NULL, OPTION_SERVER_GID},
    {"client-uid", required_argument, NULL, OPTION_CLIENT_UID},
    {"client-gid", required_argument, NULL, OPTION_CLIENT_GID},
    {"family", required_argument, NULL, OPTION_FAMILY},
    {"listen", required_argument, NULL, OPTION_LISTEN},
    {"connect", required_argument, NULL, OPTION_CONNECT},
    {"count", required_argument, NULL, OPTION_COUNT},
    {"bytes", required_argument, NULL, OPTION_BYTES},
    {"message", required_argument, NULL, OPTION_MESSAGE},
    {"hold", required_argument, NULL, OPTION_HOLD},
    {"rate", required_argument, NULL, OPTION_RATE},
    {"gap", required_argument, NULL, OPTION_GAP},
    {"quiet", required_argument, NULL, OPTION_QUIET},
    {"timeout", required_argument, NULL, OPTION_TIMEOUT},
    {"seed", required_argument, NULL, OPTION_SEED},
    {"runs", required_argument, NULL, OPTION_RUNS},
    {"cap", required_argument, NULL, OPTION_CAP},
    {"keepalive", required_argument, NULL, OPTION_KEEPALIVE},
    {"lowat", required_argument, NULL, OPTION_LOWAT},
    {"wait-all", no_argument, NULL, OPTION_WAIT_ALL},
    {"from-server", no_argument, NULL, OPTION_FROM_SERVER},
    {"early-read", no_argument, NULL, OPTION_EARLY_READ},
    {"mptcp", no_argument, NULL, OPTION_MPTCP},
    {"late", no_argument, NULL, OPTION_LATE},
    {"shrink", no_argument, NULL, OPTION_SHRINK},
    {"ask", no_argument, NULL, OPTION_ASK},
    {"no-splice", no_argument, NULL, OPTION_NO_SPLICE},
    {NULL, 0, NULL, 0},
};

static int usage(void)
{
	size_t i;

	fputs("usage: traffic SUBCOMMAND [OPTION...]\n", stderr);
	for (i = 0; i < sizeof(subcommands) / sizeof(subcommands[0]); i++)
		fprintf(stderr, "  %-13s %s\n", subcommands[i].name, subcommands[i].help);
	fputs(
	    "options (defaults):\n"
	    "  --cgroup DIR --server-cgroup DIR --client-cgroup DIR   join before any socket\n"
	    "  --netns FILE --server-netns FILE --client-netns FILE   enter before any socket\n"
	    "  --server-uid N --server-gid N --client-uid N --client-gid N   before any socket\n"
	    "  --family 4|6|mapped|mapped6 (4)  --listen A:P  --connect A:P (loopback)\n"
	    "  --count N (1) connections  --bytes N (4096) a direction  --message N (1024) a send\n"
	    "  --hold S (0) --rate N/S (100) --gap S (0) --quiet S (2) --timeout S (10)\n"
	    "  --cap N (268435456) --wait-all --from-server --early-read --mptcp --late\n"
	    "  --keepalive S (0: the default) of the listener, without SO_KEEPALIVE\n"
	    "  --lowat N (0) of unsent bytes  --shrink: the second half in small sends\n"
	    "  --ask: keep what churned until a line comes on standard input\n"
	    "  --no-splice: no random reader does\n"
	    "  --seed N (1) --runs N (100); the seed of a run repeats it with --runs 1\n"
	    "Prints JSON lines; exit 1: a promise was broken, 2: wrong usage.\n",
	    stderr);
	return 2;
}

static bool parse_number(const char *text, double *number)
{
	char *end;

	*number = strtod(text, &end);
	return *text && !*end && *number >= 0;
}

static bool parse_family(const char *text, enum family *family)
{
	static const char *const names[] = {"4", "6", "mapped", "mapped6"};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(text, names[i]) == 0) {
			*family = (enum family)i;
			return true;
		}
	}
	return false;
}

static bool apply(struct options *options, int id)
{
	double number = 0;

	if (((id >= OPTION_COUNT && id <= OPTION_LOWAT) ||
	     (id >= OPTION_SERVER_UID && id <= OPTION_CLIENT_GID)) &&
	    !parse_number(optarg, &number))
		return false;
	switch (id) {
	case OPTION_CGROUP:
		options->server.cgroup = options->client.cgroup = optarg;
		return true;
	case OPTION_SERVER_CGROUP:
		options->server.cgroup = optarg;
		return true;
	case OPTION_CLIENT_CGROUP:
		options->client.cgroup = optarg;
		return true;
	case OPTION_NETNS:
		options->server.netns = options->client.netns = optarg;
		return true;
	case OPTION_SERVER_NETNS:
		options->server.netns = optarg;
		return true;
	case OPTION_CLIENT_NETNS:
		options->client.netns = optarg;
		return true;
	case OPTION_SERVER_UID:
		options->server.uid = (uint32_t)number;
		return true;
	case OPTION_SERVER_GID:
		options->server.gid = (uint32_t)number;
		return true;
	case OPTION_CLIENT_UID:
		options->client.uid = (uint32_t)number;
		return true;
	case OPTION_CLIENT_GID:
		options->client.gid = (uint32_t)number;
		return true;
	case OPTION_FAMILY:
		return parse_family(optarg, &options->family);
	case OPTION_LISTEN:
		options->listen = optarg;
		return true;
	case OPTION_CONNECT:
		options->connect = optarg;
		return true;
	case OPTION_COUNT:
		options->count = (unsigned int)number;
		return options->count > 0;
	case OPTION_BYTES:
		options->bytes = (size_t)number;
		return true;
	case OPTION_MESSAGE:
		options->message = (size_t)number;
		return options->message > 0;
	case OPTION_HOLD:
		options->hold = number;
		return true;
	case OPTION_RATE:
		options->rate = number;
		return number > 0;
	case OPTION_GAP:
		options->gap = number;
		return true;
	case OPTION_QUIET:
		options->quiet = number;
		return true;
	case OPTION_TIMEOUT:
		options->timeout = number;
		return number > 0;
	case OPTION_SEED:
		options->seed = (uint64_t)number;
		return true;
	case OPTION_RUNS:
		options->runs = (unsigned int)number;
		return options->runs > 0;
	case OPTION_CAP:
		options->cap = (size_t)number;
		return true;
	case OPTION_WAIT_ALL:
		options->wait_all = true;
		return true;
	case OPTION_EARLY_READ:
		options->early_read = true;
		return true;
	case OPTION_MPTCP:
		options->mptcp = true;
		return true;
	case OPTION_LATE:
		options->late = true;
		return true;
	case OPTION_KEEPALIVE:
		options->keepalive = (int)number;
		return true;
	case OPTION_LOWAT:
		options->lowat = (int)number;
		return true;
	case OPTION_SHRINK:
		options->shrink = true;
		return true;
	case OPTION_ASK:
		options->ask = true;
		return true;
	case OPTION_NO_SPLICE:
		options->no_splice = true;
		return true;
	case OPTION_FROM_SERVER:
		options->from_server = true;
		return true;
	default:
		return false;
	}
}

int main(int argc, char **argv)
{
	struct options options = {
	    .count = 1,
	    .bytes = 4096,
	    .message = 1024,
	    .rate = 100,
	    .quiet = 2,
	    .timeout = 10,
	    .cap = 256 << 20,
	    .seed = 1,
	    .runs = 100,
	};
	size_t i;
	int id;

	signal(SIGPIPE, SIG_IGN);
	if (argc < 2)
		return usage();
	while ((id = getopt_long(argc - 1, argv + 1, "", long_options, NULL)) != -1) {
		if (id == '?')
			return usage();
		if (!apply(&options, id)) {
			fprintf(stderr, "traffic: what does \"%s\" mean here?\n", optarg);
			return usage();
		}
	}
	for (i = 0; i < sizeof(subcommands) / sizeof(subcommands[0]); i++)
		if (strcmp(argv[1], subcommands[i].name) == 0)
			return subcommands[i].run(&options);
	return usage();
}
