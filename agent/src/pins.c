// SPDX-License-Identifier: Apache-2.0
#include "pins.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "caps.h"
#include "mounts.h"
#include "params.h"
#include "slot.h"
#include "stage.h"
#include "text.h"
#include "../../bpf/include/sockmap_abi.h"

#define LOCK_POLL_MS 20

/* Pins are adopted by whoever finds them: nobody else may have put them there. */
static int check_owner(const char *root, struct sma_error *error)
{
	struct stat status;

	if (lstat(root, &status))
		return sma_fail_errno(error, errno, NULL, "The folder %s cannot be read", root);
	if (S_ISDIR(status.st_mode) && (status.st_uid == 0 || status.st_uid == geteuid()))
		return 0;
	return sma_fail(error, SMA_NOT_PERMITTED, "Remove it as root.",
			"%s was made by another user (uid %u), whose pins are not trusted", root,
			status.st_uid);
}

static int make_root(const char *root, struct sma_error *error)
{
	/* Whoever cannot attach would only lock root out, whose agent does not trust the folder. */
	if (access(root, F_OK) && errno == ENOENT && !sma_caps_sufficient())
		return sma_fail(error, SMA_NOT_PERMITTED, SMA_CAPS_ACTION,
				"The folder %s cannot be made: %s is missing", root,
				sma_caps_missing());
	if (mkdir(root, 0700) == 0 || errno == EEXIST)
		return check_owner(root, error);
	if (errno == EACCES)
		return sma_fail(error, SMA_NOT_PERMITTED,
				"Run the agent as root, or let this user run it with sudo -n.",
				"The folder %s cannot be made: CAP_DAC_OVERRIDE (root) is missing",
				root);
	return sma_fail_errno(error, errno, NULL, "The folder %s cannot be made", root);
}

char *sma_pins_root(struct sma_context *context, struct sma_error *error)
{
	char *bpffs = sma_bpffs(context, error), *root;

	if (!bpffs)
		return NULL;
	root = sma_format("%s/sockmap", bpffs);
	free(bpffs);
	if (root && make_root(root, error) == 0)
		return root;
	free(root);
	return NULL;
}

/* Whoever had the lock may have taken the folder away, and somebody made another. */
static bool is_at(int fd, const char *path)
{
	struct stat opened, there;

	return fstat(fd, &opened) == 0 && stat(path, &there) == 0 &&
	       opened.st_dev == there.st_dev && opened.st_ino == there.st_ino;
}

int sma_pins_lock(struct sma_context *context, const char *folder, bool wait,
		  struct sma_error *error)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return sma_fail(error, SMA_NOT_FOUND, NULL, "%s no longer exists", folder);
	if (fd < 0 && errno == EACCES)
		return sma_fail(error, SMA_NOT_PERMITTED,
				"Run the agent as root, or let this user run it with sudo -n.",
				"The folder %s may not be read by this user", folder);
	if (fd < 0)
		return sma_fail_errno(error, errno, NULL, "The folder %s cannot be opened", folder);
	sma_stage("folder-opened");
	while (flock(fd, LOCK_EX | LOCK_NB)) {
		if (errno != EWOULDBLOCK && errno != EINTR) {
			sma_fail_errno(error, errno, NULL, "%s cannot be locked", folder);
			close(fd);
			return -1;
		}
		if (!wait) {
			close(fd);
			return sma_fail(error, SMA_BUSY, "Wait for it, then try again.",
					"Another agent is working on %s", folder);
		}
		if (sma_cancelled(context, error)) {
			close(fd);
			return -1;
		}
		sma_sleep_ms(LOCK_POLL_MS);
	}
	if (is_at(fd, folder))
		return fd;
	close(fd);
	return sma_fail(error, SMA_NOT_FOUND, NULL, "%s no longer exists", folder);
}

char *sma_pins_path(const char *root, const char *name)
{
	struct sma_buffer path = {0};

	sma_buffer_add(&path, root, strlen(root));
	sma_buffer_add(&path, "/", 1);
	for (; *name; name++)
		sma_buffer_add(&path, *name == '.' ? "%2e" : name, *name == '.' ? 3 : 1);
	return path.data;
}

/* The attachment name that a folder stands for; false: none. */
static bool folder_name(const char *folder, char name[33])
{
	size_t length = 0;

	if (folder[0] == '%' || folder[0] == '.')
		return false;
	while (*folder && length < 32) {
		bool dot = strncmp(folder, "%2e", 3) == 0;

		name[length++] = dot ? '.' : *folder;
		folder += dot ? 3 : 1;
	}
	name[length] = 0;
	return *folder == 0 && sma_name_valid(name);
}

