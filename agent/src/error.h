/* SPDX-License-Identifier: Apache-2.0 */
/* One failure, as the RPC and the CLI report it: AGENT_ERROR_CODES and agentErrorData in agent.ts.
 */
#ifndef SMA_ERROR_H
#define SMA_ERROR_H

#include <jansson.h>

enum sma_kind {
	SMA_INVALID_PARAMS,
	SMA_CANCELLED,
	SMA_NOT_PERMITTED,
	SMA_NO_CGROUP,
	SMA_NO_BPFFS,
	SMA_BAD_OBJECT,
	SMA_VERIFIER_REJECTED,
	SMA_EXISTS,
	SMA_NOT_FOUND,
	SMA_BUSY,
	SMA_UNSUPPORTED,
	SMA_AMBIGUOUS,
	SMA_SYSTEM,
	SMA_PROTOCOL_KIND,
	SMA_BAD_POLICY,
	SMA_KINDS,
};

/* Zero-initialised by the caller; sma_error_clear() frees what it holds. */
struct sma_error {
	enum sma_kind kind;
	char *message; /* one sentence, NULL: no error */
	char *action;  /* one sentence or NULL */
	char *program;
	char *log;
	unsigned int line, column; /* from 1, 0: none */
	const char *errno_name;
	json_t *choices;
};

/* Both replace what `error` held and return -1, so that callers can return them. */
int sma_fail(struct sma_error *error, enum sma_kind kind, const char *action, const char *format,
	     ...) __attribute__((format(printf, 4, 5)));

/* `number` is an errno value; EPERM becomes SMA_NOT_PERMITTED. The reason is appended to the
 * sentence. */
int sma_fail_errno(struct sma_error *error, int number, const char *action, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* A programme's own memory ran out. */
int sma_fail_memory(struct sma_error *error);

void sma_error_clear(struct sma_error *error);

int sma_kind_code(enum sma_kind kind);
int sma_kind_exit(enum sma_kind kind);

/* {"code", "message", "data"} as JSON-RPC has it. */
json_t *sma_error_json(const struct sma_error *error);

#endif
