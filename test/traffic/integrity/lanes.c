// SPDX-License-Identifier: Apache-2.0
/* The processes that do the runs: in each lane a client and a server on plain TCP, and two in the
 * cgroup. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "integrity.h"

#define LANES 3
/* Runs that failed after which a session is not worth its time. */
#define MOST_FAILURES 5
/* One failed run may take this long. */
#define SILENCE_SECONDS 90.0

struct record {
	struct outcome outcomes[MODES][SIDES];
};

struct integrity {
	const struct options *options;
	struct lane (*lanes)[MODES];
	struct record *records;
	_Atomic bool *stop;
	pid_t processes[LANES * MODES * SIDES];
	unsigned int started, lane_count;
};

static void *share_memory(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

/* Runs of a lane: its number, and every `lane_count`th after it. */
static void do_runs(struct integrity *integrity, unsigned int lane, enum mode mode, enum side side)
{
	const struct options *options = integrity->options;
	unsigned int run;

	for (run = lane; run < options->runs && !atomic_load(integrity->stop);
	     run += integrity->lane_count) {
		struct plan plan;

		plan_draw(&plan, options->seed + run, !options->no_splice);
		integrity_run(&integrity->lanes[lane][mode], (uint64_t)run * PHASES_PER_RUN, &plan,
			      side, &integrity->records[run].outcomes[mode][side]);
	}
}

static int be_half(struct integrity *integrity, unsigned int lane, enum mode mode, enum side side)
{
	const struct options *options = integrity->options;
	struct place place = side == CLIENT ? options->client : options->server;
	struct lane *shared = &integrity->lanes[lane][mode];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (mode == PLAIN_TCP)
		place.cgroup = NULL;
	if (enter_place(&place, shared->error, sizeof(shared->error)))
		return 1;
	do_runs(integrity, lane, mode, side);
	return 0;
}

static bool start(struct integrity *integrity)
{
	unsigned int lane;
	int mode, side;

	for (lane = 0; lane < integrity->lane_count; lane++) {
		for (mode = 0; mode < MODES; mode++) {
			for (side = 0; side < SIDES; side++) {
				pid_t pid = fork();

				if (pid < 0)
					return false;
				if (pid == 0)
					_exit(be_half(integrity, lane, (enum mode)mode,
						      (enum side)side));
				integrity->processes[integrity->started++] = pid;
			}
		}
	}
	return true;
}

static void end_all(struct integrity *integrity)
{
	unsigned int i;

	for (i = 0; i < integrity->started; i++) {
		if (integrity->processes[i] > 0) {
			kill(integrity->processes[i], SIGKILL);
			waitpid(integrity->processes[i], NULL, 0);
		}
	}
}

/* Runs that all four ends of a lane have done. */
static uint64_t lane_progress(const struct integrity *integrity, unsigned int lane)
{
	uint64_t least = UINT64_MAX;
	int mode, side;

	for (mode = 0; mode < MODES; mode++) {
		for (side = 0; side < SIDES; side++) {
			uint64_t reached = atomic_load(&integrity->lanes[lane][mode].reached[side]);

			least = reached < least ? reached : least;
		}
	}
	return least;
}

static bool judge(const struct integrity *integrity, unsigned int run, struct tally *tally)
{
	const struct record *record = &integrity->records[run];
	char text[2048], description[1024], seed[32];
	struct plan plan;

	plan_draw(&plan, integrity->options->seed + run, !integrity->options->no_splice);
	if (compare_outcomes(&plan, record->outcomes[PLAIN_TCP], record->outcomes[REDIRECTED],
			     tally, text, sizeof(text)))
		return true;
	plan_describe(&plan, description, sizeof(description));
	snprintf(seed, sizeof(seed), "%llu", (unsigned long long)plan.seed);
	REPORT("difference", "integrity", TEXT("seed", seed), TEXT("plan", description),
	       TEXT("what", text));
	return false;
}

/* The first process that ended wrongly; they are all alike, and what they say is in their lane. */
static const char *dead_process(struct integrity *integrity, unsigned int *running)
{
	unsigned int i;

	*running = 0;
	for (i = 0; i < integrity->started; i++) {
		int status;

		if (integrity->processes[i] <= 0)
			continue;
		if (waitpid(integrity->processes[i], &status, WNOHANG) == 0) {
			(*running)++;
			continue;
		}
		integrity->processes[i] = 0;
		if (status != 0) {
			const char *error =
			    integrity->lanes[i / (MODES * SIDES)][i / SIDES % MODES].error;

			return error[0] ? error : "a process of the session died";
		}
	}
	return NULL;
}

struct progress {
	unsigned int judged[LANES], failures, total;
	double last;
};

static void judge_new(struct integrity *integrity, struct progress *progress, struct tally *tally)
{
	unsigned int lane;

	for (lane = 0; lane < integrity->lane_count; lane++) {
		for (; progress->judged[lane] < lane_progress(integrity, lane);
		     progress->judged[lane]++) {
			unsigned int run = lane + progress->judged[lane] * integrity->lane_count;

			progress->failures += !judge(integrity, run, tally);
			progress->total++;
			progress->last = now();
		}
	}
	if (progress->failures >= MOST_FAILURES)
		atomic_store(integrity->stop, true);
}

/* NULL when every process ended by itself. */
static const char *watch(struct integrity *integrity, struct progress *progress,
			 struct tally *tally)
{
	unsigned int running = 1;

	progress->last = now();
	while (running) {
		const char *error = dead_process(integrity, &running);

		judge_new(integrity, progress, tally);
		if (error)
			return error;
		if (now() - progress->last > SILENCE_SECONDS)
			return "a run did not end";
		if (running)
			pause_for(0.01);
	}
	return NULL;
}

static int conclude(const struct integrity *integrity, const struct progress *progress,
		    const struct tally *tally, double seconds)
{
	char sentence[128];

	if (progress->failures) {
		snprintf(sentence, sizeof(sentence),
			 "%u of %u runs differ from plain TCP; repeat one with --seed S --runs 1",
			 progress->failures, progress->total);
		REPORT("broken", "integrity", TEXT("error", sentence));
		return 1;
	}
	REPORT(
	    "result", "integrity", NUMBER("seed", integrity->options->seed),
	    NUMBER("runs", progress->total), NUMBER("bytes", tally->bytes),
	    NUMBER("dataInSyn", tally->data_in_syn), NUMBER("earlyEagain", tally->early_eagain),
	    NUMBER("shortWaitAll", tally->short_waitall), NUMBER("shortLowat", tally->short_lowat),
	    NUMBER("urgentInline", tally->urgent_inline), NUMBER("quietClose", tally->quiet_close),
	    NUMBER("silentReset", tally->silent_reset), NUMBER("seconds", seconds));
	return 0;
}

int run_integrity(const struct options *options)
{
	struct integrity integrity = {.options = options};
	struct progress progress = {0};
	struct tally tally = {0};
	double started = now();
	const char *error;

	integrity.lane_count = options->runs < LANES ? options->runs : LANES;
	integrity.lanes = share_memory(LANES * sizeof(*integrity.lanes));
	integrity.records = share_memory(options->runs * sizeof(*integrity.records));
	integrity.stop = share_memory(sizeof(*integrity.stop));
	if (!integrity.lanes || !integrity.records || !integrity.stop) {
		perror("traffic");
		return 1;
	}
	REPORT("ready", "integrity", NUMBER("seed", options->seed), NUMBER("runs", options->runs));
	error = start(&integrity) ? watch(&integrity, &progress, &tally) : "cannot fork";
	end_all(&integrity);
	if (error) {
		REPORT("broken", "integrity", TEXT("error", error));
		return 1;
	}
	return conclude(&integrity, &progress, &tally, now() - started);
}
