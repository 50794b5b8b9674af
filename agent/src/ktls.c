// SPDX-License-Identifier: Apache-2.0
#include "ktls.h"

#include <bpf/btf.h>
#include <string.h>

/* Network namespaces have such counters where CONFIG_TLS is y or m. */
#define COUNTERS     "netns_mib"
#define TLS_COUNTERS "tls_statistics"

bool sma_kernel_has_tls(void)
{
	struct btf *btf = btf__load_vmlinux_btf();
	int id = btf ? btf__find_by_name_kind(btf, COUNTERS, BTF_KIND_STRUCT) : -1;
	bool found = id < 0;

	if (id > 0) {
		const struct btf_type *type = btf__type_by_id(btf, (__u32)id);
		const struct btf_member *members = btf_members(type);

		for (__u32 i = 0; i < btf_vlen(type); i++) {
			const char *name = btf__name_by_offset(btf, members[i].name_off);

			found = found || strcmp(name, TLS_COUNTERS) == 0;
		}
	}
	btf__free(btf);
	return found;
}
