// SPDX-License-Identifier: Apache-2.0
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "caps.h"
#include "context.h"
#include "io.h"
#include "iter.h"
#include "mounts.h"
#include "probe_fionread.h"
#include "text.h"

#define COUNT(list) (sizeof(list) / sizeof(*(list)))
#define HELPER(name)                                                                               \
	{                                                                                          \
#name, BPF_FUNC_##name                                                             \
	}

struct helper {
	const char *name;
	int number;
};

static const enum bpf_prog_type program_types[] = {
    BPF_PROG_TYPE_SOCK_OPS,	 BPF_PROG_TYPE_SK_MSG,	    BPF_PROG_TYPE_SK_SKB,
    BPF_PROG_TYPE_CGROUP_SKB,	 BPF_PROG_TYPE_CGROUP_SOCK, BPF_PROG_TYPE_CGROUP_SOCK_ADDR,
    BPF_PROG_TYPE_CGROUP_SOCKOPT};

static const enum bpf_map_type map_types[] = {BPF_MAP_TYPE_SOCKMAP,	BPF_MAP_TYPE_SOCKHASH,
					      BPF_MAP_TYPE_SK_STORAGE,	BPF_MAP_TYPE_HASH,
					      BPF_MAP_TYPE_ARRAY,	BPF_MAP_TYPE_LRU_HASH,
					      BPF_MAP_TYPE_PERCPU_HASH, BPF_MAP_TYPE_PERCPU_ARRAY,
					      BPF_MAP_TYPE_LPM_TRIE,	BPF_MAP_TYPE_RINGBUF};

static const struct helper sock_ops_helpers[] = {
    HELPER(map_lookup_elem),	   HELPER(sock_map_update),   HELPER(sock_hash_update),
    HELPER(sk_storage_get),	   HELPER(sk_storage_delete), HELPER(get_socket_cookie),
    HELPER(get_netns_cookie),	   HELPER(getsockopt),	      HELPER(setsockopt),
    HELPER(sock_ops_cb_flags_set), HELPER(skc_to_tcp_sock),   HELPER(probe_read_kernel),
    HELPER(ringbuf_output)};

static const struct helper sk_msg_helpers[] = {HELPER(getsockopt),
					       HELPER(map_lookup_elem),
					       HELPER(msg_redirect_map),
					       HELPER(msg_redirect_hash),
					       HELPER(msg_apply_bytes),
					       HELPER(msg_cork_bytes),
					       HELPER(msg_pull_data),
					       HELPER(msg_push_data),
					       HELPER(msg_pop_data),
					       HELPER(sk_storage_get),
					       HELPER(skc_to_tcp_sock),
					       HELPER(get_netns_cookie),
					       HELPER(get_current_cgroup_id),
					       HELPER(probe_read_kernel),
					       HELPER(perf_event_output),
					       HELPER(ringbuf_output)};

static const struct helper sk_skb_helpers[] = {
    HELPER(map_lookup_elem), HELPER(sk_redirect_map),	HELPER(sk_redirect_hash),
    HELPER(skb_load_bytes),  HELPER(get_socket_cookie), HELPER(perf_event_output)};

/*
 * A call with no arguments set up: a helper that the program type may not use is refused before
 * its arguments are looked at, in words that changed over time (check_helper_call()).
 */
static bool helper_usable(enum bpf_prog_type type, int number)
{
	static const char *const refusals[] = {"unknown func", "invalid func", "cannot use helper",
					       "not supported"};
	struct bpf_insn insns[] = {{.code = BPF_JMP | BPF_CALL, .imm = number},
				   {.code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = 1},
				   {.code = BPF_JMP | BPF_EXIT}};
	char log[4096] = "";
	LIBBPF_OPTS(bpf_prog_load_opts, options, .log_buf = log, .log_size = sizeof(log),
		    .log_level = 1);
	int fd = bpf_prog_load(type, "sma_probe", "GPL", insns, COUNT(insns), &options);

	if (fd >= 0) {
		close(fd);
		return true;
	}
	for (size_t i = 0; i < COUNT(refusals); i++) {
		if (strstr(log, refusals[i]))
			return false;
	}
	return *log != 0;
}

static json_t *helpers_of(enum bpf_prog_type type, const struct helper *helpers, size_t count)
{
	json_t *flags = json_object();

	for (size_t i = 0; i < count; i++)
		json_object_set_new(flags, helpers[i].name,
				    json_boolean(helper_usable(type, helpers[i].number)));
	return flags;
}

