// SPDX-License-Identifier: Apache-2.0
#include "iter.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io.h"
#include "log.h"
#include "netns.h"
#include "object.h"
#include "text.h"
#include "../../bpf/include/sockmap_abi.h"

#define MAX_RECORDS ((size_t)4 << 30)

extern const char sma_sockets_object[], sma_sockets_object_end[];
extern const char sma_peers_object[], sma_peers_object_end[];

/* One of our objects, and which of its programs goes over the map, which over TCP sockets. */
struct iterators {
	const char *begin, *end;
	const char *over_map, *over_tcp;
};

static const struct iterators over_sockets = {sma_sockets_object, sma_sockets_object_end,
					      "sma_sockets", "sma_tcp_sockets"};
static const struct iterators over_peers = {sma_peers_object, sma_peers_object_end, "sma_peers",
					    "sma_tcp_peers"};
static const struct iterators held = {sma_peers_object, sma_peers_object_end, NULL, "sma_let_go"};

static int attach(struct sma_iter *iter, struct bpf_program *program, int map_fd)
{
	union bpf_iter_link_info info = {.map.map_fd = (__u32)map_fd};
	LIBBPF_OPTS(bpf_iter_attach_opts, options, .link_info = &info,
		    .link_info_len = sizeof(info));

	iter->link = bpf_program__attach_iter(program, iter->over_tcp ? NULL : &options);
	return iter->link ? 0 : -errno;
}

/* Only the wanted program is loaded, with the map in the place that is kept for it. */
static struct bpf_program *prepare(struct sma_iter *iter, const struct iterators *iterators,
				   const struct sma_iter_config *config, int map_fd)
{
	const char *name = iter->over_tcp ? iterators->over_tcp : iterators->over_map;
	struct bpf_map *map = bpf_object__find_map_by_name(iter->object, SM_PEERS_MAP);
	struct bpf_program *program = sma_object_choose(iter->object, name);

	if (map &&
	    (iter->over_tcp ? bpf_map__reuse_fd(map, map_fd) : bpf_map__set_autocreate(map, false)))
		return NULL;
	map = config ? bpf_object__find_map_by_name(iter->object, ".rodata") : NULL;
	if (config && (!map || bpf_map__set_initial_value(map, config, sizeof(*config))))
		return NULL;
	return program;
}

static int load(struct sma_iter *iter, const struct iterators *iterators,
		const struct sma_iter_config *config, int map_fd)
{
	struct bpf_program *program;
	int result = -EINVAL;

	iter->object = bpf_object__open_mem(iterators->begin,
					    (size_t)(iterators->end - iterators->begin), NULL);
	if (!iter->object)
		return -errno;
	program = prepare(iter, iterators, config, map_fd);
	if (program)
		result = bpf_object__load(iter->object);
	if (program && result == 0)
		result = attach(iter, program, map_fd);
	if (result)
		sma_iter_close(iter);
	return result;
}

/* What a kernel refuses once it always refuses; each attempt reads all of its BTF. */
static atomic_bool over_maps_refused;

/* Over the map, else over all TCP sockets. */
static int load_either(struct sma_iter *iter, const struct iterators *iterators,
		       const struct sma_iter_config *config, int map_fd)
{
	int result = -EPERM;

	if (!atomic_load(&over_maps_refused))
		result = load(iter, iterators, config, map_fd);
	if (result != -EPERM)
		return result;
	iter->over_tcp = true;
	/* It is the refusal that is told if this fails, too. */
	if (load(iter, iterators, config, map_fd) == 0) {
		atomic_store(&over_maps_refused, true);
		return 0;
	}
	iter->over_tcp = false;
	return result;
}

static int failed(int result, const char *what, struct sma_error *error)
{
	char *said = sma_log_take();

	if (result == 0) {
		free(said);
		return 0;
	}
	if (result == -EPERM)
		sma_fail_errno(error, EPERM, NULL, "The iterator over %s cannot be loaded", what);
	else
		sma_fail(error, SMA_UNSUPPORTED,
			 "Use Linux 5.10 or newer, built with CONFIG_DEBUG_INFO_BTF.",
			 "This kernel cannot run the iterator over %s: %s", what,
			 strerror(-result));
	free(error->log);
	error->log = said;
	return -1;
}

int sma_iter_open_sockets(struct sma_iter *iter, int map_fd, unsigned int key_size,
			  struct sma_error *error)
{
	struct sma_iter_config config = {.key_size = key_size, .make_cookie = 1};
	struct bpf_map_info info = {0};
	__u32 length = sizeof(info);
	int result;

	memset(iter, 0, sizeof(*iter));
	if (bpf_obj_get_info_by_fd(map_fd, &info, &length))
		return sma_fail_errno(error, errno, NULL, "The sockmap cannot be read");
	config.map_id = info.id;
	sma_log_begin(0);
	result = load_either(iter, &over_sockets, &config, map_fd);
	if (result) {
		config.make_cookie = 0;
		result = load_either(iter, &over_sockets, &config, map_fd);
	}
	iter->key_size = key_size;
	iter->record_size = sizeof(struct sma_iter_socket) + key_size;
	return failed(result, "a sockmap", error);
}

