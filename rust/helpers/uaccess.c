// SPDX-License-Identifier: GPL-2.0

#include <linux/uaccess.h>
#include <linux/uio.h>

__devscope_helper void devscope_pagefault_disable(void)
{
	pagefault_disable();
}

__devscope_helper void devscope_pagefault_enable(void)
{
	pagefault_enable();
}

/* For a buffer of read(), which the VFS has checked. */
__devscope_helper void devscope_iov_iter_read(struct iov_iter *iov,
					      void *buffer, unsigned long len)
{
	iov_iter_ubuf(iov, ITER_DEST, (void __user *)buffer, len);
}

/* The same for write(). */
__devscope_helper void devscope_iov_iter_write(struct iov_iter *iov,
					       const void *buffer,
					       unsigned long len)
{
	iov_iter_ubuf(iov, ITER_SOURCE, (void __user *)buffer, len);
}
