// SPDX-License-Identifier: GPL-2.0
// UNSAFE: a lock in a static, and references to devices that the caller does not have.

//! Keeps values of drivers while it is loaded: longer than their bindings and their modules.
//!
//! A driver's own static could keep them, but its values are leaked when the module is unloaded.

mod file;

pub use file::ElsewhereFile;

use core::ptr::NonNull;
use devscope::prelude::*;
use kernel::{bindings, devres, prelude::*, sync::aref::ARef, sync::global_lock};

/// The values that are kept.
pub struct Shelf {
    /// A value of the framework's devres.
    pub ours: Option<Devres<u32>>,
    /// A value of the kernel crate's devres.
    pub theirs: Option<devres::Devres<u32>>,
    children: KVec<ARef<Device>>,
}

impl Shelf {
    const EMPTY: Self = Self {
        ours: None,
        theirs: None,
        children: KVec::new(),
    };

    /// Keeps the child `name` of a device, as any C driver could. Errors: `ENODEV` if there is no
    /// such child, `ENOMEM`.
    pub fn keep_child(&mut self, parent: &Device<Bound>, name: &CStr) -> Result {
        let parent = core::ptr::from_ref(parent).cast_mut();
        // SAFETY: The parent is bound, and so registered. The callee only compares the name.
        let child = unsafe {
            bindings::device_find_child(
                parent.cast(),
                name.as_char_ptr().cast(),
                Some(bindings::device_match_name),
            )
        };
        let child = NonNull::new(child).ok_or(ENODEV)?;
        // SAFETY: `device_find_child()` took a reference; the type is a transparent wrapper.
        let child = unsafe { ARef::from_raw(child.cast::<Device>()) };
        Ok(self.children.push(child, GFP_KERNEL)?)
    }
}

global_lock! {
    // SAFETY: The module's `init` initialises it, before another module can call `with`.
    unsafe(uninit) static SHELF: Mutex<Shelf> = Shelf::EMPTY;
}

/// Gives access to the kept values. May sleep.
pub fn with<R>(f: impl FnOnce(&mut Shelf) -> R) -> R {
    f(&mut SHELF.lock())
}

/// The module, which holds no values of its own.
pub struct Keeper;

impl kernel::Module for Keeper {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        // SAFETY: `init` runs once, before any use.
        unsafe { SHELF.init() };
        Ok(Self)
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        with(|shelf| *shelf = Shelf::EMPTY);
    }
}

module! {
    type: Keeper,
    name: "keeper",
    authors: ["The Devscope developers"],
    description: "Keeps what the drivers of Devscope's tests give it",
    license: "GPL v2",
}
