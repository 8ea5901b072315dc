/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * /dev/devscope: takes access to devices away, whichever driver they have, if
 * that is one of Devscope's. See Documentation/revoking.rst.
 */
#ifndef _UAPI_LINUX_DEVSCOPE_H
#define _UAPI_LINUX_DEVSCOPE_H

#include <linux/ioctl.h>

#define DEVSCOPE_IOC_MAGIC	0xDE

/*
 * Revokes the open file description behind a descriptor of the caller's, which
 * is the argument itself. Any holder may. All who share it are cut off: by
 * dup(), fork() or a socket. When this returns, nobody is in a call on it.
 *
 * EBADF: no descriptor, or one of O_PATH.
 * ENOTTY: the file is none of Devscope's.
 * ENODEV: it is revoked already, or its device is gone.
 */
#define DEVSCOPE_IOC_REVOKE	_IO(DEVSCOPE_IOC_MAGIC, 0x80)

/*
 * Revokes all files that are open of a device, through whichever node. The
 * argument is a descriptor of a node of it, O_PATH will do. The caller owns the
 * node (or has CAP_FOWNER for it), or has CAP_SYS_ADMIN in the user namespace
 * that the node's file system belongs to. The device stays, and can be opened
 * again.
 *
 * EBADF: no descriptor.
 * ENOTTY: no character device, or none of Devscope's.
 * EACCES: the file system is mounted such that no device can be opened there.
 * EPERM: the caller may not.
 * ENODEV: the device is just going.
 */
#define DEVSCOPE_IOC_REVOKE_ALL	_IO(DEVSCOPE_IOC_MAGIC, 0x81)

#endif /* _UAPI_LINUX_DEVSCOPE_H */
