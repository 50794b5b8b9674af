// SPDX-License-Identifier: Apache-2.0
#include "cli.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "command.h"
#include "printable.h"
#include "rpc.h"
#include "text.h"

#define EXIT_USAGE 2

/* What the signal handler sets; the running command sees it at its next check. */
static struct sma_context *interrupted;

/*
 * libbpf loads again when a signal interrupted the verifier: keep interrupting until it gives up.
 * Not while the command undoes its work, which loads programs of its own.
 */
static void on_signal(int number)
{
	struct itimerval again = {.it_interval.tv_usec = 20000, .it_value.tv_usec = 20000};
	struct itimerval never = {0};
	bool loading = atomic_load(&interrupted->loading);

	atomic_store(&interrupted->cancelled, true);
	if (number != SIGALRM || !loading)
		setitimer(ITIMER_REAL, loading ? &again : &never, NULL);
}

static void catch_signals(struct sma_context *context)
{
	struct sigaction action = {.sa_handler = on_signal};

	interrupted = context;
	/* Who closes our output does not end an attach or a detach half way. */
	signal(SIGPIPE, SIG_IGN);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	sigaction(SIGALRM, &action, NULL);
}

static void print_progress(void *to, const char *message)
{
	char *text = strdup(message);

	(void)to;
	sma_printable_text(text, false);
	fprintf(stderr, "%s\n", text ? text : "");
	free(text);
}

static int usage(const char *format, const char *what)
{
	fprintf(stderr, "sockmap-agent: ");
	fprintf(stderr, format, what);
	fprintf(stderr, ". See sockmap-agent --help.\n");
	return EXIT_USAGE;
}

static const struct option_spec *find_option(const struct command *command, const char *flag)
{
	for (const struct option_spec *option = command->options;
	     option < command->options + MAX_OPTIONS && option->flag; option++) {
		if (strcmp(option->flag, flag) == 0)
			return option;
	}
	return NULL;
}

/* The value as the request wants it; NULL: not a number. */
static json_t *option_value(const struct option_spec *option, const char *text)
{
	char *end;
	double seconds;

	if (option->type == OPTION_TEXT || option->type == OPTION_REQUIRED_TEXT)
		return sma_text(text);
	errno = 0;
	if (option->type == OPTION_NUMBER) {
		long long number = strtoll(text, &end, 10);

		return *text && !*end && !errno ? json_integer(number) : NULL;
	}
	seconds = strtod(text, &end);
	if (!*text || *end || errno || !isfinite(seconds) || seconds < 0 || seconds > 1e9)
		return NULL;
	return json_integer((json_int_t)llround(seconds * 1000));
}

struct invocation {
	const struct command *command;
	json_t *params;
	const char *operand;
	bool json;
	bool help;
};

static int parse(struct invocation *invocation, int argc, char **argv)
{
	for (int i = 0; i < argc; i++) {
		const struct option_spec *option = find_option(invocation->command, argv[i]);
		json_t *value;

		if (strcmp(argv[i], "--json") == 0) {
			invocation->json = true;
			continue;
		}
		if (strcmp(argv[i], "--help") == 0) {
			invocation->help = true;
			continue;
		}
		if (!option && argv[i][0] == '-' && argv[i][1])
			return usage("There is no option %s", argv[i]);
		if (!option) {
			if (!invocation->command->operand || invocation->operand)
				return usage("%s is one argument too many", argv[i]);
			invocation->operand = argv[i];
			continue;
		}
		if (option->type == OPTION_FLAG) {
			json_object_set_new(invocation->params, option->key, json_true());
			continue;
		}
		if (i + 1 == argc)
			return usage("%s needs a value", option->flag);
		value = option_value(option, argv[++i]);
		if (!value)
			return usage("%s needs a number", option->flag);
		json_object_set_new(invocation->params, option->key, value);
	}
	return 0;
}

