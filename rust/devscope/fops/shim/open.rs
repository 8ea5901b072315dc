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
    /// The `open` of every kind of registration: opens `file` on `char_device`.
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
            // SAFETY: The VFS passes the file that it is opening, which nobody else has yet, and
            // its inode.
            unsafe {
                match T::KEEPS_POSITION {
                    true => bindings::nonseekable_open(inode, file),
                    false => bindings::stream_open(inode, file),
                }
            };
        }
        if T::NOWAIT {
            // SAFETY: The VFS passes the file that it is opening, which nobody else has yet.
            unsafe { helpers::devscope_file_set_nowait(file) };
        }
        // SAFETY: Inside until this returns.
        let scope = unsafe { OpenScope::new(char_device) };
        // SAFETY: The VFS passes the file that it is opening, which is there until this returns. No
        // `fdget_pos()` is under way on it: nobody else has it yet.
        let data = T::open(&scope, unsafe { File::from_raw_file(file) });
        let mappings = match T::HAS_MMAP {
            // SAFETY: The VFS has passed the file's inode, which is there as long as anybody has
            // the file open.
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
            // SAFETY: `shared` is held on to; being inside, the device's data is there. It is the
            // only scope of the section.
            let connected =
                unsafe { T::connect(&Section::without_pass(&shared, Caller::Kernel).scope()) };
            if let Err(error) = connected {
                // The closer takes files off the list after the drain, so this one is there.
                drop(char_device.remove(&shared));
                return Err(error);
            }
        }
        if let Some(mappings) = shared.mappings() {
            // SAFETY: A file that is being opened is this operation's. `release` takes it back.
            unsafe { (*file).f_mapping = mappings.as_raw() };
        }
        // SAFETY: A file that is being opened is this operation's. `release` takes it back.
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
        // SAFETY: The VFS holds on to the file until this returns. Others may be in `fdget_pos()`;
        // but nothing is done with the file's position here.
        let file = unsafe { File::from_raw_file(file) };
        // `close()` succeeds where there is no device.
        let mut result = Ok(());
        let place = &mut result;
        // The driver's code has files to look at, though the caller may be exiting.
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
            // A mapping holds its file, so there is none any more.
            // SAFETY: The VFS passes the file, which nobody else has any more, and its inode.
            unsafe { (*file).f_mapping = (*inode).i_mapping };
        }
        // SAFETY: `open` has put it there, and this is the only call of `release`.
        let open = unsafe { Arc::from_raw((*file).private_data.cast::<OpenFile<T>>()) };
        // The driver's code has files to look at, though the caller may be exiting.
        with_files(move || {
            // The closer may be about to do it: the file is not gone before that is over.
            open.turn_fasync_off(None);
            // SAFETY: `open` is held on to until the section is left.
            let section = unsafe { Section::enter(&open, Caller::Leaving) };
            // If not, the closer has the file, or will: it disconnects it while there is a device.
            let Some(mut section) = section else {
                return open.char_device().give_way();
            };
            // The closer takes files off the list after the drain, so this one is there.
            drop(open.char_device().remove(&open));
            // SAFETY: The only scope of the section.
            T::disconnect(&unsafe { section.scope() });
        });
        0
    }
}
