/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Connections and sockets that a sockmap cannot carry, as far as a program can tell. */
#ifndef SOCKMAP_EXCLUSION_H
#define SOCKMAP_EXCLUSION_H

#include <stdbool.h>
#include <linux/bpf.h>
#include <linux/in.h>
#include <linux/tcp.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "kernel.h"
#include "maps.h"
#include "read.h"

/* Bytes of a socket option that programs are shown at least: a page. */
#define SM_SHOWN_OPTION 4096

/* SOL_TLS: in no header of the kernel. */
#define SM_SOL_TLS 282

/*
 * MPTCP: a subflow's bytes are mapped by options of its segments, which a redirect
 * does not have, and subflows in a sockmap have crashed 6.1 kernels.
 */
static __always_inline bool sm_is_mptcp(struct tcp_sock *tp)
{
	return bpf_core_field_exists(tp->is_mptcp) && tp->is_mptcp;
}

/*
 * Fast Open: bytes are on their way, or acknowledged, before the ends know each
 * other. bytes_acked counts the SYN as one.
 */
static __always_inline bool sm_sent_early_data(struct bpf_sock_ops *ctx)
{
	return ctx->snd_una != ctx->snd_nxt || ctx->bytes_acked > 1;
}

/*
 * SO_ZEROCOPY: tcp_bpf_sendmsg() copies whatever MSG_ZEROCOPY says, and the completions
 * for which the application waits before it uses its buffer again never come.
 */
static __always_inline bool sm_is_zerocopy(struct tcp_sock *tp)
{
	if (!bpf_core_enum_value_exists(enum sock_flags, SOCK_ZEROCOPY))
		return false;
	return sm_has_flag((struct sock *)tp, SOCK_ZEROCOPY);
}

/*
 * Kernel TLS is switched on when the handshake is over. It decrypts what lies in the TCP receive
 * queue; what was redirected before it would hand to its reader as it came. So a socket that may be
 * in the map is refused it: TLS libraries go on in user space then.
 */
static __always_inline bool sm_may_set_option(struct bpf_sockopt *ctx)
{
	/*
	 * The kernel goes on with what it has shown, unless told otherwise: with a part of a larger
	 * option, and with a copy of the keys of TLS, for which 7.0 logs a warning.
	 */
	if (ctx->optlen > SM_SHOWN_OPTION || ctx->level == SM_SOL_TLS)
		ctx->optlen = 0;
	return ctx->level != IPPROTO_TCP || ctx->optname != TCP_ULP || !ctx->sk ||
	       !bpf_sk_storage_get(&sm_peers, ctx->sk, NULL, 0);
}

/*
 * SO_PEEK_OFF (for TCP from 6.10 on): each MSG_PEEK of tcp_bpf_recvmsg() begins at the first byte,
 * so that its reader would see bytes again and again. Older kernels have no such option for TCP,
 * and those that can cast have the field.
 */
static __always_inline bool sm_peeks_from_offset(struct sock *peer_sk)
{
	return sm_may_cast() && sm_read(peer_sk, sk_peek_off) >= 0;
}

#endif
