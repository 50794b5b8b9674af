// SPDX-License-Identifier: Apache-2.0

/** Compiles, but reads the message without asking how long it is. */
export const REFUSED_SOURCE = `
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("sk_msg")
int refused(struct sk_msg_md *msg)
{
	char *first = msg->data;

	return *first ? SK_PASS : SK_DROP;
}

char _license[] SEC("license") = "Dual BSD/GPL";
`;
