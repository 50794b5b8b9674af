// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "pins.h"
#include "policy.h"
#include "print.h"
#include "show.h"
#include "text.h"

#define DEFAULT_NAME "default"

static int complete_object(json_t *params, const char *path, struct sma_error *error)
{
	if (!path)
		return sma_fail(error, SMA_INVALID_PARAMS, NULL, "An object file is required");
	json_object_set_new(params, "object", json_pack("{s:o}", "path", sma_text(path)));
	return 0;
}

/* --policy FILE: its text. */
static int complete_policy(struct sma_context *context, json_t *params, struct sma_error *error)
{
	json_t *path = json_incref(json_object_get(params, "policy"));
	int result =
	    path ? sma_policy_from_file(context, params, "policy", json_string_value(path), error)
		 : 0;

	json_decref(path);
	return result;
}

static int complete_attach(struct sma_context *context, json_t *params, const char *operand,
			   struct sma_error *error)
{
	const char *path = json_string_value(json_object_get(params, "object"));
	char *copy = path ? strdup(path) : NULL;
	int result;

	(void)context;
	(void)operand;
	if (!json_object_get(params, "name"))
		json_object_set_new(params, "name", json_string(DEFAULT_NAME));
	result = path ? complete_object(params, copy, error)
		      : sma_fail(error, SMA_INVALID_PARAMS, NULL, "--object is required");
	free(copy);
	if (result == 0 && !json_object_get(params, "cgroup"))
		result = sma_fail(error, SMA_INVALID_PARAMS,
				  "Choose one of `sockmap-agent cgroups`.", "--cgroup is required");
	return result ? result : complete_policy(context, params, error);
}

static int complete_verify(struct sma_context *context, json_t *params, const char *operand,
			   struct sma_error *error)
{
	(void)context;
	return complete_object(params, operand, error);
}

static int complete_name(struct sma_context *context, json_t *params, const char *operand,
			 struct sma_error *error)
{
	const char *name;
	json_t *names;

	(void)operand;
	if (json_object_get(params, "name"))
		return 0;
	name = sma_only_attachment(context, &names, error);
	if (name)
		json_object_set_new(params, "name", sma_text(name));
	json_decref(names);
	return name ? 0 : -1;
}

static int complete_policy_set(struct sma_context *context, json_t *params, const char *operand,
			       struct sma_error *error)
{
	if (!operand)
		return sma_fail(error, SMA_INVALID_PARAMS, NULL, "A policy file is required");
	if (sma_policy_from_file(context, params, "text", operand, error))
		return -1;
	return complete_name(context, params, operand, error);
}

static int complete_policy_clear(struct sma_context *context, json_t *params, const char *operand,
				 struct sma_error *error)
{
	json_object_set_new(params, "text", json_string(""));
	return complete_name(context, params, operand, error);
}

static int complete_capture(struct sma_context *context, json_t *params, const char *operand,
			    struct sma_error *error)
{
	if (!json_object_get(params, "file"))
		return sma_fail(error, SMA_INVALID_PARAMS, "-w - writes to standard output.",
				"-w FILE is required");
	return complete_name(context, params, operand, error);
}

/* `sockets` of an attachment: its sockmap. */
static int complete_sockets(struct sma_context *context, json_t *params, const char *operand,
			    struct sma_error *error)
{
	struct sma_attachment attachment;
	const struct sma_pin *sockmap;
	const char *name;
	int result = 0;

	if (json_object_get(params, "map"))
		return 0;
	if (complete_name(context, params, operand, error))
		return -1;
	name = json_string_value(json_object_get(params, "name"));
	if (sma_attachment_find(context, name, &attachment, error))
		return -1;
	sockmap = sma_attachment_sockmap(&attachment);
	if (sockmap)
		json_object_set_new(params, "map", json_integer(sockmap->id));
	else
		result = sma_fail(error, SMA_NOT_FOUND, NULL, "%s has no sockmap", name);
	sma_attachment_close(&attachment);
	return result;
}

static int map_by_name(struct sma_context *context, json_t *params, const char *name,
		       struct sma_error *error)
{
	json_t *maps = sma_maps(context, NULL, error), *map, *found = json_array();
	size_t index;

	json_array_foreach(json_object_get(maps, "maps"), index, map)
	{
		const char *candidate = json_string_value(json_object_get(map, "name"));

		if (candidate && strcmp(candidate, name) == 0)
			json_array_append_new(
			    found,
			    json_sprintf("%lld", json_integer_value(json_object_get(map, "id"))));
	}
	if (maps && json_array_size(found) == 1) {
		json_object_set_new(
		    params, "id", json_integer(atoll(json_string_value(json_array_get(found, 0)))));
	} else if (maps && json_array_size(found) == 0) {
		sma_fail(error, SMA_NOT_FOUND, "List them with `sockmap-agent maps`.",
			 "There is no map named %s", name);
	} else if (maps) {
		sma_fail(error, SMA_AMBIGUOUS, "Choose one by its id.", "%zu maps are named %s",
			 json_array_size(found), name);
		error->choices = json_incref(found);
	}
	json_decref(found);
	json_decref(maps);
	return error->message ? -1 : 0;
}

