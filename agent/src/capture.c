// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "caps.h"
#include "context.h"
#include "packets.h"
#include "params.h"
#include "stage.h"
#include "tap.h"

#define DEFAULT_SNAPLEN 262144
#define MAX_SNAPLEN	(1u << 30)
/* How soon the end of an attachment is seen: detach waits 2 s for what we hold of it. */
#define TICK_MS 100
/* How often a caller is told how much there is. */
#define REPORT_MS 500
/* Long enough for a program that is still at it after it was taken out of the slot. */
#define SETTLE_MS 20
/* Returned by the reader: libbpf ends a reading at an error only, however long messages come. */
#define ENOUGH -ECANCELED
#define PAUSE  -EAGAIN
/* How many bytes are collected before they are written. */
#define COLLECT (1u << 20)

enum ending { GOES_ON, BY_COUNT, BY_SIGNAL, BY_DETACH, BY_READER };

static const char *const endings[] = {
    [BY_COUNT] = "count",
    [BY_SIGNAL] = "interrupted",
    [BY_DETACH] = "detached",
    [BY_READER] = "readerGone",
};

struct capture {
	struct sma_context *context;
	char *root;
	const char *name;
	const char *path;
	struct sma_capture_config filter;
	uint64_t limit; /* of messages; 0: none */
	struct sma_tap tap;
	struct sma_pcapng file;
	struct sma_packets packets;
	uint64_t messages, bytes;
	bool beyond;  /* the limit: more messages came than are wanted */
	double taken; /* ms; when the last piece of a wanted one came */
	enum ending ending;
	double reported; /* ms */
};

static __u64 now(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return (__u64)time.tv_sec * 1000000000u + (__u64)time.tv_nsec;
}

static int take(void *argument, const struct sma_part *part, const void *bytes)
{
	struct capture *capture = argument;

	/* Pieces of several messages may be mixed: the wanted ones are still to be ended. */
	if (capture->limit && part->number > capture->limit) {
		capture->beyond = true;
		return PAUSE;
	}
	capture->taken = sma_now_ms();
	capture->messages += part->offset + part->span == part->message->size;
	capture->bytes += part->length;
	sma_packets_add(&capture->packets, part, bytes);
	if (capture->limit && capture->messages >= capture->limit)
		return ENOUGH;
	return capture->file.pending.size >= COLLECT ? PAUSE : 0;
}

static int write_out(struct capture *capture, struct sma_error *error)
{
	int result = sma_pcapng_flush(&capture->file);

	if (result == 0)
		return 0;
	if (result == -ENOMEM)
		return sma_fail_memory(error);
	/* Whoever reads it has seen enough; or takes nothing, and we are to end. */
	if (result == -EPIPE || result == -ECANCELED) {
		capture->ending = BY_READER;
		return 0;
	}
	return sma_fail_errno(error, -result, NULL, "%s can no longer be written", capture->path);
}

/* `more`: there is something left to be read at once. */
static int read_parts(struct capture *capture, int timeout_ms, bool *more, struct sma_error *error)
{
	int result;

	capture->packets.realtime = now(CLOCK_REALTIME) - now(CLOCK_MONOTONIC);
	result = sma_tap_read(&capture->tap, timeout_ms);
	*more = result == PAUSE;
	if (result == ENOUGH)
		capture->ending = BY_COUNT;
	else if (result && result != -EINTR && result != PAUSE)
		return sma_fail_errno(error, -result, NULL, "The ring buffer cannot be read");
	return write_out(capture, error);
}

/* To a caller: a command line says it at the end only. */
static void report(struct capture *capture, double at)
{
	static const char *const units[] = {"KiB", "MiB", "GiB", "TiB"};
	double size = (double)capture->bytes / 1024;
	struct sma_capture_counts dropped;
	size_t unit = 0;

	if (!capture->context->deliver || at - capture->reported < REPORT_MS)
		return;
	capture->reported = at;
	for (; size >= 1000 && unit + 1 < sizeof(units) / sizeof(*units); unit++)
		size /= 1024;
	sma_tap_counts(&capture->tap, &dropped);
	sma_progress(capture->context, "%" PRIu64 " messages, %.1f %s%s", capture->messages, size,
		     units[unit],
		     dropped.dropped_messages ? ", some came too fast and are missing" : "");
}

