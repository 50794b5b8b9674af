// SPDX-License-Identifier: Apache-2.0
#include "kallsyms.h"

#include <stdio.h>
#include <string.h>

bool sma_kallsyms_hidden(void)
{
	FILE *file = fopen("/proc/kallsyms", "re");
	unsigned long long address = 0;
	char type = 0;

	if (!file)
		return true;
	/* Offsets of per-CPU variables may come first, which are 0 in any case: of a function. */
	while (type != 'T' && fscanf(file, "%llx %c%*[^\n]", &address, &type) == 2)
		;
	fclose(file);
	return address == 0;
}

bool sma_kallsyms_has(const char *name)
{
	FILE *file = fopen("/proc/kallsyms", "re");
	unsigned long long address = 0;
	bool found = false;
	char symbol[512];

	if (!file)
		return false;
	while (!found && fscanf(file, "%llx %*c %511s%*[^\n]", &address, symbol) == 2)
		found = address && strcmp(symbol, name) == 0;
	fclose(file);
	return found;
}
