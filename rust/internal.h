/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The framework's C functions that its Rust code calls: see attach.c, block.c,
 * callers.c, control.c, expedite.c, handout.c, mapping.c, uring.c and worker.c.
 * bindgen reads this file, so it needs no header.
 */
#ifndef _DEVSCOPE_INTERNAL_H
#define _DEVSCOPE_INTERNAL_H

struct address_space;
struct file;
struct file_operations;
struct gendisk;
struct inode;
struct io_uring_cmd;
struct request;
struct srcu_struct;
struct work_struct;
struct workqueue_struct;

int devscope_attach_step(void);
unsigned long devscope_grace_period(void);
void devscope_wait_for_grace_period(unsigned long period);
void devscope_synchronize_srcu(struct srcu_struct *domain);
void devscope_bring_out(int (*is_ended)(struct file *file, const void *arg),
			const void *arg, void (*drain)(void *data), void *data);
void devscope_init_address_space(struct address_space *mapping,
				 struct inode *inode);
int devscope_may_revoke_node(const struct file *file, unsigned int *number);
int devscope_disk_prepare(struct gendisk *disk);
int devscope_disk_open(struct gendisk *disk, unsigned int mode);
void devscope_disk_release(struct gendisk *disk);
void devscope_disk_show(struct gendisk *disk, struct workqueue_struct *queue,
			struct work_struct *work);
_Bool devscope_disk_hide(struct gendisk *disk);
void devscope_request_about(const struct request *rq, unsigned int *op,
			    unsigned long long *first, unsigned long long *len);
unsigned long devscope_request_copy(struct request *rq, unsigned long offset,
				    void *bytes, unsigned long len,
				    _Bool to_request);
unsigned int devscope_noio_save(void);
void devscope_noio_restore(unsigned int flags);
int devscope_handout_get(void);
void devscope_handout_put(void);
struct file *devscope_handout_open(unsigned short type, unsigned int number,
				   const struct file_operations *fops,
				   void *private_data, unsigned int flags);
void *devscope_handed_out(const struct inode *inode);
void devscope_uring_complete_in_task(struct io_uring_cmd *cmd,
				     void (*complete)(struct io_uring_cmd *cmd,
						      unsigned int issue_flags));
void devscope_run_on_worker(void (*run)(void *data), void *data);

#endif /* _DEVSCOPE_INTERNAL_H */
