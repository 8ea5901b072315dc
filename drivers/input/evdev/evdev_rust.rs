// SPDX-License-Identifier: GPL-2.0

//! The event interface of input devices: `/dev/input/eventN`.
//!
//! Its user space interface is that of the C driver, `drivers/input/evdev.c`, but no client can
//! hold up the removal of its device, or another client.
//!
//! Interface: `include/uapi/linux/input.h`

mod abi;
mod client;
mod file;
mod ioctl;
mod mask;
mod ring;

use client::{Client, Stamps};
use core::ops::ControlFlow;
use devscope::{fops::Owner, prelude::*};
use devscope_input::{Handle, Handler, Minor, Nodes, Packet, CLASS};
use kernel::{
    new_mutex,
    prelude::*,
    sync::{
        atomic::{Atomic, Relaxed},
        Mutex, //
    },
};

devscope_input::module_input_handler! {
    type: EvdevHandler,
    name: "evdev_rust",
    authors: ["The Devscope developers"],
    description: "Input driver event char devices",
    license: "GPL v2",
    alias: ["input:b*v*p*e*-e*0,*k*r*a*m*l*s*f*w*"],
}

struct EvdevHandler;

/// The data that the files of an input device and its event handler share.
#[pin_data]
struct Evdev<'bound> {
    handle: &'bound Handle<EvdevHandler>,
    /// All open files, which get the events.
    clients: OpenFiles<Client>,
    /// The [client](Client::id) that has grabbed the device, or 0.
    grab: Atomic<usize>,
    /// Held while a client sends a batch of events to the device, or changes its effects: drivers
    /// rely on no effect being played meanwhile.
    #[pin]
    injecting: Mutex<()>,
    /// Held while the grab changes, or an axis.
    #[pin]
    changing: Mutex<()>,
}

impl Handler for EvdevHandler {
    type Device = CovariantForLt!(Evdev<'_>);

    const NAME: &'static CStr = c"evdev";
    const NODES: Option<Nodes> = Some(Nodes {
        name: c"event",
        legacy_minor: 64,
    });

    fn connect<'bound>(
        handle: &'bound Handle<Self>,
        minor: Option<Minor>,
        binding: &mut Binding<'bound>,
    ) -> Result {
        let evdev = binding.share::<CovariantForLt!(Evdev<'_>)>(try_pin_init!(Evdev {
            handle,
            clients: OpenFiles::new(),
            grab: Atomic::new(0),
            injecting <- new_mutex!(()),
            changing <- new_mutex!(()),
        }))?;
        handle.listen(binding, evdev)?;
        let options = chardev::Options::new(handle.name())
            .class(CLASS)
            .below_parent();
        chardev::register::<Client, _>(binding, options, minor.ok_or(ENODEV)?, evdev)
    }

    #[inline]
    fn events(scope: &AtomicScope<'_, Self::Device>, packet: &Packet<'_>) {
        let evdev = scope.data();
        let grab = evdev.grab.load(Relaxed);
        let mut stamps = Stamps::default();
        evdev.clients.visit_with(packet.interrupts(), |client| {
            if grab == 0 || grab == client.id() {
                client.pass(packet, &mut stamps);
            }
            match grab == client.id() {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        });
    }
}

impl Evdev<'_> {
    /// Closes the device for a client, whose effects it erases.
    #[inline(never)]
    fn close(&self, owner: Owner<'_>) {
        let _injecting = self.injecting.lock();
        self.handle.close(owner);
    }

    /// Grabs the device for the client of `scope`.
    fn grab(scope: &Scope<'_, Client>) -> Result {
        let evdev = scope.data();
        let _changing = evdev.changing.lock();
        if evdev.grab.load(Relaxed) != 0 {
            return Err(EBUSY);
        }
        evdev.handle.grab()?;
        evdev.clients.put_first(scope);
        evdev.grab.store(scope.file().id(), Relaxed);
        Ok(())
    }

    /// Undoes [`Self::grab`].
    fn ungrab(scope: &Scope<'_, Client>) -> Result {
        let evdev = scope.data();
        let is_mine = || evdev.grab.load(Relaxed) == scope.file().id();
        if !is_mine() {
            return Err(EINVAL);
        }
        let _changing = evdev.changing.lock();
        // Another thread may have done it.
        if !is_mine() {
            return Err(EINVAL);
        }
        evdev.grab.store(0, Relaxed);
        evdev.handle.release_grab();
        Ok(())
    }
}
