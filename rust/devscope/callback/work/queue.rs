// SPDX-License-Identifier: GPL-2.0
// UNSAFE: makes and ends workqueues.

//! Queues that work is done from.

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

/// A workqueue whose work runs in context `C`: one of the system's, or the driver's own until its
/// registration with the binding ends.
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
    /// For short work, on the CPU that queued it: `system_percpu_wq`.
    pub fn system() -> Self {
        // SAFETY: A C global that is always there.
        Self::of(unsafe { workqueue::Queue::from_raw(bindings::system_percpu_wq) })
    }

    /// For work on any CPU, which may take long: `system_dfl_wq`.
    pub fn system_unbound() -> Self {
        // SAFETY: A C global that is always there.
        Self::of(unsafe { workqueue::Queue::from_raw(bindings::system_dfl_wq) })
    }
}

impl Queue<'static, AtomicContext> {
    /// Bottom halves, in softirq context.
    pub fn bottom_half() -> Self {
        Self::of(workqueue::system_bh())
    }
}

impl<'bound> Queue<'bound> {
    /// Makes a queue of the driver's own, which lasts until its turn at unbind; register it before
    /// the items that use it. May sleep.
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

/// What kind of queue. On one that is not [unbound](Self::UNBOUND), work is done on the CPU that
/// queued it.
#[derive(Clone, Copy)]
pub struct Flags(u32);

impl Flags {
    /// Work is done on any CPU.
    pub const UNBOUND: Self = Self(bindings::wq_flags_WQ_UNBOUND);
    /// One item at a time, in the order of queueing.
    pub const ORDERED: Self = Self(bindings::wq_flags_WQ_UNBOUND | bindings::wq_flags___WQ_ORDERED);
    /// Stands still while the system is suspended.
    pub const FREEZABLE: Self = Self(bindings::wq_flags_WQ_FREEZABLE);
    /// Goes on when memory is short: for what writes to disks.
    pub const MEM_RECLAIM: Self = Self(bindings::wq_flags_WQ_MEM_RECLAIM);
    /// As C takes them, with `max_active`: a queue is either unbound or per CPU. The order of an
    /// ordered one comes from a `max_active` of 1; 0 stands for a default.
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

/// A queue of a driver's own.
///
/// # Invariants
///
/// The queue is there until this is dropped.
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
        // SAFETY: By the type invariant. The items on it were registered later and have ended;
        // other work is waited for.
        unsafe { bindings::destroy_workqueue(self.0.as_ptr()) };
    }
}

impl Attachment for Owned {}
