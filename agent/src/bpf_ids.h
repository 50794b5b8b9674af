/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SMA_BPF_IDS_H
#define SMA_BPF_IDS_H

#include <linux/bpf.h>

#include "error.h"

/* Opens a map of the host. Returns an fd and its description, or -1. */
int sma_map_by_id(__u32 id, struct bpf_map_info *info, struct sma_error *error);

/* Map ids that a program uses, malloc()ed; `info` is filled too. Returns 0 or -1 (no error set: it
 * is gone). */
int sma_prog_maps(int fd, struct bpf_prog_info *info, __u32 **ids);

/*
 * An fd of the map named `name` that some program uses together with the map `id`: the way from a
 * sockmap to the maps of its datapath, pinned or not. -1: there is none.
 */
int sma_sibling_map(__u32 id, const char *name, struct bpf_map_info *info);

#endif
