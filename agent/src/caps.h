/* SPDX-License-Identifier: Apache-2.0 */
/* Capabilities (capabilities(7)): what the agent needs, lacks and gives away. */
#ifndef SMA_CAPS_H
#define SMA_CAPS_H

#include <jansson.h>
#include <stdbool.h>

#define SMA_CAPS_ACTION "Run the agent as root, or let this user run it with sudo -n."

/*
 * Raises RLIMIT_MEMLOCK (kernels before 5.11 charge maps to it), then keeps only
 * the capabilities that the agent uses and sets no_new_privs. Before any thread.
 */
void sma_caps_drop(void);

/* May this process load and attach? Linux 5.8 split CAP_BPF, CAP_PERFMON off CAP_SYS_ADMIN. */
bool sma_caps_sufficient(void);

/* Names of the missing ones, e.g. "CAP_BPF (or root)". */
const char *sma_caps_missing(void);

/* {"cap_bpf": true, ...} of those that BPF work meets. */
json_t *sma_caps_json(void);

#endif
