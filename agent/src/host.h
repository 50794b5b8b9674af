/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SMA_HOST_H
#define SMA_HOST_H

#include <jansson.h>
#include <linux/bpf.h>

/* `mapInfo` of agent.ts; `map_attachments`: the "maps" of sma_attachment_ids(). */
json_t *sma_show_map(int fd, const struct bpf_map_info *info, json_t *map_attachments);

/* bpf_map_freeze() was called on it. */
int sma_map_frozen(int fd);

#endif
