// SPDX-License-Identifier: Apache-2.0
#include "context.h"

#include <stdlib.h>
#include <string.h>

#include "text.h"

static const struct {
	const char *name;
	sma_method *run;
} methods[] = {
    {"initialize", sma_initialize}, {"probe", sma_probe},
    {"cgroups", sma_cgroups},	    {"verify", sma_verify},
    {"attach", sma_attach},	    {"detach", sma_detach},
    {"status", sma_status},	    {"stats", sma_stats},
    {"programs", sma_programs},	    {"maps", sma_maps},
    {"sockets", sma_sockets},	    {"mapEntries", sma_map_entries},
    {"policySet", sma_policy_set},  {"policyGet", sma_policy_get},
};

sma_method *sma_find_method(const char *name)
{
	for (size_t i = 0; i < sizeof(methods) / sizeof(*methods); i++) {
		if (strcmp(methods[i].name, name) == 0)
			return methods[i].run;
	}
	return NULL;
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
