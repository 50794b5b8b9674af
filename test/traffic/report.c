// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include "traffic.h"

static void print_text(const char *text)
{
	putchar('"');
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			printf("\\%c", c);
		else if (c < 0x20)
			printf("\\u%04x", c);
		else
			putchar(c);
	}
	putchar('"');
}

void report(const char *event, const char *test, const struct report_field *fields, size_t count)
{
	size_t i;

	printf("{\"event\":\"%s\",\"test\":\"%s\"", event, test);
	for (i = 0; i < count; i++) {
		printf(",\"%s\":", fields[i].name);
		if (fields[i].kind == REPORT_NUMBER)
			printf("%.15g", fields[i].number);
		else
			print_text(fields[i].text);
	}
	puts("}");
	fflush(stdout);
}
