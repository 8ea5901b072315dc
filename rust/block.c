// SPDX-License-Identifier: GPL-2.0
/*
 * Block layer functions for a disk that ends at its last close. In a file of its own,
 * like worker.c: the helpers may be inlined, and these may not.
 */

#include <linux/blk-mq.h>
#include <linux/blkdev.h>
#include <linux/highmem.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "internal.h"

/*
 * The private data of a disk until it is hidden, which may be long before the last
 * close. Protected by the disk's open_mutex, under which the block layer opens and
 * releases.
 */
struct devscope_disk {
	/* the task that opens it first, then NULL */
	const struct task_struct *creator;
	/* Queued at the last close; NULL if there is no close to wait for. */
	struct work_struct *last_close;
	struct workqueue_struct *queue;
};

/* devscope_disk_hide() undoes this. */
int devscope_disk_prepare(struct gendisk *disk)
{
	struct devscope_disk *ours = kzalloc_obj(*ours);

	if (!ours)
		return -ENOMEM;
	ours->creator = current;
	disk->private_data = ours;
	/* Programs may create partitions. */
	set_bit(GD_SUPPRESS_PART_SCAN, &disk->state);
	return 0;
}

/* Only the creator may open a disk before it is shown, and no task when it ends. */
int devscope_disk_open(struct gendisk *disk, unsigned int mode)
{
	struct devscope_disk *ours = disk->private_data;

	lockdep_assert_held(&disk->open_mutex);
	if (ours && (ours->last_close || ours->creator == current))
		return 0;
	return -ENXIO;
}

void devscope_disk_release(struct gendisk *disk)
{
	struct devscope_disk *ours = disk->private_data;

	lockdep_assert_held(&disk->open_mutex);
	if (!ours || !ours->last_close || disk_openers(disk))
		return;
	queue_work(ours->queue, ours->last_close);
	ours->last_close = NULL;
}

/*
 * Allows other tasks to open the disk, after the creator has. `work` is queued at the
 * last close, and then belongs to the worker. Programs could not open the disk when
 * its uevent was sent, so this sends another one.
 */
void devscope_disk_show(struct gendisk *disk, struct workqueue_struct *queue,
			struct work_struct *work)
{
	struct devscope_disk *ours = disk->private_data;

	mutex_lock(&disk->open_mutex);
	ours->creator = NULL;
	ours->queue = queue;
	ours->last_close = work;
	mutex_unlock(&disk->open_mutex);
	disk_uevent(disk, KOBJ_CHANGE);
}

/*
 * Refuses further opens. Returns whether the work still belongs to the caller. A
 * second call does nothing.
 */
bool devscope_disk_hide(struct gendisk *disk)
{
	struct devscope_disk *ours;
	bool waited;

	mutex_lock(&disk->open_mutex);
	ours = disk->private_data;
	disk->private_data = NULL;
	mutex_unlock(&disk->open_mutex);
	waited = ours && ours->last_close;
	kfree(ours);
	return waited;
}

/* Allocations of a driver in a request do not wait for other requests. */
unsigned int devscope_noio_save(void)
{
	return memalloc_noio_save();
}

void devscope_noio_restore(unsigned int flags)
{
	memalloc_noio_restore(flags);
}

/*
 * Copies between `bytes` and the memory of a request, from `offset` on, up to the
 * shorter of both. The memory may change meanwhile. Returns the number of bytes.
 */
unsigned long devscope_request_copy(struct request *rq, unsigned long offset,
				    void *bytes, unsigned long len,
				    bool to_request)
{
	struct req_iterator iter;
	struct bio_vec bv;
	unsigned long done = 0;

	rq_for_each_segment(bv, rq, iter) {
		unsigned long count;

		if (offset >= bv.bv_len) {
			offset -= bv.bv_len;
			continue;
		}
		bv.bv_offset += offset;
		bv.bv_len -= offset;
		offset = 0;
		count = min_t(unsigned long, bv.bv_len, len - done);
		if (!count)
			break;
		bv.bv_len = count;
		if (to_request)
			memcpy_to_bvec(&bv, bytes + done);
		else
			memcpy_from_bvec(bytes + done, &bv);
		done += count;
	}
	return done;
}

/* Returns the operation, the first byte and the length of a request. */
void devscope_request_about(const struct request *rq, unsigned int *op,
			    u64 *first, u64 *len)
{
	*op = req_op(rq);
	*first = (u64)blk_rq_pos(rq) << SECTOR_SHIFT;
	*len = blk_rq_bytes(rq);
}
