/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SMA_CAPTURE_H
#define SMA_CAPTURE_H

#include "context.h"

/*
 * Writes redirected messages of the attachment `name` to `file` (- is stdout), until `count` of
 * them are there, the request is cancelled, or the attachment is detached: all of these are no
 * error. `socket`, `port` and `snaplen` as agent/README.md has them. Of the command line only: it
 * would hold up other requests.
 */
sma_method sma_capture;

#endif
