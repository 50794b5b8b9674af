// SPDX-License-Identifier: Apache-2.0
/*
 * Policies in the kernel: a trie (struct sm_policy_key), filled while nobody sees it and then put
 * into the datapath's slot. Its source lies in the same trie, so what `show` reads is what is in
 * force, whoever set it.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "policy.h"
#include "text.h"

#define PORT_BITS 16
#define ID_BITS	  32

struct entry {
	struct sm_policy_key key;
	struct sm_rule_set rules;
};

struct entries {
	struct entry *list;
	size_t count, capacity;
	bool failed;
};

static struct entry *add(struct entries *entries, enum sm_policy_kind kind, unsigned int bits,
			 const void *data, size_t size)
{
	struct entry *entry;

	if (entries->count == entries->capacity) {
		size_t capacity = entries->capacity ? 2 * entries->capacity : 64;
		struct entry *grown = realloc(entries->list, capacity * sizeof(*grown));

		if (!grown) {
			entries->failed = true;
			return NULL;
		}
		entries->list = grown;
		entries->capacity = capacity;
	}
	entry = &entries->list[entries->count++];
	memset(entry, 0, sizeof(*entry));
	entry->key.prefixlen = SM_POLICY_KIND_BITS + bits;
	entry->key.kind = kind;
	if (size)
		memcpy(entry->key.data, data, size);
	return entry;
}

static void set_rule(struct sm_rule_set *rules, uint32_t rule)
{
	rules->words[rule / 64] |= 1ULL << rule % 64;
}

static void add_prefix(struct entries *entries, enum sm_policy_kind kind, unsigned int bits,
		       const void *data, size_t size, uint32_t rule)
{
	struct entry *entry = add(entries, kind, bits, data, size);

	if (entry)
		set_rule(&entry->rules, rule);
}

/* The fewest prefixes that are the range together: at most 30. */
static void add_ports(struct entries *entries, const struct sma_condition *condition)
{
	uint32_t low = condition->low, high = condition->high;

	while (low <= high) {
		unsigned int free_bits = 0;
		uint16_t port = htons((uint16_t)low);

		while (free_bits < PORT_BITS && low % (2u << free_bits) == 0 &&
		       low + (2u << free_bits) - 1 <= high)
			free_bits++;
		add_prefix(entries, SM_POLICY_PORT, PORT_BITS - free_bits, &port, sizeof(port),
			   condition->rule);
		low += 1u << free_bits;
	}
}

static void add_condition(struct entries *entries, const struct sma_condition *condition)
{
	if (condition->kind == SM_POLICY_ADDRESS)
		add_prefix(entries, condition->kind, condition->bits, condition->address,
			   sizeof(condition->address), condition->rule);
	else if (condition->kind == SM_POLICY_PORT)
		add_ports(entries, condition);
	else
		add_prefix(entries, condition->kind, ID_BITS, &condition->id, sizeof(condition->id),
			   condition->rule);
}

static bool has(const struct sma_policy *policy, uint32_t rule, enum sm_policy_kind kind)
{
	for (unsigned int i = 0; i < policy->count; i++) {
		if (policy->conditions[i].rule == rule && policy->conditions[i].kind == kind)
			return true;
	}
	return false;
}

/* The rules that ask nothing of that kind. */
static void add_empty_prefix(struct entries *entries, const struct sma_policy *policy,
			     enum sm_policy_kind kind)
{
	struct entry *entry = add(entries, kind, 0, NULL, 0);

	for (uint32_t rule = 0; entry && rule < policy->rules; rule++) {
		if (!has(policy, rule, kind))
			set_rule(&entry->rules, rule);
	}
}

/* Of a socket of an unknown group: it may be the one that a RETURN rule means. */
static void add_unknown_gid(struct entries *entries, const struct sma_policy *policy)
{
	struct entry *entry = add(entries, SM_POLICY_UNKNOWN_GID, 0, NULL, 0);

	for (uint32_t rule = 0; entry && rule < policy->rules; rule++) {
		if (!policy->accept[rule] || !has(policy, rule, SM_POLICY_GID))
			set_rule(&entry->rules, rule);
	}
}

