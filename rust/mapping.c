// SPDX-License-Identifier: GPL-2.0
/*
 * An address_space for an open file. In a file of its own, since the helpers may be
 * inlined, and all have one lock class.
 */

#include <linux/fs.h>
#include <linux/pagemap.h>

#include "internal.h"

/* As inode_init_always(), for a file without pages in the page cache. */
void devscope_init_address_space(struct address_space *mapping,
				 struct inode *inode)
{
	address_space_init_once(mapping);
	mapping->host = inode;
	mapping->a_ops = &empty_aops;
	mapping_set_gfp_mask(mapping, GFP_USER);
	init_rwsem(&mapping->invalidate_lock);
}
