/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which connections may be accelerated. Every kind of condition that a rule has must hold, and it
 * holds when one of the rule's values does for anything of either end: two addresses and ports as
 * each of them sees the connection (NAT makes that four), and who made the two sockets. A RETURN
 * rule that holds refuses; else, if there are ACCEPT rules, one of them must hold.
 *
 * Only the passive end sees all of that, so it decides. The active end refuses what a RETURN rule
 * matches by its own view: more knowledge cannot undo that, and such a socket never joins.
 */
#ifndef SOCKMAP_POLICY_H
#define SOCKMAP_POLICY_H

#include <stdbool.h>
#include <linux/bpf.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include "kernel.h"
#include "maps.h"
#include "readers.h"
#include "view.h"

#define SM_ADDRESS_BITS 128
#define SM_PORT_BITS	16
#define SM_ID_BITS	32

/*
 * The credentials that its file was opened with. A socket that is not accepted yet has no file,
 * one of the kernel's own never has; sk_uid is there for each.
 */
static __always_inline void sm_owner_of(struct sock *sk, struct sm_owner *owner)
{
	struct file *file = BPF_CORE_READ(sk, sk_socket, file);

	owner->gid_known = file != NULL;
	owner->uid = file ? BPF_CORE_READ(file, f_cred, fsuid.val) : BPF_CORE_READ(sk, sk_uid.val);
	owner->gid = file ? BPF_CORE_READ(file, f_cred, fsgid.val) : 0;
}

/* Connections that this listener accepts are established before they have a file. */
static __always_inline void sm_listens(struct bpf_sock *sk)
{
	struct tcp_sock *tp = bpf_skc_to_tcp_sock(sk);
	struct sm_owner owner = {};

	if (!tp)
		return;
	sm_forget_readers(tp);
	sm_owner_of((struct sock *)tp, &owner);
	/* No memory: its gid is unknown, as if it had listened before the attach. */
	if (owner.gid_known)
		bpf_sk_storage_get(&sm_owners, sk, &owner, BPF_SK_STORAGE_GET_F_CREATE);
}

/* A part of a rule set: whole ones do not fit the stack. */
#define SM_PART_WORDS 4
#define SM_PARTS      (SM_RULE_WORDS / SM_PART_WORDS)

struct sm_part {
	__u64 words[SM_PART_WORDS];
};

/* One look-up after the other in the same place: the stack is short. */
struct sm_search {
	struct sm_policy_key key;
	struct sm_part any; /* the rules that hold for any of what was looked up of a kind */
	struct sm_part match;
};

static __always_inline const __u64 *sm_part_of(const struct sm_rule_set *set, __u32 part)
{
	return set->words + part * SM_PART_WORDS;
}

/*
 * False: not even the empty prefix of that kind is there, which every policy has. Were that
 * nothing more than "no rule", each look-up would double the verifier's work.
 */
static __always_inline bool sm_add_rules(void *policy, __u32 part, struct sm_search *search,
					 __u32 kind, __u32 bits)
{
	const struct sm_rule_set *found;
	const __u64 *words;

	search->key.prefixlen = SM_POLICY_KIND_BITS + bits;
	search->key.kind = kind;
	found = bpf_map_lookup_elem(policy, &search->key);
	if (!found)
		return false;
	words = sm_part_of(found, part);
#pragma unroll
	for (int i = 0; i < SM_PART_WORDS; i++)
		search->any.words[i] |= words[i];
	return true;
}

static __always_inline bool sm_add_address(void *policy, __u32 part, struct sm_search *search,
					   const __u32 address[4])
{
	__builtin_memcpy(search->key.data, address, sizeof(search->key.data));
	return sm_add_rules(policy, part, search, SM_POLICY_ADDRESS, SM_ADDRESS_BITS);
}

static __always_inline bool sm_add_port(void *policy, __u32 part, struct sm_search *search,
					__u16 port)
{
	*(__u16 *)search->key.data = bpf_htons(port); /* a prefix begins with the highest bit */
	return sm_add_rules(policy, part, search, SM_POLICY_PORT, SM_PORT_BITS);
}

static __always_inline bool sm_add_uid(void *policy, __u32 part, struct sm_search *search,
				       const struct sm_owner *owner)
{
	search->key.data[0] = owner->uid;
	return sm_add_rules(policy, part, search, SM_POLICY_UID, SM_ID_BITS);
}

static __always_inline bool sm_add_gid(void *policy, __u32 part, struct sm_search *search,
				       const struct sm_owner *owner)
{
	search->key.data[0] = owner->gid;
	return sm_add_rules(policy, part, search,
			    owner->gid_known ? SM_POLICY_GID : SM_POLICY_UNKNOWN_GID, SM_ID_BITS);
}

static __always_inline const struct sm_rule_set *sm_rules_of(void *policy, __u32 kind)
{
	struct sm_policy_key key = {.prefixlen = SM_POLICY_KIND_BITS, .kind = kind};

	return bpf_map_lookup_elem(policy, &key);
}

static __always_inline bool sm_overlap(const __u64 *a, const __u64 *b)
{
	__u64 common = 0;

#pragma unroll
	for (int i = 0; i < SM_PART_WORDS; i++)
		common |= a[i] & b[i];
	return common != 0;
}

/* Ends a kind of conditions: only the rules that hold for it as well stay. */
static __always_inline void sm_keep(struct sm_search *search)
{
#pragma unroll
	for (int i = 0; i < SM_PART_WORDS; i++) {
		search->match.words[i] &= search->any.words[i];
		search->any.words[i] = 0;
	}
}

