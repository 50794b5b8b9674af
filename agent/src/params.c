// SPDX-License-Identifier: Apache-2.0
#include "params.h"

#include <string.h>

#define MAX_PAGE 100000

static int wrong(struct sma_error *error, const char *key, const char *expected)
{
	return sma_fail(error, SMA_INVALID_PARAMS, NULL, "\"%s\" must be %s", key, expected);
}

int sma_params_object(const json_t *params, struct sma_error *error)
{
	if (!params || json_is_null(params) || json_is_object(params))
		return 0;
	return sma_fail(error, SMA_INVALID_PARAMS, NULL, "\"params\" must be an object");
}

static const json_t *find(const json_t *params, const char *key, bool required,
			  struct sma_error *error, int *result)
{
	const json_t *value = json_object_get(params, key);

	*result = 0;
	if (!value && required)
		*result = sma_fail(error, SMA_INVALID_PARAMS, NULL,
				   "\"%s\" is required and missing", key);
	return value;
}

int sma_param_string(const json_t *params, const char *key, bool required, const char **out,
		     struct sma_error *error)
{
	int result;
	const json_t *value = find(params, key, required, error, &result);

	if (!value)
		return result;
	if (!json_is_string(value))
		return wrong(error, key, "a string");
	if (required && json_string_length(value) == 0)
		return wrong(error, key, "a string that is not empty");
	*out = json_string_value(value);
	return 0;
}

int sma_param_uint(const json_t *params, const char *key, bool required, uint64_t max,
		   uint64_t *out, struct sma_error *error)
{
	int result;
	const json_t *value = find(params, key, required, error, &result);

	if (!value)
		return result;
	if (!json_is_integer(value) || json_integer_value(value) < 0 ||
	    (uint64_t)json_integer_value(value) > max)
		return sma_fail(error, SMA_INVALID_PARAMS, NULL,
				"\"%s\" must be an integer from 0 to %llu", key,
				(unsigned long long)max);
	*out = (uint64_t)json_integer_value(value);
	return 0;
}

int sma_param_bool(const json_t *params, const char *key, bool *out, struct sma_error *error)
{
	const json_t *value = json_object_get(params, key);

	if (!value)
		return 0;
	if (!json_is_boolean(value))
		return wrong(error, key, "true or false");
	*out = json_is_true(value);
	return 0;
}

bool sma_name_valid(const char *name)
{
	static const char letters[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
	size_t length = strlen(name);

	return length >= 1 && length <= 32 && strspn(name, letters) == length && name[0] != '.';
}

int sma_param_name(const json_t *params, const char **out, struct sma_error *error)
{
	if (sma_param_string(params, "name", true, out, error))
		return -1;
	if (!sma_name_valid(*out))
		return wrong(
		    error, "name",
		    "1 to 32 letters, digits, dots, dashes or underscores, with no dot first");
	return 0;
}

int sma_param_page(const json_t *params, struct sma_page *page, struct sma_error *error)
{
	page->offset = 0;
	page->limit = 100;
	if (sma_param_uint(params, "offset", false, UINT32_MAX, &page->offset, error) ||
	    sma_param_uint(params, "limit", false, MAX_PAGE, &page->limit, error))
		return -1;
	return 0;
}
