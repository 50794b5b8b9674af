/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which connections our datapath may accelerate. The source is Kmesh's chain syntax or JSON:
 *
 *   chain --ip 192.168.1.0/24 --uid-owner 1337 -j ACCEPT     # to the end of the line
 *   {"rules": [{"ip": "192.168.1.0/24", "uid": 1337, "action": "ACCEPT"}]}
 *
 * bpf/include/policy.h says what rules mean, bpf/include/sockmap_abi.h how they lie in the kernel.
 */
#ifndef SMA_POLICY_H
#define SMA_POLICY_H

#include <bpf/libbpf.h>
#include <stdbool.h>
#include <stdint.h>

#include "pins.h"
#include "../../bpf/include/sockmap_abi.h"

#define SMA_POLICY_TEXT	      (256u << 10) /* bytes of a source */
#define SMA_POLICY_CONDITIONS 4096	   /* of all rules together */

/* One condition; several of one kind in a rule: any of them. */
struct sma_condition {
	uint32_t rule;
	enum sm_policy_kind kind;
	unsigned char address[16]; /* IPv4 as ::ffff:a.b.c.d */
	unsigned int bits;	   /* of the address that count */
	uint16_t low, high;	   /* ports */
	uint32_t id;		   /* uid or gid */
};

struct sma_policy {
	bool accept[SM_MAX_RULES]; /* false: RETURN */
	unsigned int rules;
	struct sma_condition *conditions;
	unsigned int count;
	char *text; /* in chain syntax: as written, or made from JSON; "": no policy */
};

/* A mistake in a source: a sentence without its full stop, and where. Zero-initialised. */
struct sma_mistake {
	char *what;	/* NULL: none */
	const char *at; /* in the source */
};
int sma_mistake(struct sma_mistake *mistake, const char *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* 0, or -1 with `error` (SMA_BAD_POLICY with line and column). Close it in either case. */
int sma_policy_parse(const char *text, struct sma_policy *policy, struct sma_error *error);
void sma_policy_close(struct sma_policy *policy);

/* The parameter `key` of a request becomes what is in the file. */
int sma_policy_from_file(struct sma_context *context, json_t *params, const char *key,
			 const char *path, struct sma_error *error);

/* For the parsers: a new rule, its conditions and its action as words. 0 or -1. */
int sma_policy_chain(const char *text, struct sma_policy *policy, struct sma_mistake *mistake);
int sma_policy_json(const char *text, struct sma_policy *policy, struct sma_mistake *mistake);
int sma_policy_rule(struct sma_policy *policy, const char *at, struct sma_mistake *mistake);
int sma_policy_condition(struct sma_policy *policy, enum sm_policy_kind kind, const char *word,
			 const char *at, struct sma_mistake *mistake);
int sma_policy_action(struct sma_policy *policy, const char *word, const char *at,
		      struct sma_mistake *mistake);

/* [{"ip", "port", "uid", "gid", "action"}] as policyGet has it. */
json_t *sma_policy_rules_json(const struct sma_policy *policy);
/* The rules in chain syntax, malloc()ed. */
char *sma_policy_format(const struct sma_policy *policy);

/* A SM_POLICY_MAP's only slot gets the policy, by one write; a blank text empties it. */
int sma_policy_install(int fd, const struct sma_policy *policy, struct sma_error *error);

/* The source in force, malloc()ed, "": none; NULL with `error`. */
char *sma_policy_read(int fd, struct sma_error *error);

/* Rules in force, null: not our datapath, or one that has no policies. */
json_t *sma_policy_count_json(const struct sma_attachment *attachment);

#endif
