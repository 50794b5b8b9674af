// SPDX-License-Identifier: Apache-2.0
#include "kallsyms.h"

#include <stdio.h>

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
