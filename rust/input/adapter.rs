// SPDX-License-Identifier: GPL-2.0
// UNSAFE: the C side of an input handler.

//! The functions of a [`Handler`] that the input core calls.

use crate::{bindings, Device, Handle, Handler, Minor, Packet};
use core::{marker::PhantomData, ptr::NonNull};
use devscope::binding::Binding;
use kernel::{
    bindings::{devres_open_group, devres_release_group},
    device,
    error::{from_result, to_result},
    prelude::*,
    types::Opaque, //
};

/// A registered handler, which a module has while it is loaded. Created by
/// [`module_input_handler!`](crate::module_input_handler).
///
/// # Invariants
///
/// `raw` is registered.
#[doc(hidden)]
#[pin_data(PinnedDrop)]
pub struct Registration<H: Handler> {
    #[pin]
    raw: Opaque<bindings::input_handler>,
    _handler: PhantomData<H>,
}

// SAFETY: A handler may be unregistered by any thread.
unsafe impl<H: Handler> Send for Registration<H> {}
// SAFETY: A handler may be unregistered by any thread.
unsafe impl<H: Handler> Sync for Registration<H> {}

/// Every device has events of this type.
static ALL_DEVICES: [Ids; 2] = {
    // SAFETY: Integers.
    let mut ids: [Ids; 2] = unsafe { core::mem::zeroed() };
    ids[0].0.flags = bindings::INPUT_DEVICE_ID_MATCH_EVBIT as usize;
    ids[0].0.evbit[0] = 1 << bindings::EV_SYN;
    ids
};

/// An entry of a table that C reads.
#[repr(transparent)]
struct Ids(bindings::input_device_id);

// SAFETY: It is never written.
unsafe impl Sync for Ids {}

