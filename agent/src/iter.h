/* SPDX-License-Identifier: Apache-2.0 */
/* The agent's own iterator programs (agent/bpf): what is in a sockmap, what the datapath knows per
 * socket. */
#ifndef SMA_ITER_H
#define SMA_ITER_H

#include <stdbool.h>

#include "../bpf/records.h"
#include "error.h"

struct bpf_link;
struct bpf_object;

/*
 * An iterator over one map, to be read any number of times. Where the kernel refuses iterators over
 * maps, it goes over the TCP sockets of every network namespace and picks those that are in the
 * map: slower, and sockets of other protocols, or of a namespace that nothing keeps, are not seen.
 */
struct sma_iter {
	struct bpf_object *object;
	struct bpf_link *link;
	size_t record_size; /* with the key that follows */
	size_t key_size;
	bool over_tcp;
};

/* `map_fd`: a SOCKMAP or SOCKHASH with keys of `key_size` bytes. */
int sma_iter_open_sockets(struct sma_iter *iter, int map_fd, unsigned int key_size,
			  struct sma_error *error);
/* `map_fd`: the datapath's SM_PEERS_MAP. */
int sma_iter_open_peers(struct sma_iter *iter, int map_fd, struct sma_error *error);
/* Undoes what the datapath has set on sockets, and wakes readers that may have missed an edge;
 * before 5.15 nobody can. */
void sma_let_go(int peers_fd);
void sma_iter_close(struct sma_iter *iter);

struct sma_socket {
	struct sma_iter_socket record;
	const unsigned char *key;
};

/* Sorted by socket address; a socket is there once for each key that leads to it. */
struct sma_sockets {
	struct sma_socket *list;
	size_t count;
	char *storage;
};

int sma_iter_sockets(struct sma_iter *iter, struct sma_sockets *out, struct sma_error *error);
void sma_sockets_free(struct sma_sockets *sockets);

/* malloc()ed and sorted by cookie. */
int sma_iter_peers(struct sma_iter *iter, struct sma_iter_peer **list, size_t *count,
		   struct sma_error *error);
const struct sma_iter_peer *sma_find_peer(const struct sma_iter_peer *list, size_t count,
					  __u64 cookie);

/* One reading, opened and closed again. */
int sma_read_sockets(int map_fd, unsigned int key_size, struct sma_sockets *out,
		     struct sma_error *error);

#endif
