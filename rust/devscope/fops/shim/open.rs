// SPDX-License-Identifier: GPL-2.0
// UNSAFE: the C side of `open` and `release`.

//! Opening and closing.

use super::{status, Shim};
use crate::{
    ffi::{helpers, mappings::Mappings, with_files},
    fops::{Caller, CharDevice, FileOperations, OpenFile, OpenScope, Scope, Section}, //
};
use kernel::{
    bindings,
    fs::File,
    list::ListArc,
    prelude::*,
    sync::Arc, //
};

impl<T: FileOperations> Shim<T> {
    /// Opens `file` on `char_device`, for the `open` of every kind of registration.
    ///
    /// # Safety
    ///
    /// `inode` and `file` are the arguments of the file operation `open`, which is called once, on
    /// a file whose table is [`Self::table`].
    pub(crate) unsafe fn open(
        char_device: &Arc<CharDevice<T>>,
        inode: *mut bindings::inode,
        file: *mut bindings::file,
    ) -> Result {
        let _inside = char_device
            .gate()
            .enter(char_device.gate().pass())
            .ok_or(ENODEV)?;
        if !T::HAS_LLSEEK {
            // Both always return 0.
            // SAFETY: The VFS passes the file that it is opening, which no other code has yet, and
            // its inode.
            unsafe {
                match T::KEEPS_POSITION {
                    true => bindings::nonseekable_open(inode, file),
                    false => bindings::stream_open(inode, file),
                }
            };
        }
        if T::NOWAIT {
            // SAFETY: The VFS passes the file that it is opening, which no other code has yet.
            unsafe { helpers::devscope_file_set_nowait(file) };
        }
        // SAFETY: Inside until this returns.
        let scope = unsafe { OpenScope::new(char_device) };
        // SAFETY: The VFS passes the file that it is opening, which is valid until this returns. No
        // `fdget_pos()` is in progress on it: no other code has it yet.
        let data = T::open(&scope, unsafe { File::from_raw_file(file) });
        let mappings = match T::HAS_MMAP {
            // SAFETY: The VFS has passed the file's inode, which is valid while the file is open.
            true => Some(KBox::pin_init(unsafe { Mappings::new(inode) }, GFP_KERNEL)?),
            false => None,
        };
        let open: ListArc<_> = ListArc::pin_init(
            OpenFile::new(char_device.clone(), data, mappings),
            GFP_KERNEL,
        )?;
        let shared = open.clone_arc();
        char_device.admit(&shared, open)?;
        if T::HAS_CONNECT {
            // SAFETY: `shared` is a reference; the device's data is valid, since this is inside. It
            // is the only scope of the section.
            let connected =
                unsafe { T::connect(&Section::without_pass(&shared, Caller::Kernel).scope()) };
            if let Err(error) = connected {
                // The closer takes files off the list after the drain, so this file is still on it.
                drop(char_device.remove(&shared));
                return Err(error);
            }
        }
        if let Some(mappings) = shared.mappings() {
            // SAFETY: This operation owns a file that is being opened. `release` takes it back.
            unsafe { (*file).f_mapping = mappings.as_raw() };
        }
        // SAFETY: This operation owns a file that is being opened. `release` takes it back.
        unsafe { (*file).private_data = Arc::into_raw(shared).cast_mut().cast() };
        Ok(())
    }

    /// # Safety
    ///
    /// The arguments are those of the file operation, on a file opened with [`Self::open`].
    pub(super) unsafe extern "C" fn flush(
        file: *mut bindings::file,
        _owner: bindings::fl_owner_t,
    ) -> c_int {
        // SAFETY: The VFS holds on to the file until this returns. Other tasks may be in
        // `fdget_pos()`; but this does not use the file's position.
        let file = unsafe { File::from_raw_file(file) };
        // `close()` succeeds if there is no device.
        let mut result = Ok(());
        let place = &mut result;
        // The driver's code needs a descriptor table, and the caller may be exiting.
        with_files(move || {
            let (file, flush) = (file.as_ptr(), |scope: Scope<'_, T>| T::flush(&scope));
            // SAFETY: `Self::open` has opened the file, and the VFS holds on to it until `flush`
            // returns, which waits for this closure.
            if let Some(flushed) = unsafe { Self::inside(file, Caller::File(file), flush) } {
                *place = flushed;
            }
        });
        status(result)
    }

    /// # Safety
    ///
    /// The arguments are those of the file operation, on a file opened with [`Self::open`].
    pub(crate) unsafe extern "C" fn release(
        inode: *mut bindings::inode,
        file: *mut bindings::file,
    ) -> c_int {
        if T::HAS_MMAP {
            // A mapping has a reference to its file, so there is no mapping any more.
            // SAFETY: The VFS passes the file, which no other code has any more, and its inode.
            unsafe { (*file).f_mapping = (*inode).i_mapping };
        }
        // SAFETY: `open` has stored it there, and this is the only call of `release`.
        let open = unsafe { Arc::from_raw((*file).private_data.cast::<OpenFile<T>>()) };
        // The driver's code needs a descriptor table, and the caller may be exiting.
        with_files(move || {
            // The closer may be doing this at the same time: then this waits for it, before the
            // file is freed.
            open.turn_fasync_off(None);
            // SAFETY: `open` is a reference that lives until the section is left.
            let section = unsafe { Section::enter(&open, Caller::Leaving) };
            // If this cannot enter, the closer disconnects the file, now or later, while the device
            // is still there.
            let Some(mut section) = section else {
                return open.char_device().give_way();
            };
            // The closer takes files off the list after the drain, so this file is still on it.
            drop(open.char_device().remove(&open));
            // SAFETY: The only scope of the section.
            T::disconnect(&unsafe { section.scope() });
        });
        0
    }
}