static int complete_map(struct sma_context *context, json_t *params, const char *operand,
			struct sma_error *error)
{
	if (!operand)
		return sma_fail(error, SMA_INVALID_PARAMS, "List them with `sockmap-agent maps`.",
				"The id or name of a map is required");
	if (strlen(operand) < 11 && strspn(operand, "0123456789") == strlen(operand)) {
		json_object_set_new(params, "id", json_integer(atoll(operand)));
		return 0;
	}
	return map_by_name(context, params, operand, error);
}

static int detach_verdict(const json_t *result)
{
	return json_is_true(json_object_get(result, "removed")) ? 0 : SMA_EXIT_INCOMPLETE;
}

static int verify_verdict(const json_t *result)
{
	json_t *programs = json_object_get(result, "programs"), *program;
	size_t index;

	json_array_foreach(programs, index, program)
	{
		if (!json_is_true(json_object_get(program, "ok")))
			return SMA_EXIT_REJECTED;
	}
	return 0;
}

#define NAME_OPTION                                                                                \
	{                                                                                          \
		"--name", "name", OPTION_TEXT, "NAME", "the attachment (default: the only one)"    \
	}
#define PAGE_OPTIONS                                                                               \
	{"--offset", "offset", OPTION_NUMBER, "N", "first row to show (default 0)"},               \
	{                                                                                          \
		"--limit", "limit", OPTION_NUMBER, "N", "rows to show (default 100)"               \
	}

static const struct command commands[] = {
    {"attach",
     "attach",
     NULL,
     "Load an object and attach it to a cgroup and a sockmap",
     {{"--object", "object", OPTION_REQUIRED_TEXT, "FILE", "BPF object file"},
      {"--cgroup", "cgroup", OPTION_REQUIRED_TEXT, "PATH",
       "cgroup, as a full path or as a path below the cgroup v2 root; starts with /"},
      {"--name", "name", OPTION_TEXT, "NAME", "name of the attachment (default: " DEFAULT_NAME ")"},
      {"--sk-msg-map", "skMsgMap", OPTION_TEXT, "MAP",
       "sockmap that the sk_msg program is attached to, if there are several"},
      {"--pairing", "pairing", OPTION_TEXT, "HOW",
       "handshake, original-dst, tuple or auto (default: auto, which is handshake)"},
      {"--edge-readers", "edgeReaders", OPTION_FLAG, NULL,
       "prevent stalls of edge-triggered readers (nginx, tokio) on every kernel: fall back to "
       "plain TCP"},
      {"--max-sockets", "maxSockets", OPTION_NUMBER, "N",
       "maximum redirected sockets, two per connection (2-16777216, default 65536)"},
      {"--policy", "policy", OPTION_TEXT, "FILE",
       "file with the rules that say which connections may be accelerated"}},
     complete_attach,
     sma_print_attachment,
     NULL},
    {"detach",
     "detach",
     NULL,
     "Stop redirecting, wait until redirected bytes are read, and remove an attachment",
     {NAME_OPTION,
      {"--drain-timeout", "drainTimeoutMs", OPTION_MILLISECONDS, "SECONDS",
       "how long to wait for unread bytes (default 5)"},
      {"--force", "force", OPTION_FLAG, NULL, "discard unread data after the timeout"}},
     complete_name,
     sma_print_detached,
     detach_verdict},
    {"status", "status", NULL, "List attachments", {{0}}, NULL, sma_print_status, NULL},
    {"stats",
     "stats",
     NULL,
     "Show the counters of an attachment of the Sockmap datapath",
     {NAME_OPTION},
     complete_name,
     sma_print_stats,
     NULL},
    {"sockets",
     "sockets",
     NULL,
     "List the sockets of a sockmap",
     {NAME_OPTION,
      {"--map", "map", OPTION_NUMBER, "ID", "any sockmap of the host, instead of an attachment"},
      {"--sort", "sort", OPTION_TEXT, "COLUMN", "column to sort by, for example redirectedBytes"},
      {"--descending", "descending", OPTION_FLAG, NULL, "sort in descending order"},
      {"--filter", "filter", OPTION_TEXT, "TEXT",
       "only sockets with this text in an address, port, command, cgroup or reason"},
      PAGE_OPTIONS},
     complete_sockets,
     sma_print_sockets,
     NULL},
    {"capture",
     "capture",
     NULL,
     "Write redirected messages to a pcapng file for Wireshark",
     {{"-w", "file", OPTION_REQUIRED_TEXT, "FILE", "output file; - is standard output"},
      NAME_OPTION,
      {"--socket", "socket", OPTION_NUMBER, "COOKIE", "only to and from this socket"},
      {"--port", "port", OPTION_NUMBER, "N", "only connections with this port at either end"},
      {"--snaplen", "snaplen", OPTION_NUMBER, "N",
       "bytes to keep of each message (default 262144)"},
      {"--count", "count", OPTION_NUMBER, "N", "stop after this many messages"},
      {"--all", "all", OPTION_FLAG, NULL,
       "also messages that these connections send through the stack"}},
     complete_capture,
     sma_print_capture,
     NULL},
    {"policy set",
     "policySet",
     "FILE",
     "Set the rules that say which new connections may be accelerated",
     {NAME_OPTION},
     complete_policy_set,
     sma_print_policy_set,
     NULL},
    {"policy show",
     "policyGet",
     NULL,
     "Show the policy in force",
     {NAME_OPTION},
     complete_name,
     sma_print_policy,
     NULL},
    {"policy clear",
     "policySet",
     NULL,
     "Remove the policy: every new connection may be accelerated",
     {NAME_OPTION},
     complete_policy_clear,
     sma_print_policy_set,
     NULL},
    {"progs",
     "programs",
     NULL,
     "List the BPF programs of the host",
     {{0}},
     NULL,
     sma_print_programs,
     NULL},
    {"maps", "maps", NULL, "List the BPF maps of the host", {{0}}, NULL, sma_print_maps, NULL},
    {"map",
     "mapEntries",
     "ID|NAME",
     "Show the entries of a map",
     {PAGE_OPTIONS},
     complete_map,
     sma_print_entries,
     NULL},
    {"cgroups",
     "cgroups",
     NULL,
     "List cgroups",
     {{"--filter", "filter", OPTION_TEXT, "TEXT", "only paths that contain this text"},
      {"--limit", "limit", OPTION_NUMBER, "N", "cgroups to show (default 1000)"}},
     NULL,
     sma_print_cgroups,
     NULL},
    {"verify",
     "verify",
     "FILE",
     "Ask the kernel's verifier about each program of an object",
     {{"--prog", "program", OPTION_TEXT, "NAME", "only this program"},
      {"--log-level", "logLevel", OPTION_NUMBER, "1|2|4",
       "1: the path that failed (default), 2: every path (can be very long), 4: statistics only"}},
     complete_verify,
     sma_print_verified,
     verify_verdict},
    {"probe",
     "probe",
     NULL,
     "Show what this kernel supports, and its known sockmap bugs",
     {{0}},
     NULL,
     sma_print_probe,
     NULL},
};

