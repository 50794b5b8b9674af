/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attachments as they lie in bpffs: `BPFFS/sockmap/NAME/` with the pins
 * prog_*, map_*, shared_* (a map that somebody else had pinned), link_* and meta.
 * bpffs refuses dots in names, so a dot in NAME is written %2e; a folder that
 * starts with % is being made or taken away and belongs to whoever holds the lock,
 * hence to nobody when the lock is free.
 */
#ifndef SMA_PINS_H
#define SMA_PINS_H

#include <limits.h>
#include <linux/bpf.h>
#include <stdint.h>

#include "context.h"

#define SMA_META_SIZE 4096
#define SMA_META_PIN  "meta"
#define SMA_MAP_PIN   "map_"
/*
 * Its sockets are not ours to delete. The pin itself says so: what a killed agent left may be
 * without its description.
 */
#define SMA_SHARED_PIN "shared_"

enum sma_pin_type { SMA_PIN_PROG, SMA_PIN_MAP, SMA_PIN_LINK };

struct sma_pin {
	enum sma_pin_type type;
	char file[NAME_MAX + 1]; /* its name in the folder */
	char name[NAME_MAX + 1]; /* of the program or map, whole where the pin has it */
	int fd;
	uint32_t id;
	uint32_t bpf_type; /* enum bpf_prog_type, bpf_map_type, bpf_link_type */
	uint32_t key_size, value_size, max_entries;
	bool shared;	    /* SMA_SHARED_PIN */
	uint32_t prog_id;   /* of a link */
	uint64_t cgroup_id; /* of a cgroup link; 0: detached, or the cgroup is gone */
};

struct sma_attachment {
	char name[33];
	char *path;
	struct sma_pin *pins;
	size_t count;
	bool has_folder;  /* among the pins, which no agent made */
	uint32_t meta_id; /* of the map that holds the description; 0: none */
	json_t *meta;	  /* as found, an object; NULL: missing or unreadable. Not to be trusted. */
};

/* BPFFS/sockmap, made when missing. malloc()ed. */
char *sma_pins_root(struct sma_context *context, struct sma_error *error);

/* Takes the lock of a folder; waits (until cancelled) or fails with SMA_BUSY. Returns an fd to
 * close. */
int sma_pins_lock(struct sma_context *context, const char *folder, bool wait,
		  struct sma_error *error);

/* The same for an attachment, not waiting. To be taken before it is opened: until then, another one
 * may get its name. */
int sma_attachment_lock(struct sma_context *context, const char *root, const char *name,
			struct sma_error *error);

char *sma_pins_path(const char *root, const char *name);

/* All names, sorted; json array of strings. */
json_t *sma_pins_names(const char *root);

/* Adopts what is pinned there. Fails with SMA_NOT_FOUND. */
int sma_attachment_open(const char *root, const char *name, struct sma_attachment *attachment,
			struct sma_error *error);
/* The same, below the root that `context` has. */
int sma_attachment_find(struct sma_context *context, const char *name,
			struct sma_attachment *attachment, struct sma_error *error);
/* The same for a folder whose name says nothing (see above). */
int sma_folder_open(const char *path, struct sma_attachment *attachment, struct sma_error *error);
void sma_attachment_close(struct sma_attachment *attachment);

const struct sma_pin *sma_find_pin(const struct sma_attachment *attachment, enum sma_pin_type type,
				   const char *name);

/* ABI number when it is our datapath, else 0. */
uint32_t sma_attachment_abi(const struct sma_attachment *attachment);

bool sma_is_sockmap(uint32_t map_type);

/* Unpins all in the folder and removes it. 0 or -errno. */
int sma_folder_remove(const char *path);

/* Takes apart what a killed agent left; call with the root locked. What still drains stays. */
void sma_pins_sweep(struct sma_context *context, const char *root);

#endif
