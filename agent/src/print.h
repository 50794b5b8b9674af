/* SPDX-License-Identifier: Apache-2.0 */
/* Results for people: what --json gives, as text. */
#ifndef SMA_PRINT_H
#define SMA_PRINT_H

#include <jansson.h>

typedef void sma_printer(const json_t *result);

sma_printer sma_print_attachment, sma_print_detached, sma_print_status, sma_print_stats,
    sma_print_sockets, sma_print_programs, sma_print_maps, sma_print_entries, sma_print_cgroups,
    sma_print_verified, sma_print_probe, sma_print_policy_set, sma_print_policy, sma_print_capture;

#endif
