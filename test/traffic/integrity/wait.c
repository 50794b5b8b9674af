// SPDX-License-Identifier: Apache-2.0
#include <poll.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <unistd.h>
#include "integrity.h"

bool waiter_open(struct waiter *waiter, enum waiting waiting, int fd, short events)
{
	struct epoll_event event = {.events = events == POLLIN ? EPOLLIN | EPOLLRDHUP : EPOLLOUT};

	*waiter = (struct waiter){.waiting = waiting, .events = events, .fd = fd, .epoll = -1};
	if (waiting != BY_EPOLL_LEVEL && waiting != BY_EPOLL_EDGE)
		return true;
	if (waiting == BY_EPOLL_EDGE)
		event.events |= EPOLLET;
	waiter->epoll = epoll_create1(EPOLL_CLOEXEC);
	return waiter->epoll >= 0 && epoll_ctl(waiter->epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

bool waiter_wait(struct waiter *waiter)
{
	int milliseconds = (int)(STALL_SECONDS * 1000);
	struct epoll_event event;

	if (waiter->epoll >= 0)
		return epoll_wait(waiter->epoll, &event, 1, milliseconds) == 1;
	return poll(&(struct pollfd){.fd = waiter->fd, .events = waiter->events}, 1,
		    milliseconds) == 1;
}

void waiter_close(struct waiter *waiter)
{
	if (waiter->epoll >= 0)
		close(waiter->epoll);
	waiter->epoll = -1;
}

void stalled(struct outcome *outcome, const char *what, uint64_t position, uint64_t size)
{
	if (!outcome->stalled[0])
		snprintf(outcome->stalled, sizeof(outcome->stalled), "%s at byte %llu of %llu",
			 what, (unsigned long long)position, (unsigned long long)size);
}
