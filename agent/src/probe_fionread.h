/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SMA_PROBE_FIONREAD_H
#define SMA_PROBE_FIONREAD_H

#define SMA_FIONREAD_WARNING                                                                       \
	"On this kernel ioctl(FIONREAD) returns 0 for unread bytes that reached a socket in a "    \
	"sockmap through the stack, so programs that size their reads by it (nginx, Java, .NET) "  \
	"may stall; kernels with the fix 04af4efde58a (bpf, sockmap: fix FIONREAD) are free of "   \
	"it, and the Sockmap datapath attached with --edge-readers spares non-blocking ones."

/* The same for our datapath when sm_gate is attached. */
#define SMA_FIONREAD_GATED                                                                         \
	"On this kernel ioctl(FIONREAD) returns 0 for unread bytes that reached a socket in a "    \
	"sockmap through the stack. Attached with --edge-readers, connections that send such "     \
	"bytes to a non-blocking reader go back to plain TCP, after a pause of 0.2 s or more; "    \
	"kernels with the fix 04af4efde58a (bpf, sockmap: fix FIONREAD) need none of this."

/* Kernels before that regression have this instead. */
#define SMA_FIONREAD_BLIND_WARNING                                                                 \
	"On this kernel ioctl(FIONREAD) does not count redirected bytes, so programs that size "   \
	"their reads by it (nginx, Java, .NET) may stall before a message that is larger than "    \
	"their buffer; the Sockmap datapath corrects the answer where the kernel lets it. Keep "   \
	"such programs out with a policy."

/*
 * 1: this kernel has the regression of 929e30f93125 (6.6.128, 6.12.75, 6.18.14, 6.19 and
 * distribution backports), 0: it has not, -1: it could not be tried. Tried once per process, with a
 * sockhash and a loopback connection of its own, in some milliseconds.
 */
int sma_fionread_broken(void);

/*
 * 1: redirected bytes are not counted (kernels before that commit), 0: they are, -1: it could not
 * be tried.
 */
int sma_fionread_blind(void);

#endif
