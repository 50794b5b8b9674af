// SPDX-License-Identifier: Apache-2.0
#include "log.h"

#include <bpf/libbpf.h>
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "printable.h"
#include "text.h"

#define LOG_BEGIN "-- BEGIN PROG LOAD LOG --\n"
#define LOG_END	  "-- END PROG LOAD LOG --"

/* libbpf's print callback takes no argument, but runs on the thread that loads. */
static _Thread_local struct {
	bool active;
	bool with_success;
	struct sma_buffer said;
} capture;

static int print(enum libbpf_print_level level, const char *format, va_list args)
{
	char *message;

	if (level == LIBBPF_DEBUG && !(capture.active && capture.with_success))
		return 0;
	message = sma_vformat(format, args);
	if (!message)
		return 0;
	if (!capture.active) {
		sma_printable_text(message, true);
		if (level == LIBBPF_WARN)
			fputs(message, stderr);
	} else if (level != LIBBPF_DEBUG || strstr(message, LOG_BEGIN)) {
		sma_buffer_add(&capture.said, message, strlen(message));
	}
	free(message);
	return 0;
}

void sma_log_install(void)
{
	libbpf_set_print(print);
}

void sma_log_begin(int with_success)
{
	free(capture.said.data);
	memset(&capture, 0, sizeof(capture));
	capture.active = true;
	capture.with_success = with_success;
}

char *sma_log_take(void)
{
	char *said = capture.said.data ? capture.said.data : strdup("");

	memset(&capture, 0, sizeof(capture));
	return said;
}

char *sma_log_verifier(const char *said)
{
	const char *begin = NULL, *end, *next;

	/* libbpf may try several times: the last log counts. */
	for (next = strstr(said, LOG_BEGIN); next; next = strstr(begin, LOG_BEGIN))
		begin = next + strlen(LOG_BEGIN);
	if (!begin)
		return NULL;
	end = strstr(begin, LOG_END);
	return strndup(begin, end ? (size_t)(end - begin) : strlen(begin));
}

char *sma_log_rejected(const char *said)
{
	const char *at = strstr(said, "': BPF program load failed"), *start = at;

	if (!at)
		return NULL;
	while (start > said && start[-1] != '\'')
		start--;
	return strndup(start, (size_t)(at - start));
}

/* Lines of state, statistics and framing say nothing about the reason. */
static bool is_complaint(const char *line, size_t length)
{
	static const char *const noise[] = {"processed ",
					    "verification time ",
					    "stack depth ",
					    "libbpf: failed to load object",
					    "mark_precise",
					    "from ",
					    "last_idx ",
					    "regs=",
					    "max_states_per_",
					    "parent ",
					    "func#",
					    "Validating ",
					    "arg#",
					    "caller:",
					    "callee:",
					    "returning from callee:",
					    "to caller at ",
					    "live regs",
					    "insns processed"};

	if (length == 0 || line[0] == ';' || line[0] == ' ' || line[0] == '\t')
		return false;
	for (size_t i = 0; i < sizeof(noise) / sizeof(*noise); i++) {
		if (strncmp(line, noise[i], strlen(noise[i])) == 0)
			return false;
	}
	if (line[0] == 'R' && length > 1 && isdigit((unsigned char)line[1]))
		return memchr(line, '=', length < 5 ? length : 5) == NULL;
	/* `12: (85) call ...` is an instruction, `12: R0=...` a state. */
	if (isdigit((unsigned char)line[0])) {
		size_t digits = strspn(line, "0123456789");

		return line[digits] != ':';
	}
	return true;
}

char *sma_log_complaint(const char *log)
{
	const char *relocation = strstr(log, "failed to resolve CO-RE relocation");
	const char *best = NULL, *line = log;
	size_t best_length = 0;

	if (relocation)
		return sma_format("The kernel's BTF lacks what the program reads: %.*s",
				  (int)strcspn(relocation, "\n"), relocation);
	while (*line) {
		size_t length = strcspn(line, "\n");

		if (is_complaint(line, length)) {
			best = line;
			best_length = length;
		}
		line += length + (line[length] == '\n');
	}
	if (best && best_length > 8 && strncmp(best, "libbpf: ", 8) == 0) {
		best += 8;
		best_length -= 8;
	}
	while (best && best_length && strchr(". \r", best[best_length - 1]))
		best_length--;
	return best ? strndup(best, best_length) : strdup("no reason was given");
}
