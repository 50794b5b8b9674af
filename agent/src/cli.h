/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SMA_CLI_H
#define SMA_CLI_H

/* Runs one command; returns the exit code (agent/README.md lists them). */
int sma_cli(int argc, char **argv);

#endif
