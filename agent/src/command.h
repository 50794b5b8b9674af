/* SPDX-License-Identifier: Apache-2.0 */
/* The commands of the CLI: each builds the parameters of one RPC method and prints its result. */
#ifndef SMA_COMMAND_H
#define SMA_COMMAND_H

#include <stdio.h>

#include "context.h"

enum option_type {
	OPTION_TEXT,
	OPTION_REQUIRED_TEXT, /* the command is refused without it */
	OPTION_NUMBER,
	OPTION_MILLISECONDS,
	OPTION_FLAG,
};

struct option_spec {
	const char *flag; /* --name */
	const char *key;  /* of the request parameters */
	enum option_type type;
	const char *argument;
	const char *help;
};

#define MAX_OPTIONS 12

struct command {
	const char *name;
	const char *method;
	const char *operand; /* NULL: takes none */
	const char *help;
	struct option_spec options[MAX_OPTIONS];
	/* Completes the parameters that the person may leave out; may be NULL. 0 or -1. */
	int (*complete)(struct sma_context *context, json_t *params, const char *operand,
			struct sma_error *error);
	void (*print)(const json_t *result);
	/* Exit code of a result, e.g. 15 when a detach is not complete; NULL: 0. */
	int (*verdict)(const json_t *result);
};

/* The command that the arguments begin with, and how many `words` of them its name is. NULL: none.
 */
const struct command *sma_find_command(int argc, char **argv, int *words);
void sma_print_usage(FILE *out);
void sma_print_command_help(const struct command *command, FILE *out);

#define SMA_EXIT_INCOMPLETE 15
#define SMA_EXIT_REJECTED   7

#endif
