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

/// One open file description. It is shared by its `struct file` and, until it is disconnected, by
/// the list of its character device; so it outlives the binding where user space keeps it open, and
/// is gone after the last close.
#[pin_data]
pub(crate) struct OpenFile<T: FileOperations> {
    pass: Pass,
    /// Next to the pass: with no load in between, so reaching the data costs no more than in C.
    device_data: NonNull<DeviceData<T::Device>>,
    char_device: Arc<CharDevice<T>>,
    #[pin]
    data: T,
    /// Woken when the pass ends. Every sleeper is on it that is not on `slept`, and every poller
    /// that is not on `polled`.
    #[pin]
    closing: WaitQueue,
    /// The queue that the driver's `poll` names: the first one, if there is one yet.
    polled: Atomic<*mut WaitQueue>,
    /// A queue of this file alone, for sleepers: the first one, if there is one yet.
    slept: Atomic<*mut WaitQueue>,
    /// What the driver's `fasync` named when it was turned on for the first time.
    signals: Atomic<*mut Fasync>,
    /// What is pending, in a driver that has commands.
    commands: Option<Arc<Commands>>,
    /// Of a file that can be mapped.
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
            // Before the driver's part, which is not made for a file that is not to be.
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
        // device, the data is there until the closer has drained the gate and disconnected the
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

    /// Whether `queue` is the one that is remembered: the closer wakes its pollers.
    #[inline(always)]
    pub(super) fn remembers_polled(&self, queue: &WaitQueue) -> bool {
        core::ptr::eq(self.polled.load(Relaxed), queue)
    }

    /// Whether the closer wakes the pollers of `queue`, which lives as long as `data`.
    pub(super) fn wakes_pollers_on(&self, queue: &WaitQueue) -> bool {
        remember(&self.polled, queue)
    }

    /// Whether the closer wakes the sleepers on `queue`, which lives as long as `data`. Not on one
    /// that files share: each would wake the sleepers of all.
    pub(crate) fn wakes_sleepers_on(&self, queue: &WaitQueue) -> bool {
        let data = core::ptr::from_ref(&self.data).addr();
        let place = core::ptr::from_ref(queue).addr().wrapping_sub(data);
        place < size_of::<T>() && remember(&self.slept, queue)
    }

    /// Wakes all sleepers and pollers. One that comes onto a queue later looks at the pass; and
    /// there is a full barrier between the two, here (in the waking of `closing`) and there.
    ///
    /// No events are named: `select()` for exceptions asks for neither `EPOLLHUP` nor `EPOLLERR`,
    /// and io_uring and AIO believe what is named, also of another file that the queue is for.
    fn wake_all(&self) {
        self.closing.wake_all();
        let polled = self.polled.load(Relaxed);
        let slept = self.slept.load(Relaxed);
        // Edge-triggered pollers are to be told once.
        for queue in [polled, if slept == polled { null_mut() } else { slept }] {
            // SAFETY: It lives as long as `data`, by what was remembered.
            if let Some(queue) = unsafe { queue.as_ref() } {
                queue.wake_all();
            }
        }
    }

    /// The file's own mappings, if it can have any.
    #[inline]
    pub(super) fn mappings(&self) -> Option<&Mappings> {
        match T::HAS_MMAP {
            true => self.mappings.as_deref(),
            false => None,
        }
    }

    /// The pass: for a poller that is on a queue by now, and for a caller that was refused.
    #[inline(always)]
    pub(super) fn pass(&self) -> &Pass {
        &self.pass
    }

    /// Has `SIGIO` sent for this file. Sleeps.
    ///
    /// # Errors
    ///
    /// - `EBUSY`: the driver names a [`Fasync`] that another file uses, or another than this file
    ///   has used.
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

    /// Sends the last signal, if there is one, and none any more. When this returns, nobody uses
    /// the `struct file` for that. Sleeps.
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

/// Puts `it` in a place that has nothing yet. Returns whether it is there.
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
