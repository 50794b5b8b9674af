// SPDX-License-Identifier: Apache-2.0
#include "btf_json.h"

#include <bpf/btf.h>
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "text.h"

#define MAX_DEPTH 32
#define MAX_SAFE  9007199254740991LL /* 2^53 - 1: what a JSON reader in JavaScript keeps exact */

static json_t *decode(const struct btf *btf, __u32 id, const unsigned char *data, size_t size,
		      unsigned int depth);

static json_t *unsigned_json(uint64_t value)
{
	return value <= MAX_SAFE ? json_integer((json_int_t)value)
				 : json_sprintf("%llu", (unsigned long long)value);
}

static json_t *signed_json(int64_t value)
{
	return value >= -MAX_SAFE && value <= MAX_SAFE ? json_integer(value)
						       : json_sprintf("%lld", (long long)value);
}

/* Up to 8 bytes of host order. */
static uint64_t load(const unsigned char *data, size_t size)
{
	uint64_t value = 0;

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	memcpy(&value, data, size);
#else
	memcpy((unsigned char *)&value + sizeof(value) - size, data, size);
#endif
	return value;
}

static int64_t extend(uint64_t value, unsigned int bits)
{
	return bits < 64 ? (int64_t)(value << (64 - bits)) >> (64 - bits) : (int64_t)value;
}

static json_t *integer_json(const struct btf_type *type, uint64_t value, unsigned int bits)
{
	if (btf_int_encoding(type) & BTF_INT_BOOL)
		return json_boolean(value);
	return btf_int_encoding(type) & BTF_INT_SIGNED ? signed_json(extend(value, bits))
						       : unsigned_json(value);
}

static json_t *hex_json(const unsigned char *data, size_t size)
{
	char text[2 + 2 * 16 + 1] = "0x";

	for (size_t i = 0; i < size; i++)
		snprintf(text + 2 + 2 * i, 3, "%02x",
			 data[__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? size - 1 - i : i]);
	return json_string(text);
}

static json_t *enum_json(const struct btf *btf, const struct btf_type *type, uint64_t raw,
			 unsigned int bits)
{
	bool is_signed = btf_kflag(type);
	uint64_t value = is_signed ? (uint64_t)extend(raw, bits) : raw;

	for (unsigned int i = 0; i < btf_vlen(type); i++) {
		uint64_t candidate;
		__u32 name;

		if (btf_is_enum64(type)) {
			candidate = btf_enum64_value(btf_enum64(type) + i);
			name = btf_enum64(type)[i].name_off;
		} else {
			candidate = is_signed ? (uint64_t)(int64_t)btf_enum(type)[i].val
					      : (uint32_t)btf_enum(type)[i].val;
			name = btf_enum(type)[i].name_off;
		}
		if (candidate == value)
			return sma_text(btf__name_by_offset(btf, name));
	}
	return is_signed ? signed_json((int64_t)value) : unsigned_json(value);
}

/* Text of a char array: printable up to the first NUL, nothing but NULs after it. */
static json_t *char_array_json(const unsigned char *data, size_t count)
{
	size_t length = strnlen((const char *)data, count);
	char text[256];

	if (length >= sizeof(text))
		return NULL;
	for (size_t i = 0; i < count; i++) {
		if (i < length ? !isprint(data[i]) && !isspace(data[i]) : data[i] != 0)
			return NULL;
	}
	memcpy(text, data, length);
	text[length] = 0;
	return json_string(text);
}

static json_t *array_json(const struct btf *btf, const struct btf_type *type,
			  const unsigned char *data, size_t size, unsigned int depth)
{
	const struct btf_array *array = btf_array(type);
	const struct btf_type *element =
	    btf__type_by_id(btf, (__u32)btf__resolve_type(btf, array->type));
	long long step = btf__resolve_size(btf, array->type);
	json_t *list;

	if (!element || step < 0 || (step > 0 && array->nelems > size / (size_t)step))
		return NULL;
	if (btf_is_int(element) && step == 1 &&
	    strcmp(btf__name_by_offset(btf, element->name_off), "char") == 0) {
		json_t *text = char_array_json(data, array->nelems);

		if (text)
			return text;
	}
	list = json_array();
	for (__u32 i = 0; step > 0 && i < array->nelems; i++) {
		json_t *item =
		    decode(btf, array->type, data + i * (size_t)step, (size_t)step, depth);

		json_array_append_new(list, item ? item : json_null());
	}
	return list;
}

