/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * /dev/devscope: revokes open files of devices whose driver uses Devscope. See
 * Documentation/revoking.rst.
 */
#ifndef _UAPI_LINUX_DEVSCOPE_H
#define _UAPI_LINUX_DEVSCOPE_H

#include <linux/ioctl.h>

#define DEVSCOPE_IOC_MAGIC	0xDE

/*
 * Revokes an open file description. The argument is a descriptor of it; any holder
 * may call this. It affects all descriptors that share the description, by dup(),
 * fork() or a socket. When this returns, no task is in a call on it.
 *
 * EBADF: not a descriptor, or one with O_PATH. ENOTTY: the driver of the file does
 * not use Devscope. ENODEV: the file is revoked already, or its device is gone.
 */
#define DEVSCOPE_IOC_REVOKE	_IO(DEVSCOPE_IOC_MAGIC, 0x80)

/*
 * Revokes all open files of a device, of all its nodes. The argument is a descriptor
 * of one of its nodes, which may be one with O_PATH. The caller has to own the node
 * (or have CAP_FOWNER for it), or have CAP_SYS_ADMIN in the user namespace that owns
 * the node's file system. The device stays bound, and can be opened again.
 *
 * EBADF: not a descriptor. ENOTTY: not a character device, or its driver does not use
 * Devscope. EACCES: the file system is mounted without devices. EPERM: the caller has
 * no permission. ENODEV: the device is being unplugged.
 */
#define DEVSCOPE_IOC_REVOKE_ALL	_IO(DEVSCOPE_IOC_MAGIC, 0x81)

#endif /* _UAPI_LINUX_DEVSCOPE_H */
