// SPDX-License-Identifier: Apache-2.0
#include "slot.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "../../bpf/include/sockmap_abi.h"

static const struct sma_pin *slot_pin(const struct sma_attachment *attachment)
{
	const struct sma_pin *pin = sma_find_pin(attachment, SMA_PIN_MAP, SM_CAPTURE_MAP);

	return pin && pin->bpf_type == BPF_MAP_TYPE_PROG_ARRAY ? pin : NULL;
}

static int open_folder(const struct sma_attachment *attachment)
{
	return open(attachment->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

int sma_slot(const struct sma_attachment *attachment)
{
	const struct sma_pin *pin = slot_pin(attachment);

	return pin ? fcntl(pin->fd, F_DUPFD_CLOEXEC, 0) : -1;
}

__u32 sma_slot_occupant(int slot_fd)
{
	__u32 slot = 0, id = 0;

	return bpf_map_lookup_elem(slot_fd, &slot, &id) ? 0 : id;
}

/* A read lock, since a folder cannot be opened for writing: more than one capture may hold it. */
int sma_slot_hold(const struct sma_attachment *attachment)
{
	struct flock held = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
	int fd = open_folder(attachment), result;

	if (fd < 0)
		return -errno;
	if (fcntl(fd, F_OFD_SETLK, &held) == 0)
		return fd;
	result = -errno;
	close(fd);
	return result;
}

static bool held(const struct sma_attachment *attachment)
{
	struct flock wanted = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	int fd = open_folder(attachment);
	bool free = fd >= 0 && fcntl(fd, F_OFD_GETLK, &wanted) == 0 && wanted.l_type == F_UNLCK;

	if (fd >= 0)
		close(fd);
	return !free;
}

void sma_slot_reap(const struct sma_attachment *attachment)
{
	const struct sma_pin *pin = slot_pin(attachment);
	__u32 slot = 0;

	/* Another object's map of that name is not ours to empty. */
	if (pin && sma_slot_occupant(pin->fd) && sma_attachment_abi(attachment) &&
	    !held(attachment))
		bpf_map_delete_elem(pin->fd, &slot);
}
