// SPDX-License-Identifier: Apache-2.0
#include "error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "caps.h"
#include "text.h"

static const struct {
	const char *name;
	int code;
	int exit;
} kinds[SMA_KINDS] = {
    [SMA_INVALID_PARAMS] = {"invalidParams", -32602, 2},
    [SMA_CANCELLED] = {"cancelled", -32800, 14},
    [SMA_NOT_PERMITTED] = {"notPermitted", -32001, 3},
    [SMA_NO_CGROUP] = {"noCgroup", -32002, 4},
    [SMA_NO_BPFFS] = {"noBpffs", -32003, 5},
    [SMA_BAD_OBJECT] = {"badObject", -32004, 6},
    [SMA_VERIFIER_REJECTED] = {"verifierRejected", -32005, 7},
    [SMA_EXISTS] = {"exists", -32006, 8},
    [SMA_NOT_FOUND] = {"notFound", -32007, 9},
    [SMA_BUSY] = {"busy", -32008, 10},
    [SMA_UNSUPPORTED] = {"unsupported", -32009, 11},
    [SMA_AMBIGUOUS] = {"ambiguous", -32010, 12},
    [SMA_SYSTEM] = {"system", -32011, 1},
    [SMA_PROTOCOL_KIND] = {"protocol", -32012, 13},
    [SMA_BAD_POLICY] = {"badPolicy", -32013, 16},
};

int sma_kind_code(enum sma_kind kind)
{
	return kinds[kind].code;
}

int sma_kind_exit(enum sma_kind kind)
{
	return kinds[kind].exit;
}

void sma_error_clear(struct sma_error *error)
{
	free(error->message);
	free(error->action);
	free(error->program);
	free(error->log);
	json_decref(error->choices);
	memset(error, 0, sizeof(*error));
}

static void set(struct sma_error *error, enum sma_kind kind, const char *action, char *message)
{
	sma_error_clear(error);
	error->kind = kind;
	error->message = message ? message : strdup("Memory ran out");
	error->action = action ? strdup(action) : NULL;
}

int sma_fail(struct sma_error *error, enum sma_kind kind, const char *action, const char *format,
	     ...)
{
	va_list args;

	va_start(args, format);
	set(error, kind, action, sma_vformat(format, args));
	va_end(args);
	return -1;
}

int sma_fail_errno(struct sma_error *error, int number, const char *action, const char *format, ...)
{
	bool refused = number == EPERM;
	char *what, *message;
	va_list args;

	va_start(args, format);
	what = sma_vformat(format, args);
	va_end(args);
	if (refused && !sma_caps_sufficient()) {
		message = sma_format("%s: %s is missing", what ? what : "", sma_caps_missing());
		action = SMA_CAPS_ACTION;
	} else {
		message = sma_format("%s: %s", what ? what : "", strerror(number));
	}
	free(what);
	set(error, refused ? SMA_NOT_PERMITTED : SMA_SYSTEM, action, message);
	error->errno_name = strerrorname_np(number);
	return -1;
}

int sma_fail_memory(struct sma_error *error)
{
	return sma_fail(error, SMA_SYSTEM, "Free some memory and try again.", "Memory ran out");
}

json_t *sma_error_json(const struct sma_error *error)
{
	json_t *data = json_object();

	json_object_set_new(data, "kind", json_string(kinds[error->kind].name));
	if (error->action)
		json_object_set_new(data, "action", sma_text(error->action));
	if (error->errno_name)
		json_object_set_new(data, "errno", json_string(error->errno_name));
	if (error->program)
		json_object_set_new(data, "program", sma_text(error->program));
	if (error->log)
		json_object_set_new(data, "log", sma_text(error->log));
	if (error->line) {
		json_object_set_new(data, "line", json_integer(error->line));
		json_object_set_new(data, "column", json_integer(error->column));
	}
	if (error->choices)
		json_object_set(data, "choices", error->choices);
	return json_pack("{s:i, s:o, s:o}", "code", kinds[error->kind].code, "message",
			 sma_text(error->message ? error->message : "Unknown error"), "data", data);
}
