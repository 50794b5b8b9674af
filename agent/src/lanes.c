// SPDX-License-Identifier: Apache-2.0
#include "lanes.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#define MAX_QUEUED   1024
#define INTERRUPT_MS 20
/* Lanes for what is SMA_ENDLESS, which are the last ones. */
#define MAX_ENDLESS 4
#define LANES	    (SMA_ENDLESS + MAX_ENDLESS)

struct request {
	struct request *next;
	json_t *message;
	bool cancelled;
};

struct lane {
	struct sma_lanes *lanes;
	struct sma_context context;
	struct request *first, *last, *running;
	unsigned int queued;
	pthread_t thread;
	bool started;
};

struct sma_lanes {
	struct sma_lanes_options options;
	pthread_mutex_t lock; /* of all below */
	pthread_cond_t changed;
	struct lane lanes[LANES];
	pthread_t interrupter;
	bool interrupting;
	bool ending;
};

static struct request *take_first(struct lane *lane)
{
	struct request *request = lane->first;

	lane->first = request->next;
	lane->queued--;
	return request;
}

static void *work(void *argument)
{
	struct lane *lane = argument;
	struct sma_lanes *lanes = lane->lanes;

	pthread_mutex_lock(&lanes->lock);
	for (;;) {
		struct request *request;
		json_t *answer;

		while (!lane->first && !lanes->ending)
			pthread_cond_wait(&lanes->changed, &lanes->lock);
		if (lanes->ending)
			break;
		request = take_first(lane);
		lane->running = request;
		atomic_store(&lane->context.cancelled, false);
		pthread_mutex_unlock(&lanes->lock);
		answer = lanes->options.run(lanes->options.to, &lane->context, request->message);
		pthread_mutex_lock(&lanes->lock);
		lane->running = NULL;
		pthread_cond_broadcast(&lanes->changed);
		pthread_mutex_unlock(&lanes->lock);
		lanes->options.answer(lanes->options.to, answer);
		json_decref(request->message);
		free(request);
		pthread_mutex_lock(&lanes->lock);
	}
	pthread_mutex_unlock(&lanes->lock);
	return NULL;
}

/* Lock held. True: it still runs. */
static bool interrupt_lane(struct lane *lane)
{
	if (!lane->running || !(lane->running->cancelled || lane->lanes->ending))
		return false;
	atomic_store(&lane->context.cancelled, true);
	/* Not while it undoes its work: that loads programs of its own. */
	if (atomic_load(&lane->context.loading))
		pthread_kill(lane->thread, SIGUSR1);
	return true;
}

static void wait_a_moment(struct sma_lanes *lanes)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += INTERRUPT_MS * 1000000L;
	if (until.tv_nsec >= 1000000000L) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000L;
	}
	pthread_cond_timedwait(&lanes->changed, &lanes->lock, &until);
}

/*
 * A system call that takes long (the verifier's) returns when a signal arrives, and libbpf makes it
 * again: one signal after another, on a thread of its own, so that the next message can be read.
 */
static void *interrupt(void *argument)
{
	struct sma_lanes *lanes = argument;

	pthread_mutex_lock(&lanes->lock);
	for (;;) {
		bool any = false;

		for (int i = 0; i < LANES; i++)
			any = interrupt_lane(&lanes->lanes[i]) || any;
		if (any)
			wait_a_moment(lanes);
		else if (lanes->ending)
			break;
		else
			pthread_cond_wait(&lanes->changed, &lanes->lock);
	}
	pthread_mutex_unlock(&lanes->lock);
	return NULL;
}

static void ignore_signal(int number)
{
	(void)number;
}

struct sma_lanes *sma_lanes_start(const struct sma_lanes_options *options)
{
	struct sigaction interrupting = {.sa_handler = ignore_signal};
	struct sma_lanes *lanes = calloc(1, sizeof(*lanes));
	bool started;

