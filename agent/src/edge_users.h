/* SPDX-License-Identifier: Apache-2.0 */
/* Which processes of a cgroup wait for edges (epoll(7), EPOLLET). */
#ifndef SMA_EDGE_USERS_H
#define SMA_EDGE_USERS_H

#include <stddef.h>

#define SMA_EDGE_NAMES 4

/* Of an attachment without edge readers; with sma_edge_users_text(). */
#define SMA_EDGE_WARNING                                                                           \
	"When it was attached, processes in its cgroup used edge-triggered epoll, and may stall "  \
	"when a sender is faster: %s. Unless they always read until EAGAIN (nginx and programs "   \
	"based on tokio do not), attach with edge readers (--edge-readers)."

struct sma_edge_users {
	size_t processes;
	/* The first names (/proc/PID/comm) that differ. */
	size_t count;
	char names[SMA_EDGE_NAMES][32];
};

/*
 * Looks at the epoll descriptors (/proc/PID/fdinfo, ep_show_fdinfo() in fs/eventpoll.c) of the
 * processes in a cgroup directory and below it. nginx counts by its name: before its first
 * connection it has asked for no edge.
 */
void sma_find_edge_users(const char *cgroup, struct sma_edge_users *users);

/* "nginx, envoy (12 processes)"; malloc()ed, NULL when memory ran out. */
char *sma_edge_users_text(const struct sma_edge_users *users);

#endif
