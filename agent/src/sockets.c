// SPDX-License-Identifier: Apache-2.0
#include <bpf/bpf.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "address.h"
#include "bpf_ids.h"
#include "context.h"
#include "iter.h"
#include "params.h"
#include "pins.h"
#include "procs.h"
#include "reasons.h"
#include "text.h"
#include "../../bpf/include/sockmap_abi.h"

enum column {
	COOKIE,
	PEER_COOKIE,
	FAMILY,
	STATE,
	LOCAL_ADDRESS,
	LOCAL_PORT,
	REMOTE_ADDRESS,
	REMOTE_PORT,
	NETNS,
	INODE,
	PID,
	COMMAND,
	CGROUP,
	QUEUED_BYTES,
	REDIRECTED_MESSAGES,
	REDIRECTED_BYTES,
	STACK_MESSAGES,
	STACK_BYTES,
	LAST_REASON,
	REASONS,
	COLUMNS,
};

static const char *const column_names[COLUMNS] = {
    "cookie",	       "peerCookie",	"family",
    "state",	       "localAddress",	"localPort",
    "remoteAddress",   "remotePort",	"netns",
    "inode",	       "pid",		"command",
    "cgroup",	       "queuedBytes",	"redirectedMessages",
    "redirectedBytes", "stackMessages", "stackBytes",
    "lastReason",      "reasons"};

struct row {
	const struct sma_iter_socket *socket;
	const struct sma_iter_peer *peer;
	const struct sma_owner *owner;
};

struct view {
	struct sma_sockets sockets;
	struct sma_iter_peer *peers;
	size_t peer_count;
	struct row *rows;
	size_t total, matched;
	struct sma_owner *owners;
	size_t owner_count;
	enum column sort;
	bool descending;
	const char *filter;
};

/* A cell as it is compared: text, number, or nothing (sorted last). */
struct cell {
	enum { NOTHING, NUMBER, TEXT } kind;
	__u64 number;
	char text[64];
	const char *pointer; /* text that lives elsewhere */
};

static const char *cell_text(const struct cell *cell)
{
	return cell->pointer ? cell->pointer : cell->text;
}

static struct cell number(__u64 value)
{
	return (struct cell){.kind = NUMBER, .number = value};
}

static struct cell text(const char *value)
{
	return (struct cell){.kind = value ? TEXT : NOTHING, .pointer = value};
}

static struct cell address(__u16 family, const __u8 bytes[16])
{
	struct cell cell = {.kind = TEXT};

	sma_address_text(family, bytes, cell.text);
	return cell;
}

static struct cell counted(const struct row *row, __u64 value)
{
	return row->peer ? number(value) : text(NULL);
}

static struct cell get_cell(const struct row *row, enum column column)
{
	const struct sma_iter_socket *s = row->socket;
	const struct sma_iter_peer *peer = row->peer;
	bool owned = row->owner && row->owner->pid;

	switch (column) {
	case COOKIE:
		return number(s->cookie);
	case PEER_COOKIE:
		return peer && peer->peer_cookie ? number(peer->peer_cookie) : text(NULL);
	case FAMILY:
		return number((__u64)sma_address_family(s->family, s->local));
	case STATE:
		return text(sma_tcp_state(s->state));
	case LOCAL_ADDRESS:
		return address(s->family, s->local);
	case LOCAL_PORT:
		return number(s->local_port);
	case REMOTE_ADDRESS:
		return address(s->family, s->remote);
	case REMOTE_PORT:
		return number(s->remote_port);
	case NETNS:
		return number(s->netns);
	case INODE:
		return number(s->inode);
	case PID:
		return owned ? number((__u64)row->owner->pid) : text(NULL);
	case COMMAND:
		return text(owned ? row->owner->command : NULL);
	case CGROUP:
		return text(owned ? row->owner->cgroup : NULL);
	case QUEUED_BYTES:
		return s->psock ? number(s->queued) : text(NULL);
	case REDIRECTED_MESSAGES:
		return counted(row, peer ? peer->redirected_messages : 0);
	case REDIRECTED_BYTES:
		return counted(row, peer ? peer->redirected_bytes : 0);
	case REASONS: /* compared by their sum */
	case STACK_MESSAGES:
		return counted(row, peer ? peer->stack_messages : 0);
	case STACK_BYTES:
		return counted(row, peer ? peer->stack_bytes : 0);
	default:
		return text(peer ? sma_reason(peer->last_stack_verdict) : NULL);
	}
}