/* A name of two words is two arguments. */
const struct command *sma_find_command(int argc, char **argv, int *words)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
		const char *name = commands[i].name, *blank = strchr(name, ' ');
		size_t length = blank ? (size_t)(blank - name) : strlen(name);

		if (strncmp(argv[0], name, length) != 0 || argv[0][length])
			continue;
		*words = blank ? 2 : 1;
		if (!blank || (argc > 1 && strcmp(argv[1], blank + 1) == 0))
			return &commands[i];
	}
	return NULL;
}

void sma_print_usage(FILE *out)
{
	fprintf(out, "usage: sockmap-agent [--bpffs DIR] COMMAND [OPTION]...\n\n");
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		fprintf(out, "  %-14s %s\n", commands[i].name, commands[i].help);
	fprintf(out, "  %-14s %s\n\n", "serve", "Speak JSON-RPC on stdin and stdout (--nonce HEX)");
	fprintf(out,
		"Every command takes --help, and every command except serve takes --json.\n"
		"--bpffs DIR (or SOCKMAP_BPFFS) selects another bpffs folder. --version prints the "
		"version.\n");
}

void sma_print_command_help(const struct command *command, FILE *out)
{
	fprintf(out, "usage: sockmap-agent %s", command->name);
	for (const struct option_spec *option = command->options;
	     option < command->options + MAX_OPTIONS && option->flag; option++) {
		if (option->type == OPTION_REQUIRED_TEXT)
			fprintf(out, " %s %s", option->flag, option->argument);
	}
	fprintf(out, " [OPTION]...%s%s\n\n%s.\n\n", command->operand ? " " : "",
		command->operand ? command->operand : "", command->help);
	for (const struct option_spec *option = command->options;
	     option < command->options + MAX_OPTIONS && option->flag; option++) {
		char left[64];

		snprintf(left, sizeof(left), "%s%s%s", option->flag, option->argument ? " " : "",
			 option->argument ? option->argument : "");
		fprintf(out, "  %-26s %s\n", left, option->help);
	}
	fprintf(out, "  %-26s %s\n", "--json", "print the result as JSON");
}
