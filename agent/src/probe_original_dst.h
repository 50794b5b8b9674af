/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SMA_PROBE_ORIGINAL_DST_H
#define SMA_PROBE_ORIGINAL_DST_H

#include "error.h"

/*
 * Does bpf_getsockopt(SOL_IP, SM_SO_ORIGINAL_DST) work in a sockops program? 1: yes, 0: no, -1: it
 * could not be tried, with `error`. Tried with a program, a cgroup and a loopback connection of its
 * own, in some milliseconds; nothing of them stays. The cgroup is made below `parent`: without
 * CAP_DAC_OVERRIDE, which the agent drops, it may not be made in the root of the hierarchy.
 */
int sma_original_dst_told(const char *parent, struct sma_error *error);

#endif
