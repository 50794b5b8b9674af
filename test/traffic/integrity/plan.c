// SPDX-License-Identifier: Apache-2.0
/* What a run does, from its seed alone. */
#include <stdio.h>
#include <string.h>
#include "../random.h"
#include "integrity.h"

/* Calls that a direction may take: bounds the time of a run, not its size. */
#define CALLS 1500

/* Any order of magnitude is as likely as any other. */
static uint32_t draw_magnitude(uint64_t *random, unsigned int bits)
{
	return 1 + (uint32_t)random_below(random, 1U << random_below(random, bits + 1));
}

static uint32_t at_least(uint32_t value, uint32_t least)
{
	return value < least ? least : value;
}

static uint32_t at_most(uint32_t value, uint32_t most)
{
	return value > most ? most : value;
}

static enum sharing draw_sharing(uint64_t *random)
{
	return random_one_in(random, 4) ? (enum sharing)(1 + random_below(random, SHARINGS - 1))
					: BY_THREAD;
}

static enum waiting draw_waiting(uint64_t *random, bool nonblocking)
{
	return nonblocking ? (enum waiting)(1 + random_below(random, WAITINGS - 1)) : BY_BLOCKING;
}

static void draw_writing(uint64_t *random, struct writing *writing, uint32_t size, bool nonblocking)
{
	writing->way = (enum write_way)random_below(random, WRITE_WAYS);
	writing->waiting = draw_waiting(random, nonblocking);
	writing->sharing = draw_sharing(random);
	writing->message = at_least(draw_magnitude(random, 18), 16 + 2 * size / CALLS);
	writing->slow = random_one_in(random, 3) ? 2 + (uint32_t)random_below(random, 50) : 0;
}

static void draw_reading(uint64_t *random, struct reading *reading, uint32_t size, bool may_splice,
			 bool nonblocking)
{
	reading->way = (enum read_way)random_below(random, READ_WAYS);
	if (nonblocking && (reading->way == BY_WAITALL || reading->way == BY_RCVTIMEO))
		reading->way = BY_RECV;
	if (reading->way == BY_SPLICE && !may_splice)
		reading->way = BY_RECV;
	reading->waiting = draw_waiting(random, nonblocking);
	reading->sharing = draw_sharing(random);
	reading->largest = at_least(draw_magnitude(random, 18), 2 * size / CALLS);
	reading->slow = random_one_in(random, 3) ? 2 + (uint32_t)random_below(random, 50) : 0;
	reading->late = random_one_in(random, 4) ? (uint32_t)random_below(random, 30000) : 0;
}

static unsigned char byte_at(uint64_t stream, uint64_t position)
{
	unsigned char byte;

	pattern_fill(stream, position, &byte, 1);
	return byte;
}

/* A byte unlike its successor, so that a reader can tell whether it is in the stream. */
static void draw_urgent(uint64_t *random, struct direction *direction, bool may)
{
	int64_t position;

	direction->urgent = -1;
	direction->urgent_inline = random_one_in(random, 2);
	if (!may || direction->size < 16 || !random_one_in(random, 8))
		return;
	position = (int64_t)random_below(random, direction->size - 8);
	while (position + 2 < direction->size &&
	       byte_at(direction->stream, (uint64_t)position) ==
		   byte_at(direction->stream, (uint64_t)position + 1))
		position++;
	direction->urgent = position;
	/* A mark ends a read early on plain TCP: the plainest ways only. */
	direction->writing.way = BY_SEND;
	direction->reading.way = BY_RECV;
	direction->reading.sharing = BY_THREAD;
}

static void draw_direction(uint64_t *random, struct plan *plan, enum side side, uint32_t largest)
{
	struct direction *direction = &plan->from[side];

	direction->stream = 2 * plan->seed + side;
	direction->size =
	    random_one_in(random, 128) ? INTEGRITY_LARGEST : draw_magnitude(random, 22);
	direction->size = at_most(direction->size, largest);
	draw_writing(random, &direction->writing, direction->size, plan->nonblocking[side]);
	draw_reading(random, &direction->reading, direction->size,
		     plan->may_splice && side == CLIENT, plan->nonblocking[!side]);
	/* What was urgent when its connection is reset is anybody's guess. */
	draw_urgent(random, direction,
		    plan->ending <= END_RESET_IDLE &&
			!(side == CLIENT && plan->opening == OPEN_FAST));
}

/* Endings with unread bytes want them to fit into a receive buffer, whatever their messages cost
 * there. */
