// SPDX-License-Identifier: Apache-2.0
/* What a policy consists of, whatever it is written in. */
#include "policy.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "io.h"
#include "text.h"

static const unsigned char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
#define MAPPED_BITS 96

int sma_mistake(struct sma_mistake *mistake, const char *at, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	free(mistake->what);
	mistake->what = sma_vformat(format, args);
	va_end(args);
	if (!mistake->what)
		mistake->what = strdup("memory ran out");
	mistake->at = at;
	return -1;
}

int sma_policy_rule(struct sma_policy *policy, const char *at, struct sma_mistake *mistake)
{
	if (policy->rules == SM_MAX_RULES)
		return sma_mistake(mistake, at, "a policy has at most %d rules", SM_MAX_RULES);
	/* As in Kmesh, where -j may be left out. */
	policy->accept[policy->rules++] = true;
	return 0;
}

/* Decimal digits only; false: not that, or over `max`. */
static bool parse_number(const char *text, size_t length, uint32_t max, uint32_t *number)
{
	uint64_t value = 0;

	if (length == 0 || length > 10)
		return false;
	for (size_t i = 0; i < length; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		value = value * 10 + (unsigned)(text[i] - '0');
	}
	*number = (uint32_t)value;
	return value <= max;
}

static void mask(struct sma_condition *condition)
{
	for (unsigned int i = 0; i < 16; i++) {
		unsigned int left = condition->bits > 8 * i ? condition->bits - 8 * i : 0;

		if (left < 8)
			condition->address[i] &= (unsigned char)(0xff00u >> left);
	}
}

static int parse_address(struct sma_condition *condition, const char *word, const char *at,
			 struct sma_mistake *mistake)
{
	const char *slash = strchr(word, '/');
	size_t length = slash ? (size_t)(slash - word) : strlen(word);
	char address[INET6_ADDRSTRLEN];
	uint32_t bits = 128, width;

	if (length >= sizeof(address))
		return sma_mistake(mistake, at, "%.60s is not an IP address", word);
	memcpy(address, word, length);
	address[length] = 0;
	if (inet_pton(AF_INET, address, condition->address + sizeof(mapped)) == 1) {
		memcpy(condition->address, mapped, sizeof(mapped));
		width = 32;
	} else if (inet_pton(AF_INET6, address, condition->address) == 1) {
		width = 128;
	} else {
		return sma_mistake(mistake, at, "\"%.60s\" is not an IP address", address);
	}
	if (!slash)
		bits = width;
	else if (!parse_number(slash + 1, strlen(slash + 1), width, &bits))
		return sma_mistake(mistake, at, "the prefix length of %.60s must be 0 to %u", word,
				   width);
	condition->bits = width == 32 ? bits + MAPPED_BITS : bits;
	mask(condition);
	return 0;
}

static int parse_ports(struct sma_condition *condition, const char *word, const char *at,
		       struct sma_mistake *mistake)
{
	const char *dash = strchr(word, '-');
	size_t length = dash ? (size_t)(dash - word) : strlen(word);
	uint32_t low = 0, high = 0;

	if (!parse_number(word, length, 65535, &low) ||
	    (dash && !parse_number(dash + 1, strlen(dash + 1), 65535, &high)) || low == 0)
		return sma_mistake(
		    mistake, at, "\"%.60s\" is not a port (1 to 65535) or a range of ports", word);
	if (!dash)
		high = low;
	if (low > high)
		return sma_mistake(mistake, at, "the port range %.60s ends before it starts", word);
	condition->low = (uint16_t)low;
	condition->high = (uint16_t)high;
	return 0;
}

/* (uid_t)-1 is nobody's id. */
static int parse_id(struct sma_condition *condition, const char *word, const char *at,
		    struct sma_mistake *mistake)
{
	const char *name = condition->kind == SM_POLICY_UID ? "user id" : "group id";

	if (!parse_number(word, strlen(word), UINT32_MAX - 1, &condition->id))
		return sma_mistake(mistake, at,
				   "\"%.60s\" is not a %s: give a number from 0 to 4294967294",
				   word, name);
	return 0;
}