/* Tracing programs need BTF ids: the agent's own iterator is the one that counts. */
static bool iterator_usable(void)
{
	int map = bpf_map_create(BPF_MAP_TYPE_SOCKHASH, "sma_probe", 8, 8, 1, NULL);
	struct sma_error ignored = {0};
	struct sma_iter iter;
	bool usable = map >= 0 && sma_iter_open_sockets(&iter, map, sizeof(__u64), &ignored) == 0;

	if (usable)
		sma_iter_close(&iter);
	if (map >= 0)
		close(map);
	sma_error_clear(&ignored);
	return usable;
}

static json_t *probe_program_types(void)
{
	json_t *flags = json_object();

	for (size_t i = 0; i < COUNT(program_types); i++)
		json_object_set_new(
		    flags, libbpf_bpf_prog_type_str(program_types[i]),
		    json_boolean(libbpf_probe_bpf_prog_type(program_types[i], NULL) == 1));
	json_object_set_new(flags, "tracing", json_boolean(iterator_usable()));
	return flags;
}

static json_t *probe_map_types(void)
{
	json_t *flags = json_object();

	for (size_t i = 0; i < COUNT(map_types); i++)
		json_object_set_new(
		    flags, libbpf_bpf_map_type_str(map_types[i]),
		    json_boolean(libbpf_probe_bpf_map_type(map_types[i], NULL) == 1));
	return flags;
}

static json_t *jit(void)
{
	struct sma_buffer text = {0};
	json_t *value = json_null();

	if (sma_read_file("/proc/sys/net/core/bpf_jit_enable", 64, &text) == 0)
		value = json_integer(atoi(text.data));
	free(text.data);
	return value;
}

/* `present`: 1, 0, or -1 where it could not be tried. */
static json_t *found(int present)
{
	return present < 0 ? json_null() : json_boolean(present);
}

static json_t *bugs(void)
{
	bool able = sma_caps_sufficient();

	return json_pack("[{s:s, s:o, s:s, s:s}, {s:s, s:o, s:s, s:s}]", "id", "fionread",
			 "present", found(able ? sma_fionread_broken() : -1), "summary",
			 "ioctl(FIONREAD) returns 0 for unread bytes that reached a socket in a "
			 "sockmap through the stack.",
			 "fix", "A kernel with 04af4efde58a (bpf, sockmap: fix FIONREAD).", "id",
			 "fionreadRedirected", "present", found(able ? sma_fionread_blind() : -1),
			 "summary",
			 "ioctl(FIONREAD) does not count redirected bytes: it returns 0 when no "
			 "others are unread.",
			 "fix",
			 "A kernel with 929e30f93125 (6.6.128, 6.12.75, 6.18.14, 6.19) and its fix "
			 "04af4efde58a. The Sockmap datapath corrects the answer where the "
			 "kernel allows it.");
}

json_t *sma_probe(struct sma_context *context, const json_t *params, struct sma_error *error)
{
	char *bpffs = sma_bpffs(context, error), *cgroup;
	struct utsname host;
	json_t *result;

	(void)params;
	sma_error_clear(error);
	cgroup = sma_cgroup_root(error);
	sma_error_clear(error);
	uname(&host);
	sma_progress(context, "Probing Linux %s", host.release);
	result = json_pack(
	    "{s:s, s:s, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:{s:o, s:o, s:o}, s:o}", "kernel",
	    host.release, "arch", host.machine, "btf", access("/sys/kernel/btf/vmlinux", R_OK) == 0,
	    "jit", jit(), "bpffs", sma_text_or_null(bpffs), "cgroup2", sma_text_or_null(cgroup),
	    "capabilities", sma_caps_json(), "programTypes", probe_program_types(), "mapTypes",
	    probe_map_types(), "helpers", "sock_ops",
	    helpers_of(BPF_PROG_TYPE_SOCK_OPS, sock_ops_helpers, COUNT(sock_ops_helpers)), "sk_msg",
	    helpers_of(BPF_PROG_TYPE_SK_MSG, sk_msg_helpers, COUNT(sk_msg_helpers)), "sk_skb",
	    helpers_of(BPF_PROG_TYPE_SK_SKB, sk_skb_helpers, COUNT(sk_skb_helpers)), "bugs",
	    bugs());
	free(bpffs);
	free(cgroup);
	return result;
}