static __always_inline bool sm_same(const __u32 a[4], const __u32 b[4])
{
	return a[0] == b[0] && a[1] == b[1] && a[2] == b[2] && a[3] == b[3];
}

/* Not 0: some rule of that part is in the set. Rules are numbered from 0, most parts are empty. */
static __always_inline __u64 sm_any(const struct sm_rule_set *set, __u32 part)
{
	__u64 any = 0;

#pragma unroll
	for (int i = 0; i < SM_PART_WORDS; i++)
		any |= sm_part_of(set, part)[i];
	return any;
}

struct sm_ends {
	struct sm_view own, other;
	const struct sm_owner *own_owner;
	struct sm_owner other_owner;
};

/*
 * Into `search->match`: the rules whose conditions hold for what is known of the ends. What both
 * see alike, which without NAT is everything, is looked up once. False: the policy is none.
 */
static __always_inline bool sm_match_rules(void *policy, __u32 part, struct sm_search *search,
					   const struct sm_ends *ends)
{
	const struct sm_view *own = &ends->own, *other = &ends->other;
	const struct sm_owner *own_owner = ends->own_owner, *other_owner = &ends->other_owner;

	__builtin_memset(&search->any, 0, sizeof(search->any));
	__builtin_memset(&search->match, 0xff, sizeof(search->match));
	if (!sm_add_address(policy, part, search, own->local) ||
	    !sm_add_address(policy, part, search, own->remote))
		return false;
	if (!sm_same(other->local, own->remote) &&
	    !sm_add_address(policy, part, search, other->local))
		return false;
	if (!sm_same(other->remote, own->local) &&
	    !sm_add_address(policy, part, search, other->remote))
		return false;
	sm_keep(search);

	if (!sm_add_port(policy, part, search, own->local_port) ||
	    !sm_add_port(policy, part, search, own->remote_port))
		return false;
	if (other->local_port != own->remote_port &&
	    !sm_add_port(policy, part, search, other->local_port))
		return false;
	if (other->remote_port != own->local_port &&
	    !sm_add_port(policy, part, search, other->remote_port))
		return false;
	sm_keep(search);

	if (!sm_add_uid(policy, part, search, own_owner))
		return false;
	if (other_owner->uid != own_owner->uid && !sm_add_uid(policy, part, search, other_owner))
		return false;
	sm_keep(search);

	if (!sm_add_gid(policy, part, search, own_owner))
		return false;
	if ((other_owner->gid != own_owner->gid ||
	     other_owner->gid_known != own_owner->gid_known) &&
	    !sm_add_gid(policy, part, search, other_owner))
		return false;
	sm_keep(search);
	return true;
}

/*
 * `other`: NULL at the active end, which knows nothing of it and lets all pass that no RETURN rule
 * matches. A function of its own, for the stack: its callers have other work.
 */
static __noinline bool sm_refused_by(void *policy, struct sock *own, struct sock *other,
				     const struct sm_owner *owner)
{
	const struct sm_rule_set *returns = sm_rules_of(policy, SM_POLICY_RETURN);
	const struct sm_rule_set *accepts = sm_rules_of(policy, SM_POLICY_ACCEPT);
	struct sm_search search;
	struct sm_ends ends = {.own_owner = owner};
	__u64 accepting = 0;
	bool accepted = false;

	if (!returns || !accepts)
		return true;
	sm_view_of(own, &ends.own);
	if (other) {
		sm_view_of(other, &ends.other);
		sm_owner_of(other, &ends.other_owner);
	} else {
		ends.other = ends.own;
		sm_turn(&ends.other);
		ends.other_owner = *owner;
	}
#pragma clang loop unroll(disable)
	for (__u32 part = 0; part < SM_PARTS; part++) {
		__u64 returning = sm_any(returns, part);
		__u64 accepting_here = sm_any(accepts, part);

		if (!(returning | accepting_here))
			continue;
		accepting |= accepting_here;
		if (!sm_match_rules(policy, part, &search, &ends) ||
		    sm_overlap(search.match.words, sm_part_of(returns, part)))
			return true;
		if (sm_overlap(search.match.words, sm_part_of(accepts, part)))
			accepted = true;
	}
	return other && accepting && !accepted;
}

/* NULL: none is set. */
static __always_inline void *sm_policy_in_force(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&sm_policy, &zero);
}

static __always_inline bool sm_active_refused(struct tcp_sock *tp)
{
	void *policy = sm_policy_in_force();
	struct sm_owner owner = {};

	if (!policy)
		return false;
	sm_owner_of((struct sock *)tp, &owner);
	return sm_refused_by(policy, (struct sock *)tp, NULL, &owner);
}

/* `active`: the socket of the other end. Should it be closed by now, nothing is sent to it. */
static __always_inline bool sm_passive_refused(struct bpf_sock *sk, struct tcp_sock *tp,
					       __u64 active)
{
	void *policy = sm_policy_in_force();
	struct sm_owner owner = {}, *inherited;

	if (!policy)
		return false;
	inherited = bpf_sk_storage_get(&sm_owners, sk, NULL, 0);
	if (inherited)
		owner = *inherited;
	else
		sm_owner_of((struct sock *)tp, &owner);
	return sm_refused_by(policy, (struct sock *)tp, (struct sock *)active, &owner);
}

#endif
