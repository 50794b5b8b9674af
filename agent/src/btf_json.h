/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SMA_BTF_JSON_H
#define SMA_BTF_JSON_H

#include <jansson.h>
#include <stddef.h>
#include <linux/types.h>

struct btf;

/*
 * The value at `data` as BTF describes it: integers beyond 2^53 as decimal text, pointers and
 * 128-bit integers as 0x text, enumerators by name, char arrays that hold text as strings,
 * anonymous members merged into their parent. NULL: the type does not fit `size` bytes or has no
 * value.
 */
json_t *sma_btf_json(const struct btf *btf, __u32 type_id, const void *data, size_t size);

/* Without BTF: 1, 2, 4 or 8 bytes as a number of host order, else NULL. */
json_t *sma_number_json(const void *data, size_t size);

#endif
