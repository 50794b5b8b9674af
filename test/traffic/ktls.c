// SPDX-License-Identifier: Apache-2.0
/*
 * A server that has its kernel decrypt what it receives, from the end of the handshake on, as nginx
 * with OpenSSL does (SSL_OP_ENABLE_KTLS). The client encrypts in user space, and sends its first
 * record right after the handshake. A server whose kernel refuses decrypts in user space, too. It
 * also sets an option of more bytes than a program would be shown.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include "traffic.h"
/* Wants integer types. */
#include <linux/tls.h>

#ifndef SOL_TLS
#define SOL_TLS 282
#endif

/* Messages each way that set up the connection. */
#define HANDSHAKE 3

static const char plain_text[16] = {"sixteen bytes..."};

/* What becomes of that as the first record of TLS 1.2 with AES-128-GCM, where all of the key is 0.
 */
static const unsigned char record[] = {
    0x17, 0x03, 0x03, 0x00, 0x28, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x70, 0xe1,
    0xa2, 0xba, 0x05, 0xd3, 0xcd, 0xb2, 0x91, 0x51, 0xb6, 0xdc, 0x02, 0x9c, 0xd0, 0x56, 0xc2,
    0x23, 0x4c, 0xb1, 0x66, 0xd9, 0x12, 0x31, 0x1f, 0x99, 0x5e, 0xc8, 0x55, 0xc4, 0x0b, 0x93,
};

/* 0, or an errno. */
static int shake_hands(const struct session *session, int fd, unsigned int index, bool client)
{
	size_t message = session->options->message;
	uint64_t at, sent = 2 * index + client, received = 2 * index + !client;
	int error = 0;

	for (at = 0; !error && at < HANDSHAKE * message; at += message) {
		if (!client)
			error = receive_pattern(fd, received, at, message, 0);
		if (!error && !send_pattern(fd, sent, at, message, message))
			error = errno;
		if (!error && client)
			error = receive_pattern(fd, received, at, message, 0);
	}
	return error;
}

static bool switch_on(struct session *session, int fd)
{
	struct tls12_crypto_info_aes_gcm_128 key = {
	    .info = {.version = TLS_1_2_VERSION, .cipher_type = TLS_CIPHER_AES_GCM_128}};

	if (setsockopt(fd, IPPROTO_TCP, TCP_ULP, "tls", sizeof("tls"))) {
		session->shared->wrong = (uint64_t)errno;
		return false;
	}
	return setsockopt(fd, SOL_TLS, TLS_RX, &key, sizeof(key)) == 0;
}

static int serve_one(struct session *session, int fd, unsigned int index)
{
	int error = shake_hands(session, fd, index, false);
	static const char large[3 * 4096];
	const void *expected = record;
	char received[sizeof(record)];
	size_t size = sizeof(record);
	ssize_t got;

	if (error)
		return broken(session, "connection %u: handshake: %s", index, strerror(error));
	if (setsockopt(fd, SOL_SOCKET, SO_PRIORITY, large, sizeof(large)))
		return broken(session, "an option larger than a page: %s", strerror(errno));
	/* The client is quicker. */
	pause_for(session->options->gap);
	if (switch_on(session, fd)) {
		session->shared->right++;
		expected = plain_text;
		size = sizeof(plain_text);
	}
	got = receive_all(fd, received, size, 0);
	if (got != (ssize_t)size || memcmp(received, expected, size) != 0)
		return broken(session, "connection %u: %s", index,
			      got < 0 ? strerror(errno) : "the record is not decrypted");
	send_pattern(fd, index, 0, 1, 1);
	return 0;
}

static int ktls_server(struct session *session)
{
	return use_each(session, accept_met_connection, serve_one);
}

static int ask_one(struct session *session, int fd, unsigned int index)
{
	int error = shake_hands(session, fd, index, true);
	char byte;

	if (error || !send_all(fd, record, sizeof(record)) || receive_all(fd, &byte, 1, 0) != 1)
		return broken(session, "connection %u: %s", index, strerror(error ? error : errno));
	return 0;
}

static int ktls_client(struct session *session)
{
	if (use_each(session, open_met_connection, ask_one))
		return 1;
	REPORT("result", "ktls", NUMBER("on", session->shared->right),
	       NUMBER("error", session->shared->wrong));
	return 0;
}

int run_ktls(const struct options *options)
{
	return run_halves(options, ktls_server, ktls_client);
}