static json_t *bitfield_json(const struct btf *btf, __u32 id, const unsigned char *data,
			     size_t size, unsigned int offset, unsigned int bits)
{
	const struct btf_type *type = btf__type_by_id(btf, (__u32)btf__resolve_type(btf, id));
	uint64_t value = 0;

	if (!type || bits > 64 || (offset + bits + 7) / 8 > size)
		return NULL;
	for (unsigned int bit = 0; bit < bits; bit++) {
		unsigned int at = offset + bit;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
		uint64_t one = data[at / 8] >> at % 8 & 1;

		value |= one << bit;
#else
		value = value << 1 | (data[at / 8] >> (7 - at % 8) & 1);
#endif
	}
	if (btf_is_enum(type) || btf_is_enum64(type))
		return enum_json(btf, type, value, bits);
	return btf_is_int(type) ? integer_json(type, value, bits) : NULL;
}

static json_t *composite_json(const struct btf *btf, const struct btf_type *type,
			      const unsigned char *data, size_t size, unsigned int depth)
{
	json_t *object = json_object();

	for (unsigned int i = 0; i < btf_vlen(type); i++) {
		const struct btf_member *member = btf_members(type) + i;
		const char *name = btf__name_by_offset(btf, member->name_off);
		unsigned int bits = btf_member_bitfield_size(type, i);
		unsigned int offset = btf_member_bit_offset(type, i);
		json_t *value = NULL;

		if (bits)
			value = bitfield_json(btf, member->type, data, size, offset, bits);
		else if (offset / 8 <= size)
			value =
			    decode(btf, member->type, data + offset / 8, size - offset / 8, depth);
		if (name && *name)
			json_object_set_new(object, name, value ? value : json_null());
		else if (json_is_object(value))
			json_object_update_missing_new(object, value);
		else
			json_decref(value);
	}
	return object;
}

/* Global variables: .data, .rodata, .bss. */
static json_t *section_json(const struct btf *btf, const struct btf_type *type,
			    const unsigned char *data, size_t size, unsigned int depth)
{
	json_t *object = json_object();

	for (unsigned int i = 0; i < btf_vlen(type); i++) {
		const struct btf_var_secinfo *variable = btf_var_secinfos(type) + i;
		const struct btf_type *declared = btf__type_by_id(btf, variable->type);
		json_t *value = NULL;

		if (!declared || !btf_is_var(declared))
			continue;
		if (variable->offset <= size)
			value = decode(btf, declared->type, data + variable->offset,
				       size - variable->offset, depth);
		json_object_set_new(object, btf__name_by_offset(btf, declared->name_off),
				    value ? value : json_null());
	}
	return object;
}

static json_t *float_json(const unsigned char *data, size_t size)
{
	double value;
	float single;

	if (size == sizeof(single)) {
		memcpy(&single, data, sizeof(single));
		value = (double)single;
	} else if (size == sizeof(value)) {
		memcpy(&value, data, sizeof(value));
	} else {
		return NULL;
	}
	return json_real(value); /* NULL for NaN and infinities, which JSON lacks */
}

static json_t *decode(const struct btf *btf, __u32 id, const unsigned char *data, size_t size,
		      unsigned int depth)
{
	int resolved = btf__resolve_type(btf, id);
	const struct btf_type *type = resolved > 0 ? btf__type_by_id(btf, (__u32)resolved) : NULL;

	if (!type || depth == 0)
		return NULL;
	if (btf_is_datasec(type))
		return section_json(btf, type, data, size, depth - 1);
	if (btf_is_array(type))
		return array_json(btf, type, data, size, depth - 1);
	if (btf_is_ptr(type))
		return size >= sizeof(__u64) ? hex_json(data, sizeof(__u64)) : NULL;
	if (type->size > size)
		return NULL;
	if (btf_is_composite(type))
		return composite_json(btf, type, data, type->size, depth - 1);
	if (btf_is_float(type))
		return float_json(data, type->size);
	if (type->size == 16 && btf_is_int(type))
		return hex_json(data, type->size);
	if (type->size > 8)
		return NULL;
	if (btf_is_int(type))
		return integer_json(type, load(data, type->size), type->size * 8);
	if (btf_is_enum(type) || btf_is_enum64(type))
		return enum_json(btf, type, load(data, type->size), type->size * 8);
	return NULL;
}

json_t *sma_btf_json(const struct btf *btf, __u32 type_id, const void *data, size_t size)
{
	const struct btf_type *type = btf__type_by_id(btf, type_id);

	/* btf__resolve_type() steps over a section's variables only from the section itself. */
	if (type && btf_is_datasec(type))
		return section_json(btf, type, data, size, MAX_DEPTH);
	return decode(btf, type_id, data, size, MAX_DEPTH);
}

json_t *sma_number_json(const void *data, size_t size)
{
	return size == 1 || size == 2 || size == 4 || size == 8 ? unsigned_json(load(data, size))
								: NULL;
}
