/* SPDX-License-Identifier: Apache-2.0 */
/* Which programs and maps of an object take part in an attachment, loaded but not attached. */
#ifndef SMA_LOADER_H
#define SMA_LOADER_H

#include "object.h"
#include "options.h"

struct sma_loaded {
	struct bpf_object *object;
	bool ours;	/* our datapath, by its configuration map */
	json_t *shared; /* names of maps that were found pinned and are reused */
};

/* Does a program of that type get attached, and to what? */
bool sma_goes_to_cgroup(enum bpf_prog_type type);
bool sma_goes_to_sockmap(enum bpf_prog_type type);

/* `bpffs`: where maps declared with LIBBPF_PIN_BY_NAME are looked for. Nothing is pinned. */
int sma_load(struct sma_context *context, const struct sma_object *file,
	     const struct sma_options *options, const char *cgroup, const char *bpffs,
	     struct sma_loaded *loaded, struct sma_error *error);
void sma_loaded_close(struct sma_loaded *loaded);

/* The sockmap that a sk_msg or sk_skb program belongs to; NULL with `error`. `wanted`: a map name
 * or NULL. */
struct bpf_map *sma_choose_sockmap(const struct sma_loaded *loaded, struct bpf_program *program,
				   const char *wanted, struct sma_error *error);

/* Fails with SMA_BUSY when another program sits in that slot of the map. */
int sma_check_owner(const struct sma_loaded *loaded, const struct bpf_map *map,
		    enum bpf_attach_type slot, struct sma_error *error);

/* The verifier's refusal that libbpf reported as `said` (taken over), or another failure to load.
 */
int sma_load_failed(const char *object, int result, char *said, struct sma_error *error);

#endif