static int follow(struct capture *capture, struct sma_error *error)
{
	double checked = sma_now_ms();
	bool more;

	while (capture->ending == GOES_ON) {
		if (read_parts(capture, TICK_MS, &more, error))
			return -1;
		if (atomic_load(&capture->context->cancelled) && capture->ending == GOES_ON)
			capture->ending = BY_SIGNAL;
		if (sma_now_ms() - checked < TICK_MS || capture->ending != GOES_ON)
			continue;
		checked = sma_now_ms();
		if (!sma_tap_alive(&capture->tap))
			capture->ending = BY_DETACH;
		/* What is still missing of the wanted ones was dropped: a message's pieces are
		 * written in one run of the program. */
		else if (capture->beyond && checked - capture->taken >= TICK_MS)
			capture->ending = BY_COUNT;
		else if (!sma_pcapng_wanted(&capture->file))
			capture->ending = BY_READER;
		report(capture, checked);
	}
	return 0;
}

/* What was redirected before the end is in the file. */
static int read_rest(struct capture *capture, struct sma_error *error)
{
	enum ending ending = capture->ending;
	bool more = true;

	if (ending == BY_COUNT || ending == BY_READER)
		return 0;
	sma_sleep_ms(SETTLE_MS);
	while (more && capture->ending == ending) {
		if (read_parts(capture, 0, &more, error))
			return -1;
	}
	if (capture->ending != BY_READER)
		capture->ending = ending;
	return 0;
}

/* Two captures that begin at once would not see each other. */
static int start(struct capture *capture, struct sma_error *error)
{
	int lock = sma_pins_lock(capture->context, capture->root, true, error), result;

	if (lock < 0)
		return -1;
	result = sma_tap_start(&capture->tap, capture->name, error);
	close(lock);
	return result;
}

/* Only the right to read what is not ours is kept (caps.h). */
static int refused(const struct capture *capture, int number, struct sma_error *error)
{
	return sma_fail_errno(
	    error, number,
	    number == EACCES
		? "The agent writes only where its user may: choose a folder that belongs to "
		  "that user, or use -w - with a redirection."
		: NULL,
	    "%s cannot be written", capture->path);
}

/* Not before the capture is ours: the file may be the one that another is still writing. */
static int empty(struct capture *capture, struct sma_error *error)
{
	/* A pipe or a device has no length. */
	if (!capture->file.own || ftruncate(capture->file.fd, 0) == 0 || errno == EINVAL)
		return 0;
	return refused(capture, errno, error);
}

static int run(struct capture *capture, struct sma_error *error)
{
	struct sma_capture_counts dropped;
	__u64 begun = now(CLOCK_REALTIME);
	int result;

	sma_pcapng_begin(&capture->file, capture->name);
	if (sma_packets_open(&capture->packets, &capture->file))
		return sma_fail_memory(error);
	/* A file that holds something is one into which messages go. */
	if (start(capture, error) || empty(capture, error) || write_out(capture, error))
		return -1;
	sma_stage("capturing");
	if (capture->path)
		sma_progress(capture->context, "Capturing %smessages of %s into %s",
			     capture->filter.all ? "" : "redirected ", capture->name,
			     capture->path);
	report(capture, sma_now_ms());
	result = follow(capture, error);
	sma_tap_stop(&capture->tap);
	if (result || read_rest(capture, error))
		return -1;
	sma_tap_counts(&capture->tap, &dropped);
	sma_pcapng_end(&capture->file, begun, now(CLOCK_REALTIME),
		       capture->messages + dropped.dropped_messages, dropped.dropped_messages);
	return capture->ending == BY_READER ? 0 : write_out(capture, error);
}