/* Messages that took the stack, by reason; null where nobody counts. */
static json_t *reasons_json(const struct sma_iter_peer *peer)
{
	json_t *reasons = peer ? json_object() : json_null();

	for (__u64 verdict = SM_REDIRECTED + 1; peer && verdict < SM_VERDICTS; verdict++) {
		if (peer->messages[verdict])
			json_object_set_new(reasons, sma_reason(verdict),
					    json_integer((json_int_t)peer->messages[verdict]));
	}
	return reasons;
}

static json_t *row_json(const struct row *row)
{
	json_t *list = json_array();

	for (enum column column = 0; column < REASONS; column++) {
		struct cell cell = get_cell(row, column);

		json_array_append_new(list, cell.kind == NUMBER
						? json_integer((json_int_t)cell.number)
					    : cell.kind == TEXT ? sma_text(cell_text(&cell))
								: json_null());
	}
	json_array_append_new(list, reasons_json(row->peer));
	return list;
}

static int compare(const void *left, const void *right, void *argument)
{
	const struct view *view = argument;
	const struct row *rows[] = {left, right};
	struct cell a = get_cell(rows[0], view->sort), b = get_cell(rows[1], view->sort);
	int order = 0;

	if (a.kind == NOTHING || b.kind == NOTHING)
		order = (a.kind == NOTHING) - (b.kind == NOTHING);
	else if (view->sort == LOCAL_ADDRESS)
		order = sma_address_compare(rows[0]->socket->family, rows[0]->socket->local,
					    rows[1]->socket->family, rows[1]->socket->local);
	else if (view->sort == REMOTE_ADDRESS)
		order = sma_address_compare(rows[0]->socket->family, rows[0]->socket->remote,
					    rows[1]->socket->family, rows[1]->socket->remote);
	else if (a.kind == NUMBER)
		order = a.number < b.number ? -1 : a.number > b.number;
	else
		order = strcmp(cell_text(&a), cell_text(&b));
	if (a.kind != NOTHING && b.kind != NOTHING && view->descending)
		order = -order;
	if (order)
		return order;
	return rows[0]->socket->cookie < rows[1]->socket->cookie
		   ? -1
		   : rows[0]->socket->cookie > rows[1]->socket->cookie;
}

/* "peerGone", and "peer gone" as views write it. */
static bool reason_has(const char *reason, const char *filter)
{
	char words[64];
	size_t length = 0;

	for (const char *at = reason; *at && length < sizeof(words) - 2; at++) {
		if (isupper((unsigned char)*at))
			words[length++] = ' ';
		words[length++] = *at;
	}
	words[length] = 0;
	return strcasestr(reason, filter) || strcasestr(words, filter);
}

static bool matches(const struct row *row, const char *filter)
{
	const struct sma_iter_socket *s = row->socket;
	struct cell command = get_cell(row, COMMAND), cgroup = get_cell(row, CGROUP),
		    reason = get_cell(row, LAST_REASON);
	char local[SMA_ENDPOINT_TEXT], remote[SMA_ENDPOINT_TEXT];

	sma_endpoint_text(s->family, s->local, s->local_port, local);
	sma_endpoint_text(s->family, s->remote, s->remote_port, remote);
	return strcasestr(local, filter) || strcasestr(remote, filter) ||
	       (command.pointer && strcasestr(command.pointer, filter)) ||
	       (cgroup.pointer && strcasestr(cgroup.pointer, filter)) ||
	       (reason.pointer && reason_has(reason.pointer, filter));
}

/* Looking for processes is the slow part: only for rows that need it. */
static int find_owners(struct view *view, size_t from, size_t to)
{
	view->owners = calloc(to - from + 1, sizeof(*view->owners));
	if (!view->owners)
		return -1;
	for (size_t i = from; i < to; i++) {
		if (view->rows[i].socket->inode)
			view->owners[view->owner_count++].inode = view->rows[i].socket->inode;
	}
	sma_find_owners(view->owners, view->owner_count);
	for (size_t i = from; i < to; i++)
		view->rows[i].owner =
		    sma_owner_of(view->owners, view->owner_count, view->rows[i].socket->inode);
	return 0;
}

/* A cookie that neither the datapath nor the iterator made: a lookup makes it (8-byte values only).
 */
static void make_cookie(int map_fd, const struct bpf_map_info *info, struct sma_socket *socket)
{
	__u64 cookie = 0;

	if (socket->record.cookie == 0 && info->value_size == sizeof(cookie) &&
	    bpf_map_lookup_elem(map_fd, socket->key, &cookie) == 0)
		socket->record.cookie = cookie;
}

