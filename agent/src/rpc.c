// SPDX-License-Identifier: Apache-2.0
/*
 * Two threads: this one reads frames, so that a cancellation or the end of the input is seen while
 * a request runs; the worker runs one request after another. All of libbpf happens on the worker.
 */
#include "rpc.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "context.h"
#include "framing.h"
#include "params.h"
#include "text.h"

#define MAX_QUEUED	 1024
#define INTERRUPT_MS	 20
#define PARSE_ERROR	 -32700
#define INVALID_REQUEST	 -32600
#define METHOD_NOT_FOUND -32601

struct request {
	struct request *next;
	json_t *message;
	bool cancelled;
};

struct server {
	struct sma_context context;
	pthread_mutex_t lock; /* of the queue */
	pthread_cond_t changed;
	struct request *first, *last, *running;
	unsigned int queued;
	bool ending;
	pthread_mutex_t output;
	atomic_bool output_gone;
	json_t *progress_token; /* of the running request */
};

static void send_message(struct server *server, json_t *message)
{
	char *body = json_dumps(message, JSON_COMPACT), header[64];
	size_t size = body ? strlen(body) : 0;

	json_decref(message);
	if (!body)
		return;
	snprintf(header, sizeof(header), "Content-Length: %zu\r\n\r\n", size);
	pthread_mutex_lock(&server->output);
	if (sma_write_all(STDOUT_FILENO, header, strlen(header)) ||
	    sma_write_all(STDOUT_FILENO, body, size))
		atomic_store(&server->output_gone, true);
	pthread_mutex_unlock(&server->output);
	free(body);
}

static void send_error(struct server *server, const json_t *id, int code, const char *message)
{
	send_message(server, json_pack("{s:s, s:O, s:{s:i, s:s}}", "jsonrpc", "2.0", "id",
				       id ? (json_t *)id : json_null(), "error", "code", code,
				       "message", message));
}

static void report_progress(void *to, const char *message)
{
	struct server *server = to;

	if (json_is_integer(server->progress_token))
		send_message(server,
			     json_pack("{s:s, s:s, s:{s:O, s:{s:o}}}", "jsonrpc", "2.0", "method",
				       "$/progress", "params", "token", server->progress_token,
				       "value", "message", sma_text(message)));
}

static void run_request(struct server *server, const struct request *request)
{
	json_t *id = json_object_get(request->message, "id");
	json_t *params = json_object_get(request->message, "params"), *result = NULL;
	const char *method = json_string_value(json_object_get(request->message, "method"));
	sma_method *run = sma_find_method(method);
	struct sma_error error = {0};

	if (!run) {
		char *text = sma_format("There is no method %s", method);

		json_t *safe = sma_text(text ? text : "");
		send_error(server, id, METHOD_NOT_FOUND, json_string_value(safe));
		json_decref(safe);
		free(text);
		return;
	}
	server->progress_token = json_object_get(params, "progressToken");
	if (sma_params_object(params, &error) == 0 && !sma_cancelled(&server->context, &error))
		result = run(&server->context, params, &error);
	server->progress_token = NULL;
	if (result)
		send_message(server, json_pack("{s:s, s:O, s:o}", "jsonrpc", "2.0", "id", id,
					       "result", result));
	else
		send_message(server, json_pack("{s:s, s:O, s:o}", "jsonrpc", "2.0", "id", id,
					       "error", sma_error_json(&error)));
	sma_error_clear(&error);
}

static void *work(void *argument)
{
	struct server *server = argument;

	pthread_mutex_lock(&server->lock);
	for (;;) {
		struct request *request;

		while (!server->first && !server->ending)
			pthread_cond_wait(&server->changed, &server->lock);
		request = server->first;
		if (!request || server->ending)
			break;
		server->first = request->next;
		server->queued--;
		server->running = request;
		atomic_store(&server->context.cancelled, request->cancelled);
		pthread_mutex_unlock(&server->lock);
		run_request(server, request);
		pthread_mutex_lock(&server->lock);
		server->running = NULL;
		pthread_cond_broadcast(&server->changed);
		json_decref(request->message);
		free(request);
	}
	pthread_mutex_unlock(&server->lock);
	return NULL;
}

static void ignore_signal(int number)
{
	(void)number;
}

/* A system call that takes long (the verifier's) returns when a signal arrives. Lock held. */
static void interrupt_running(struct server *server, pthread_t worker)
{
	atomic_store(&server->context.cancelled, true);
	while (server->running) {
		struct request *running = server->running;
		struct timespec until;

		/* Not while it undoes its work: that loads programs of its own. */
		if (atomic_load(&server->context.loading))
			pthread_kill(worker, SIGUSR1);
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += INTERRUPT_MS * 1000000L;
		if (until.tv_nsec >= 1000000000L) {
			until.tv_sec++;
			until.tv_nsec -= 1000000000L;
		}
		pthread_cond_timedwait(&server->changed, &server->lock, &until);
		if (server->running != running)
			break;
	}
}

