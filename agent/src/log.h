/* SPDX-License-Identifier: Apache-2.0 */
/* What libbpf says while it works: captured, so that an error can carry it whole. */
#ifndef SMA_LOG_H
#define SMA_LOG_H

/* Routes libbpf's messages here; those outside begin/take are dropped if only informative, else to
 * stderr. */
void sma_log_install(void);

/* `with_success`: also logs of programs that the verifier accepted. */
void sma_log_begin(int with_success);

/* What was said since begin, malloc()ed, never NULL unless memory ran out. Ends the capture. */
char *sma_log_take(void);

/* The verifier's log within what libbpf said, malloc()ed; NULL: none there. */
char *sma_log_verifier(const char *said);

/* Name of the program that libbpf says was refused, malloc()ed; NULL: none. */
char *sma_log_rejected(const char *said);

/* The last line that tells what was wrong, one sentence, malloc()ed. */
char *sma_log_complaint(const char *log);

#endif
