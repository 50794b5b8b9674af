// SPDX-License-Identifier: Apache-2.0
/*
 * This thread only reads frames, so that a cancellation or the end of the input is seen while
 * requests run; they run on the threads of lanes.c.
 */
#include "rpc.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "context.h"
#include "framing.h"
#include "io.h"
#include "lanes.h"
#include "params.h"
#include "text.h"

#define PARSE_ERROR	 -32700
#define INVALID_REQUEST	 -32600
#define METHOD_NOT_FOUND -32601

struct server {
	struct sma_lanes *lanes;
	pthread_mutex_t output;
	atomic_bool output_gone;
	atomic_bool ending; /* who does not read is not waited for */
};

/* A piece of what is delivered, so that answers to other requests come between: 1 MiB as base64. */
#define PIECE (768u << 10)

/* Whom the running request of a lane tells about its progress, and gives its bytes. */
struct progress {
	struct server *server;
	json_t *token;
};

/* False: no memory, or nobody reads it. */
static bool send_message(struct server *server, json_t *message)
{
	char *body = json_dumps(message, JSON_COMPACT), header[64];
	size_t size = body ? strlen(body) : 0;

	json_decref(message);
	if (!body)
		return false;
	snprintf(header, sizeof(header), "Content-Length: %zu\r\n\r\n", size);
	pthread_mutex_lock(&server->output);
	if (!atomic_load(&server->output_gone) &&
	    (sma_write_all(STDOUT_FILENO, header, strlen(header), &server->ending) ||
	     sma_write_all(STDOUT_FILENO, body, size, &server->ending)))
		atomic_store(&server->output_gone, true);
	pthread_mutex_unlock(&server->output);
	free(body);
	return !atomic_load(&server->output_gone);
}

static json_t *error_message(const json_t *id, int code, const char *text)
{
	return json_pack("{s:s, s:O, s:{s:i, s:s}}", "jsonrpc", "2.0", "id",
			 id ? (json_t *)id : json_null(), "error", "code", code, "message", text);
}

static json_t *failure_message(const json_t *id, const struct sma_error *error)
{
	return json_pack("{s:s, s:O, s:o}", "jsonrpc", "2.0", "id", (json_t *)id, "error",
			 sma_error_json(error));
}

static void send_error(struct server *server, const json_t *id, int code, const char *text)
{
	send_message(server, error_message(id, code, text));
}

static void report_progress(void *to, const char *message)
{
	const struct progress *progress = to;

	if (json_is_integer(progress->token))
		send_message(progress->server,
			     json_pack("{s:s, s:s, s:{s:O, s:{s:o}}}", "jsonrpc", "2.0", "method",
				       "$/progress", "params", "token", progress->token, "value",
				       "message", sma_text(message)));
}

static int deliver(void *to, const void *bytes, size_t size)
{
	const struct progress *progress = to;
	bool sent = json_is_integer(progress->token);

	for (size_t done = 0, length; sent && done < size; done += length) {
		char *text;

		length = size - done < PIECE ? size - done : PIECE;
		text = sma_base64((const char *)bytes + done, length);
		sent = text && send_message(progress->server,
					    json_pack("{s:s, s:s, s:{s:O, s:s}}", "jsonrpc", "2.0",
						      "method", "$/data", "params", "token",
						      progress->token, "data", text));
		free(text);
	}
	return sent ? 0 : -1;
}

static json_t *no_method(const json_t *id, const char *method)
{
	char *text = sma_format("There is no method %s", method);
	json_t *safe = sma_text(text ? text : "");
	json_t *message = error_message(id, METHOD_NOT_FOUND, json_string_value(safe));

	json_decref(safe);
	free(text);
	return message;
}

static json_t *run_request(void *to, struct sma_context *context, const json_t *message)
{
	json_t *id = json_object_get(message, "id");
	json_t *params = json_object_get(message, "params"), *result = NULL;
	const char *method = json_string_value(json_object_get(message, "method"));
	struct progress progress = {to, json_object_get(params, "progressToken")};
	sma_method *run = sma_find_method(method);
	struct sma_error error = {0};
	json_t *answer;

	if (!run)
		return no_method(id, method);
	context->report = report_progress;
	context->report_to = &progress;
	context->deliver = deliver;
	context->deliver_to = &progress;
	if (sma_params_object(params, &error) == 0 && !sma_cancelled(context, &error))
		result = run(context, params, &error);
	context->report = NULL;
	context->deliver = NULL;
	context->deliver_to = context->report_to = NULL;
	if (result)
		answer = json_pack("{s:s, s:O, s:o}", "jsonrpc", "2.0", "id", id, "result", result);
	else
		answer = failure_message(id, &error);
	sma_error_clear(&error);
	return answer;
}