static int read_peers(struct view *view, const struct bpf_map_info *map, struct sma_error *error)
{
	struct bpf_map_info info;
	struct sma_iter iter;
	int fd = sma_sibling_map(map->id, SM_PEERS_MAP, &info), result = 0;

	if (fd < 0)
		return 0;
	if (info.type == BPF_MAP_TYPE_SK_STORAGE && info.value_size == sizeof(struct sm_peer)) {
		result = sma_iter_open_peers(&iter, fd, error);
		if (result == 0) {
			result = sma_iter_peers(&iter, &view->peers, &view->peer_count, error);
			sma_iter_close(&iter);
		}
	}
	close(fd);
	return result;
}

static int read_view(struct view *view, int map_fd, const struct bpf_map_info *info,
		     struct sma_error *error)
{
	if (sma_read_sockets(map_fd, info->key_size, &view->sockets, error) ||
	    read_peers(view, info, error))
		return -1;
	view->rows = calloc(view->sockets.count + 1, sizeof(*view->rows));
	if (!view->rows)
		return sma_fail_memory(error);
	for (size_t i = 0; i < view->sockets.count; i++) {
		struct sma_socket *socket = &view->sockets.list[i];

		/* One row per socket, however many keys lead to it. */
		if (i && view->sockets.list[i - 1].record.sk == socket->record.sk)
			continue;
		make_cookie(map_fd, info, socket);
		view->rows[view->total++] = (struct row){
		    .socket = &socket->record,
		    .peer = sma_find_peer(view->peers, view->peer_count, socket->record.cookie)};
	}
	view->matched = view->total;
	return 0;
}

static json_t *page_of(struct view *view, const struct sma_page *page, struct sma_error *error)
{
	bool early = (view->filter && *view->filter) || view->sort == PID ||
		     view->sort == COMMAND || view->sort == CGROUP;
	json_t *rows;
	size_t from, to;

	if (early && find_owners(view, 0, view->total)) {
		sma_fail_memory(error);
		return NULL;
	}
	if (view->filter && *view->filter) {
		view->matched = 0;
		for (size_t i = 0; i < view->total; i++) {
			if (matches(&view->rows[i], view->filter))
				view->rows[view->matched++] = view->rows[i];
		}
	}
	if (view->matched > 1)
		qsort_r(view->rows, view->matched, sizeof(*view->rows), compare, view);
	from = page->offset < view->matched ? page->offset : view->matched;
	to = view->matched - from < page->limit ? view->matched : from + page->limit;
	if (!early && find_owners(view, from, to)) {
		sma_fail_memory(error);
		return NULL;
	}
	rows = json_array();
	for (size_t i = from; i < to; i++)
		json_array_append_new(rows, row_json(&view->rows[i]));
	return json_pack("{s:I, s:I, s:I, s:o}", "total", (json_int_t)view->total, "matched",
			 (json_int_t)view->matched, "offset", (json_int_t)page->offset, "rows",
			 rows);
}

static int parse_sort(const json_t *params, struct view *view, struct sma_error *error)
{
	const char *sort = "cookie";

	if (sma_param_string(params, "sort", false, &sort, error) ||
	    sma_param_bool(params, "descending", &view->descending, error) ||
	    sma_param_string(params, "filter", false, &view->filter, error))
		return -1;
	for (enum column column = 0; column < COLUMNS; column++) {
		if (strcmp(column_names[column], sort) == 0) {
			view->sort = column;
			return 0;
		}
	}
	return sma_fail(error, SMA_INVALID_PARAMS, NULL,
			"\"sort\" must be a column of a socket row, not \"%s\"", sort);
}

json_t *sma_sockets(struct sma_context *context, const json_t *params, struct sma_error *error)
{
	struct view view = {0};
	struct sma_page page;
	struct bpf_map_info info;
	json_t *result = NULL;
	uint64_t id = 0;
	int fd;

	(void)context;
	if (sma_param_uint(params, "map", true, UINT32_MAX, &id, error) ||
	    sma_param_page(params, &page, error) || parse_sort(params, &view, error))
		return NULL;
	fd = sma_map_by_id((__u32)id, &info, error);
	if (fd < 0)
		return NULL;
	if (!sma_is_sockmap(info.type))
		sma_fail(error, SMA_INVALID_PARAMS,
			 "Read it with mapEntries (`sockmap-agent map`).",
			 "The map %llu (%s) holds no sockets", (unsigned long long)id, info.name);
	else if (read_view(&view, fd, &info, error) == 0)
		result = page_of(&view, &page, error);
	close(fd);
	sma_owners_free(view.owners, view.owner_count);
	sma_sockets_free(&view.sockets);
	free(view.peers);
	free(view.rows);
	return result;
}
