// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "traffic.h"

int broken(struct session *session, const char *format, ...)
{
	va_list arguments;

	if (session->shared->error[0])
		return 1;
	va_start(arguments, format);
	vsnprintf(session->shared->error, sizeof(session->shared->error), format, arguments);
	va_end(arguments);
	return 1;
}

static int join_cgroup(const char *cgroup, char *error, size_t size)
{
	char path[4096];
	int fd;

	snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "0\n", 2) != 2) {
		snprintf(error, size, "cannot join the cgroup %s: %s", cgroup, strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	close(fd);
	return 0;
}

/*
 * The ids that sockets get, as their files have them. The real ones stay, so that this half may
 * still signal the other one.
 */
static void become(const struct place *place)
{
	if (place->gid)
		setfsgid(place->gid);
	if (place->uid)
		setfsuid(place->uid);
}

/* A namespace first: entering one does not change the cgroup, and both need rights. */
int enter_place(const struct place *place, char *error, size_t size)
{
	if (place->netns) {
		int fd = open(place->netns, O_RDONLY | O_CLOEXEC);

		if (fd < 0 || setns(fd, CLONE_NEWNET)) {
			snprintf(error, size, "cannot enter the network namespace %s: %s",
				 place->netns, strerror(errno));
			if (fd >= 0)
				close(fd);
			return -1;
		}
		close(fd);
	}
	if (place->cgroup && join_cgroup(place->cgroup, error, size))
		return -1;
	become(place);
	return 0;
}

void session_wake(int fd)
{
	while (write(fd, "!", 1) < 0 && errno == EINTR)
		;
}

bool session_wait(int fd, double seconds)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
	char byte;

	return poll(&poll_fd, 1, (int)(seconds * 1000)) == 1 && read(fd, &byte, 1) == 1;
}

/* For a server that serves until its client is gone. */
bool session_over(const struct session *session)
{
	struct pollfd poll_fd = {.fd = session->server_woken, .events = POLLIN};

	return poll(&poll_fd, 1, 0) == 1;
}

static int serve(struct session *session, half *server)
{
	if (enter_place(&session->options->server, session->shared->error,
			sizeof(session->shared->error)))
		return 1;
	/* Other ids make the kernel forget it (commit_creds()). */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	session->listener = open_listener(session->options, &session->shared->port);
	if (session->listener < 0)
		return broken(session, "cannot listen on %s: %s",
			      session->options->listen ? session->options->listen : "loopback",
			      strerror(errno));
	session_wake(session->wake_client);
	return server(session);
}

static int reap(pid_t pid, double seconds)
{
	double deadline = now() + seconds;
	int status;

	while (waitpid(pid, &status, WNOHANG) == 0) {
		if (now() > deadline) {
			kill(pid, SIGKILL);
			waitpid(pid, &status, 0);
			return 1;
		}
		pause_for(0.002);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static int open_session(const struct options *options, struct session *session)
{
	int to_server[2], to_client[2];

	*session = (struct session){.options = options, .listener = -1};
	session->shared = mmap(NULL, sizeof(*session->shared), PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (session->shared == MAP_FAILED || pipe2(to_server, O_CLOEXEC) ||
	    pipe2(to_client, O_CLOEXEC)) {
		perror("traffic");
		return -1;
	}
	session->server_woken = to_server[0];
	session->wake_server = to_server[1];
	session->client_woken = to_client[0];
	session->wake_client = to_client[1];
	return 0;
}

static void print_broken(const struct session *session, const char *fallback)
{
	REPORT("broken", "traffic",
	       TEXT("error", session->shared->error[0] ? session->shared->error : fallback));
}

int run_halves(const struct options *options, half *server, half *client)
{
	struct session session;
	int failed;
	pid_t pid;

	if (open_session(options, &session))
		return 1;
	pid = fork();
	if (pid < 0) {
		perror("traffic: fork");
		return 1;
	}
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(session.wake_server);
		close(session.client_woken);
		_exit(serve(&session, server));
	}
	close(session.server_woken);
	close(session.wake_client);
	failed =
	    enter_place(&options->client, session.shared->error, sizeof(session.shared->error));
	if (!failed && !session_wait(session.client_woken, options->timeout))
		failed = broken(&session, "the server's half did not start");
	if (!failed)
		failed = client(&session);
	close(session.wake_server);
	failed |= reap(pid, failed ? 0.2 : options->timeout);
	if (failed)
		print_broken(&session, "the server's half did not end");
	return failed ? 1 : 0;
}

int run_server_here(const struct options *options, half *server)
{
	struct session session;
	int failed;

	if (open_session(options, &session))
		return 1;
	failed = serve(&session, server);
	if (failed)
		print_broken(&session, "the server failed");
	return failed;
}