static void send_answer(void *to, json_t *answer)
{
	send_message(to, answer);
}

/* A request that waited is answered here; one that runs answers itself. */
static void cancel(struct server *server, const json_t *id)
{
	struct sma_error error = {0};
	json_t *message = sma_lanes_cancel(server->lanes, id);

	if (!message)
		return;
	sma_fail(&error, SMA_CANCELLED, NULL, "The request was cancelled");
	send_message(server, failure_message(id, &error));
	sma_error_clear(&error);
	json_decref(message);
}

/* Takes over the message. */
static void enqueue(struct server *server, json_t *message)
{
	if (sma_lanes_add(server->lanes, message))
		return;
	send_error(server, json_object_get(message, "id"), INVALID_REQUEST,
		   "Too many requests run or wait");
	json_decref(message);
}

/* False: neither a request nor a notification; what is wrong with it has been answered. */
static bool check(struct server *server, const json_t *message)
{
	const json_t *id = json_object_get(message, "id");
	const json_t *method = json_object_get(message, "method");
	const char *version = json_string_value(json_object_get(message, "jsonrpc"));

	if (!json_is_object(message)) {
		send_error(server, NULL, INVALID_REQUEST,
			   json_is_array(message) ? "Batches are not supported"
						  : "A message must be a JSON object");
		return false;
	}
	if (id && !json_is_integer(id) && !json_is_string(id)) {
		send_error(server, NULL, INVALID_REQUEST, "\"id\" must be an integer or a string");
		return false;
	}
	if (!version || strcmp(version, "2.0") != 0) {
		send_error(server, id, INVALID_REQUEST, "\"jsonrpc\" must be \"2.0\"");
		return false;
	}
	if (!json_is_string(method)) {
		/* An answer to a request: none was made. */
		if (!json_object_get(message, "result") && !json_object_get(message, "error"))
			send_error(server, id, INVALID_REQUEST, "\"method\" must be a string");
		return false;
	}
	return true;
}

/* Takes over the message. */
static void dispatch(struct server *server, json_t *message)
{
	if (check(server, message)) {
		const char *method = json_string_value(json_object_get(message, "method"));

		if (json_object_get(message, "id")) {
			enqueue(server, message);
			return;
		}
		if (strcmp(method, "$/cancelRequest") == 0)
			cancel(server, json_object_get(json_object_get(message, "params"), "id"));
	}
	json_decref(message);
}

static int read_messages(struct server *server, struct sma_reader *reader)
{
	for (;;) {
		const char *why = NULL;
		char *body, *text;
		size_t size;
		json_error_t problem;
		json_t *message;
		enum sma_frame frame = sma_read_frame(reader, &body, &size, &why);

		if (frame == SMA_FRAME_BAD) {
			fprintf(stderr, "sockmap-agent: %s. The connection is given up.\n", why);
			return 2;
		}
		if (frame == SMA_FRAME_END || atomic_load(&server->output_gone))
			return atomic_load(&server->output_gone) ? 1 : 0;
		message =
		    json_loadb(body, size, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &problem);
		free(body);
		if (message) {
			dispatch(server, message);
			continue;
		}
		text = sma_format("The message is not JSON: %s", problem.text);
		json_t *safe = sma_text(text ? text : "The message is not JSON");
		send_error(server, NULL, PARSE_ERROR, json_string_value(safe));
		json_decref(safe);
		free(text);
	}
}

static int stop_signals(void)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

int sma_serve(const char *nonce, const char *bpffs_override)
{
	struct server server = {.output = PTHREAD_MUTEX_INITIALIZER};
	const struct sma_lanes_options options = {bpffs_override, run_request, send_answer,
						  &server};
	struct sma_reader *reader = calloc(1, sizeof(*reader));
	char *hello = sma_format("SOCKMAP-AGENT %s %d\n", nonce, SMA_PROTOCOL);
	int result = 1;

	if (!reader || !hello)
		goto out;
	reader->fd = STDIN_FILENO;
	reader->stop_fd = stop_signals();
	if (sma_write_all(STDOUT_FILENO, hello, strlen(hello), NULL))
		goto out;
	server.lanes = sma_lanes_start(&options);
	if (!server.lanes)
		goto out;
	result = read_messages(&server, reader);
	atomic_store(&server.ending, true);
	sma_lanes_end(server.lanes);
	close(reader->stop_fd);
out:
	free(reader);
	free(hello);
	return result;
}
