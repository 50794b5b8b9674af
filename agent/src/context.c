// SPDX-License-Identifier: Apache-2.0
#include "context.h"

#include <stdlib.h>
#include <string.h>

#include "text.h"

static const struct method {
	const char *name;
	sma_method *run;
	bool takes_long;
} methods[] = {
    {"initialize", sma_initialize, false}, {"probe", sma_probe, false},
    {"cgroups", sma_cgroups, false},	   {"verify", sma_verify, true},
    {"attach", sma_attach, true},	   {"detach", sma_detach, true},
    {"status", sma_status, false},	   {"stats", sma_stats, false},
    {"programs", sma_programs, false},	   {"maps", sma_maps, false},
    {"sockets", sma_sockets, false},	   {"mapEntries", sma_map_entries, false},
    {"policySet", sma_policy_set, false},  {"policyGet", sma_policy_get, false},
};

static const struct method *find(const char *name)
{
	for (size_t i = 0; i < sizeof(methods) / sizeof(*methods); i++) {
		if (strcmp(methods[i].name, name) == 0)
			return &methods[i];
	}
	return NULL;
}

sma_method *sma_find_method(const char *name)
{
	const struct method *method = find(name);

	return method ? method->run : NULL;
}

bool sma_takes_long(const char *name)
{
	const struct method *method = find(name);

	return method && method->takes_long;
}

void sma_progress(struct sma_context *context, const char *format, ...)
{
	va_list args;
	char *message;

	if (!context->report)
		return;
	va_start(args, format);
	message = sma_vformat(format, args);
	va_end(args);
	if (message)
		context->report(context->report_to, message);
	free(message);
}

bool sma_cancelled(struct sma_context *context, struct sma_error *error)
{
	if (!atomic_load(&context->cancelled))
		return false;
	sma_fail(error, SMA_CANCELLED, NULL, "The request was cancelled");
	return true;
}