impl<H: Handler> Registration<H> {
    /// Registers the handler and connects it to the existing devices. Errors: `EINTR`.
    ///
    /// # Safety
    ///
    /// The value is dropped before the module with `H` is unloaded.
    #[doc(hidden)]
    pub unsafe fn new() -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            // INVARIANT: Registered on success.
            raw <- Opaque::try_ffi_init(|slot: *mut bindings::input_handler| {
                let handler = bindings::input_handler {
                    events: Some(Self::events),
                    match_: Some(Self::wants),
                    connect: Some(Self::connect),
                    disconnect: Some(Self::disconnect),
                    legacy_minors: H::NODES.is_some(),
                    // CAST: Below 2^20.
                    minor: H::NODES.map_or(0, |nodes| nodes.legacy_minor as c_int),
                    name: H::NAME.as_char_ptr(),
                    id_table: (&raw const ALL_DEVICES).cast(),
                    ..Default::default()
                };
                // SAFETY: `slot` is valid for writes, and not moved until it is unregistered.
                to_result(unsafe {
                    slot.write(handler);
                    bindings::input_register_handler(slot)
                })
            }),
            _handler: PhantomData,
        })
    }

    /// # Safety
    ///
    /// Called by the input core, for a device.
    unsafe extern "C" fn wants(
        _handler: *mut bindings::input_handler,
        input: *mut bindings::input_dev,
    ) -> bool {
        // SAFETY: The input core passes a device that stays registered until this returns.
        H::wants(unsafe { Device::from_raw(input) })
    }

    /// # Safety
    ///
    /// Called by the input core, one at a time.
    unsafe extern "C" fn connect(
        handler: *mut bindings::input_handler,
        input: *mut bindings::input_dev,
        _id: *const bindings::input_device_id,
    ) -> c_int {
        // SAFETY: The input core connects this handler to `input`, one device at a time.
        from_result(|| unsafe { Self::try_connect(handler, input) }.map(|()| 0))
    }

    /// # Safety
    ///
    /// As [`Self::connect`].
    unsafe fn try_connect(
        handler: *mut bindings::input_handler,
        input: *mut bindings::input_dev,
    ) -> Result {
        // SAFETY: This is a part of the handler's `connect`, of which one at a time runs.
        let minor = H::NODES.map(|nodes| unsafe { Minor::take(&nodes) });
        let minor = minor.transpose()?;
        // SAFETY: This is a part of the `connect` of `handler`, whose code this is, for `input`.
        // The input core keeps both valid. `minor` was just taken for this handler.
        let handle = unsafe { Handle::<H>::new(handler, input, minor.as_ref()) }?;
        // SAFETY: It is valid until it is freed.
        let it = unsafe { handle.as_ref() };
        let device = it.device.as_raw();
        let group = handle.as_ptr().cast();
        // SAFETY: The device is initialised, and the handle complete.
        let registered = unsafe {
            // The group for resources that the driver adds to the device.
            if devres_open_group(device, group, kernel::bindings::GFP_KERNEL).is_null() {
                Err(ENOMEM)
            } else {
                // Without a reference: `disconnect` gets from here to the box.
                let raw = Opaque::cast_into(&raw const (*handle.as_ptr()).raw);
                to_result(bindings::input_register_handle(raw)).inspect_err(|_| {
                    devres_release_group(device, group);
                })
            }
        };
        if let Err(error) = registered {
            // SAFETY: It is not registered.
            unsafe { Handle::free(handle) };
            return Err(error);
        }
        // SAFETY: The device of the connection counts as bound until `end`; by then, the
        // attachments are dropped. `H::connect` is generic over the lifetime.
        let mut binding = unsafe { Binding::new(device::Device::from_raw(device)) };
        let connected = H::connect(it, minor, &mut binding);
        let attachments = binding.into_attachments();
        match connected {
            Ok(()) => {
                // SAFETY: Connecting and disconnecting exclude each other.
                unsafe { *it.attachments.get() = Some(attachments) };
                Ok(())
            }
            Err(error) => {
                drop(attachments);
                // SAFETY: It is registered, and its binding has ended.
                unsafe { Self::end(handle) };
                Err(error)
            }
        }
    }

    /// # Safety
    ///
    /// Called by the input core, for a handle that [`Self::connect`] has registered.
    unsafe extern "C" fn disconnect(raw: *mut bindings::input_handle) {
        // SAFETY: The input core passes a handle that `connect` has registered.
        let handle = unsafe { Handle::<H>::from_raw(raw) };
        // SAFETY: It is valid until `end` frees it. Connecting and disconnecting exclude each
        // other.
        drop(unsafe { (*handle.as_ref().attachments.get()).take() });
        // SAFETY: It is registered, and its binding has ended.
        unsafe { Self::end(handle) };
    }

    /// # Safety
    ///
    /// `handle` is registered, and its binding has ended; the caller does not use it any more.
    unsafe fn end(handle: NonNull<Handle<H>>) {
        // SAFETY:
        // - The handle is registered, so it is valid, and has its group of resources from
        //   `try_connect`.
        // - Its binding has ended, and the caller does not use it any more. Once it is
        //   unregistered, no other code does.
        unsafe {
            let it = handle.as_ref();
            it.close_all();
            it.release_grab();
            devres_release_group(it.device.as_raw(), handle.as_ptr().cast());
            bindings::input_unregister_handle(it.as_raw());
            Handle::free(handle);
        }
    }

    /// # Safety
    ///
    /// Called by the input core with the event lock held, for a handle that is registered.
    unsafe extern "C" fn events(
        raw: *mut bindings::input_handle,
        values: *mut bindings::input_value,
        count: c_uint,
    ) -> c_uint {
        // SAFETY: The input core passes a handle that is registered; unregistering it waits for
        // this.
        let handle = unsafe { Handle::<H>::from_raw(raw).as_ref() };
        // SAFETY: The event lock is held.
        if let Some(data) = unsafe { *handle.listener.get() } {
            // SAFETY:
            // - The input core has passed `values` and `count`, and holds the event lock of the
            //   handle's device until this returns.
            // - The binding keeps a value whose drop removes the listener and waits for the lock.
            //   It drops this value before the data.
            unsafe {
                let packet = Packet::from_raw(handle.input(), values, count);
                H::events(&data.scope(), &packet);
            }
        }
        count
    }
}

#[pinned_drop]
impl<H: Handler> PinnedDrop for Registration<H> {
    fn drop(self: Pin<&mut Self>) {
        // SAFETY: By the type invariant.
        unsafe { bindings::input_unregister_handler(self.raw.get()) };
    }
}

/// Declares a module with one [`Handler`](crate::Handler).
#[macro_export]
macro_rules! module_input_handler {
    (type: $type:ty, $($f:tt)*) => {
        #[::kernel::prelude::pin_data]
        struct HandlerModule {
            #[pin]
            _handler: $crate::Registration<$type>,
        }

        impl ::kernel::InPlaceModule for HandlerModule {
            fn init(
                _module: &'static ::kernel::ThisModule,
            ) -> impl ::pin_init::PinInit<Self, ::kernel::error::Error> {
                ::kernel::try_pin_init!(Self {
                    // SAFETY: The module's own value, which is dropped when it is unloaded.
                    _handler <- unsafe { $crate::Registration::new() },
                })
            }
        }

        ::kernel::prelude::module! {
            type: HandlerModule,
            $($f)*
        }
    };
}