int sma_policy_condition(struct sma_policy *policy, enum sm_policy_kind kind, const char *word,
			 const char *at, struct sma_mistake *mistake)
{
	struct sma_condition condition = {.rule = policy->rules - 1, .kind = kind};
	int result;

	if (policy->count == SMA_POLICY_CONDITIONS)
		return sma_mistake(mistake, at, "a policy has at most %d conditions",
				   SMA_POLICY_CONDITIONS);
	if (!policy->conditions)
		policy->conditions = calloc(SMA_POLICY_CONDITIONS, sizeof(condition));
	if (!policy->conditions)
		return sma_mistake(mistake, at, "memory ran out");
	if (kind == SM_POLICY_ADDRESS)
		result = parse_address(&condition, word, at, mistake);
	else if (kind == SM_POLICY_PORT)
		result = parse_ports(&condition, word, at, mistake);
	else
		result = parse_id(&condition, word, at, mistake);
	if (result == 0)
		policy->conditions[policy->count++] = condition;
	return result;
}

int sma_policy_action(struct sma_policy *policy, const char *word, const char *at,
		      struct sma_mistake *mistake)
{
	bool accept = strcmp(word, "ACCEPT") == 0 || strcmp(word, "accept") == 0;

	if (!accept && strcmp(word, "RETURN") != 0 && strcmp(word, "return") != 0)
		return sma_mistake(mistake, at, "\"%.60s\" is neither ACCEPT nor RETURN", word);
	policy->accept[policy->rules - 1] = accept;
	return 0;
}

/* Lines and columns count from 1, columns in characters of UTF-8. */
static int report(const char *text, struct sma_mistake *mistake, struct sma_error *error)
{
	unsigned int line = 1, column = 1;

	for (const char *at = text; at < mistake->at; at++) {
		if (*at == '\n') {
			line++;
			column = 1;
		} else if (((unsigned char)*at & 0xc0) != 0x80) {
			column++;
		}
	}
	sma_fail(error, SMA_BAD_POLICY, "Correct it. The policy in force has not changed.",
		 "Line %u, column %u: %s", line, column, mistake->what);
	error->line = line;
	error->column = column;
	free(mistake->what);
	return -1;
}

int sma_policy_parse(const char *text, struct sma_policy *policy, struct sma_error *error)
{
	const char *start = text + strspn(text, " \t\r\n");
	struct sma_mistake mistake = {0};
	bool json = *start == '{' || *start == '[';

	memset(policy, 0, sizeof(*policy));
	if (strlen(text) > SMA_POLICY_TEXT) {
		sma_mistake(&mistake, text + SMA_POLICY_TEXT, "a policy has at most %u bytes",
			    SMA_POLICY_TEXT);
		return report(text, &mistake, error);
	}
	if (json ? sma_policy_json(text, policy, &mistake)
		 : sma_policy_chain(text, policy, &mistake))
		return report(text, &mistake, error);
	policy->text = json ? sma_policy_format(policy) : strdup(*start ? text : "");
	if (!policy->text)
		return sma_fail_memory(error);
	if (strlen(policy->text) > SMA_POLICY_TEXT) {
		sma_mistake(&mistake, start, "in chain syntax the policy exceeds %u bytes",
			    SMA_POLICY_TEXT);
		return report(text, &mistake, error);
	}
	return 0;
}

int sma_policy_from_file(struct sma_context *context, json_t *params, const char *key,
			 const char *path, struct sma_error *error)
{
	struct sma_mistake mistake = {0};
	struct sma_buffer file = {0};
	int result = sma_read_path(path, SMA_POLICY_TEXT, &context->cancelled, &file);

	if (sma_cancelled(context, error))
		result = -1;
	else if (result == -EFBIG)
		result = sma_fail(error, SMA_BAD_POLICY, NULL,
				  "The policy file %s exceeds %u bytes", path, SMA_POLICY_TEXT);
	else if (result)
		result = sma_fail(error, SMA_BAD_POLICY, "Check the path of the policy file.",
				  "The policy file %s cannot be read: %s", path, strerror(-result));
	else if (file.size && strlen(file.data) != file.size) {
		sma_mistake(&mistake, file.data + strlen(file.data),
			    "a policy is text, but this is a NUL byte");
		result = report(file.data, &mistake, error);
	} else {
		json_object_set_new(params, key, sma_text(file.data ? file.data : ""));
	}
	free(file.data);
	return result;
}

