/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MEASURE_H
#define MEASURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct options {
	const char *mode, *cgroup, *against, *server_netns, *connect;
	int client_cpu, server_cpu; /* -1: any */
	bool unix_socket, server_outside;
	size_t size;
	double seconds;
};

struct shared {
	uint16_t port;
	volatile uint64_t received;
	/* In turns: the connection whose turn is next, when all of `sent` is received. */
	volatile unsigned int turn;
	volatile uint64_t sent;
};

/* place.c */
void die(const char *what) __attribute__((noreturn));
double now(void);
void join(const char *cgroup);
void enter(const char *netns);
void stay_on(int cpu);
/* Until the process ends: the file stays open. */
void stay_awake(const char *file);

/* sockets.c: they die when something fails, but for a peer that is gone. */
int open_listener(const struct options *options, struct shared *shared);
int open_connection(const struct options *options, const struct shared *shared);
void no_delay(const struct options *options, int fd);
bool send_all(int fd, const char *data, size_t size);
bool receive_all(int fd, char *data, size_t size);

/* alone.c */
void serve(const struct options *options, struct shared *shared, int listener)
    __attribute__((noreturn));
void round_trips(const struct options *options, const struct shared *shared, bool reconnect);
void stream(const struct options *options, struct shared *shared);

/* turns.c */
void serve_in_turns(const struct options *options, struct shared *shared, int listener)
    __attribute__((noreturn));
void take_turns(const struct options *options, struct shared *shared);

#endif
