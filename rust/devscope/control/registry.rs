// SPDX-License-Identifier: GPL-2.0
// UNSAFE: a list of what others are, whose type is not known here.

//! The registrations whose files can be revoked from user space.

use crate::ffi::helpers;
use core::{ptr, ptr::NonNull};
use kernel::{
    bindings,
    list::{impl_list_arc_safe, impl_list_item, List, ListArc, ListLinks},
    prelude::*,
    sync::{
        atomic::{AtomicFlag, Relaxed},
        global_lock,
        Arc, //
    },
};

/// The operations on the files of a registration.
pub(crate) struct Operations {
    /// Revokes an open file. Errors: `ENODEV` if it is revoked or unplugged.
    ///
    /// The file has to be open, with the table of the same entry.
    pub(crate) revoke: unsafe fn(NonNull<bindings::file>) -> Result,
    /// Takes a reference to a character device. Its caller knows that another reference exists.
    pub(crate) get: unsafe fn(NonNull<c_void>),
    /// Revokes all files of a character device and drops the reference. Errors: `ENODEV` if it is
    /// being unplugged.
    pub(crate) revoke_all: unsafe fn(NonNull<c_void>) -> Result,
}

/// The node of a device.
pub(crate) enum Node {
    /// The node with this number.
    Number(u32),
    /// The node with the number of this misc device, once it has one.
    Misc(*const bindings::miscdevice),
}

/// Returns the number of a node, in the format of `MKDEV()`.
fn misc_number(minor: c_int) -> u32 {
    // CAST: A minor is below 2^20.
    bindings::MISC_MAJOR << MINOR_BITS | minor as u32
}

/// `MINORBITS`
const MINOR_BITS: u32 = 20;

global_lock! {
    // SAFETY: `init` is called when the module is loaded, before its users: drivers, and the node.
    unsafe(uninit) static ENTRIES: Mutex<List<Entry>> = List::new();
}

/// Initialises the registry, before any other use of this file. Errors: `EBUSY` for a second call.
pub(super) fn init() -> Result {
    static CALLED: AtomicFlag = AtomicFlag::new(false);
    if CALLED.xchg(true, Relaxed) {
        return Err(EBUSY);
    }
    // SAFETY: This is the first call.
    unsafe { ENTRIES.init() };
    Ok(())
}

/// A registration, with the type of its files.
///
/// # Invariants
///
/// `node`, if there is one, has a misc device or none, and a character device to which its owner
/// has a reference.
#[pin_data]
struct Entry {
    table: &'static bindings::file_operations,
    operations: &'static Operations,
    node: Locked<Option<(Node, NonNull<c_void>)>>,
    #[pin]
    links: ListLinks,
}

type Locked<T> = kernel::sync::GlobalLockedBy<T, ENTRIES>;

// SAFETY: The values that it points to may be used by any thread, under the lock.
unsafe impl Send for Entry {}
// SAFETY: The values that it points to may be used by any thread, under the lock.
unsafe impl Sync for Entry {}

impl_list_arc_safe! {
    impl ListArcSafe<0> for Entry { untracked; }
}

impl_list_item! {
    impl ListItem<0> for Entry { using ListLinks { self.links }; }
}

/// An entry that is on the list until this is dropped.
pub(crate) struct Listed(Arc<Entry>);

impl Listed {
    /// Adds an entry to the list. Sleeps. Errors: `ENOMEM`.
    ///
    /// # Safety
    ///
    /// As long as this value lives, `operations` are right for every file whose table is `table`.
    pub(crate) unsafe fn new(
        table: &'static bindings::file_operations,
        operations: &'static Operations,
    ) -> Result<Self> {
        let entry = ListArc::pin_init(
            try_pin_init!(Entry {
                table,
                operations,
                // INVARIANT: There is no node.
                node: Locked::new(None),
                links <- ListLinks::new(),
            }? Error),
            GFP_KERNEL,
        )?;
        let listed = Self(entry.clone_arc());
        ENTRIES.lock().push_back(entry);
        Ok(listed)
    }

    pub(crate) fn table(&self) -> &'static bindings::file_operations {
        self.0.table
    }

    /// Sets the node of the files and the character device. Sleeps.
    ///
    /// # Safety
    ///
    /// Until [`Self::hide`], other code has a reference to `char_device`, which is of the type of
    /// the operations, and a misc device in `node` is not moved.
    pub(crate) unsafe fn show(&self, node: Node, char_device: NonNull<c_void>) {
        // INVARIANT: Until `hide`, other code has a reference to `char_device`, and a misc device
        // is not moved, as the caller guarantees.
        *self.0.node.as_mut(&mut ENTRIES.lock()) = Some((node, char_device));
    }

    /// Undoes [`Self::show`]. Sleeps.
    pub(crate) fn hide(&self) {
        // INVARIANT: There is no node.
        *self.0.node.as_mut(&mut ENTRIES.lock()) = None;
    }
}

impl Drop for Listed {
    fn drop(&mut self) {
        // SAFETY: It is on no other list.
        drop(unsafe { ENTRIES.lock().remove(&self.0) });
    }
}

/// Revokes an open file. Sleeps.
///
/// # Errors
///
/// - `ENOTTY`: it does not belong to Devscope.
/// - `ENODEV`: it is revoked or unplugged already.
///
/// # Safety
///
/// The caller has a reference to `file`, which is open.
pub(super) unsafe fn revoke(file: NonNull<bindings::file>) -> Result {
    // SAFETY: The caller has a reference to the file, which is open: its operations do not change.
    let table = unsafe { (*file.as_ptr()).f_op };
    let operations = {
        let entries = ENTRIES.lock();
        let found = entries.iter().find(|entry| ptr::eq(entry.table, table));
        found.ok_or(ENOTTY)?.operations
    };
    // An open file keeps its character device, which keeps its entry; and the file pins its module.
    // So an entry of another registration with this table is as good.
    // SAFETY: The caller of `Listed::new` guarantees that the operations are right for every file
    // with this table, and this one is open. The file pins the module, and so the code.
    unsafe { (operations.revoke)(file) }
}

/// Revokes all files of the device with this number. Sleeps.
///
/// # Errors
///
/// - `ENOTTY`: it does not belong to Devscope.
/// - `ENODEV`: it is being unplugged.
pub(super) fn revoke_all(number: u32) -> Result {
    let (operations, char_device, owner) = {
        let entries = ENTRIES.lock();
        let is_there = |node: &Node| match *node {
            Node::Number(there) => there == number,
            Node::Misc(misc) => {
                // SAFETY: By the type invariant.
                let minor = unsafe { (&raw const (*misc).minor).read_volatile() };
                misc_number(minor) == number
            }
        };
        let found = entries.iter().find_map(|entry| {
            let (node, char_device) = entry.node.as_ref(&entries).as_ref()?;
            is_there(node).then_some((entry.operations, *char_device, entry.table.owner))
        });
        let (operations, char_device, owner) = found.ok_or(ENOTTY)?;
        // SAFETY: The entry is shown by a registration in the module, so the module is still
        // loaded.
        if !unsafe { helpers::devscope_try_module_get(owner) } {
            return Err(ENODEV);
        }
        // SAFETY: By the type invariant of the entry, which stays shown while the lock is held.
        unsafe { (operations.get)(char_device) };
        (operations, char_device, owner)
    };
    // SAFETY: A reference was just taken, and the module is pinned.
    let result = unsafe { (operations.revoke_all)(char_device) };
    // SAFETY: Pairs with the call above.
    unsafe { helpers::devscope_module_put(owner) };
    result
}
