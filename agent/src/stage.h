/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Points at which tests stop the agent to kill it there: with SMA_STAGES compiled in (the
 * sanitizer build only) it stops itself at the one that SOCKMAP_AGENT_STOP_AT names.
 */
#ifndef SMA_STAGE_H
#define SMA_STAGE_H

#ifdef SMA_STAGES
#include <signal.h>
#include <stdlib.h>
#include <string.h>

static inline void sma_stage(const char *name)
{
	const char *wanted = getenv("SOCKMAP_AGENT_STOP_AT");

	if (wanted && strcmp(wanted, name) == 0)
		raise(SIGSTOP);
}
#else
static inline void sma_stage(const char *name)
{
	(void)name;
}
#endif

#endif
