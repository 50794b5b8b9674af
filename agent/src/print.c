// SPDX-License-Identifier: Apache-2.0
#include "print.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *text(const json_t *object, const char *key)
{
	const char *value = json_string_value(json_object_get(object, key));

	return value ? value : "-";
}

static long long number(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

void sma_print_attachment(const json_t *a)
{
	json_t *programs = json_object_get(a, "programs"),
	       *warnings = json_object_get(a, "warnings");
	json_t *pairing = json_object_get(a, "pairing"), *item;
	size_t index;

	printf("%s: %s on %s, %lld sockets, %s\n", text(a, "name"), text(a, "state"),
	       text(json_object_get(a, "cgroup"), "path"), number(a, "sockets"),
	       text(a, "pinPath"));
	printf("  object %s (sha256 %.16s), since %s%s\n",
	       text(json_object_get(a, "object"), "name"),
	       text(json_object_get(a, "object"), "sha256"), text(a, "attachedAt"),
	       json_is_null(json_object_get(a, "abi")) ? "" : ", Sockmap datapath");
	if (json_is_object(pairing))
		printf("  pairs by %s. %s\n", text(pairing, "by"), text(pairing, "reason"));
	if (number(a, "policyRules"))
		printf("  policy of %lld rules\n", number(a, "policyRules"));
	json_array_foreach(programs, index, item)
	{
		printf("  program %lld %s (%s) on %s\n", number(item, "id"), text(item, "name"),
		       text(item, "type"), text(item, "attachedTo"));
	}
	json_array_foreach(json_object_get(a, "maps"), index, item)
	{
		printf("  map %lld %s (%s)\n", number(item, "id"), text(item, "name"),
		       text(item, "type"));
	}
	json_array_foreach(warnings, index, item)
	{
		printf("  warning: %s\n", json_string_value(item));
	}
}

void sma_print_status(const json_t *result)
{
	json_t *attachments = json_object_get(result, "attachments"), *item;
	size_t index;

	if (json_array_size(attachments) == 0)
		printf("Nothing is attached.\n");
	json_array_foreach(attachments, index, item)
	{
		sma_print_attachment(item);
	}
}

void sma_print_detached(const json_t *result)
{
	json_t *item;
	size_t index;

	if (json_is_true(json_object_get(result, "removed")))
		printf("%s is detached: %lld sockets drained, %lld bytes lost.\n",
		       text(result, "name"), number(result, "drainedSockets"),
		       number(result, "lostBytes"));
	else
		printf(
		    "%s no longer redirects, but these sockets hold unread bytes and keep working. "
		    "Detach again later, or with --force to discard the bytes:\n",
		    text(result, "name"));
	json_array_foreach(json_object_get(result, "remaining"), index, item)
	{
		printf("  %s <- %s: %lld bytes\n", text(item, "local"), text(item, "remote"),
		       number(item, "queuedBytes"));
	}
}

static void print_count(const char *name, const json_t *count)
{
	printf("  %-14s %12lld messages %16lld bytes\n", name, number(count, "messages"),
	       number(count, "bytes"));
}

void sma_print_stats(const json_t *result)
{
	json_t *redirected = json_object_get(result, "redirected");
	json_t *stack = json_object_get(result, "stack"), *count;
	double all = (double)(number(redirected, "bytes") + number(stack, "bytes"));
	const char *reason;

	printf(
	    "%s: %lld of %lld sockets, %lld paired, %lld bytes queued, hit rate %.1f %% of bytes\n",
	    text(result, "name"), number(result, "sockets"), number(result, "capacity"),
	    number(result, "paired"), number(result, "queuedBytes"),
	    all > 0 ? 100.0 * (double)number(redirected, "bytes") / all : 0.0);
	print_count("redirected", redirected);
	print_count("stack", stack);
	json_object_foreach(json_object_get(result, "reasons"), reason, count)
	{
		if (number(count, "messages"))
			print_count(reason, count);
	}
}

static void print_reasons(const json_t *reasons)
{
	const char *reason;
	json_t *messages;

	json_object_foreach((json_t *)reasons, reason, messages)
	{
		printf("%s=%lld ", reason, json_integer_value(messages));
	}
}

static void print_cell(const json_t *value, const char *end)
{
	if (json_is_integer(value))
		printf("%lld%s", json_integer_value(value), end);
	else if (json_is_object(value))
		print_reasons(value), printf("%s", end);
	else
		printf("%s%s", json_is_string(value) ? json_string_value(value) : "-", end);
}

void sma_print_sockets(const json_t *result)
{
	json_t *row, *cell;
	size_t index, column;

	printf(
	    "cookie\tpeer\tfamily\tstate\tlocal\tport\tremote\tport\tnetns\tinode\tpid\tcommand\t"
	    "cgroup\tqueued\tredirected msgs\tbytes\tstack msgs\tbytes\tlast reason\treasons\n");
	json_array_foreach(json_object_get(result, "rows"), index, row)
	{
		json_array_foreach(row, column, cell)
		{
			print_cell(cell, column + 1 == json_array_size(row) ? "\n" : "\t");
		}
	}
	printf("%zu of %lld sockets\n", json_array_size(json_object_get(result, "rows")),
	       number(result, "matched"));
}

void sma_print_programs(const json_t *result)
{
	json_t *item;
	size_t index;

	json_array_foreach(json_object_get(result, "programs"), index, item)
	{
		printf("%lld\t%s\t%s\t%s\t%lld bytes\t%s\n", number(item, "id"), text(item, "type"),
		       text(item, "name"), text(item, "tag"), number(item, "memoryBytes"),
		       text(item, "attachment"));
	}
}

void sma_print_maps(const json_t *result)
{
	json_t *item;
	size_t index;

	json_array_foreach(json_object_get(result, "maps"), index, item)
	{
		printf("%lld\t%s\t%s\tkey %lld, value %lld, max %lld\t%lld bytes\t%s\n",
		       number(item, "id"), text(item, "type"), text(item, "name"),
		       number(item, "keySize"), number(item, "valueSize"),
		       number(item, "maxEntries"), number(item, "memoryBytes"),
		       text(item, "attachment"));
	}
}

static void print_decoded(const json_t *cell)
{
	json_t *value = json_object_get(cell, "value");
	char *dump = value ? json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;

	printf("%s", dump ? dump : json_is_null(cell) ? "(unreadable)" : text(cell, "hex"));
	free(dump);
}

void sma_print_entries(const json_t *result)
{
	json_t *item, *entries = json_object_get(result, "entries");
	size_t index;

	json_array_foreach(entries, index, item)
	{
		print_decoded(json_object_get(item, "key"));
		printf(": ");
		print_decoded(json_object_get(item, "value"));
		printf("\n");
	}
	printf("%zu of %lld entries, from %lld\n", json_array_size(entries),
	       number(result, "total"), number(result, "offset"));
}

void sma_print_cgroups(const json_t *result)
{
	json_t *item;
	size_t index;

	json_array_foreach(json_object_get(result, "cgroups"), index, item)
	{
		printf("%s\t%lld\n", text(item, "path"), number(item, "processes"));
	}
	printf("%lld cgroups below %s\n", number(result, "total"), text(result, "root"));
}

void sma_print_verified(const json_t *result)
{
	json_t *item;
	size_t index;

	json_array_foreach(json_object_get(result, "programs"), index, item)
	{
		bool ok = json_is_true(json_object_get(item, "ok"));

		printf("%s%s (%s, %lld insns): %s\n", text(item, "log"), text(item, "name"),
		       text(item, "type"), number(item, "insns"), ok ? "ok" : text(item, "error"));
	}
}

static void print_flags(const char *title, const json_t *flags)
{
	const char *name;
	json_t *flag;

	printf("%s:", title);
	json_object_foreach((json_t *)flags, name, flag)
	{
		printf(" %s%s", json_is_true(flag) ? "" : "no-", name);
	}
	printf("\n");
}

void sma_print_probe(const json_t *result)
{
	json_t *flags, *bug;
	const char *type;
	size_t index;

	printf("Linux %s on %s, BTF %s, bpffs %s, cgroup v2 %s\n", text(result, "kernel"),
	       text(result, "arch"), json_is_true(json_object_get(result, "btf")) ? "yes" : "no",
	       text(result, "bpffs"), text(result, "cgroup2"));
	print_flags("capabilities", json_object_get(result, "capabilities"));
	print_flags("program types", json_object_get(result, "programTypes"));
	print_flags("map types", json_object_get(result, "mapTypes"));
	json_object_foreach(json_object_get(result, "helpers"), type, flags)
	{
		print_flags(type, flags);
	}
	json_array_foreach(json_object_get(result, "bugs"), index, bug)
	{
		json_t *present = json_object_get(bug, "present");

		printf("bug %s: %s. %s Fix: %s\n", text(bug, "id"),
		       json_is_null(present)   ? "could not be tested"
		       : json_is_true(present) ? "present"
					       : "absent",
		       text(bug, "summary"), text(bug, "fix"));
	}
}

void sma_print_policy_set(const json_t *result)
{
	printf("%s: %zu rules in force.\n", text(result, "name"),
	       json_array_size(json_object_get(result, "rules")));
}

void sma_print_policy(const json_t *result)
{
	const char *source = text(result, "text");
	size_t length = strlen(source);

	fputs(length ? source : "# No policy: every local connection may be accelerated.\n",
	      stdout);
	if (length && source[length - 1] != '\n')
		putchar('\n');
}

void sma_print_capture(const json_t *result)
{
	const json_t *dropped = json_object_get(result, "dropped");
	const char *ended = text(result, "ended");

	if (strcmp(ended, "detached") == 0)
		printf("%s is being detached.\n", text(result, "name"));
	else if (strcmp(ended, "readerGone") == 0)
		printf("The reader of the capture has gone away.\n");
	printf("%lld messages with %lld bytes captured in %lld packets of %s.\n",
	       number(result, "messages"), number(result, "bytes"), number(result, "packets"),
	       text(result, "file"));
	if (number(dropped, "messages"))
		printf(
		    "%lld messages are missing or incomplete (%lld bytes): they came faster than "
		    "they could be written. A smaller --snaplen, --port or --socket helps.\n",
		    number(dropped, "messages"), number(dropped, "bytes"));
}
