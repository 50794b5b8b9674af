// SPDX-License-Identifier: Apache-2.0
/*
 * chain --ip CIDR --port A-B --uid-owner N --gid-owner N -j ACCEPT|RETURN
 *
 * One rule on a line, options as Kmesh's getopt_long() takes them (its own example says --j),
 * with a blank or = before the value. What begins with # is a comment.
 */
#include <stdlib.h>
#include <string.h>

#include "policy.h"

#define MAX_WORD 256
#define BLANKS	 " \t\r"

/* SM_POLICY_RETURN stands for the action. */
static const struct {
	const char *name;
	enum sm_policy_kind kind;
} options[] = {
    {"--ip", SM_POLICY_ADDRESS},  {"-i", SM_POLICY_ADDRESS},	  {"--port", SM_POLICY_PORT},
    {"--ports", SM_POLICY_PORT},  {"-p", SM_POLICY_PORT},	  {"--uid-owner", SM_POLICY_UID},
    {"-u", SM_POLICY_UID},	  {"--gid-owner", SM_POLICY_GID}, {"-g", SM_POLICY_GID},
    {"--jump", SM_POLICY_RETURN}, {"--j", SM_POLICY_RETURN},	  {"-j", SM_POLICY_RETURN},
};

struct word {
	const char *at;
	char text[MAX_WORD];
};

/* 1: a word, 0: the end of the line, -1: a mistake. */
static int next_word(const char **cursor, struct word *word, struct sma_mistake *mistake)
{
	size_t length;

	*cursor += strspn(*cursor, BLANKS);
	if (**cursor == 0 || **cursor == '\n' || **cursor == '#')
		return 0;
	length = strcspn(*cursor, BLANKS "\n");
	word->at = *cursor;
	if (length >= sizeof(word->text))
		return sma_mistake(mistake, word->at, "this word is too long");
	memcpy(word->text, *cursor, length);
	word->text[length] = 0;
	*cursor += length;
	return 1;
}

/* Cuts "--ip=VALUE" and leaves where VALUE begins, or NULL. -1: no such option. */
static int find_option(struct word *word, const char **value)
{
	char *equals = strncmp(word->text, "--", 2) == 0 ? strchr(word->text, '=') : NULL;

	*value = equals ? equals + 1 : NULL;
	if (equals)
		*equals = 0;
	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++) {
		if (strcmp(word->text, options[i].name) == 0)
			return (int)options[i].kind;
	}
	return -1;
}

static int parse_option(const char **cursor, struct word *option, bool *jumped,
			struct sma_policy *policy, struct sma_mistake *mistake)
{
	const char *value, *at;
	int kind = find_option(option, &value), found;
	struct word next;

	if (kind < 0)
		return sma_mistake(
		    mistake, option->at,
		    "there is no option \"%.60s\" (--ip, --port, --uid-owner, --gid-owner, -j)",
		    option->text);
	if (value) {
		at = option->at + (value - option->text);
	} else {
		found = next_word(cursor, &next, mistake);
		if (found < 0)
			return -1;
		if (found == 0)
			return sma_mistake(mistake, option->at, "%s needs a value", option->text);
		value = next.text;
		at = next.at;
	}
	if (kind != SM_POLICY_RETURN)
		return sma_policy_condition(policy, (enum sm_policy_kind)kind, value, at, mistake);
	if (*jumped)
		return sma_mistake(mistake, option->at, "a rule has one -j");
	*jumped = true;
	return sma_policy_action(policy, value, at, mistake);
}

static int parse_line(const char **cursor, struct sma_policy *policy, struct sma_mistake *mistake)
{
	bool jumped = false, bare = true;
	struct word word;
	const char *start;
	int found = next_word(cursor, &word, mistake);

	if (found <= 0)
		return found;
	start = word.at;
	if (strcmp(word.text, "chain") != 0)
		return sma_mistake(mistake, start, "a rule begins with chain, not with \"%.60s\"",
				   word.text);
	if (sma_policy_rule(policy, start, mistake))
		return -1;
	while ((found = next_word(cursor, &word, mistake)) > 0) {
		bare = false;
		if (parse_option(cursor, &word, &jumped, policy, mistake))
			return -1;
	}
	if (found == 0 && bare)
		return sma_mistake(mistake, start, "this rule is empty: chain needs options");
	return found;
}

int sma_policy_chain(const char *text, struct sma_policy *policy, struct sma_mistake *mistake)
{
	const char *cursor = text;

	while (*cursor) {
		if (parse_line(&cursor, policy, mistake))
			return -1;
		cursor += strcspn(cursor, "\n");
		cursor += *cursor == '\n';
	}
	return 0;
}