void sma_policy_close(struct sma_policy *policy)
{
	free(policy->conditions);
	free(policy->text);
	memset(policy, 0, sizeof(*policy));
}

static void format_address(const struct sma_condition *condition, char *out, size_t size)
{
	bool four = memcmp(condition->address, mapped, sizeof(mapped)) == 0 &&
		    condition->bits >= MAPPED_BITS;
	char address[INET6_ADDRSTRLEN] = "";

	if (four)
		inet_ntop(AF_INET, condition->address + sizeof(mapped), address, sizeof(address));
	else
		inet_ntop(AF_INET6, condition->address, address, sizeof(address));
	snprintf(out, size, "%s/%u", address, condition->bits - (four ? MAPPED_BITS : 0));
}

static void format_condition(const struct sma_condition *condition, char *out, size_t size)
{
	if (condition->kind == SM_POLICY_ADDRESS)
		format_address(condition, out, size);
	else if (condition->kind != SM_POLICY_PORT)
		snprintf(out, size, "%u", condition->id);
	else if (condition->low == condition->high)
		snprintf(out, size, "%u", condition->low);
	else
		snprintf(out, size, "%u-%u", condition->low, condition->high);
}

#define CONDITION_SIZE 64

char *sma_policy_format(const struct sma_policy *policy)
{
	static const char *const options[] = {[SM_POLICY_ADDRESS] = "--ip",
					      [SM_POLICY_PORT] = "--port",
					      [SM_POLICY_UID] = "--uid-owner",
					      [SM_POLICY_GID] = "--gid-owner"};
	const struct sma_condition *condition = policy->conditions;
	struct sma_buffer out = {0};

	sma_buffer_add(&out, "", 0);
	for (unsigned int rule = 0; rule < policy->rules; rule++) {
		sma_buffer_add(&out, "chain", 5);
		for (; condition < policy->conditions + policy->count && condition->rule == rule;
		     condition++) {
			char value[CONDITION_SIZE];

			format_condition(condition, value, sizeof(value));
			sma_buffer_add(&out, " ", 1);
			sma_buffer_add(&out, options[condition->kind],
				       strlen(options[condition->kind]));
			sma_buffer_add(&out, " ", 1);
			sma_buffer_add(&out, value, strlen(value));
		}
		sma_buffer_add(&out, policy->accept[rule] ? " -j ACCEPT\n" : " -j RETURN\n", 11);
	}
	return out.failed ? NULL : out.data;
}

json_t *sma_policy_rules_json(const struct sma_policy *policy)
{
	static const char *const keys[] = {[SM_POLICY_ADDRESS] = "ip",
					   [SM_POLICY_PORT] = "port",
					   [SM_POLICY_UID] = "uid",
					   [SM_POLICY_GID] = "gid"};
	const struct sma_condition *condition = policy->conditions;
	json_t *rules = json_array();

	for (unsigned int index = 0; index < policy->rules; index++) {
		json_t *rule =
		    json_pack("{s:[], s:[], s:[], s:[], s:s}", "ip", "port", "uid", "gid", "action",
			      policy->accept[index] ? "ACCEPT" : "RETURN");

		for (; condition < policy->conditions + policy->count && condition->rule == index;
		     condition++) {
			json_t *list = json_object_get(rule, keys[condition->kind]);
			char value[CONDITION_SIZE];

			format_condition(condition, value, sizeof(value));
			json_array_append_new(list, condition->kind == SM_POLICY_UID ||
							    condition->kind == SM_POLICY_GID
							? json_integer(condition->id)
							: json_string(value));
		}
		json_array_append_new(rules, rule);
	}
	return rules;
}
