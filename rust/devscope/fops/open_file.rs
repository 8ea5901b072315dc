// SPDX-License-Identifier: GPL-2.0
// UNSAFE: implements a list item through the kernel crate's macros; remembers a wait queue.

//! The memory behind one open file description.

use super::{uring::Commands, Band, CharDevice, Fasync, FileOperations};
use crate::{
    binding::DeviceData,
    ffi::mappings::Mappings,
    gate::{
        protocol::{self, Number},
        Inside,
        Pass, //
    },
    wait::WaitQueue, //
};
use core::ptr::{null_mut, NonNull};
use kernel::{
    bindings,
    list::{impl_list_arc_safe, impl_list_item, ListLinks},
    prelude::*,
    sync::{
        atomic::{Atomic, Relaxed},
        Arc, //
    },
};

/// One open file description. Its `struct file` and, until it is disconnected, the list of its
/// character device have references. So it outlives the binding if user space keeps it open, and is
/// dropped after the last close.
#[pin_data]
pub(crate) struct OpenFile<T: FileOperations> {
    pass: Pass,
    /// Next to the pass, without a load in between, so an access to the data costs no more than in
    /// C.
    device_data: NonNull<DeviceData<T::Device>>,
    char_device: Arc<CharDevice<T>>,
    #[pin]
    data: T,
    /// Woken when the pass ends. All sleepers that are not on `slept`, and all pollers that are not
    /// on `polled`, are on this queue.
    #[pin]
    closing: WaitQueue,
    /// The first queue that the driver's `poll` has used, or null.
    polled: Atomic<*mut WaitQueue>,
    /// The first queue for sleepers that belongs to this file alone, or null.
    slept: Atomic<*mut WaitQueue>,
    /// The result of the driver's `fasync` when `O_ASYNC` was first set.
    signals: Atomic<*mut Fasync>,
    /// The pending io_uring commands, for a driver that supports them.
    commands: Option<Arc<Commands>>,
    /// For a file that can be mapped.
    mappings: Option<Pin<KBox<Mappings>>>,
    round: Number,
    swept: Number,
    #[pin]
    links: ListLinks,
}

// SAFETY: `DeviceData` is `Send` and `Sync`, and so are all other parts, as `FileOperations` asks.
unsafe impl<T: FileOperations> Send for OpenFile<T> {}
// SAFETY: `DeviceData` is `Send` and `Sync`, and so are all other parts, as `FileOperations` asks.
unsafe impl<T: FileOperations> Sync for OpenFile<T> {}

impl_list_arc_safe! {
    impl{T: FileOperations} ListArcSafe<0> for OpenFile<T> { untracked; }
}

impl_list_item! {
    impl{T: FileOperations} ListItem<0> for OpenFile<T> { using ListLinks { self.links }; }
}

impl<T: FileOperations> OpenFile<T> {
    pub(super) fn new(
        char_device: Arc<CharDevice<T>>,
        data: impl PinInit<T, Error>,
        mappings: Option<Pin<KBox<Mappings>>>,
    ) -> impl PinInit<Self, Error> {
        let (name, key) = crate::lock_class!(c"devscope_closing");
        try_pin_init!(Self {
            pass: Pass::new(),
            device_data: char_device.device_data_ptr(),
            char_device,
            // Before the driver's data, which is not created if this fails.
            commands: match T::HAS_URING_CMD {
                true => Some(Commands::new()?),
                false => None,
            },
            data <- data,
            closing <- WaitQueue::new(name, key),
            polled: Atomic::new(null_mut()),
            slept: Atomic::new(null_mut()),
            signals: Atomic::new(null_mut()),
            mappings,
            round: Number::new(),
            swept: Number::new(),
            links <- ListLinks::new(),
        })
    }