static void add_action(struct entries *entries, const struct sma_policy *policy, bool accept)
{
	struct entry *entry =
	    add(entries, accept ? SM_POLICY_ACCEPT : SM_POLICY_RETURN, 0, NULL, 0);

	for (uint32_t rule = 0; entry && rule < policy->rules; rule++) {
		if (policy->accept[rule] == accept)
			set_rule(&entry->rules, rule);
	}
}

static int by_prefix(const void *left, const void *right)
{
	const struct sm_policy_key *a = &((const struct entry *)left)->key;
	const struct sm_policy_key *b = &((const struct entry *)right)->key;
	int order;

	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	order = memcmp(a->data, b->data, sizeof(a->data));
	return order ? order : (int)a->prefixlen - (int)b->prefixlen;
}

static bool lies_in(const struct sm_policy_key *inner, const struct sm_policy_key *outer)
{
	const unsigned char *a = (const unsigned char *)inner->data;
	const unsigned char *b = (const unsigned char *)outer->data;
	unsigned int bits = outer->prefixlen - SM_POLICY_KIND_BITS;

	if (inner->kind != outer->kind || inner->prefixlen < outer->prefixlen ||
	    memcmp(a, b, bits / 8) != 0)
		return false;
	return bits % 8 == 0 || ((a[bits / 8] ^ b[bits / 8]) & (0xff00 >> bits % 8) & 0xff) == 0;
}

static void merge(struct sm_rule_set *into, const struct sm_rule_set *from)
{
	for (unsigned int i = 0; i < SM_RULE_WORDS; i++)
		into->words[i] |= from->words[i];
}

/*
 * Equal prefixes become one, and each gets the rules of those around it: a look-up finds only the
 * longest. Sorted, a prefix comes after those that it lies in; `around` is the chain of these.
 */
static void inherit(struct entries *entries)
{
	size_t around[SM_POLICY_KIND_BITS + 128 + 1], depth = 0, kept = 0;

	qsort(entries->list, entries->count, sizeof(*entries->list), by_prefix);
	for (size_t i = 0; i < entries->count; i++) {
		struct entry entry = entries->list[i];

		if (kept && by_prefix(&entries->list[kept - 1], &entry) == 0) {
			merge(&entries->list[kept - 1].rules, &entry.rules);
			continue;
		}
		while (depth && !lies_in(&entry.key, &entries->list[around[depth - 1]].key))
			depth--;
		if (depth)
			merge(&entry.rules, &entries->list[around[depth - 1]].rules);
		entries->list[kept] = entry;
		around[depth++] = kept++;
	}
	entries->count = kept;
}

static void add_text(struct entries *entries, const char *text)
{
	size_t size = strlen(text) + 1;

	for (uint32_t chunk = 0; chunk * sizeof(struct sm_rule_set) < size; chunk++) {
		size_t at = chunk * sizeof(struct sm_rule_set);
		uint32_t index = htonl(chunk);
		struct entry *entry = add(entries, SM_POLICY_TEXT, ID_BITS, &index, sizeof(index));

		if (entry)
			memcpy(&entry->rules, text + at,
			       size - at < sizeof(entry->rules) ? size - at : sizeof(entry->rules));
	}
}

static void compile(struct entries *entries, const struct sma_policy *policy)
{
	add_action(entries, policy, true);
	add_action(entries, policy, false);
	add_empty_prefix(entries, policy, SM_POLICY_ADDRESS);
	add_empty_prefix(entries, policy, SM_POLICY_PORT);
	add_empty_prefix(entries, policy, SM_POLICY_UID);
	add_empty_prefix(entries, policy, SM_POLICY_GID);
	add_unknown_gid(entries, policy);
	for (unsigned int i = 0; i < policy->count; i++)
		add_condition(entries, &policy->conditions[i]);
	if (!entries->failed)
		inherit(entries);
	add_text(entries, policy->text);
}

