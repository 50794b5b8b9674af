// SPDX-License-Identifier: Apache-2.0
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "iter.h"
#include "stage.h"
#include "takeoff.h"
#include "text.h"

#define POLL_MS 10
/*
 * A redirect whose verdict was taken may still be on its way to a queue that looks empty
 * (tcp_bpf_send_verdict() drops the socket lock between the two): empty means seen so twice, this
 * far apart.
 */
#define SETTLE_MS 20

/* A socket that was seen empty, and when first. */
struct sighting {
	__u64 sk;
	double since;
};

struct drain_map {
	const struct sma_pin *pin;
	struct sma_iter iter;
	struct sighting *seen; /* sorted by sk */
	size_t seen_count;
};

static bool is_empty(const struct sma_iter_socket *record)
{
	return record->queued == 0 && record->backlog == 0;
}

static int by_sk(const void *left, const void *right)
{
	const struct sighting *a = left, *b = right;

	return a->sk < b->sk ? -1 : a->sk > b->sk;
}

static bool settled(const struct drain_map *map, __u64 sk, double now, double *since)
{
	struct sighting wanted = {.sk = sk};
	const struct sighting *found =
	    map->seen_count ? bsearch(&wanted, map->seen, map->seen_count, sizeof(wanted), by_sk)
			    : NULL;

	*since = found ? found->since : now;
	return found && now - found->since >= SETTLE_MS;
}

/*
 * An iterator over TCP sockets does not show a socket of another protocol, or of a namespace that
 * nothing keeps; but a sockhash tells its keys. Takes the first of them; a sockmap's keys say
 * nothing about what is in it.
 */
static bool first_key(const struct drain_map *map, unsigned char key[SMA_MAX_KEY])
{
	return map->iter.over_tcp && map->pin->bpf_type == BPF_MAP_TYPE_SOCKHASH &&
	       bpf_map_get_next_key(map->pin->fd, NULL, key) == 0;
}

/* One look at a map: deletes the settled ones. Returns how many stay, or -1. */
static long pass(struct drain_map *map, struct sma_takeoff *takeoff, uint64_t *queued,
		 struct sma_error *error)
{
	struct sma_sockets sockets;
	struct sighting *seen;
	unsigned char key[SMA_MAX_KEY];
	size_t seen_count = 0;
	double now = sma_now_ms();
	long left = 0;

	if (sma_iter_sockets(&map->iter, &sockets, error))
		return -1;
	seen = calloc(sockets.count + 1, sizeof(*seen));
	for (size_t i = 0; seen && i < sockets.count; i++) {
		const struct sma_iter_socket *record = &sockets.list[i].record;
		double since;

		if (is_empty(record) && settled(map, record->sk, now, &since) &&
		    (bpf_map_delete_elem(map->pin->fd, sockets.list[i].key) == 0 ||
		     errno == ENOENT || errno == EINVAL)) {
			takeoff->drained++;
			continue;
		}
		left++;
		*queued += record->queued;
		if (is_empty(record) && (seen_count == 0 || seen[seen_count - 1].sk != record->sk))
			seen[seen_count++] = (struct sighting){record->sk, since};
	}
	if (left == 0 && first_key(map, key))
		left++;
	sma_sockets_free(&sockets);
	free(map->seen);
	map->seen = seen;
	map->seen_count = seen_count;
	return seen ? left : sma_fail_memory(error);
}

/* What the iterator does not show stays, or is dropped unread. */
static void give_up_unseen(struct drain_map *map, struct sma_takeoff *takeoff)
{
	unsigned char key[SMA_MAX_KEY];
	__u64 cookie = 0;

	while (takeoff->force && first_key(map, key)) {
		if (bpf_map_delete_elem(map->pin->fd, key))
			return;
	}
	if (!takeoff->empty || !first_key(map, key))
		return;
	if (map->pin->value_size == sizeof(cookie))
		bpf_map_lookup_elem(map->pin->fd, key, &cookie);
	json_array_append_new(takeoff->remaining,
			      json_pack("{s:I, s:i, s:s, s:s}", "cookie", (json_int_t)cookie,
					"queuedBytes", 0, "local", "unknown", "remote", "unknown"));
	takeoff->empty = false;
}

