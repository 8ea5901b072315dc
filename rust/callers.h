/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The functions of callers.c for the fence of C drivers.
 */
#ifndef _DEVSCOPE_CALLERS_H
#define _DEVSCOPE_CALLERS_H

struct task_struct;

void devscope_interrupt_task(struct task_struct *task);

#endif /* _DEVSCOPE_CALLERS_H */
