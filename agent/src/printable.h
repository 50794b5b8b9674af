/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text for a terminal. Names of processes, cgroups and maps are anybody's, and whoever looks at
 * them is root: an escape sequence in one must not reach the terminal.
 */
#ifndef SMA_PRINTABLE_H
#define SMA_PRINTABLE_H

#include <jansson.h>
#include <stdbool.h>

/* Replaces control characters (C0, DEL, and C1 as UTF-8) by '?', but for line ends and tabs where
 * `lines` are wanted. NULL is fine. */
void sma_printable_text(char *text, bool lines);

/* In all strings of a result; "text" and "log" keep their lines. */
void sma_printable_json(json_t *value);

#endif