/* What is left at the timeout: listed, and with `force` dropped. */
static int give_up(struct drain_map *map, struct sma_takeoff *takeoff, struct sma_error *error)
{
	struct sma_sockets sockets;

	if (sma_iter_sockets(&map->iter, &sockets, error))
		return -1;
	for (size_t i = 0; i < sockets.count; i++) {
		const struct sma_iter_socket *record = &sockets.list[i].record;

		if (takeoff->force) {
			if (bpf_map_delete_elem(map->pin->fd, sockets.list[i].key) == 0)
				takeoff->lost_bytes += record->queued;
			continue;
		}
		json_array_append_new(
		    takeoff->remaining,
		    json_pack("{s:I, s:I, s:o, s:o}", "cookie", (json_int_t)record->cookie,
			      "queuedBytes", (json_int_t)record->queued, "local",
			      sma_endpoint(record->family, record->local, record->local_port),
			      "remote",
			      sma_endpoint(record->family, record->remote, record->remote_port)));
		takeoff->empty = false;
	}
	sma_sockets_free(&sockets);
	give_up_unseen(map, takeoff);
	return 0;
}

/* Their callbacks have ended: no other wakes readers that missed an edge. */
static void let_go(const struct sma_attachment *attachment)
{
	const struct sma_pin *peers = sma_find_pin(attachment, SMA_PIN_MAP, SM_PEERS_MAP);

	if (peers && sma_attachment_abi(attachment))
		sma_let_go(peers->fd);
}

static int wait_for_queues(struct sma_context *context, const struct sma_attachment *attachment,
			   struct drain_map *maps, size_t count, struct sma_takeoff *takeoff,
			   struct sma_error *error)
{
	/* Even a timeout of 0 lets empty queues be seen twice. */
	double deadline = sma_now_ms() + takeoff->timeout_ms, told = 0;
	unsigned int quiet = 0;

	for (;;) {
		uint64_t queued = 0;
		long left = 0;
		double now;

		for (size_t i = 0; i < count; i++) {
			long found = pass(&maps[i], takeoff, &queued, error);

			if (found < 0)
				return -1;
			left += found;
		}
		now = sma_now_ms();
		quiet = left ? 0 : quiet + 1;
		if (quiet >= 2)
			return 0;
		if (left && now >= deadline + 2.0 * SETTLE_MS)
			return 1;
		if (sma_cancelled(context, error))
			return -1;
		if (left && now - told >= 500) {
			let_go(attachment);
			sma_progress(context,
				     "Waiting for %ld sockets to be read, %llu bytes queued", left,
				     (unsigned long long)queued);
			told = now;
		}
		sma_sleep_ms(POLL_MS);
	}
}

int sma_drain(struct sma_context *context, const struct sma_attachment *attachment,
	      struct sma_takeoff *takeoff, struct sma_error *error)
{
	struct drain_map *maps = calloc(attachment->count + 1, sizeof(*maps));
	size_t count = 0;
	int result = 0;

	takeoff->empty = true;
	takeoff->remaining = json_array();
	if (!maps)
		return sma_fail_memory(error);
	let_go(attachment);
	for (size_t i = 0; result == 0 && i < attachment->count; i++) {
		const struct sma_pin *pin = &attachment->pins[i];

		if (pin->type != SMA_PIN_MAP || !sma_is_sockmap(pin->bpf_type) || pin->shared)
			continue;
		maps[count].pin = pin;
		result = sma_iter_open_sockets(&maps[count].iter, pin->fd, pin->key_size, error);
		count += result == 0;
	}
	if (result == 0)
		result = wait_for_queues(context, attachment, maps, count, takeoff, error);
	for (size_t i = 0; result > 0 && i < count; i++) {
		if (give_up(&maps[i], takeoff, error))
			result = -1;
	}
	for (size_t i = 0; i < count; i++) {
		sma_iter_close(&maps[i].iter);
		free(maps[i].seen);
	}
	free(maps);
	let_go(attachment);
	sma_stage("drained");
	return result < 0 ? -1 : 0;
}
