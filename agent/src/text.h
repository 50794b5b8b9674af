/* SPDX-License-Identifier: Apache-2.0 */
/* Strings: formatted, made safe for JSON, hex, instants. */
#ifndef SMA_TEXT_H
#define SMA_TEXT_H

#include <jansson.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/* malloc()ed, NULL when memory ran out. */
char *sma_format(const char *format, ...) __attribute__((format(printf, 1, 2)));
char *sma_vformat(const char *format, va_list args);

/* A JSON string; bytes that are no UTF-8 become U+FFFD (JSON has no other way to carry them). */
json_t *sma_text(const char *text);
json_t *sma_text_or_null(const char *text);

/* Lower-case hex of `size` bytes; malloc()ed. */
char *sma_hex(const void *data, size_t size);

/* Seconds since 1970 as ISO 8601 UTC. */
void sma_iso_time(long long seconds, char out[32]);

/* CLOCK_MONOTONIC in milliseconds. */
double sma_now_ms(void);
void sma_sleep_ms(unsigned int ms);

/* Growing byte string, always NUL-terminated; `failed` is sticky. */
struct sma_buffer {
	char *data;
	size_t size;
	size_t capacity;
	bool failed;
};
void sma_buffer_add(struct sma_buffer *buffer, const void *data, size_t size);

/* Standard base64, padded; malloc()ed, NULL when memory ran out. */
char *sma_base64(const void *data, size_t size);

/* Decodes standard base64, padded or not. Returns malloc()ed bytes or NULL. */
void *sma_base64_decode(const char *text, size_t *size);

/* SHA-256 (FIPS 180-4) in hex. */
void sma_sha256_hex(const void *data, size_t size, char out[65]);

#endif