	if (!lanes)
		return NULL;
	lanes->options = *options;
	pthread_mutex_init(&lanes->lock, NULL);
	pthread_cond_init(&lanes->changed, NULL);
	/* No SA_RESTART: it is there to interrupt. */
	sigaction(SIGUSR1, &interrupting, NULL);
	lanes->interrupting = pthread_create(&lanes->interrupter, NULL, interrupt, lanes) == 0;
	started = lanes->interrupting;
	for (int i = 0; i < LANES && started; i++) {
		struct lane *lane = &lanes->lanes[i];

		lane->lanes = lanes;
		lane->context.bpffs_override = options->bpffs_override;
		started = lane->started = pthread_create(&lane->thread, NULL, work, lane) == 0;
	}
	if (started)
		return lanes;
	sma_lanes_end(lanes);
	return NULL;
}

/* Lock held. NULL: no room in any that would do. */
static struct lane *lane_with_room(struct sma_lanes *lanes, enum sma_lane kind)
{
	if (kind != SMA_ENDLESS)
		return lanes->lanes[kind].queued < MAX_QUEUED ? &lanes->lanes[kind] : NULL;
	for (int i = SMA_ENDLESS; i < LANES; i++) {
		if (!lanes->lanes[i].running && !lanes->lanes[i].first)
			return &lanes->lanes[i];
	}
	return NULL;
}

static void append(struct lane *lane, struct request *request)
{
	if (lane->first)
		lane->last->next = request;
	else
		lane->first = request;
	lane->last = request;
	lane->queued++;
}

bool sma_lanes_add(struct sma_lanes *lanes, json_t *message)
{
	const char *method = json_string_value(json_object_get(message, "method"));
	struct request *request = calloc(1, sizeof(*request));
	struct lane *lane;

	if (!request)
		return false;
	request->message = message;
	pthread_mutex_lock(&lanes->lock);
	lane = lane_with_room(lanes, sma_lane_of(method));
	if (lane) {
		append(lane, request);
		pthread_cond_broadcast(&lanes->changed);
	}
	pthread_mutex_unlock(&lanes->lock);
	if (!lane)
		free(request);
	return lane != NULL;
}

static bool has_id(const struct request *request, const json_t *id)
{
	return request && json_equal(json_object_get(request->message, "id"), id);
}

/* Lock held. The first that waits with that id; NULL: none. */
static json_t *take_waiting(struct lane *lane, const json_t *id)
{
	struct request *before = NULL, *request = lane->first;
	json_t *message;

	for (; request && !has_id(request, id); request = request->next)
		before = request;
	if (!request)
		return NULL;
	if (before)
		before->next = request->next;
	else
		lane->first = request->next;
	if (lane->last == request)
		lane->last = before;
	lane->queued--;
	message = request->message;
	free(request);
	return message;
}

json_t *sma_lanes_cancel(struct sma_lanes *lanes, const json_t *id)
{
	json_t *waiting = NULL;

	pthread_mutex_lock(&lanes->lock);
	for (int i = 0; i < LANES; i++) {
		struct lane *lane = &lanes->lanes[i];

		if (has_id(lane->running, id))
			lane->running->cancelled = true;
		if (!waiting)
			waiting = take_waiting(lane, id);
	}
	pthread_cond_broadcast(&lanes->changed);
	pthread_mutex_unlock(&lanes->lock);
	return waiting;
}

void sma_lanes_end(struct sma_lanes *lanes)
{
	pthread_mutex_lock(&lanes->lock);
	lanes->ending = true;
	pthread_cond_broadcast(&lanes->changed);
	pthread_mutex_unlock(&lanes->lock);
	for (int i = 0; i < LANES; i++) {
		struct lane *lane = &lanes->lanes[i];

		if (lane->started)
			pthread_join(lane->thread, NULL);
		while (lane->first) {
			struct request *request = take_first(lane);

			json_decref(request->message);
			free(request);
		}
	}
	if (lanes->interrupting)
		pthread_join(lanes->interrupter, NULL);
	pthread_cond_destroy(&lanes->changed);
	pthread_mutex_destroy(&lanes->lock);
	free(lanes);
}
