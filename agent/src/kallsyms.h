/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SMA_KALLSYMS_H
#define SMA_KALLSYMS_H

#include <stdbool.h>

#define SMA_KALLSYMS_WARNING                                                                       \
	"This host hides the addresses of kernel functions, so the datapath cannot see where a "   \
	"reader waits: a connection that was sent through the stack does not return to "           \
	"redirection while its reader sleeps in recv(). Programs that wait with epoll are not "    \
	"affected. Set kernel.kptr_restrict to 0 or 1 and attach again."

/* Are the addresses in /proc/kallsyms zeros for this process (kallsyms_show_value())? */
bool sma_kallsyms_hidden(void);

/* Is there such a symbol, with its address? */
bool sma_kallsyms_has(const char *name);

#endif
