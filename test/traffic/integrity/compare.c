// SPDX-License-Identifier: Apache-2.0
/*
 * What must be equal on plain TCP and inside the attached cgroup: every byte and its
 * place, ends of file, and the errors that both ends see.
 *
 * The allowances are what any sockmap changes (media/guide/applications.md), each counted, none
 * granted to plain TCP:
 *
 *   early_eagain    a blocking recv() woken without data returns EAGAIN
 *   short_waitall   MSG_WAITALL returns what was redirected so far
 *   short_lowat     so does a recv() with SO_RCVLOWAT
 *   urgent_inline   a byte sent with MSG_OOB stays in the stream
 *   quiet_close     close() with redirected bytes unread says FIN, where TCP resets
 *   silent_reset    a send() that a reset meets in its middle returns what it had moved, and the
 *                   error is gone (tcp_bpf_sendmsg() takes it before it knows)
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "integrity.h"

static const char *end_name(int end)
{
	return end == END_OF_FILE ? "end of file" : end ? strerror(end) : "nothing";
}

static int describe(const struct outcome *outcome, const char *mode, char *text, size_t size)
{
	int used =
	    snprintf(text, size, "; %s: sent %u, %s, received %u, then %s, a send after it: %s",
		     mode, outcome->sent, end_name(outcome->write_error), outcome->received,
		     end_name(outcome->read_end), end_name(outcome->send_after));

	if (outcome->early_eagain || outcome->short_waitall || outcome->short_lowat)
		used +=
		    snprintf(text + used, size - (size_t)used,
			     ", %u early EAGAIN, %u short MSG_WAITALL, %u short SO_RCVLOWAT",
			     outcome->early_eagain, outcome->short_waitall, outcome->short_lowat);
	if (outcome->wrong_at >= 0)
		used += snprintf(text + used, size - (size_t)used, ", byte %lld is wrong",
				 (long long)outcome->wrong_at);
	if (outcome->stalled[0])
		used +=
		    snprintf(text + used, size - (size_t)used, ", stalled: %s", outcome->stalled);
	return used;
}

/* The error of a reset goes to whichever call comes first; later ones see the closed socket. */
static bool saw_reset(const struct outcome *outcome)
{
	bool read_ok = outcome->read_end == ECONNRESET || outcome->read_end == END_OF_FILE;
	bool write_ok = outcome->write_error == 0 || outcome->write_error == ECONNRESET ||
			outcome->write_error == EPIPE;

	return read_ok && write_ok &&
	       (outcome->read_end == ECONNRESET || outcome->write_error == ECONNRESET);
}

static bool saw_its_end_only(const struct outcome *outcome)
{
	return outcome->read_end == END_OF_FILE && outcome->write_error == EPIPE;
}

/*
 * With sendfile() nobody may see the error: one that met it in the middle returns what it had
 * moved. So does a send() in a sockmap.
 */
static bool same_reset(enum write_way way, const struct outcome *plain,
		       const struct outcome *redirected, struct tally *tally)
{
	bool sendfile = way == BY_SENDFILE;

	if (!saw_reset(plain) && !(sendfile && saw_its_end_only(plain)))
		return false;
	if (saw_reset(redirected) || (sendfile && saw_its_end_only(redirected)))
		return true;
	tally->silent_reset++;
	return redirected->cut && saw_its_end_only(redirected);
}

/* Nothing lost on the way and no wait in vain: holds in both modes. */
static bool sound(const struct outcome *outcome)
{
	return outcome->wrong_at < 0 && !outcome->stalled[0];
}

static bool took_no_allowance(const struct outcome *plain, bool urgent_inline)
{
	return !plain->early_eagain && !plain->short_waitall && !plain->short_lowat &&
	       (urgent_inline || !plain->urgent_inline);
}

static bool same_bytes(const struct outcome *plain, const struct outcome *redirected)
{
	uint32_t more = redirected->urgent_inline && !plain->urgent_inline;

	return redirected->sent == plain->sent && redirected->received == plain->received + more;
}

static bool same(const struct plan *plan, enum side side, const struct outcome *plain,
		 const struct outcome *redirected, struct tally *tally)
{
	bool other = side != plan->ender;

	if (!sound(plain) || !sound(redirected))
		return false;
	if (other && plan->ending == END_RESET_MIDDLE)
		return same_reset(plan->from[side].writing.way, plain, redirected, tally);
	if (!took_no_allowance(plain, plan->from[!side].urgent_inline) ||
	    !same_bytes(plain, redirected) || plain->write_error != redirected->write_error ||
	    plain->send_after != redirected->send_after)
		return false;
	if (other && plan->ending == END_CLOSE_UNREAD && plain->read_end == ECONNRESET &&
	    redirected->read_end == END_OF_FILE) {
		tally->quiet_close++;
		return true;
	}
	return plain->read_end == redirected->read_end;
}

static void add(struct tally *tally, const struct outcome *plain, const struct outcome *redirected)
{
	tally->bytes += redirected->received;
	tally->data_in_syn += redirected->data_in_syn;
	tally->early_eagain += redirected->early_eagain;
	tally->short_waitall += redirected->short_waitall;
	tally->short_lowat += redirected->short_lowat;
	tally->urgent_inline += redirected->urgent_inline && !plain->urgent_inline;
}

bool compare_outcomes(const struct plan *plan, const struct outcome plain[SIDES],
		      const struct outcome redirected[SIDES], struct tally *tally, char *text,
		      size_t size)
{
	bool equal = true;
	int side, used = 0;

	text[0] = 0;
	for (side = 0; side < SIDES; side++) {
		add(tally, &plain[side], &redirected[side]);
		if (same(plan, (enum side)side, &plain[side], &redirected[side], tally))
			continue;
		equal = false;
		used += snprintf(text + used, size - (size_t)used, "%s%s", used ? "; " : "",
				 side == CLIENT ? "client" : "server");
		used += describe(&plain[side], "plain", text + used, size - (size_t)used);
		used += describe(&redirected[side], "redirected", text + used, size - (size_t)used);
	}
	return equal;
}
