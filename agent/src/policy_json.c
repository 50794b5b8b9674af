// SPDX-License-Identifier: Apache-2.0
/*
 * {"rules": [{"ip": TEXT, "port": NUMBER or TEXT, "uid": NUMBER, "gid": NUMBER, "action": TEXT}]}
 * where each value of a condition may be a list of such.
 *
 * jansson says where the syntax is broken, but not where a value stands that is wrong: that is
 * looked for afterwards, in a text which is known to be JSON.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy.h"

#define NOT_LISTED ((size_t)-1)

static const struct {
	const char *key;
	enum sm_policy_kind kind;
} keys[] = {
    {"ip", SM_POLICY_ADDRESS}, {"port", SM_POLICY_PORT},     {"uid", SM_POLICY_UID},
    {"gid", SM_POLICY_GID},    {"action", SM_POLICY_RETURN},
};

static const char *skip_blanks(const char *at)
{
	return at + strspn(at, " \t\r\n");
}

static const char *skip_string(const char *at)
{
	for (at++; *at && *at != '"'; at++) {
		if (*at == '\\' && at[1])
			at++;
	}
	return *at ? at + 1 : at;
}

static const char *skip_value(const char *at)
{
	int depth = 0;

	do {
		at = skip_blanks(at);
		if (*at == '"') {
			at = skip_string(at);
		} else if (strchr("{[", *at) && *at) {
			depth++;
			at++;
		} else if (strchr("}]", *at) && *at) {
			depth--;
			at++;
		} else if (strchr(",:", *at) && *at) {
			at++;
		} else {
			at += strcspn(at, " \t\r\n,:]}\"[{");
		}
	} while (depth > 0 && *at);
	return at;
}

/* The value of a key; the object itself when the key is spelled with escapes. */
static const char *find_member(const char *object, const char *key)
{
	const char *at = skip_blanks(object + 1);

	while (*at == '"') {
		const char *end = skip_string(at), *value = skip_blanks(end);

		value = skip_blanks(*value ? value + 1 : value);
		if ((size_t)(end - at) == strlen(key) + 2 && !strncmp(at + 1, key, strlen(key)))
			return value;
		at = skip_blanks(skip_value(value));
		at = skip_blanks(*at == ',' ? at + 1 : at);
	}
	return object;
}

static const char *find_element(const char *array, size_t index)
{
	const char *at = skip_blanks(array + 1);

	while (index-- > 0) {
		at = skip_blanks(skip_value(at));
		at = skip_blanks(*at == ',' ? at + 1 : at);
	}
	return at;
}

static const char *find_value(const char *rule, const char *key, size_t index)
{
	const char *value = find_member(rule, key);

	return index == NOT_LISTED || *value != '[' ? value : find_element(value, index);
}

static int parse_value(const char *rule, const char *key, size_t index, enum sm_policy_kind kind,
		       const json_t *value, struct sma_policy *policy, struct sma_mistake *mistake)
{
	const char *at = find_value(rule, key, index), *word = json_string_value(value);
	bool number = json_is_integer(value) &&
		      (kind == SM_POLICY_PORT || kind == SM_POLICY_UID || kind == SM_POLICY_GID);
	bool text = word && kind != SM_POLICY_UID && kind != SM_POLICY_GID;
	char digits[32];

	if (!number && !text)
		return sma_mistake(mistake, at, "\"%s\" must be %s", key,
				   kind == SM_POLICY_PORT      ? "a port or a text like \"80-90\""
				   : kind == SM_POLICY_ADDRESS ? "a text like \"10.0.0.0/8\""
				   : kind == SM_POLICY_RETURN  ? "\"ACCEPT\" or \"RETURN\""
							       : "a number");
	if (number) {
		snprintf(digits, sizeof(digits), "%lld", json_integer_value(value));
		word = digits;
	}
	return kind == SM_POLICY_RETURN ? sma_policy_action(policy, word, at, mistake)
					: sma_policy_condition(policy, kind, word, at, mistake);
}

static int parse_member(const char *rule, const char *key, const json_t *value,
			struct sma_policy *policy, struct sma_mistake *mistake)
{
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		size_t index;
		json_t *item;

		if (strcmp(key, keys[i].key) != 0)
			continue;
		if (!json_is_array(value) || keys[i].kind == SM_POLICY_RETURN)
			return parse_value(rule, key, NOT_LISTED, keys[i].kind, value, policy,
					   mistake);
		if (json_array_size(value) == 0)
			return sma_mistake(mistake, find_value(rule, key, NOT_LISTED),
					   "\"%s\" is an empty list: leave it out to match all",
					   key);
		json_array_foreach(value, index, item)
		{
			if (parse_value(rule, key, index, keys[i].kind, item, policy, mistake))
				return -1;
		}
		return 0;
	}
	return sma_mistake(mistake, find_member(rule, key),
			   "a rule has ip, port, uid, gid and action, but no \"%.60s\"", key);
}

static int parse_rule(const char *at, json_t *rule, struct sma_policy *policy,
		      struct sma_mistake *mistake)
{
	const char *key;
	json_t *value;

	if (!json_is_object(rule) || json_object_size(rule) == 0)
		return sma_mistake(mistake, at,
				   "a rule is an object with ip, port, uid, gid or action");
	if (sma_policy_rule(policy, at, mistake))
		return -1;
	json_object_foreach(rule, key, value)
	{
		if (parse_member(at, key, value, policy, mistake))
			return -1;
	}
	return 0;
}

static int parse_root(const char *text, json_t *root, struct sma_policy *policy,
		      struct sma_mistake *mistake)
{
	const char *start = skip_blanks(text), *list;
	json_t *rules = json_object_get(root, "rules"), *rule;
	size_t index;

	if (!json_is_array(rules) || json_object_size(root) != 1)
		return sma_mistake(mistake, start,
				   "a policy in JSON is {\"rules\": [...]} and nothing else");
	list = find_member(start, "rules");
	if (*list != '[')
		return sma_mistake(mistake, start, "\"rules\" must be spelled without escapes");
	list = skip_blanks(list + 1);
	json_array_foreach(rules, index, rule)
	{
		if (parse_rule(list, rule, policy, mistake))
			return -1;
		list = skip_blanks(skip_value(list));
		list = skip_blanks(*list == ',' ? list + 1 : list);
	}
	return 0;
}

int sma_policy_json(const char *text, struct sma_policy *policy, struct sma_mistake *mistake)
{
	json_error_t said;
	json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, &said);
	int result;

	if (!root)
		return sma_mistake(mistake,
				   text +
				       (said.position > 0 && (size_t)said.position <= strlen(text)
					    ? said.position - 1
					    : 0),
				   "this is not valid JSON: %s", said.text);
	result = parse_root(text, root, policy, mistake);
	json_decref(root);
	return result;
}