int sma_iter_open_peers(struct sma_iter *iter, int map_fd, struct sma_error *error)
{
	int result;

	memset(iter, 0, sizeof(*iter));
	sma_log_begin(0);
	result = load_either(iter, &over_peers, NULL, map_fd);
	iter->record_size = sizeof(struct sma_iter_peer);
	return failed(result, "socket storage", error);
}

void sma_iter_close(struct sma_iter *iter)
{
	bpf_link__destroy(iter->link);
	bpf_object__close(iter->object);
	iter->link = NULL;
	iter->object = NULL;
}

struct reading {
	struct sma_iter *iter;
	struct sma_buffer *records;
};

static int read_once(void *argument)
{
	struct reading *reading = argument;
	int fd = bpf_iter_create(bpf_link__fd(reading->iter->link)), result;

	if (fd < 0)
		return -errno;
	result = sma_read_fd(fd, MAX_RECORDS, reading->records);
	close(fd);
	return result;
}

static int read_records(struct sma_iter *iter, struct sma_buffer *records, struct sma_error *error)
{
	struct reading reading = {.iter = iter, .records = records};
	int result = iter->over_tcp ? sma_each_netns(read_once, &reading) : read_once(&reading);

	if (result)
		return sma_fail_errno(error, -result, NULL, "The iterator cannot be read");
	return 0;
}

void sma_let_go(int peers_fd)
{
	struct sma_iter iter = {.over_tcp = true};
	struct sma_buffer records = {0};
	struct sma_error ignored = {0};
	int result;

	sma_log_begin(0);
	result = load(&iter, &held, NULL, peers_fd);
	free(sma_log_take());
	if (result)
		return;
	read_records(&iter, &records, &ignored);
	free(records.data);
	sma_error_clear(&ignored);
	sma_iter_close(&iter);
}

/* qsort() has no argument for the key size; all keys of one reading follow their record. */
static int by_socket(const void *left, const void *right)
{
	const struct sma_socket *a = left, *b = right;

	if (a->record.sk != b->record.sk)
		return a->record.sk < b->record.sk ? -1 : 1;
	return a->key < b->key ? -1 : a->key > b->key;
}

/* The iterator may show an entry again where its buffer wrapped: same socket, same key. */
static void drop_repeats(struct sma_sockets *sockets, size_t key_size)
{
	size_t kept = 0;

	for (size_t i = 0; i < sockets->count; i++) {
		const struct sma_socket *socket = &sockets->list[i];
		bool repeated = false;

		for (size_t j = kept; j > 0 && sockets->list[j - 1].record.sk == socket->record.sk;
		     j--) {
			if (memcmp(sockets->list[j - 1].key, socket->key, key_size) == 0)
				repeated = true;
		}
		if (!repeated)
			sockets->list[kept++] = *socket;
	}
	sockets->count = kept;
}

int sma_iter_sockets(struct sma_iter *iter, struct sma_sockets *out, struct sma_error *error)
{
	struct sma_buffer records = {0};

	memset(out, 0, sizeof(*out));
	if (read_records(iter, &records, error)) {
		free(records.data);
		return -1;
	}
	out->count = records.size / iter->record_size;
	out->storage = records.data;
	out->list = calloc(out->count + 1, sizeof(*out->list));
	if (!out->list) {
		sma_sockets_free(out);
		return sma_fail_memory(error);
	}
	for (size_t i = 0; i < out->count; i++) {
		const char *at = records.data + i * iter->record_size;

		memcpy(&out->list[i].record, at, sizeof(out->list[i].record));
		out->list[i].key = (const unsigned char *)at + sizeof(out->list[i].record);
	}
	if (out->count > 1)
		qsort(out->list, out->count, sizeof(*out->list), by_socket);
	drop_repeats(out, iter->key_size);
	return 0;
}

void sma_sockets_free(struct sma_sockets *sockets)
{
	free(sockets->list);
	free(sockets->storage);
	memset(sockets, 0, sizeof(*sockets));
}

static int by_cookie(const void *left, const void *right)
{
	const struct sma_iter_peer *a = left, *b = right;

	return a->cookie < b->cookie ? -1 : a->cookie > b->cookie;
}

int sma_iter_peers(struct sma_iter *iter, struct sma_iter_peer **list, size_t *count,
		   struct sma_error *error)
{
	struct sma_buffer records = {0};

	*list = NULL;
	*count = 0;
	if (read_records(iter, &records, error)) {
		free(records.data);
		return -1;
	}
	*list = (struct sma_iter_peer *)(void *)records.data;
	*count = records.size / sizeof(**list);
	if (*count > 1)
		qsort(*list, *count, sizeof(**list), by_cookie);
	return 0;
}

const struct sma_iter_peer *sma_find_peer(const struct sma_iter_peer *list, size_t count,
					  __u64 cookie)
{
	struct sma_iter_peer wanted = {.cookie = cookie};

	return cookie && count ? bsearch(&wanted, list, count, sizeof(*list), by_cookie) : NULL;
}

int sma_read_sockets(int map_fd, unsigned int key_size, struct sma_sockets *out,
		     struct sma_error *error)
{
	struct sma_iter iter;
	int result;

	memset(out, 0, sizeof(*out));
	if (sma_iter_open_sockets(&iter, map_fd, key_size, error))
		return -1;
	result = sma_iter_sockets(&iter, out, error);
	sma_iter_close(&iter);
	return result;
}
