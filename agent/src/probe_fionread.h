/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SMA_PROBE_FIONREAD_H
#define SMA_PROBE_FIONREAD_H

#define SMA_FIONREAD_WARNING                                                                       \
	"On this kernel ioctl(FIONREAD) returns 0 for unread bytes that reached a socket in a "    \
	"sockmap through the stack, so programs that size their reads by it (nginx, Java, .NET) "  \
	"may stall. Attach the built-in datapath with edge readers (--edge-readers), which "       \
	"prevents this for non-blocking readers, exclude such programs with a policy, or use a "   \
	"kernel with the fix 04af4efde58a (bpf, sockmap: fix FIONREAD)."

/* The same for our datapath when sm_gate is attached. */
#define SMA_FIONREAD_GATED                                                                         \
	"On this kernel ioctl(FIONREAD) returns 0 for unread bytes that reached a socket in a "    \
	"sockmap through the stack. Edge readers are on (--edge-readers), so a connection that "   \
	"sends such bytes to a non-blocking reader goes back to plain TCP after a pause of 0.2 s " \
	"or more. Kernels with the fix 04af4efde58a (bpf, sockmap: fix FIONREAD) need no such "    \
	"fallback for FIONREAD."

/* The same for our datapath where it wakes readers that miss an edge. */
#define SMA_FIONREAD_NUDGED                                                                        \
	"On this kernel ioctl(FIONREAD) returns 0 for unread bytes that reached a socket in a "    \
	"sockmap through the stack. Edge-triggered readers (nginx) go on after a pause of up to "  \
	"2 s, over plain TCP. Other programs that size their reads by it (Java, .NET) may "        \
	"stall: exclude them with a policy, or use a kernel with the fix 04af4efde58a (bpf, "      \
	"sockmap: fix FIONREAD)."

/* Kernels before that regression have this instead. */
#define SMA_FIONREAD_BLIND_WARNING                                                                 \
	"On this kernel ioctl(FIONREAD) does not count redirected bytes, and nothing corrects it " \
	"for this attachment. Programs that size their reads by it (nginx, Java, .NET) may stall " \
	"before a message that is larger than their buffer: exclude them with a policy."

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
