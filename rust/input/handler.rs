// SPDX-License-Identifier: GPL-2.0

//! What a driver of an input handler implements.

use crate::{Device, Handle, Minor, Packet};
use devscope::prelude::*;
use kernel::prelude::*;

/// An input handler: it is connected to every input device that it wants.
/// [`module_input_handler!`](crate::module_input_handler) declares a module that is one.
///
/// # Examples
///
/// ```
/// # use devscope_input as input;
/// struct Lamp;
///
/// struct LampData<'bound> {
///     handle: &'bound input::Handle<Lamp>,
///     is_on: Atomic<bool>,
/// }
///
/// impl input::Handler for Lamp {
///     type Device = CovariantForLt!(LampData<'_>);
///     const NAME: &'static CStr = c"lamp";
///
///     fn connect<'bound>(
///         handle: &'bound input::Handle<Self>,
///         _minor: Option<input::Minor>,
///         binding: &mut Binding<'bound>,
///     ) -> Result {
///         let is_on = Atomic::new(false);
///         let lamp = binding.share(Ok(LampData { handle, is_on }))?;
///         handle.listen(binding, lamp)?;
///         handle.open()
///     }
///
///     fn events(scope: &AtomicScope<'_, Self::Device>, packet: &input::Packet<'_>) {
///         scope.data().is_on.store(!packet.values().is_empty(), Relaxed);
///     }
/// }
/// ```
pub trait Handler: Sized + 'static {
    /// The data that a connection shares.
    type Device: ForLt + 'static;

    /// What `/proc/bus/input/handlers` has for it.
    const NAME: &'static CStr;

    /// The device nodes that it makes, if it does: then a connection has a [`Minor`], and the name
    /// of its node.
    const NODES: Option<Nodes> = None;

    /// Whether it wants to be connected to `device`.
    fn wants(_device: &Device) -> bool {
        true
    }

    /// Connects it to a device, in the way in which a driver of a bus is bound: what is registered
    /// through `binding` ends when the device goes, or the handler. The device of the binding
    /// stands for the connection; its parent is the input device.
    ///
    /// The input core connects and disconnects one handler at a time.
    ///
    /// # Errors
    ///
    /// Any. What was registered before is undone.
    fn connect<'bound>(
        handle: &'bound Handle<Self>,
        minor: Option<Minor>,
        binding: &mut Binding<'bound>,
    ) -> Result;

    /// Events of an open device, after [`Handle::listen`] and until the device goes. Interrupts are
    /// disabled, and the device's event lock is held.
    fn events(scope: &AtomicScope<'_, Self::Device>, packet: &Packet<'_>);
}

/// Device nodes of a handler.
pub struct Nodes {
    /// Their name, before the number.
    pub name: &'static CStr,
    /// The first of the 32 minors that were reserved for them once. Further ones are given out to
    /// all handlers.
    pub legacy_minor: u32,
}