    /// Enters the gate of the character device with this file's pass.
    #[inline(always)]
    pub(crate) fn enter(&self) -> Option<Inside<'_>> {
        self.char_device.gate().enter(&self.pass)
    }

    pub(super) fn char_device(&self) -> &CharDevice<T> {
        &self.char_device
    }

    /// # Safety
    ///
    /// The caller is inside the gate, or the closer, for as long as the reference lives.
    #[inline(always)]
    pub(crate) unsafe fn device_data(&self) -> &DeviceData<T::Device> {
        // SAFETY: The caller is inside the gate, or the closer. By the invariant of the character
        // device, the data is valid until the closer has drained the gate and disconnected the
        // files.
        unsafe { self.device_data.as_ref() }
    }

    #[inline(always)]
    pub(crate) fn data(&self) -> &T {
        &self.data
    }

    #[inline(always)]
    pub(super) fn commands(&self) -> Option<&Arc<Commands>> {
        match T::HAS_URING_CMD {
            true => self.commands.as_ref(),
            false => None,
        }
    }

    pub(crate) fn closing(&self) -> &WaitQueue {
        &self.closing
    }

    /// Returns whether `queue` is the remembered one, whose pollers the closer wakes.
    #[inline(always)]
    pub(super) fn remembers_polled(&self, queue: &WaitQueue) -> bool {
        core::ptr::eq(self.polled.load(Relaxed), queue)
    }

    /// Remembers `queue`, which lives as long as `data`, if there is none yet. Returns whether the
    /// closer wakes its pollers.
    pub(super) fn wakes_pollers_on(&self, queue: &WaitQueue) -> bool {
        remember(&self.polled, queue)
    }

    /// As [`Self::wakes_pollers_on`], for sleepers. The closer does not wake a queue that files
    /// share: each file would wake the sleepers of all.
    pub(crate) fn wakes_sleepers_on(&self, queue: &WaitQueue) -> bool {
        let data = core::ptr::from_ref(&self.data).addr();
        let place = core::ptr::from_ref(queue).addr().wrapping_sub(data);
        place < size_of::<T>() && remember(&self.slept, queue)
    }

    /// Wakes all sleepers and pollers. A task that gets onto a queue later tests the pass after
    /// that. There is a full barrier between the two steps, here (in the wake-up of `closing`) and
    /// in the task.
    ///
    /// The wake-up has no events: `select()` for exceptions asks for neither `EPOLLHUP` nor
    /// `EPOLLERR`, and io_uring and AIO trust the events of a wake-up, also for another file that
    /// shares the queue.
    fn wake_all(&self) {
        self.closing.wake_all();
        let polled = self.polled.load(Relaxed);
        let slept = self.slept.load(Relaxed);
        // An edge-triggered poller gets one wake-up only.
        for queue in [polled, if slept == polled { null_mut() } else { slept }] {
            // SAFETY: A remembered queue lives as long as `data`.
            if let Some(queue) = unsafe { queue.as_ref() } {
                queue.wake_all();
            }
        }
    }

    /// Returns the file's own mappings, if it can have any.
    #[inline]
    pub(super) fn mappings(&self) -> Option<&Mappings> {
        match T::HAS_MMAP {
            true => self.mappings.as_deref(),
            false => None,
        }
    }

    /// Returns the pass, for a poller that is already on a queue, and for a caller that was
    /// refused.
    #[inline(always)]
    pub(super) fn pass(&self) -> &Pass {
        &self.pass
    }

    /// Enables `SIGIO` for this file. Sleeps.
    ///
    /// # Errors
    ///
    /// - `EBUSY`: another file uses the driver's [`Fasync`], or this file has used another one
    ///   before.
    /// - `ENOMEM`.
    ///
    /// # Safety
    ///
    /// `fd` and `file` are those of the file operation, on this file.
    pub(super) unsafe fn turn_fasync_on(&self, fd: c_int, file: NonNull<bindings::file>) -> Result {
        let fasync = self.data.fasync();
        let remembers = || remember(&self.signals, fasync);
        // SAFETY: `fd` and `file` are the arguments of the file operation on this file. `release`
        // turns off what is remembered.
        unsafe { fasync.turn_on(fd, file, self.id(), remembers) }
    }

    /// Sends the signal `last`, if any, and disables `SIGIO`. When this returns, the list does not
    /// use the `struct file` any more. Sleeps.
    pub(super) fn turn_fasync_off(&self, last: Option<Band>) {
        // SAFETY: It lives as long as `data`: it was found there for any lifetime.
        if let Some(fasync) = unsafe { self.signals.load(Relaxed).as_ref() } {
            fasync.turn_off(self.id(), last);
        }
    }

    fn id(&self) -> usize {
        core::ptr::from_ref(self).addr()
    }
}

impl<T: FileOperations> protocol::File for OpenFile<T> {
    fn pass(&self) -> &Pass {
        &self.pass
    }

    fn wake(&self) {
        if T::HAS_WAKE_FILE {
            // SAFETY: The caller is inside, or the closer.
            let device = unsafe { self.device_data() };
            device.with_data(|device| T::wake_file(&self.data, device));
        }
        self.wake_all();
    }

    fn end_commands(&self) {
        if let Some(commands) = self.commands() {
            commands.end_all();
        }
    }

    fn zap(&self) {
        if let Some(mappings) = self.mappings() {
            mappings.zap();
        }
    }

    fn round(&self) -> &Number {
        &self.round
    }

    fn swept(&self) -> &Number {
        &self.swept
    }
}

/// Stores `it` in `place`, if that is null. Returns whether `place` has `it`.
fn remember<T>(place: &Atomic<*mut T>, it: &T) -> bool {
    let it = core::ptr::from_ref(it).cast_mut();
    let mut there = place.load(Relaxed);
    if there.is_null() {
        there = place
            .cmpxchg(there, it, Relaxed)
            .map_or_else(|other| other, |_| it);
    }
    there == it
}