static bool is_folder(DIR *directory, const char *name)
{
	struct stat st;

	return fstatat(dirfd(directory), name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISDIR(st.st_mode);
}

static int by_text(const void *left, const void *right)
{
	return strcmp(*(char *const *)left, *(char *const *)right);
}

json_t *sma_pins_names(const char *root)
{
	DIR *directory = opendir(root);
	json_t *names = json_array();
	struct dirent *entry;
	char **found = NULL;
	size_t count = 0;

	while (directory && (entry = readdir(directory))) {
		char name[33];
		char **grown;

		if (!folder_name(entry->d_name, name) || !is_folder(directory, entry->d_name))
			continue;
		grown = realloc(found, (count + 1) * sizeof(*found));
		if (!grown)
			break;
		found = grown;
		found[count++] = strdup(name);
	}
	if (directory)
		closedir(directory);
	if (count)
		qsort(found, count, sizeof(*found), by_text);
	for (size_t i = 0; i < count; i++) {
		json_array_append_new(names, sma_text(found[i]));
		free(found[i]);
	}
	free(found);
	return names;
}

bool sma_is_sockmap(uint32_t map_type)
{
	return map_type == BPF_MAP_TYPE_SOCKMAP || map_type == BPF_MAP_TYPE_SOCKHASH;
}

/* The kernel cuts names to 15 characters; the pin's own name may hold the rest. */
static void set_name(struct sma_pin *pin, const char *prefix, const char *kernel_name)
{
	const char *own = pin->file;

	if (strncmp(own, prefix, strlen(prefix)) == 0)
		own += strlen(prefix);
	if (strlen(kernel_name) == BPF_OBJ_NAME_LEN - 1 || !*kernel_name)
		snprintf(pin->name, sizeof(pin->name), "%s", own);
	else
		snprintf(pin->name, sizeof(pin->name), "%s", kernel_name);
}

static bool describe_prog(struct sma_pin *pin)
{
	struct bpf_prog_info info = {0};
	__u32 length = sizeof(info);

	if (bpf_obj_get_info_by_fd(pin->fd, &info, &length))
		return false;
	pin->type = SMA_PIN_PROG;
	pin->id = info.id;
	pin->bpf_type = info.type;
	set_name(pin, "prog_", info.name);
	return true;
}

static bool describe_map(struct sma_pin *pin)
{
	struct bpf_map_info info = {0};
	__u32 length = sizeof(info);

	if (bpf_obj_get_info_by_fd(pin->fd, &info, &length))
		return false;
	pin->type = SMA_PIN_MAP;
	pin->id = info.id;
	pin->bpf_type = info.type;
	pin->key_size = info.key_size;
	pin->value_size = info.value_size;
	pin->max_entries = info.max_entries;
	pin->shared = strncmp(pin->file, SMA_SHARED_PIN, strlen(SMA_SHARED_PIN)) == 0;
	set_name(pin, pin->shared ? SMA_SHARED_PIN : SMA_MAP_PIN, info.name);
	return true;
}

static bool describe_link(struct sma_pin *pin)
{
	struct bpf_link_info info = {0};
	__u32 length = sizeof(info);

	if (bpf_obj_get_info_by_fd(pin->fd, &info, &length))
		return false;
	pin->type = SMA_PIN_LINK;
	pin->id = info.id;
	pin->bpf_type = info.type;
	pin->prog_id = info.prog_id;
	if (info.type == BPF_LINK_TYPE_CGROUP)
		pin->cgroup_id = info.cgroup.cgroup_id;
	set_name(pin, "link_", "");
	return true;
}

static bool describe(struct sma_pin *pin)
{
	char link[64], kind[64];
	ssize_t length;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", pin->fd);
	length = readlink(link, kind, sizeof(kind) - 1);
	kind[length > 0 ? length : 0] = 0;
	if (strstr(kind, "bpf-prog"))
		return describe_prog(pin);
	if (strstr(kind, "bpf-map"))
		return describe_map(pin);
	/* bpf_link, since 6.12 bpf-link */
	return strstr(kind, "link") && describe_link(pin);
}

/* Whatever it says was written by somebody else: parsed, and every use checks its type. */
static json_t *read_meta(const struct sma_pin *pin)
{
	char text[SMA_META_SIZE];
	__u32 key = 0;
	json_t *meta;

	if (pin->bpf_type != BPF_MAP_TYPE_ARRAY || pin->value_size != sizeof(text) ||
	    pin->key_size != sizeof(key) || bpf_map_lookup_elem(pin->fd, &key, text))
		return NULL;
	meta = json_loadb(text, strnlen(text, sizeof(text)), 0, NULL);
	if (json_is_object(meta))
		return meta;
	json_decref(meta);
	return NULL;
}

static int add_pin(struct sma_attachment *attachment, const char *file, struct sma_error *error)
{
	struct sma_pin pin = {0}, *grown;
	int result = 0;
	char *path;

	snprintf(pin.file, sizeof(pin.file), "%s", file);
	path = sma_format("%s/%s", attachment->path, file);
	if (!path)
		return sma_fail_memory(error);
	pin.fd = bpf_obj_get(path);
	/* ENOENT: gone since the folder was listed. */
	if (pin.fd < 0 && errno != ENOENT)
		result = sma_fail_errno(error, errno, NULL, "The pin %s cannot be opened", path);
	free(path);
	if (pin.fd < 0)
		return result;
	if (!describe(&pin)) {
		close(pin.fd);
		return 0;
	}
	if (pin.type == SMA_PIN_MAP && strcmp(file, SMA_META_PIN) == 0) {
		json_decref(attachment->meta);
		attachment->meta = read_meta(&pin);
		attachment->meta_id = pin.id;
		close(pin.fd);
		return 0;
	}
	grown = realloc(attachment->pins, (attachment->count + 1) * sizeof(pin));
	if (!grown) {
		close(pin.fd);
		return sma_fail_memory(error);
	}
	attachment->pins = grown;
	attachment->pins[attachment->count++] = pin;
	return 0;
}

static int by_file(const void *left, const void *right)
{
	return strcmp(((const struct sma_pin *)left)->file, ((const struct sma_pin *)right)->file);
}

int sma_folder_open(const char *path, struct sma_attachment *attachment, struct sma_error *error)
{
	DIR *directory = opendir(path);
	struct dirent *entry;
	int result = 0;

	memset(attachment, 0, sizeof(*attachment));
	if (!directory && errno == ENOENT)
		return sma_fail(error, SMA_NOT_FOUND, NULL, "%s is not there", path);
	if (!directory)
		return sma_fail_errno(error, errno, NULL, "%s cannot be read", path);
	attachment->path = strdup(path);
	while (result == 0 && (entry = readdir(directory))) {
		if (entry->d_name[0] == '.')
			continue;
		if (is_folder(directory, entry->d_name))
			attachment->has_folder = true;
		else
			result = add_pin(attachment, entry->d_name, error);
	}
	closedir(directory);
	if (result) {
		sma_attachment_close(attachment);
		return -1;
	}
	if (attachment->count)
		qsort(attachment->pins, attachment->count, sizeof(*attachment->pins), by_file);
	return 0;
}

static int fail_not_attached(const char *root, const char *name, struct sma_error *error)
{
	sma_fail(error, SMA_NOT_FOUND, "List them with `sockmap-agent status`.",
		 "There is no attachment named %s", name);
	error->choices = sma_pins_names(root);
	return -1;
}

int sma_attachment_lock(struct sma_context *context, const char *root, const char *name,
			struct sma_error *error)
{
	char *path = sma_pins_path(root, name);
	int lock = path ? sma_pins_lock(context, path, false, error) : sma_fail_memory(error);

	free(path);
	if (lock < 0 && error->kind == SMA_NOT_FOUND)
		fail_not_attached(root, name, error);
	return lock;
}

int sma_attachment_open(const char *root, const char *name, struct sma_attachment *attachment,
			struct sma_error *error)
{
	char *path = sma_pins_path(root, name);
	struct stat st;
	int result = -1;

	memset(attachment, 0, sizeof(*attachment));
	if (!path)
		return sma_fail_memory(error);
	if (stat(path, &st) ? errno == ENOENT : !S_ISDIR(st.st_mode))
		fail_not_attached(root, name, error);
	else
		result = sma_folder_open(path, attachment, error);
	free(path);
	if (result == 0) {
		snprintf(attachment->name, sizeof(attachment->name), "%s", name);
		sma_slot_reap(attachment);
	}
	return result;
}

int sma_attachment_find(struct sma_context *context, const char *name,
			struct sma_attachment *attachment, struct sma_error *error)
{
	char *root = sma_pins_root(context, error);
	int result = root ? sma_attachment_open(root, name, attachment, error) : -1;

	free(root);
	return result;
}

void sma_attachment_close(struct sma_attachment *attachment)
{
	for (size_t i = 0; i < attachment->count; i++)
		close(attachment->pins[i].fd);
	free(attachment->pins);
	free(attachment->path);
	json_decref(attachment->meta);
	memset(attachment, 0, sizeof(*attachment));
}

const struct sma_pin *sma_find_pin(const struct sma_attachment *attachment, enum sma_pin_type type,
				   const char *name)
{
	for (size_t i = 0; name && i < attachment->count; i++) {
		const struct sma_pin *pin = &attachment->pins[i];

		if (pin->type == type && strcmp(pin->name, name) == 0)
			return pin;
	}
	return NULL;
}

uint32_t sma_attachment_abi(const struct sma_attachment *attachment)
{
	const struct sma_pin *pin = sma_find_pin(attachment, SMA_PIN_MAP, SM_CONFIG_MAP);
	struct sm_config config;
	__u32 key = 0;

	if (!pin || pin->bpf_type != BPF_MAP_TYPE_ARRAY || pin->value_size != sizeof(config) ||
	    bpf_map_lookup_elem(pin->fd, &key, &config))
		return 0;
	return config.abi == SM_ABI ? config.abi : 0;
}

int sma_folder_remove(const char *path)
{
	DIR *directory = opendir(path);
	struct dirent *entry;
	int result = 0;

	if (!directory)
		return errno == ENOENT ? 0 : -errno;
	while ((entry = readdir(directory))) {
		if (entry->d_name[0] == '.')
			continue;
		if (unlinkat(dirfd(directory), entry->d_name, 0))
			result = -errno;
		sma_stage("unpinning");
	}
	closedir(directory);
	return rmdir(path) && errno != ENOENT ? -errno : result;
}
