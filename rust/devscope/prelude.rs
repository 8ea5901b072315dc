// SPDX-License-Identifier: GPL-2.0

//! The prelude for drivers: `use devscope::prelude::*;`, after the prelude of the kernel crate.

#[cfg(CONFIG_AUXILIARY_BUS)]
pub use crate::binding::auxiliary;
#[cfg(CONFIG_BLOCK)]
pub use crate::block;
pub use crate::{
    binding::{pci, platform, Binding, Shared},
    callback::{self, action, irq, kthread, notifier, work, HrTimer, IrqWork, Timer},
    chardev,
    fops::{
        Band, Fasync, FileOperations, Issued, Left, OpenFiles, OpenScope, PendingCmd, PollTable,
        Scope, UringCmd, Whence,
    },
    index::{Index, IndexPool},
    lock::{SpinLockIrqExt, Turns},
    mapping::{Area, Backing, Pages, Window},
    miscdevice_sync,
    new_chain,
    new_item,
    new_turns,
    new_wait_queue,
    revocable::{
        devres::{BoundDevres, Devres},
        try_access_all, Revocable,
    },
    scope::{unscoped, AtomicContext, AtomicScope, ProcessScope, ScopeError, Unscoped},
    user::{Batch, Bytes, UserDest, UserSource},
    wait::{Events, WaitQueue}, //
};
pub use kernel::{
    device::{Bound, Core, Device},
    fs::File,
    seq_file::{seq_print, SeqFile},
    types::{CovariantForLt, ForLt},
    uaccess::UserPtr, //
};
pub use zerocopy::Immutable;
pub use zerocopy_derive::Immutable;