static int make_trie(const struct entries *entries, struct sma_error *error)
{
	LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_NO_PREALLOC);
	int fd = bpf_map_create(BPF_MAP_TYPE_LPM_TRIE, "sm_rules", sizeof(struct sm_policy_key),
				sizeof(struct sm_rule_set), (__u32)entries->count, &options);

	if (fd < 0)
		return sma_fail_errno(error, errno, NULL, "The map of the policy cannot be made");
	for (size_t i = 0; i < entries->count; i++) {
		if (bpf_map_update_elem(fd, &entries->list[i].key, &entries->list[i].rules,
					BPF_ANY)) {
			sma_fail_errno(error, errno, NULL,
				       "The map of the policy cannot be filled");
			close(fd);
			return -1;
		}
	}
	return fd;
}

int sma_policy_install(int fd, const struct sma_policy *policy, struct sma_error *error)
{
	struct entries entries = {0};
	__u32 slot = 0;
	int trie, result = 0;

	if (!*policy->text) {
		if (bpf_map_delete_elem(fd, &slot) && errno != ENOENT)
			return sma_fail_errno(error, errno, NULL, "The policy cannot be removed");
		return 0;
	}
	compile(&entries, policy);
	trie = entries.failed ? sma_fail_memory(error) : make_trie(&entries, error);
	free(entries.list);
	if (trie < 0)
		return -1;
	if (bpf_map_update_elem(fd, &slot, &trie, BPF_ANY))
		result = sma_fail_errno(error, errno, NULL, "The policy cannot be put in force");
	close(trie);
	return result;
}

/* The trie in force: an fd, -1: none, or not what we make (somebody else wrote it). */
static int trie_in_force(int fd)
{
	struct bpf_map_info info = {0};
	__u32 slot = 0, id, length = sizeof(info);
	int trie;

	if (bpf_map_lookup_elem(fd, &slot, &id))
		return -1;
	trie = bpf_map_get_fd_by_id(id);
	if (trie >= 0 && bpf_obj_get_info_by_fd(trie, &info, &length) == 0 &&
	    info.type == BPF_MAP_TYPE_LPM_TRIE && info.key_size == sizeof(struct sm_policy_key) &&
	    info.value_size == sizeof(struct sm_rule_set))
		return trie;
	if (trie >= 0)
		close(trie);
	return -1;
}

char *sma_policy_read(int fd, struct sma_error *error)
{
	struct sma_buffer text = {0};
	int trie = trie_in_force(fd);
	struct sm_rule_set chunk;
	bool more = trie >= 0;

	sma_buffer_add(&text, "", 0);
	for (uint32_t index = 0; more && text.size <= SMA_POLICY_TEXT; index++) {
		struct sm_policy_key key = {.prefixlen = SM_POLICY_KIND_BITS + ID_BITS,
					    .kind = SM_POLICY_TEXT,
					    .data = {htonl(index)}};

		if (bpf_map_lookup_elem(trie, &key, &chunk))
			break;
		more = !memchr(&chunk, 0, sizeof(chunk));
		sma_buffer_add(&text, &chunk, strnlen((const char *)&chunk, sizeof(chunk)));
	}
	if (trie >= 0)
		close(trie);
	if (text.failed) {
		sma_fail_memory(error);
		return NULL;
	}
	return text.data;
}

static int count(int trie, enum sm_policy_kind kind)
{
	struct sm_policy_key key = {.prefixlen = SM_POLICY_KIND_BITS, .kind = kind};
	struct sm_rule_set rules;
	int total = 0;

	if (bpf_map_lookup_elem(trie, &key, &rules))
		return 0;
	for (unsigned int i = 0; i < SM_RULE_WORDS; i++)
		total += __builtin_popcountll(rules.words[i]);
	return total;
}

json_t *sma_policy_count_json(const struct sma_attachment *attachment)
{
	const struct sma_pin *pin = sma_find_pin(attachment, SMA_PIN_MAP, SM_POLICY_MAP);
	int trie, total;

	if (!pin || pin->bpf_type != BPF_MAP_TYPE_ARRAY_OF_MAPS || pin->key_size != sizeof(__u32) ||
	    !sma_attachment_abi(attachment))
		return json_null();
	trie = trie_in_force(pin->fd);
	if (trie < 0)
		return json_integer(0);
	total = count(trie, SM_POLICY_RETURN) + count(trie, SM_POLICY_ACCEPT);
	close(trie);
	return json_integer(total);
}
