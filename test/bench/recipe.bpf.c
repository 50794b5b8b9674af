// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The recipe that tutorials and meshes publish, as a peer to measure against: every
 * established IPv4 socket joins a sockhash under its 4-tuple, and every message is
 * redirected to whatever the reversed tuple finds. Fast, and wrong in the ways that
 * bpf/README.md lists: never load it for anything but a benchmark.
 */
#include <stdbool.h>
#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct tuple {
	__u32 local_ip, remote_ip;
	__u32 local_port, remote_port;
};

struct {
	__uint(type, BPF_MAP_TYPE_SOCKHASH);
	__uint(max_entries, 65536);
	__type(key, struct tuple);
	__type(value, __u64);
} recipe_sockets SEC(".maps");

SEC("sockops")
int recipe_sockops(struct bpf_sock_ops *ctx)
{
	struct tuple key = {
	    .local_ip = ctx->local_ip4,
	    .remote_ip = ctx->remote_ip4,
	    .local_port = ctx->local_port,
	    .remote_port = bpf_ntohl(ctx->remote_port),
	};

	if (ctx->family == 2 && (ctx->op == BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB ||
				 ctx->op == BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB))
		bpf_sock_hash_update(ctx, &recipe_sockets, &key, BPF_ANY);
	return 1;
}

SEC("sk_msg")
int recipe_verdict(struct sk_msg_md *msg)
{
	struct tuple key = {
	    .local_ip = msg->remote_ip4,
	    .remote_ip = msg->local_ip4,
	    .local_port = bpf_ntohl(msg->remote_port),
	    .remote_port = msg->local_port,
	};

	bpf_msg_redirect_hash(msg, &recipe_sockets, &key, BPF_F_INGRESS);
	return SK_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
