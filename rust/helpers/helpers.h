/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Wrappers of inline functions and macros that the kernel crate does not wrap.
 * bindgen reads this file, so it needs no header.
 */
#ifndef _DEVSCOPE_HELPERS_H
#define _DEVSCOPE_HELPERS_H

#include "../internal.h"

struct cdev;
struct device;
struct file;
struct inode;
struct io_uring_cmd;
struct kiocb;
struct lock_class_key;
struct module;
struct spinlock;
struct srcu_ctr;
struct srcu_struct;
struct vm_area_desc;
struct wait_queue_head;
struct workqueue_struct;

int devscope_init_srcu_fast(struct srcu_struct *ssp, const char *name,
			    struct lock_class_key *key);
struct srcu_ctr *devscope_srcu_read_lock_fast(struct srcu_struct *ssp);
void devscope_srcu_read_unlock_fast(struct srcu_struct *ssp,
				    struct srcu_ctr *ctr);

unsigned char devscope_interrupt_context_level(void);

_Bool devscope_has_32bit_time(void);

struct cdev *devscope_inode_cdev(const struct inode *inode);
_Bool devscope_kiocb_nowait(const struct kiocb *kiocb);
void devscope_file_set_nowait(struct file *file);
long devscope_write_sync(struct kiocb *kiocb, long count, _Bool has_position);

unsigned long devscope_io_frame(const void *address);
unsigned long devscope_memory_frame(const void *address);
_Bool devscope_memory_is_encrypted(void);
void devscope_desc_uncached(struct vm_area_desc *desc);

_Bool devscope_try_module_get(struct module *owner);
void devscope_module_put(struct module *owner);

_Bool devscope_put_user_4(const void *from, void *to);
_Bool devscope_put_user_8(const void *from, void *to);
_Bool devscope_get_user_4(void *to, const void *from);
_Bool devscope_get_user_8(void *to, const void *from);

void devscope_spin_lock_irq(struct spinlock *lock);
void devscope_spin_unlock_irq(struct spinlock *lock);
_Bool devscope_spin_trylock_irq(struct spinlock *lock);

void devscope_device_lock(struct device *dev);
void devscope_device_unlock(struct device *dev);

_Bool devscope_wq_has_sleeper(struct wait_queue_head *head);

void devscope_set_current_state(unsigned int state);
unsigned int devscope_freezable(unsigned int state);
_Bool devscope_signal_pending_state(unsigned int state);

void devscope_pagefault_disable(void);
void devscope_pagefault_enable(void);

unsigned int devscope_uring_op(const struct io_uring_cmd *cmd);
struct file *devscope_uring_file(const struct io_uring_cmd *cmd);
const void *devscope_uring_payload(const struct io_uring_cmd *cmd);
_Bool devscope_uring_wants_more(const struct io_uring_cmd *cmd);
_Bool devscope_uring_cancels(unsigned int issue_flags);
_Bool devscope_uring_nonblocking(unsigned int issue_flags);
_Bool devscope_uring_is_long(unsigned int issue_flags);
void devscope_uring_set_command(struct io_uring_cmd *cmd, void *command);
void *devscope_uring_command(const struct io_uring_cmd *cmd);
void devscope_uring_mark_cancelable(struct io_uring_cmd *cmd,
				    unsigned int issue_flags);
void devscope_uring_done(struct io_uring_cmd *cmd, int result,
			 unsigned int issue_flags);

struct workqueue_struct *devscope_alloc_workqueue(const char *name,
						  unsigned int flags,
						  int max_active);

#endif /* _DEVSCOPE_HELPERS_H */