static int print_error(struct sma_error *error, bool json)
{
	size_t index;
	json_t *choice;

	if (json) {
		json_t *object = sma_error_json(error);

		json_dumpf(object, stderr, JSON_COMPACT);
		fputc('\n', stderr);
		json_decref(object);
		return sma_kind_exit(error->kind);
	}
	sma_printable_text(error->message, false);
	sma_printable_text(error->action, false);
	sma_printable_text(error->log, true);
	sma_printable_json(error->choices);
	if (error->log && *error->log)
		fprintf(stderr, "%s\n", error->log);
	fprintf(stderr, "sockmap-agent: %s.%s%s\n", error->message, error->action ? " " : "",
		error->action ? error->action : "");
	json_array_foreach(error->choices, index, choice)
	{
		fprintf(stderr, "  %s\n", json_string_value(choice));
	}
	return sma_kind_exit(error->kind);
}

static int run(struct invocation *invocation, struct sma_context *context)
{
	const struct command *command = invocation->command;
	struct sma_error error = {0};
	json_t *result = NULL;
	int code;

	if (!command->complete ||
	    command->complete(context, invocation->params, invocation->operand, &error) == 0)
		result = sma_find_method(command->method)(context, invocation->params, &error);
	if (!result) {
		code = print_error(&error, invocation->json);
	} else if (invocation->json) {
		json_dumpf(result, stdout, JSON_COMPACT);
		fputc('\n', stdout);
		code = command->verdict ? command->verdict(result) : 0;
	} else {
		sma_printable_json(result);
		command->print(result);
		code = command->verdict ? command->verdict(result) : 0;
	}
	json_decref(result);
	sma_error_clear(&error);
	if (fflush(stdout) && code == 0)
		code = 1;
	return code;
}

static int run_command(const struct command *command, int argc, char **argv, const char *bpffs)
{
	struct sma_context context = {.bpffs_override = bpffs};
	struct invocation invocation = {.command = command, .params = json_object()};
	int code = parse(&invocation, argc, argv);

	if (code == 0 && invocation.help) {
		sma_print_command_help(command, stdout);
	} else if (code == 0) {
		if (!invocation.json)
			context.report = print_progress;
		catch_signals(&context);
		code = run(&invocation, &context);
	}
	json_decref(invocation.params);
	return code;
}

static int serve(int argc, char **argv, const char *bpffs)
{
	const char *nonce = NULL;

	for (int i = 0; i < argc; i++) {
		if (strcmp(argv[i], "--help") == 0) {
			printf("usage: sockmap-agent serve --nonce HEX\n\n"
			       "Speaks JSON-RPC 2.0 with Content-Length framing after one line, "
			       "\"SOCKMAP-AGENT HEX VERSION\".\n");
			return 0;
		}
		if (strcmp(argv[i], "--nonce") != 0)
			return usage("There is no option %s", argv[i]);
		if (i + 1 == argc)
			return usage("%s needs a value", argv[i]);
		nonce = argv[++i];
	}
	if (!nonce)
		return usage("%s is required", "--nonce");
	if (strlen(nonce) == 0 || strlen(nonce) > 64 ||
	    strspn(nonce, "0123456789abcdefABCDEF") != strlen(nonce))
		return usage("%s must be 1 to 64 hex digits", "--nonce");
	return sma_serve(nonce, bpffs);
}

int sma_cli(int argc, char **argv)
{
	const char *bpffs = getenv("SOCKMAP_BPFFS");
	const struct command *command;
	int at = 1, words = 1;

	if (bpffs && !*bpffs)
		bpffs = NULL;
	if (at + 1 < argc && strcmp(argv[at], "--bpffs") == 0) {
		bpffs = argv[at + 1];
		at += 2;
	}
	if (at >= argc) {
		sma_print_usage(stderr);
		return EXIT_USAGE;
	}
	if (strcmp(argv[at], "--help") == 0 || strcmp(argv[at], "help") == 0) {
		sma_print_usage(stdout);
		return 0;
	}
	if (strcmp(argv[at], "--version") == 0) {
		printf("sockmap-agent %s, protocol %d\n", SMA_VERSION, SMA_PROTOCOL);
		return 0;
	}
	if (strcmp(argv[at], "serve") == 0)
		return serve(argc - at - 1, argv + at + 1, bpffs);
	command = sma_find_command(argc - at, argv + at, &words);
	if (!command && words == 2)
		return usage("%s needs one of set, show or clear", argv[at]);
	if (!command)
		return usage("There is no command %s", argv[at]);
	return run_command(command, argc - at - words, argv + at + words, bpffs);
}
