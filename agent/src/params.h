/* SPDX-License-Identifier: Apache-2.0 */
/* Request parameters, checked one by one; every failure names the key and what is expected. */
#ifndef SMA_PARAMS_H
#define SMA_PARAMS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "error.h"

/* `params` must be an object (or absent: NULL or null). 0, or -1 with `error`. */
int sma_params_object(const json_t *params, struct sma_error *error);

/* Each leaves `*out` as it is when the key is absent and not required. */
int sma_param_string(const json_t *params, const char *key, bool required, const char **out,
		     struct sma_error *error);
int sma_param_uint(const json_t *params, const char *key, bool required, uint64_t max,
		   uint64_t *out, struct sma_error *error);
int sma_param_bool(const json_t *params, const char *key, bool *out, struct sma_error *error);

/* A required attachment name: [A-Za-z0-9._-]{1,32}, no dot first. */
int sma_param_name(const json_t *params, const char **out, struct sma_error *error);
bool sma_name_valid(const char *name);

/* `offset` and `limit` (default 100, at most 100000) of a page. */
struct sma_page {
	uint64_t offset;
	uint64_t limit;
};
int sma_param_page(const json_t *params, struct sma_page *page, struct sma_error *error);

#endif
