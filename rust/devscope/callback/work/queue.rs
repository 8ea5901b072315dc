// SPDX-License-Identifier: GPL-2.0
// UNSAFE: makes and ends workqueues.

//! Workqueues of the system and of a driver.

use crate::{
    binding::{Attachment, Binding},
    ffi::helpers,
    scope::{AtomicContext, ProcessContext}, //
};
use core::{marker::PhantomData, ops::BitOr, ptr::NonNull};
use kernel::{
    bindings,
    prelude::*,
    workqueue, //
};

/// A workqueue whose work runs in context `C`: one of the system's, or one of the driver's own,
/// which is valid until its registration ends.
pub struct Queue<'bound, C = ProcessContext> {
    raw: NonNull<bindings::workqueue_struct>,
    _context: PhantomData<(&'bound (), C)>,
}

impl<C> Copy for Queue<'_, C> {}

impl<C> Clone for Queue<'_, C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<C> Queue<'_, C> {
    fn of(queue: &workqueue::Queue) -> Self {
        Self::from_raw(NonNull::from(queue).cast())
    }

    fn from_raw(raw: NonNull<bindings::workqueue_struct>) -> Self {
        Self {
            raw,
            _context: PhantomData,
        }
    }

    pub(super) fn as_raw(self) -> NonNull<bindings::workqueue_struct> {
        self.raw
    }
}

impl Queue<'static> {
    /// `system_percpu_wq`: for short work, which runs on the CPU that queued it.
    pub fn system() -> Self {
        // SAFETY: A C global that is always there.
        Self::of(unsafe { workqueue::Queue::from_raw(bindings::system_percpu_wq) })
    }

    /// `system_dfl_wq`: for work that may take long, and runs on any CPU.
    pub fn system_unbound() -> Self {
        // SAFETY: A C global that is always there.
        Self::of(unsafe { workqueue::Queue::from_raw(bindings::system_dfl_wq) })
    }
}

impl Queue<'static, AtomicContext> {
    /// `system_bh_wq`: for work in softirq context.
    pub fn bottom_half() -> Self {
        Self::of(workqueue::system_bh())
    }
}

impl<'bound> Queue<'bound> {
    /// Creates a queue of the driver's own. Unbind destroys it in the reverse order of
    /// registration, so register it before the items that use it. May sleep.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub fn register(
        binding: &mut Binding<'bound>,
        name: &'static CStr,
        flags: Flags,
    ) -> Result<Self> {
        let owned = binding.attach(Owned::new(name, flags))?;
        // SAFETY: It was just attached, and lives until unbind.
        Ok(Self::from_raw(unsafe { owned.as_ref() }.0))
    }
}

/// The kind of a queue. If the queue is not [unbound](Self::UNBOUND), work runs on the CPU that
/// queued it.
#[derive(Clone, Copy)]
pub struct Flags(u32);

impl Flags {
    /// Work runs on any CPU.
    pub const UNBOUND: Self = Self(bindings::wq_flags_WQ_UNBOUND);
    /// Items run one at a time, in the order in which they were queued.
    pub const ORDERED: Self = Self(bindings::wq_flags_WQ_UNBOUND | bindings::wq_flags___WQ_ORDERED);
    /// Work does not run while the system is suspended.
    pub const FREEZABLE: Self = Self(bindings::wq_flags_WQ_FREEZABLE);
    /// Work makes progress under memory pressure: for work that memory reclaim depends on.
    pub const MEM_RECLAIM: Self = Self(bindings::wq_flags_WQ_MEM_RECLAIM);
    /// Returns the flags of C, and `max_active`. A queue is either unbound or per CPU. An ordered
    /// queue needs a `max_active` of 1; 0 stands for the default.
    fn to_raw(self) -> (u32, c_int) {
        let is = |flag: Self| self.0 & flag.0 == flag.0;
        let per_cpu = match is(Self::UNBOUND) {
            true => 0,
            false => bindings::wq_flags_WQ_PERCPU,
        };
        (self.0 | per_cpu, is(Self::ORDERED).into())
    }
}

impl BitOr for Flags {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// A queue that a driver owns.
///
/// # Invariants
///
/// The queue is valid until this is dropped.
pub(crate) struct Owned(NonNull<bindings::workqueue_struct>);

// SAFETY: A workqueue may be used and destroyed by any thread.
unsafe impl Send for Owned {}
// SAFETY: A workqueue may be used and destroyed by any thread.
unsafe impl Sync for Owned {}

impl Owned {
    /// Errors: `ENOMEM`.
    pub(crate) fn new(name: &'static CStr, flags: Flags) -> Result<Self> {
        let (flags, max_active) = flags.to_raw();
        // SAFETY: The name is a C string, and copied.
        let raw =
            unsafe { helpers::devscope_alloc_workqueue(name.as_char_ptr(), flags, max_active) };
        // INVARIANT: Just made.
        NonNull::new(raw).map(Self).ok_or(ENOMEM)
    }

    pub(crate) fn as_raw(&self) -> NonNull<bindings::workqueue_struct> {
        self.0
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        // SAFETY: By the type invariant. The items on it were registered later and have ended; this
        // waits for other work.
        unsafe { bindings::destroy_workqueue(self.0.as_ptr()) };
    }
}

impl Attachment for Owned {}
