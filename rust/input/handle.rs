// SPDX-License-Identifier: GPL-2.0
// UNSAFE: wraps a handle of the input core, and counts references to it as to a device.

//! The connection of a handler to a device.

use crate::{bindings, Device, Handler, Minor};
use core::{cell::UnsafeCell, ptr::NonNull};
use devscope::{
    binding::{Attachments, Binding, Shared},
    scope::{Owner, Unscoped}, //
};
use kernel::{
    bindings::{device, device_initialize, put_device},
    container_of,
    device as device_rs,
    error::to_result,
    new_mutex,
    prelude::*,
    sync::Mutex,
    types::Opaque, //
};

/// The connection of handler `H` to an input device.
///
/// # Invariants
///
/// `raw` is registered, and `input` a reference to its device, which is registered as well, from
/// [`Handler::connect`] until the binding has ended.
#[pin_data(PinnedDrop)]
pub struct Handle<H: Handler> {
    #[pin]
    raw: Opaque<bindings::input_handle>,
    /// What the binding is of: initialised, and never shown to anyone.
    #[pin]
    pub(crate) device: Opaque<device>,
    input: NonNull<bindings::input_dev>,
    /// Protected by the event lock of the device.
    pub(crate) listener: UnsafeCell<Option<Shared<'static, H::Device>>>,
    /// Of the adapter: what connecting has registered.
    pub(crate) attachments: UnsafeCell<Option<Attachments>>,
    #[pin]
    opened: Mutex<usize>,
}

// SAFETY: The functions of the input core may be called by any thread; `listener` is protected by a
// lock, and `attachments` by the input core, which connects and disconnects one at a time.
unsafe impl<H: Handler> Send for Handle<H> {}
// SAFETY: As above.
unsafe impl<H: Handler> Sync for Handle<H> {}

impl<H: Handler> Handle<H> {
    /// A handle that is not registered yet, as a box that [`Self::put`] frees.
    ///
    /// # Safety
    ///
    /// The caller is the `connect` of `handler`, whose code this is, for `input`.
    pub(crate) unsafe fn new(
        handler: *mut bindings::input_handler,
        input: *mut bindings::input_dev,
        minor: Option<&Minor>,
    ) -> Result<NonNull<Self>> {
        let handle = KBox::pin_init(
            try_pin_init!(Self {
                raw: Opaque::zeroed(),
                device: Opaque::zeroed(),
                input: {
                    // SAFETY: By the safety requirement.
                    unsafe { kernel::bindings::get_device(&raw mut (*input).dev) };
                    // SAFETY: As above.
                    unsafe { NonNull::new_unchecked(input) }
                },
                listener: UnsafeCell::new(None),
                attachments: UnsafeCell::new(None),
                opened <- new_mutex!(0),
            }),
            GFP_KERNEL,
        )?;
        // SAFETY: It stays where it is, until `release` makes it a box again.
        let handle = unsafe { KBox::into_raw(Pin::into_inner_unchecked(handle)) };
        // SAFETY: All of this is valid, and of this handle.
        let named = unsafe {
            let device = (*handle).device.get();
            (*device).release = Some(Self::release);
            (*device).parent = &raw mut (*input).dev;
            device_initialize(device);
            match (H::NODES, minor) {
                (Some(nodes), Some(minor)) => kernel::bindings::dev_set_name(
                    device,
                    c"%s%u".as_char_ptr(),
                    nodes.name.as_char_ptr(),
                    minor.index(),
                ),
                _ => kernel::bindings::dev_set_name(
                    device,
                    c"%s".as_char_ptr(),
                    H::NAME.as_char_ptr(),
                ),
            }
        };
        // SAFETY: As above. The device keeps its name.
        unsafe {
            let raw = (*handle).raw.get();
            (*raw).dev = input;
            (*raw).handler = handler;
            (*raw).name = kernel::bindings::dev_name((*handle).device.get());
        }
        // SAFETY: Just made.
        let handle = unsafe { NonNull::new_unchecked(handle) };
        to_result(named).inspect_err(|_| {
            // SAFETY: The first reference, and the only one.
            unsafe { Self::put(handle) }
        })?;
        Ok(handle)
    }

    /// Gives up the reference of the adapter.
    ///
    /// # Safety
    ///
    /// `handle` is not registered, and the caller has no other use for it.
    pub(crate) unsafe fn put(handle: NonNull<Self>) {
        // SAFETY: By the safety requirement.
        unsafe { put_device(handle.as_ref().device.get()) };
    }

    /// # Safety
    ///
    /// Called by the driver core, for the device of a handle that nobody refers to any more.
    unsafe extern "C" fn release(device: *mut device) {
        // SAFETY: By the safety requirement; `new` has it from a box.
        drop(unsafe {
            let handle = container_of!(Opaque::cast_from(device), Self, device);
            KBox::from_raw(handle.cast_mut())
        });
    }

    /// # Safety
    ///
    /// `raw` is that of a handle, which lives for `'a`.
    #[inline(always)]
    pub(crate) unsafe fn from_raw<'a>(raw: *mut bindings::input_handle) -> &'a Self {
        // SAFETY: By the safety requirement.
        unsafe { &*container_of!(Opaque::cast_from(raw), Self, raw) }
    }

    pub(crate) fn as_raw(&self) -> *mut bindings::input_handle {
        self.raw.get()
    }

