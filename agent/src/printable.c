// SPDX-License-Identifier: Apache-2.0
#include "printable.h"

#include <stdlib.h>
#include <string.h>

void sma_printable_text(char *text, bool lines)
{
	unsigned char *at = (unsigned char *)text;

	for (; at && *at; at++) {
		if (lines && (*at == '\n' || *at == '\t'))
			continue;
		if (*at < 0x20 || *at == 0x7f)
			*at = '?';
		else if (at[0] == 0xc2 && at[1] >= 0x80 && at[1] <= 0x9f)
			at[0] = at[1] = '?';
	}
}

static void make_printable(json_t *value, bool lines)
{
	char *text;
	const char *key;
	json_t *item;
	size_t index;

	if (json_is_string(value)) {
		text = strdup(json_string_value(value));
		sma_printable_text(text, lines);
		if (text)
			json_string_set(value, text);
		free(text);
	}
	json_array_foreach(value, index, item)
	{
		make_printable(item, false);
	}
	json_object_foreach(value, key, item)
	{
		make_printable(item, strcmp(key, "text") == 0 || strcmp(key, "log") == 0);
	}
}

void sma_printable_json(json_t *value)
{
	make_printable(value, false);
}
