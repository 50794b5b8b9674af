/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SMA_REASONS_H
#define SMA_REASONS_H

#include <linux/types.h>

/* Name of an enum sm_verdict as STACK_REASONS in agent.ts has it; NULL: redirected, or none yet. */
const char *sma_reason(__u64 verdict);

#endif
