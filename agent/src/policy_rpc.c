// SPDX-License-Identifier: Apache-2.0
/* The methods policySet and policyGet. */
#include <stdlib.h>
#include <string.h>

#include "caps.h"
#include "params.h"
#include "policy.h"
#include "text.h"

/* The slot for policies of an attachment; NULL with `error`. */
static const struct sma_pin *find_slot(const struct sma_attachment *attachment,
				       struct sma_error *error)
{
	const struct sma_pin *pin = sma_find_pin(attachment, SMA_PIN_MAP, SM_POLICY_MAP);

	if (!sma_attachment_abi(attachment))
		sma_fail(error, SMA_UNSUPPORTED, "Attach the built-in datapath.",
			 "%s is not the Sockmap datapath, and only that has policies",
			 attachment->name);
	else if (!pin || pin->bpf_type != BPF_MAP_TYPE_ARRAY_OF_MAPS ||
		 pin->key_size != sizeof(__u32))
		sma_fail(error, SMA_UNSUPPORTED, "Detach it and attach it again.",
			 "%s was attached by a version without policies", attachment->name);
	else
		return pin;
	return NULL;
}

static int open_attachment(struct sma_context *context, const char *name,
			   struct sma_attachment *attachment, struct sma_error *error)
{
	if (!sma_caps_sufficient())
		return sma_fail(error, SMA_NOT_PERMITTED, SMA_CAPS_ACTION,
				"Policies cannot be reached: %s is missing", sma_caps_missing());
	return sma_attachment_find(context, name, attachment, error);
}

static json_t *describe(const char *name, const struct sma_policy *policy)
{
	return json_pack("{s:s, s:o, s:o}", "name", name, "text", sma_text(policy->text), "rules",
			 sma_policy_rules_json(policy));
}

json_t *sma_policy_set(struct sma_context *context, const json_t *params, struct sma_error *error)
{
	struct sma_attachment attachment;
	const char *name = NULL, *text = NULL;
	const struct sma_pin *slot;
	struct sma_policy policy;
	json_t *result = NULL;

	if (sma_param_name(params, &name, error))
		return NULL;
	if (!json_is_string(json_object_get(params, "text"))) {
		sma_fail(error, SMA_INVALID_PARAMS, NULL, "\"text\" must be a string");
		return NULL;
	}
	text = json_string_value(json_object_get(params, "text"));
	if (sma_policy_parse(text, &policy, error) == 0 &&
	    open_attachment(context, name, &attachment, error) == 0) {
		slot = find_slot(&attachment, error);
		if (slot && sma_policy_install(slot->fd, &policy, error) == 0)
			result = describe(name, &policy);
		sma_attachment_close(&attachment);
	}
	sma_policy_close(&policy);
	return result;
}

json_t *sma_policy_get(struct sma_context *context, const json_t *params, struct sma_error *error)
{
	struct sma_attachment attachment;
	const char *name = NULL;
	const struct sma_pin *slot;
	struct sma_policy policy;
	json_t *result = NULL;
	char *text;

	if (sma_param_name(params, &name, error) ||
	    open_attachment(context, name, &attachment, error))
		return NULL;
	slot = find_slot(&attachment, error);
	text = slot ? sma_policy_read(slot->fd, error) : NULL;
	if (text) {
		if (sma_policy_parse(text, &policy, error) == 0)
			result = describe(name, &policy);
		sma_policy_close(&policy);
	}
	free(text);
	sma_attachment_close(&attachment);
	return result;
}
