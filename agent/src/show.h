/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SMA_SHOW_H
#define SMA_SHOW_H

#include "pins.h"

/* The `attachment` object of agent.ts for what is pinned under that name. */
json_t *sma_show_attachment(const char *root, const char *name, struct sma_error *error);

/* Map id -> attachment name and program id -> attachment name, as {"maps": {"7": "x"}, "programs":
 * {}}. */
json_t *sma_attachment_ids(struct sma_context *context);

/* The sockmap of an attachment: the one its description names, else its first; NULL: it has none.
 */
const struct sma_pin *sma_attachment_sockmap(const struct sma_attachment *attachment);

/* The name that the CLI means when none is given: the only attachment. Borrowed from `*names`. */
const char *sma_only_attachment(struct sma_context *context, json_t **names,
				struct sma_error *error);

#endif
