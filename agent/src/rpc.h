/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SMA_RPC_H
#define SMA_RPC_H

#define SMA_PROTOCOL 1

/*
 * Speaks JSON-RPC 2.0 on stdin and stdout until the input ends (returns 0), cannot be followed (2)
 * or the output is gone (1). The handshake line with `nonce` comes first:
 * extension/protocol/handshake.ts.
 */
int sma_serve(const char *nonce, const char *bpffs_override);

#endif