    /// The name of the connection, and of its node, such as `event3`.
    pub fn name(&self) -> &CStr {
        // SAFETY: The device is initialised.
        unsafe { device_rs::Device::<device_rs::Normal>::from_raw(self.device.get()) }.name()
    }

    /// The device.
    #[inline(always)]
    pub fn input(&self) -> &Device {
        // SAFETY: By the type invariant.
        unsafe { Device::from_raw(self.input.as_ptr()) }
    }

    /// Has the handler told of the events of the open device, until the binding ends. Sleeps.
    ///
    /// # Errors
    ///
    /// - `EBUSY`: it is told already.
    /// - `ENOMEM`.
    pub fn listen<'bound>(
        &'bound self,
        binding: &mut Binding<'bound>,
        data: Shared<'bound, H::Device>,
    ) -> Result {
        // SAFETY: It is used by the handler's `events` alone, which `Listening` ends.
        let data = unsafe { data.unbounded() };
        let was_silent = self.input().hold(&Unscoped, |_| {
            // SAFETY: The event lock is held.
            let listener = unsafe { &mut *self.listener.get() };
            let was_silent = listener.is_none();
            listener.get_or_insert(data);
            was_silent
        });
        if !was_silent {
            return Err(EBUSY);
        }
        // Where there is no memory for it, this is dropped.
        binding.keep(Ok::<_, Error>(Listening::<H>(NonNull::from(self))))
    }

    /// Opens the device, so that it sends events, unless it is open. To be undone with
    /// [`Self::close`]; at its end, the connection closes it, with all effects. Sleeps.
    ///
    /// # Errors
    ///
    /// - `ENODEV`: the device goes.
    /// - `EINTR`: a signal came while another one opened it.
    /// - Those of the device's driver.
    pub fn open(&self) -> Result {
        let mut opened = self.opened.lock();
        if *opened == 0 {
            // SAFETY: By the type invariant.
            to_result(unsafe { bindings::input_open_device(self.as_raw()) })?;
        }
        *opened += 1;
        Ok(())
    }

    /// Undoes an [`Self::open`], and takes from the device what is of `owner`: effects of
    /// [force feedback](crate::ff). The last one closes the device, and
    /// [releases](Self::release_grab) it. Sleeps.
    ///
    /// Where the device goes, there is no need for it: see [`Self::open`].
    pub fn close(&self, owner: Owner<'_>) {
        if !owner.is_nobody() {
            self.flush(owner);
        }
        let mut opened = self.opened.lock();
        if *opened == 1 {
            // SAFETY: By the type invariant; it is open.
            unsafe { bindings::input_close_device(self.as_raw()) };
        }
        *opened = opened.saturating_sub(1);
    }

    fn flush(&self, owner: Owner<'_>) {
        // An effect that stays after all belongs to nobody, and goes with the device.
        // SAFETY: By the type invariant; owners are compared.
        unsafe { bindings::input_flush_device(self.as_raw(), owner.as_raw()) };
    }

    /// Closes the device, however often it was opened, with all effects.
    pub(crate) fn close_all(&self) {
        let mut opened = self.opened.lock();
        if core::mem::take(&mut *opened) > 0 {
            self.flush(Owner::NOBODY);
            // SAFETY: By the type invariant; it is open.
            unsafe { bindings::input_close_device(self.as_raw()) };
        }
    }

    /// Takes the events of the device for this connection alone. Sleeps.
    ///
    /// # Errors
    ///
    /// - `EBUSY`: some connection has them.
    /// - `EINTR`: a signal.
    pub fn grab(&self) -> Result {
        // SAFETY: By the type invariant.
        to_result(unsafe { bindings::input_grab_device(self.as_raw()) })
    }

    /// Undoes [`Self::grab`], if need be. Sleeps.
    pub fn release_grab(&self) {
        // SAFETY: By the type invariant.
        unsafe { bindings::input_release_device(self.as_raw()) };
    }

    /// Sends an event as if it came from the device, and to the device, such as for a light. Nothing
    /// happens where another connection has grabbed the device. In any context, but
    /// [`Handler::events`], which has the lock.
    #[inline]
    pub fn inject(&self, kind: u16, code: u16, value: i32) {
        // SAFETY: By the type invariant.
        unsafe {
            bindings::input_inject_event(self.as_raw(), kind.into(), code.into(), value);
        }
    }
}

#[pinned_drop]
impl<H: Handler> PinnedDrop for Handle<H> {
    fn drop(self: Pin<&mut Self>) {
        // SAFETY: `new` has taken a reference.
        unsafe { put_device(&raw mut (*self.input.as_ptr()).dev) };
    }
}

/// That the handler is told of events.
struct Listening<H: Handler>(NonNull<Handle<H>>);

// SAFETY: A handle is `Sync`.
unsafe impl<H: Handler> Send for Listening<H> {}
// SAFETY: As above.
unsafe impl<H: Handler> Sync for Listening<H> {}

impl<H: Handler> Drop for Listening<H> {
    fn drop(&mut self) {
        // SAFETY: The handle outlives what its binding keeps.
        let handle = unsafe { self.0.as_ref() };
        // Events are passed on under this lock: none is under way after it.
        handle.input().hold(&Unscoped, |_| {
            // SAFETY: The event lock is held.
            unsafe { *handle.listener.get() = None };
        });
    }
}
