/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SMA_SHARED_H
#define SMA_SHARED_H

#include "pins.h"

/* A map that the attachment found pinned by somebody else: its sockets are not ours to delete. */
bool sma_map_shared(const struct sma_attachment *attachment, const struct sma_pin *map);

#endif
