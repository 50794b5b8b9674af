// SPDX-License-Identifier: Apache-2.0
#include "text.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

char *sma_vformat(const char *format, va_list args)
{
	char *text = NULL;

	return vasprintf(&text, format, args) < 0 ? NULL : text;
}

char *sma_format(const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = sma_vformat(format, args);
	va_end(args);
	return text;
}

/* Length of the UTF-8 sequence at `s`, 0 when it is none (RFC 3629: no surrogates, no overlongs).
 */
static size_t utf8_length(const unsigned char *s)
{
	uint32_t point;
	size_t length;

	if (s[0] < 0x80)
		return 1;
	if (s[0] >= 0xc2 && s[0] <= 0xdf)
		length = 2;
	else if ((s[0] & 0xf0) == 0xe0)
		length = 3;
	else if (s[0] >= 0xf0 && s[0] <= 0xf4)
		length = 4;
	else
		return 0;
	point = s[0] & (0x7f >> length);
	for (size_t i = 1; i < length; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		point = point << 6 | (s[i] & 0x3f);
	}
	if ((length == 3 && (point < 0x800 || (point >= 0xd800 && point <= 0xdfff))) ||
	    (length == 4 && (point < 0x10000 || point > 0x10ffff)))
		return 0;
	return length;
}

json_t *sma_text(const char *text)
{
	json_t *string = json_string(text);
	struct sma_buffer safe = {0};

	if (string)
		return string;
	while (*text) {
		size_t length = utf8_length((const unsigned char *)text);

		if (length)
			sma_buffer_add(&safe, text, length);
		else
			sma_buffer_add(&safe, "\xef\xbf\xbd", 3);
		text += length ? length : 1;
	}
	string = json_string(safe.failed || !safe.data ? "" : safe.data);
	free(safe.data);
	return string;
}

json_t *sma_text_or_null(const char *text)
{
	return text ? sma_text(text) : json_null();
}

char *sma_hex(const void *data, size_t size)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *bytes = data;
	char *hex = malloc(size * 2 + 1);

	if (!hex)
		return NULL;
	for (size_t i = 0; i < size; i++) {
		hex[2 * i] = digits[bytes[i] >> 4];
		hex[2 * i + 1] = digits[bytes[i] & 15];
	}
	hex[2 * size] = 0;
	return hex;
}

void sma_iso_time(long long seconds, char out[32])
{
	time_t when = seconds;
	struct tm tm = {0};

	gmtime_r(&when, &tm);
	strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

double sma_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

void sma_sleep_ms(unsigned int ms)
{
	struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};

	nanosleep(&time, NULL);
}

void sma_buffer_add(struct sma_buffer *buffer, const void *data, size_t size)
{
	if (buffer->failed)
		return;
	if (buffer->size + size + 1 > buffer->capacity) {
		size_t capacity = (buffer->size + size + 1) * 2;
		char *grown = realloc(buffer->data, capacity);

		if (!grown) {
			buffer->failed = true;
			return;
		}
		buffer->data = grown;
		buffer->capacity = capacity;
	}
	if (size)
		memcpy(buffer->data + buffer->size, data, size);
	buffer->size += size;
	buffer->data[buffer->size] = 0;
}

char *sma_base64(const void *data, size_t size)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *bytes = data;
	char *text = malloc((size + 2) / 3 * 4 + 1), *out = text;

	for (size_t at = 0; text && at < size; at += 3) {
		size_t left = size - at;
		unsigned int group = (unsigned int)bytes[at] << 16;

		group |= left > 1 ? (unsigned int)bytes[at + 1] << 8 : 0;
		group |= left > 2 ? bytes[at + 2] : 0;
		*out++ = digits[group >> 18];
		*out++ = digits[group >> 12 & 63];
		*out++ = left > 1 ? digits[group >> 6 & 63] : '=';
		*out++ = left > 2 ? digits[group & 63] : '=';
	}
	if (text)
		*out = '\0';
	return text;
}

static int base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

void *sma_base64_decode(const char *text, size_t *size)
{
	size_t length = strlen(text), digits = length;
	unsigned char *data;
	uint32_t bits = 0;

	while (digits && length - digits < 2 && text[digits - 1] == '=')
		digits--;
	if (digits % 4 == 1 || (digits != length && length % 4 != 0))
		return NULL;
	data = malloc(digits / 4 * 3 + 3);
	if (!data)
		return NULL;
	*size = 0;
	for (size_t i = 0; i < digits; i++) {
		int value = base64_value(text[i]);

		if (value < 0) {
			free(data);
			return NULL;
		}
		bits = bits << 6 | (uint32_t)value;
		if (i % 4 != 0)
			data[(*size)++] = (unsigned char)(bits >> (6 - 2 * (i % 4)));
	}
	return data;
}