/* -w -: what else would be said on stdout goes to stderr from here on. */
static int open_file(struct capture *capture, struct sma_error *error)
{
	if (capture->context->deliver)
		return 0;
	if (strcmp(capture->path, "-") == 0) {
		capture->path = "standard output";
		if (isatty(STDOUT_FILENO))
			return sma_fail(error, SMA_INVALID_PARAMS, "Redirect it, or name a file.",
					"A capture cannot be written to a terminal");
		capture->file.fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
		if (capture->file.fd >= 0 && dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
			return refused(capture, errno, error);
	} else {
		capture->file.fd =
		    open(capture->path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
		capture->file.own = true;
	}
	return capture->file.fd < 0 ? refused(capture, errno, error) : 0;
}

static json_t *describe(const struct capture *capture)
{
	struct sma_capture_counts dropped;

	sma_tap_counts(&capture->tap, &dropped);
	return json_pack("{s:s, s:o, s:I, s:I, s:I, s:{s:I, s:I}, s:s}", "name", capture->name,
			 "file", sma_text_or_null(capture->path), "messages",
			 (json_int_t)capture->messages, "bytes", (json_int_t)capture->bytes,
			 "packets", (json_int_t)capture->packets.count, "dropped", "messages",
			 (json_int_t)dropped.dropped_messages, "bytes",
			 (json_int_t)dropped.dropped_bytes, "ended", endings[capture->ending]);
}

/* A caller has no file of this host written, and no stream but its own. */
static int read_target(const json_t *params, struct capture *capture, struct sma_error *error)
{
	if (!capture->context->deliver)
		return sma_param_string(params, "file", true, &capture->path, error);
	if (json_object_get(params, "file"))
		return sma_fail(error, SMA_INVALID_PARAMS, NULL,
				"\"file\" is of the command line only");
	return json_is_integer(json_object_get(params, "progressToken"))
		   ? 0
		   : sma_fail(error, SMA_INVALID_PARAMS, NULL,
			      "\"progressToken\" is required: the data goes under it");
}

static int read_params(const json_t *params, struct capture *capture, struct sma_error *error)
{
	uint64_t port = 0, snaplen = 0, cookie = 0;
	bool all = false;

	if (sma_param_name(params, &capture->name, error) || read_target(params, capture, error) ||
	    sma_param_uint(params, "socket", false, INT64_MAX, &cookie, error) ||
	    sma_param_uint(params, "port", false, UINT16_MAX, &port, error) ||
	    sma_param_uint(params, "snaplen", false, MAX_SNAPLEN, &snaplen, error) ||
	    sma_param_uint(params, "count", false, INT64_MAX, &capture->limit, error) ||
	    sma_param_bool(params, "all", &all, error))
		return -1;
	capture->filter.all = all;
	capture->filter.cookie = cookie;
	capture->filter.port = (__u32)port;
	capture->filter.snaplen = snaplen ? (__u32)snaplen : DEFAULT_SNAPLEN;
	return 0;
}

static int open_and_run(struct capture *capture, struct sma_attachment *attachment,
			struct sma_error *error)
{
	int result = sma_tap_open(capture->context, attachment, &capture->filter, take, capture,
				  &capture->tap, error);

	sma_attachment_close(attachment);
	if (result == 0)
		result = open_file(capture, error);
	return result ? -1 : run(capture, error);
}

/*
 * Writes redirected messages of the attachment `name` as pcapng to `file` (- is stdout), or
 * delivers them to the caller of the RPC, until `count` of them are there, the request is
 * cancelled, or the attachment is detached: all of these are no error. `socket`, `port`, `snaplen`
 * and `all` are as agent/README.md has them.
 */
json_t *sma_capture(struct sma_context *context, const json_t *params, struct sma_error *error)
{
	struct capture capture = {
	    .context = context, .file = {.context = context, .fd = -1}, .tap = SMA_TAP_CLOSED};
	struct sma_attachment attachment;
	json_t *result = NULL;

	if (read_params(params, &capture, error))
		return NULL;
	if (!sma_caps_sufficient()) {
		sma_fail(error, SMA_NOT_PERMITTED, SMA_CAPS_ACTION,
			 "Nothing can be captured: %s is missing", sma_caps_missing());
		return NULL;
	}
	capture.root = sma_pins_root(context, error);
	if (capture.root &&
	    sma_attachment_open(capture.root, capture.name, &attachment, error) == 0 &&
	    open_and_run(&capture, &attachment, error) == 0)
		result = describe(&capture);
	sma_packets_close(&capture.packets);
	sma_tap_close(&capture.tap);
	free(capture.file.pending.data);
	if (capture.file.fd >= 0 && close(capture.file.fd) && result) {
		refused(&capture, errno, error);
		json_decref(result);
		result = NULL;
	}
	free(capture.root);
	return result;
}
