/* SPDX-License-Identifier: Apache-2.0 */
/* The network namespaces of the host: those of processes, and those kept by `ip netns`. */
#ifndef SMA_NETNS_H
#define SMA_NETNS_H

/*
 * Calls `use` once in each of them, the calling thread being there meanwhile; stops at its first
 * result that is not 0 and returns that, else 0. -errno: this thread's own namespace cannot be
 * opened or returned to. Namespaces that cannot be entered, or are kept by nobody, are left out.
 */
int sma_each_netns(int (*use)(void *argument), void *argument);

#endif
