// SPDX-License-Identifier: Apache-2.0
/* One end of one run: both directions at once, then the ending. */
#include <errno.h>
#include <linux/sockios.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "integrity.h"

/* A slow machine may need this for the largest run; no single wait inside it may take as long. */
#define RUN_SECONDS 60.0

enum phase { PHASE_LISTENING = 1, PHASE_MIDDLE, PHASE_DONE };

typedef void task(struct end *end, uint32_t from, uint32_t to);

static void arrive(struct lane *lane, enum side side, uint64_t phase)
{
	atomic_store(&lane->phases[side], phase);
}

/* Says that this side is there and waits for the other. */
static bool meet(struct lane *lane, enum side side, uint64_t phase)
{
	double deadline = now() + RUN_SECONDS;

	arrive(lane, side, phase);
	while (atomic_load(&lane->phases[!side]) < phase) {
		if (now() > deadline)
			return false;
		pause_for(0.0001);
	}
	return true;
}

static void in_child(struct end *end, task *work, uint32_t from, uint32_t to)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		work(end, from, to);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
		stalled(end->outcome, "a forked child failed", from, to);
}

/* `failed`: the direction's own error, where it is kept. */
static void share(struct end *end, enum sharing sharing, task *work, const int *failed,
		  uint32_t from, uint32_t to)
{
	uint32_t middle = from + (to - from) / 2;

	if (from >= to)
		return;
	if (sharing == BY_THREAD)
		return work(end, from, to);
	if (sharing == BY_CHILD)
		return in_child(end, work, from, to);
	work(end, from, middle);
	if (!*failed && !end->outcome->stalled[0])
		in_child(end, work, middle, to);
}

static int send_error(int fd)
{
	return send(fd, "", 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? errno : 0;
}

static bool ends_early(const struct end *end)
{
	return end->side == end->plan->ender &&
	       (end->plan->ending == END_RESET_MIDDLE || end->plan->ending == END_CLOSE_UNREAD);
}

static void *write_direction(void *argument)
{
	struct end *end = argument;
	const struct plan *plan = end->plan;
	const struct direction *direction = &plan->from[end->side];
	uint32_t to = ends_early(end) && plan->ending == END_RESET_MIDDLE ? plan->stop_sending
									  : direction->size;

	share(end, direction->writing.sharing, write_stream, &end->outcome->write_error,
	      end->outcome->sent, to);
	if (plan->ending == END_SHUTDOWN && !end->outcome->write_error) {
		shutdown(end->fd, SHUT_WR);
		end->outcome->send_after = send_error(end->fd);
	}
	return NULL;
}

/* Did all that was to be read come, and right? */
static bool read_well(const struct outcome *outcome)
{
	return !outcome->read_end && outcome->wrong_at < 0 && !outcome->stalled[0];
}

static void read_direction(struct end *end)
{
	const struct plan *plan = end->plan;
	const struct direction *direction = &plan->from[!end->side];

	share(end, direction->reading.sharing, read_stream, &end->outcome->read_end, 0,
	      ends_early(end) ? plan->stop_reading : direction->size);
	if (plan->ending == END_SHUTDOWN && read_well(end->outcome))
		end->outcome->read_end = read_the_end(end);
}

static void reset(struct end *end)
{
	struct linger linger = {.l_onoff = 1, .l_linger = 0};

	setsockopt(end->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	close(end->fd);
	end->fd = -1;
}

/* Until the other end's TCP has all that was sent. */
static void wait_for_acknowledgement(struct end *end)
{
	double deadline = now() + STALL_SECONDS;
	int queued = 1;

	while (ioctl(end->fd, SIOCOUTQ, &queued) == 0 && queued > 0 && now() < deadline)
		pause_for(0.0002);
	if (queued > 0)
		stalled(end->outcome, "bytes not acknowledged", (uint64_t)queued,
			end->plan->from[end->side].size);
}

static void end_as_ender(struct lane *lane, uint64_t base, struct end *end)
{
	switch (end->plan->ending) {
	case END_CLOSE:
		close(end->fd);
		end->fd = -1;
		return;
	case END_RESET_IDLE:
		meet(lane, end->side, base + PHASE_MIDDLE);
		return reset(end);
	case END_RESET_QUEUED:
		wait_for_acknowledgement(end);
		reset(end);
		return arrive(lane, end->side, base + PHASE_MIDDLE);
	case END_RESET_MIDDLE:
		return reset(end);
	case END_CLOSE_UNREAD:
		meet(lane, end->side, base + PHASE_MIDDLE);
		close(end->fd);
		end->fd = -1;
		return;
	default:
		return;
	}
}

static void end_as_other(struct lane *lane, uint64_t base, struct end *end)
{
	enum ending ending = end->plan->ending;

	if (ending == END_SHUTDOWN)
		return;
	if (ending == END_CLOSE_UNREAD)
		wait_for_acknowledgement(end);
	if (ending == END_RESET_IDLE || ending == END_CLOSE_UNREAD)
		meet(lane, end->side, base + PHASE_MIDDLE);
	if (read_well(end->outcome))
		end->outcome->read_end = read_the_end(end);
	if (ending == END_RESET_IDLE || ending == END_RESET_QUEUED)
		end->outcome->send_after = send_error(end->fd);
}

static void use_connection(struct lane *lane, uint64_t base, struct end *end)
{
	bool ender = end->side == end->plan->ender;
	pthread_t thread;

	if (pthread_create(&thread, NULL, write_direction, end))
		return stalled(end->outcome, "no thread", 0, 0);
	if (!ender && end->plan->ending == END_RESET_QUEUED)
		meet(lane, end->side, base + PHASE_MIDDLE);
	read_direction(end);
	pthread_join(thread, NULL);
	if (ender)
		end_as_ender(lane, base, end);
	else
		end_as_other(lane, base, end);
}

static int open_end(struct lane *lane, uint64_t base, const struct plan *plan, enum side side,
		    struct outcome *outcome)
{
	int listener, fd, error;

	if (side == CLIENT) {
		meet(lane, side, base + PHASE_LISTENING);
		return integrity_connect(plan, lane->port, outcome);
	}
	listener = integrity_listen(plan, &lane->port);
	meet(lane, side, base + PHASE_LISTENING);
	fd = listener < 0 ? -1 : integrity_accept(plan, listener);
	error = errno;
	close(listener);
	errno = error;
	return fd;
}

void integrity_run(struct lane *lane, uint64_t base, const struct plan *plan, enum side side,
		   struct outcome *outcome)
{
	struct end end = {.plan = plan, .side = side, .outcome = outcome};

	outcome->wrong_at = -1;
	end.fd = open_end(lane, base, plan, side, outcome);
	if (end.fd >= 0)
		use_connection(lane, base, &end);
	else
		stalled(outcome, side == CLIENT ? "connect" : "accept", 0, (uint64_t)errno);
	if (end.fd >= 0)
		close(end.fd);
	if (!meet(lane, side, base + PHASE_DONE))
		stalled(outcome, "the other end did not finish", 0, 0);
	atomic_fetch_add(&lane->reached[side], 1);
}
