/* SPDX-License-Identifier: Apache-2.0 */
/*
 * traffic: TCP connections that keep a promise or say which one was broken.
 *
 * Every byte sent is a function of its stream and its position, so a receiver
 * finds lost, doubled, changed and reordered bytes without being told what was
 * sent. The server's half runs in a child: the halves may be put in different
 * cgroups and network namespaces.
 */
#ifndef TRAFFIC_H
#define TRAFFIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

enum family {
	FAMILY_4,
	FAMILY_6,
	FAMILY_MAPPED, /* client AF_INET, listener AF_INET6 on :: */
	FAMILY_MAPPED6 /* client AF_INET6 to ::ffff:a.b.c.d, same listener */
};

struct place {
	const char *cgroup; /* folder to join, NULL: stay */
	const char *netns;  /* file to enter with setns(), NULL: stay */
	uint32_t uid, gid;  /* to become, 0: stay */
};

struct options {
	struct place server, client;
	enum family family;
	const char *listen;  /* ADDRESS:PORT, NULL: loopback, any port */
	const char *connect; /* ADDRESS:PORT, NULL: where the server listens */
	unsigned int count;  /* connections */
	size_t bytes;	     /* per connection and direction */
	size_t message;	     /* bytes of one send() */
	double hold;	     /* seconds that connections stay open, with a trickle */
	double rate;	     /* messages per second, over all connections */
	double gap;	     /* seconds between two sends of a connection */
	double quiet;	     /* seconds without progress that count as blocked */
	double timeout;	     /* seconds that any one step may take */
	size_t cap;	     /* bytes after which a writer gives up being blocked */
	bool wait_all;	     /* read with MSG_WAITALL */
	bool early_read;     /* the client reads before it is connected */
	bool mptcp;	     /* IPPROTO_MPTCP at both ends */
	bool from_server;    /* the server's half is the writer */
	bool zerocopy;	     /* SO_ZEROCOPY before the connection is made */
	bool late;	     /* zerocopy, splice: only when it stands */
	int lowat;	     /* TCP_NOTSENT_LOWAT, bytes, 0: none of our own */
	int keepalive;	     /* TCP_KEEPIDLE, TCP_KEEPINTVL of the listener, seconds, 0: default */
	bool ask;	     /* churn: keep the connections until a line comes */
	bool no_splice;	     /* integrity: no reader uses splice() */
	bool shrink;	     /* churn: sends of at most 1000 bytes in the second half */
	uint64_t seed;	     /* of the first run; each following one has the next */
	unsigned int runs;
};

/* What the two halves share. The server's half leaves its figures here. */
struct shared {
	char error[256];
	uint16_t port;
	uint64_t right, wrong, bytes, changed;
};

struct session {
	const struct options *options;
	struct shared *shared;
	int wake_server, server_woken; /* ends of the pipe to the server's half */
	int wake_client, client_woken;
	int listener; /* the server's half only */
};

/* A half returns 0, or 1 with shared->error set by broken(). */
typedef int half(struct session *session);

int run_halves(const struct options *options, half *server, half *client);
int run_server_here(const struct options *options, half *server);
void session_wake(int fd);
bool session_wait(int fd, double seconds);
bool session_over(const struct session *session);
int broken(struct session *session, const char *format, ...) __attribute__((format(printf, 2, 3)));
int enter_place(const struct place *place, char *error, size_t size);

/* sockets.c: -1 with errno, a socket otherwise; blocking, with options->timeout set. */
int open_listener(const struct options *options, uint16_t *port);
int open_connection(const struct session *session);
int connection_address(const struct session *session, struct sockaddr_storage *address,
		       socklen_t *size);
int accept_connection(const struct session *session);
void set_timeout(int fd, double seconds);
void set_blocking(int fd, bool blocking);
bool send_all(int fd, const void *data, size_t size);
ssize_t receive_all(int fd, void *data, size_t size, int flags);
double now(void);
void pause_for(double seconds);

/*
 * A byte from the server, one from the client, and one from the server before the connection is
 * used. Until the first comes, the client's end may be established and the server's not, on another
 * CPU; and a reader is not known before it has read. -1 with errno.
 */
int open_met_connection(const struct session *session);
int accept_met_connection(const struct session *session);

/*
 * --count connections one after the other: opened by one of the above, used, and closed. Ends with
 * the first that cannot be opened, or that `use` says 1 of.
 */
typedef int connection_use(struct session *session, int fd, unsigned int index);
int use_each(struct session *session, int (*open)(const struct session *session),
	     connection_use *use);

/* pattern.c */
void pattern_fill(uint64_t stream, uint64_t position, void *data, size_t size);
/* Index of the first byte that is not the stream's, `size` if all are. */
size_t pattern_check(uint64_t stream, uint64_t position, const void *data, size_t size);
bool send_pattern(int fd, uint64_t stream, uint64_t position, size_t size, size_t message);
/* 0, or an errno; EBADMSG: bytes came that were not sent, or not in this order; EPIPE: end of file
 */
int receive_pattern(int fd, uint64_t stream, uint64_t position, size_t size, int flags);

/* report.c: one JSON object on a line, flushed. Pairs of name and value, ended by NULL. */
enum report_kind { REPORT_NUMBER, REPORT_TEXT };
struct report_field {
	const char *name;
	enum report_kind kind;
	double number;
	const char *text;
};
void report(const char *event, const char *test, const struct report_field *fields, size_t count);
#define NUMBER(field_name, value)                                                                  \
	{                                                                                          \
		.name = field_name, .kind = REPORT_NUMBER, .number = (double)(value)               \
	}
#define TEXT(field_name, value)                                                                    \
	{                                                                                          \
		.name = field_name, .kind = REPORT_TEXT, .text = value                             \
	}
#define REPORT(event, test, ...)                                                                   \
	report(event, test, (const struct report_field[]){__VA_ARGS__},                            \
	       sizeof((const struct report_field[]){__VA_ARGS__}) / sizeof(struct report_field))

/* echo.c: until the client's half is gone, or standard input ends */
int echo_serve(struct session *session);

int run_pairs(const struct options *options);
int run_defer(const struct options *options);
int run_slow_reader(const struct options *options);
int run_churn(const struct options *options);
int run_unread(const struct options *options);
int run_server_first(const struct options *options);
int run_short(const struct options *options);
int run_half_close(const struct options *options);
int run_reset(const struct options *options);
int run_reconnect(const struct options *options);
int run_fast_open(const struct options *options);
int run_echo_server(const struct options *options);
int run_peek(const struct options *options);
int run_zerocopy(const struct options *options);
int run_ktls(const struct options *options);
int run_splice(const struct options *options);
int run_edge(const struct options *options);
int run_tasks(const struct options *options);
int run_load(const struct options *options);
int run_integrity(const struct options *options);

#endif
