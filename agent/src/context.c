// SPDX-License-Identifier: Apache-2.0
#include "context.h"

#include <stdlib.h>
#include <string.h>

#include "text.h"

static const struct method {
	const char *name;
	sma_method *run;
	enum sma_lane lane;
} methods[] = {
    {"initialize", sma_initialize, SMA_QUICK}, {"probe", sma_probe, SMA_QUICK},
    {"cgroups", sma_cgroups, SMA_QUICK},       {"verify", sma_verify, SMA_LONG},
    {"attach", sma_attach, SMA_LONG},	       {"detach", sma_detach, SMA_LONG},
    {"status", sma_status, SMA_QUICK},	       {"stats", sma_stats, SMA_QUICK},
    {"programs", sma_programs, SMA_QUICK},     {"maps", sma_maps, SMA_QUICK},
    {"sockets", sma_sockets, SMA_QUICK},       {"mapEntries", sma_map_entries, SMA_QUICK},
    {"policySet", sma_policy_set, SMA_QUICK},  {"policyGet", sma_policy_get, SMA_QUICK},
    {"capture", sma_capture, SMA_ENDLESS},
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

enum sma_lane sma_lane_of(const char *name)
{
	const struct method *method = find(name);

	return method ? method->lane : SMA_QUICK;
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
