/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The integrity session: connections that do what applications do, drawn at random
 * from a seed. Each run is done twice, on plain TCP and inside the attached cgroup,
 * and what both ends observe must be the same.
 *
 *   plan.c     what a run does
 *   wait.c     poll and epoll
 *   writer.c   the ways to write a stream
 *   reader.c   the ways to read one
 *   open.c     how the two ends are connected
 *   run.c      one end of one run: both directions at once, then the ending
 *   compare.c  what must be equal, and the allowances for what a sockmap changes
 *   lanes.c    the processes that do the runs, and the subcommand
 */
#ifndef INTEGRITY_H
#define INTEGRITY_H

#include <stdatomic.h>
#include "../traffic.h"

#define INTEGRITY_LARGEST (4U << 20)

enum side { CLIENT, SERVER, SIDES };
enum mode { PLAIN_TCP, REDIRECTED, MODES };

enum write_way {
	BY_SEND,
	BY_WRITE,
	BY_WRITEV,
	BY_SENDMSG,
	BY_SENDFILE,
	BY_MORE, /* MSG_MORE on all but each fourth message */
	BY_CORK, /* TCP_CORK around four messages */
	WRITE_WAYS
};

enum read_way {
	BY_RECV,
	BY_READ,
	BY_READV,
	BY_RECVMSG,
	BY_PEEK,     /* MSG_PEEK, then the same bytes again */
	BY_WAITALL,  /* blocking ends only */
	BY_LOWAT,    /* SO_RCVLOWAT */
	BY_RCVTIMEO, /* blocking ends only: a timeout of milliseconds, tried again */
	BY_SPLICE, /* the server only, whose listener is new: who connects is known by earlier runs
		    */
	READ_WAYS
};

enum waiting { BY_BLOCKING, BY_POLL, BY_EPOLL_LEVEL, BY_EPOLL_EDGE, WAITINGS };

/* Who does a direction's work on the shared socket. */
enum sharing { BY_THREAD, BY_CHILD, BY_HANDOVER /* a thread, then a forked child */, SHARINGS };

enum opening { OPEN_PLAIN, OPEN_DEFERRED, OPEN_FAST, OPENINGS };

enum ending {
	END_SHUTDOWN,	/* each end says FIN after its last byte, while the other may still send */
	END_CLOSE,	/* `ender` closes when it has read and sent all */
	END_RESET_IDLE, /* `ender` resets when all was read */
	END_RESET_QUEUED, /* `ender` resets while all that it sent is unread */
	END_RESET_MIDDLE, /* `ender` resets in the middle of both directions */
	END_CLOSE_UNREAD, /* `ender` closes with bytes unread */
	ENDINGS
};

struct writing {
	enum write_way way;
	enum waiting waiting;
	enum sharing sharing;
	uint32_t message; /* largest bytes of one call */
	uint32_t slow;	  /* a pause after one in so many calls, 0: none */
};

struct reading {
	enum read_way way;
	enum waiting waiting;
	enum sharing sharing;
	uint32_t largest; /* bytes of one call */
	uint32_t slow;
	uint32_t late; /* microseconds before the first call */
};

/* What one side sends, and how the other reads it. */
struct direction {
	uint64_t stream;
	uint32_t size;
	struct writing writing;
	struct reading reading;
	int64_t urgent; /* position of the byte sent with MSG_OOB, -1: none */
	bool urgent_inline;
};

struct plan {
	uint64_t seed;
	enum family family;
	enum opening opening;
	enum ending ending;
	enum side ender;
	bool may_splice;
	bool nonblocking[SIDES];
	bool nodelay[SIDES];
	uint32_t send_buffer[SIDES], receive_buffer[SIDES]; /* bytes, 0: the system's */
	struct direction from[SIDES];
	uint32_t stop_sending, stop_reading; /* of an `ender` that ends early */
};

#define END_OF_FILE (-1)

/* What one end observed. Lives in shared memory: forked children fill it as well. */
struct outcome {
	uint32_t sent, received;
	int write_error;  /* errno, 0: all was written */
	int read_end;	  /* errno or END_OF_FILE after the last byte, 0: not looked at */
	int send_after;	  /* errno of a send after the end, 0: not tried or accepted */
	int64_t wrong_at; /* first position with another byte than was sent, -1: none */
	bool data_in_syn;
	/* What a sockmap may change; compare.c says what is allowed. */
	uint32_t early_eagain, short_waitall, short_lowat;
	bool urgent_inline;
	bool cut;	  /* the newest send took a part of its message only */
	char stalled[96]; /* where a wait was not answered; empty: nowhere */
};

/* One end of one run. */
struct end {
	const struct plan *plan;
	enum side side;
	int fd;
	struct outcome *outcome;
};

/* plan.c */
void plan_draw(struct plan *plan, uint64_t seed, bool may_splice);
void plan_describe(const struct plan *plan, char *text, size_t size);

/* wait.c: how an end waits for its socket. */
struct waiter {
	enum waiting waiting;
	short events; /* POLLIN or POLLOUT */
	int fd, epoll;
};
bool waiter_open(struct waiter *waiter, enum waiting waiting, int fd, short events);
/* false: nothing happened for STALL_SECONDS */
bool waiter_wait(struct waiter *waiter);
void waiter_close(struct waiter *waiter);
/* A step that takes longer than this has failed. */
#define STALL_SECONDS 8.0
void stalled(struct outcome *outcome, const char *what, uint64_t position, uint64_t size);

/* writer.c: [from, to) of the end's own stream; outcome->sent and ->write_error say how far it
 * came. */
void write_stream(struct end *end, uint32_t from, uint32_t to);

/* reader.c: [from, to) of the other side's stream; outcome->received and ->read_end. */
void read_stream(struct end *end, uint32_t from, uint32_t to);
/* What recv() says when no byte should come: an errno or END_OF_FILE. A byte is a wrong one. */
int read_the_end(struct end *end);

/* open.c: -1 with errno. The client may have sent outcome->sent bytes already. */
int integrity_listen(const struct plan *plan, uint16_t *port);
int integrity_accept(const struct plan *plan, int listener);
int integrity_connect(const struct plan *plan, uint16_t port, struct outcome *outcome);

/* run.c: what the two ends of a lane share; phases only grow, so that a failed run disturbs no
 * other. */
struct lane {
	_Atomic uint64_t phases[SIDES];
	_Atomic uint64_t reached[SIDES]; /* runs done */
	uint16_t port;
	char error[256];
};
/* `base`: a number of phases that grows from run to run. */
#define PHASES_PER_RUN 4
void integrity_run(struct lane *lane, uint64_t base, const struct plan *plan, enum side side,
		   struct outcome *outcome);

/* compare.c */
struct tally {
	uint64_t bytes, data_in_syn, early_eagain, short_waitall, short_lowat, urgent_inline,
	    quiet_close, silent_reset;
};
/* false with `text` saying what differs. */
bool compare_outcomes(const struct plan *plan, const struct outcome plain[SIDES],
		      const struct outcome redirected[SIDES], struct tally *tally, char *text,
		      size_t size);

#endif