static void cancel(struct server *server, pthread_t worker, const json_t *id)
{
	pthread_mutex_lock(&server->lock);
	if (server->running && json_equal(json_object_get(server->running->message, "id"), id))
		interrupt_running(server, worker);
	for (struct request *request = server->first; request; request = request->next) {
		if (json_equal(json_object_get(request->message, "id"), id))
			request->cancelled = true;
	}
	pthread_mutex_unlock(&server->lock);
}

static void enqueue(struct server *server, json_t *message)
{
	struct request *request = calloc(1, sizeof(*request));
	bool full;

	pthread_mutex_lock(&server->lock);
	full = !request || server->queued >= MAX_QUEUED;
	if (!full) {
		request->message = json_incref(message);
		if (server->first)
			server->last->next = request;
		else
			server->first = request;
		server->last = request;
		server->queued++;
		pthread_cond_broadcast(&server->changed);
	}
	pthread_mutex_unlock(&server->lock);
	if (full) {
		free(request);
		send_error(server, json_object_get(message, "id"), INVALID_REQUEST,
			   "Too many requests are waiting");
	}
}

static void dispatch(struct server *server, pthread_t worker, json_t *message)
{
	const json_t *id = json_object_get(message, "id");
	const json_t *method = json_object_get(message, "method");
	const char *version = json_string_value(json_object_get(message, "jsonrpc"));

	if (!json_is_object(message)) {
		send_error(server, NULL, INVALID_REQUEST,
			   json_is_array(message) ? "Batches are not supported"
						  : "A message must be a JSON object");
		return;
	}
	if (id && !json_is_integer(id) && !json_is_string(id)) {
		send_error(server, NULL, INVALID_REQUEST, "\"id\" must be an integer or a string");
		return;
	}
	if (!version || strcmp(version, "2.0") != 0) {
		send_error(server, id, INVALID_REQUEST, "\"jsonrpc\" must be \"2.0\"");
		return;
	}
	if (!json_is_string(method)) {
		/* An answer to a request: none was made. */
		if (!json_object_get(message, "result") && !json_object_get(message, "error"))
			send_error(server, id, INVALID_REQUEST, "\"method\" must be a string");
		return;
	}
	if (id)
		enqueue(server, message);
	else if (strcmp(json_string_value(method), "$/cancelRequest") == 0)
		cancel(server, worker, json_object_get(json_object_get(message, "params"), "id"));
}

static int read_messages(struct server *server, pthread_t worker, struct sma_reader *reader)
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
			dispatch(server, worker, message);
			json_decref(message);
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
	struct sigaction interrupt = {.sa_handler = ignore_signal};
	sigset_t set;

	/* No SA_RESTART: it is there to interrupt. */
	sigaction(SIGUSR1, &interrupt, NULL);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

static void drop_queue(struct server *server)
{
	while (server->first) {
		struct request *request = server->first;

		server->first = request->next;
		json_decref(request->message);
		free(request);
	}
}

int sma_serve(const char *nonce, const char *bpffs_override)
{
	struct server server = {.lock = PTHREAD_MUTEX_INITIALIZER,
				.changed = PTHREAD_COND_INITIALIZER,
				.output = PTHREAD_MUTEX_INITIALIZER};
	struct sma_reader *reader = calloc(1, sizeof(*reader));
	char *hello = sma_format("SOCKMAP-AGENT %s %d\n", nonce, SMA_PROTOCOL);
	pthread_t worker;
	int result = 1;

	if (!reader || !hello)
		goto out;
	reader->fd = STDIN_FILENO;
	reader->stop_fd = stop_signals();
	server.context.bpffs_override = bpffs_override;
	server.context.report = report_progress;
	server.context.report_to = &server;
	if (sma_write_all(STDOUT_FILENO, hello, strlen(hello)) ||
	    pthread_create(&worker, NULL, work, &server))
		goto out;
	result = read_messages(&server, worker, reader);
	pthread_mutex_lock(&server.lock);
	server.ending = true;
	pthread_cond_broadcast(&server.changed);
	if (server.running)
		interrupt_running(&server, worker);
	pthread_mutex_unlock(&server.lock);
	pthread_join(worker, NULL);
	drop_queue(&server);
	close(reader->stop_fd);
out:
	free(reader);
	free(hello);
	return result;
}