static uint32_t largest_for(const struct plan *plan)
{
	switch (plan->ending) {
	case END_RESET_QUEUED:
	case END_CLOSE_UNREAD:
		return 32 << 10;
	default:
		return INTEGRITY_LARGEST;
	}
}

static void draw_buffers(uint64_t *random, struct plan *plan, uint32_t *largest)
{
	int side;

	for (side = 0; side < SIDES; side++) {
		plan->send_buffer[side] =
		    random_one_in(random, 6) ? 4096 + (uint32_t)random_below(random, 65536) : 0;
		plan->receive_buffer[side] = 0;
		if (plan->ending == END_RESET_QUEUED || plan->ending == END_CLOSE_UNREAD ||
		    !random_one_in(random, 8))
			continue;
		/* A window below one segment of loopback moves a few of them a second at most. */
		plan->receive_buffer[side] = 65536 + (uint32_t)random_below(random, 65536);
		*largest = at_most(*largest, 256 << 10);
	}
}

static enum ending draw_ending(uint64_t *random)
{
	return random_one_in(random, 2) ? END_SHUTDOWN : (enum ending)random_below(random, ENDINGS);
}

void plan_draw(struct plan *plan, uint64_t seed, bool may_splice)
{
	uint64_t random = seed;
	uint32_t largest;
	int side;

	memset(plan, 0, sizeof(*plan));
	plan->seed = seed;
	plan->may_splice = may_splice;
	plan->family = (enum family)random_below(&random, FAMILY_MAPPED6 + 1);
	plan->opening = random_one_in(&random, 3)
			    ? (enum opening)(1 + random_below(&random, OPENINGS - 1))
			    : OPEN_PLAIN;
	plan->ending = draw_ending(&random);
	plan->ender = (enum side)random_below(&random, SIDES);
	largest = largest_for(plan);
	draw_buffers(&random, plan, &largest);
	for (side = 0; side < SIDES; side++) {
		plan->nonblocking[side] = random_one_in(&random, 2);
		plan->nodelay[side] = random_one_in(&random, 2);
	}
	for (side = 0; side < SIDES; side++)
		draw_direction(&random, plan, (enum side)side, largest);
	/* A deferred listener hears of no client that says nothing. */
	if (plan->ending == END_RESET_MIDDLE && plan->ender == CLIENT &&
	    plan->opening == OPEN_DEFERRED)
		plan->opening = OPEN_PLAIN;
	plan->stop_sending = (uint32_t)random_below(&random, plan->from[plan->ender].size);
	plan->stop_reading = (uint32_t)random_below(&random, plan->from[!plan->ender].size);
}

static const char *const family_names[] = {"IPv4", "IPv6", "v4 to ::", "v4-mapped"};
static const char *const opening_names[] = {"", ", deferred accept", ", fast open"};
static const char *const ending_names[] = {"shutdown",
					   "close",
					   "reset when idle",
					   "reset when queued",
					   "reset in the middle",
					   "close with bytes unread"};
static const char *const write_names[] = {"send",     "write",	  "writev",  "sendmsg",
					  "sendfile", "MSG_MORE", "TCP_CORK"};
static const char *const read_names[] = {"recv",	"read",	       "readv",
					 "recvmsg",	"MSG_PEEK",    "MSG_WAITALL",
					 "SO_RCVLOWAT", "SO_RCVTIMEO", "splice"};
static const char *const waiting_names[] = {"", " poll", " epoll", " epoll edge"};
static const char *const sharing_names[] = {"", " child", " handed over"};

static int describe_direction(const struct direction *direction, const char *name, char *text,
			      size_t size)
{
	const struct writing *writing = &direction->writing;
	const struct reading *reading = &direction->reading;

	return snprintf(
	    text, size, "; %s %u bytes%s by %s%s%s <= %u%s to %s%s%s <= %u%s%s", name,
	    direction->size, direction->urgent >= 0 ? " one urgent" : "", write_names[writing->way],
	    waiting_names[writing->waiting], sharing_names[writing->sharing], writing->message,
	    writing->slow ? " slowly" : "", read_names[reading->way],
	    waiting_names[reading->waiting], sharing_names[reading->sharing], reading->largest,
	    reading->slow ? " slowly" : "", reading->late ? " late" : "");
}

void plan_describe(const struct plan *plan, char *text, size_t size)
{
	size_t used = (size_t)snprintf(text, size, "%s%s, %s by %s", family_names[plan->family],
				       opening_names[plan->opening], ending_names[plan->ending],
				       plan->ender == CLIENT ? "client" : "server");

	used += (size_t)describe_direction(&plan->from[CLIENT], "client", text + used, size - used);
	describe_direction(&plan->from[SERVER], "server", text + used, size - used);
}
