/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SMA_KTLS_H
#define SMA_KTLS_H

#include <stdbool.h>

/* May a socket switch kernel TLS on, now or when a module is loaded? In doubt yes. */
bool sma_kernel_has_tls(void);

#endif
