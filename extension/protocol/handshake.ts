// SPDX-License-Identifier: Apache-2.0
/**
 * The line that opens the agent's stdout. A login shell may print a banner first, and JSON-RPC framing
 * cannot survive that: everything before this line is dropped.
 *
 *     SOCKMAP-AGENT <nonce> <protocol version>\n
 *
 * The nonce (hex, chosen by the extension for each start, given as `serve --nonce HEX`) keeps a banner from
 * passing for it.
 */
export const HANDSHAKE_MARKER = 'SOCKMAP-AGENT';

/** How many bytes of banner are skipped before the connection is given up. */
export const HANDSHAKE_LIMIT_BYTES = 64 * 1024;
