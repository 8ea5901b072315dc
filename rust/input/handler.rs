// SPDX-License-Identifier: GPL-2.0

//! The trait of input handlers.

use crate::{Device, Handle, Minor, Packet};
use devscope::prelude::*;
use kernel::prelude::*;

/// An input handler. The input core connects it to every input device that it wants.
/// [`module_input_handler!`](crate::module_input_handler) declares a module with one.
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

    /// The name of the handler, as in `/proc/bus/input/handlers`.
    const NAME: &'static CStr;

    /// The device nodes of the handler, if it has nodes. Each connection then has a [`Minor`], and
    /// the name of its node.
    const NODES: Option<Nodes> = None;

    /// Returns whether the handler wants to be connected to `device`.
    fn wants(_device: &Device) -> bool {
        true
    }

    /// Connects the handler to a device, as a probe binds a driver: the registrations of `binding`
    /// end when the device or the handler is unregistered. The device of the binding stands for the
    /// connection; its parent is the input device.
    ///
    /// The input core serialises connects and disconnects.
    ///
    /// # Errors
    ///
    /// Any. The binding then ends what was registered before.
    fn connect<'bound>(
        handle: &'bound Handle<Self>,
        minor: Option<Minor>,
        binding: &mut Binding<'bound>,
    ) -> Result;

    /// Handles events of an open device, after [`Handle::listen`] and until the connection ends.
    /// Interrupts are disabled, and the device's event lock is held.
    fn events(scope: &AtomicScope<'_, Self::Device>, packet: &Packet<'_>);
}

/// Device nodes of a handler.
pub struct Nodes {
    /// The name of the nodes, without the number.
    pub name: &'static CStr,
    /// The first of the 32 minors that are reserved for the handler. All handlers share the further
    /// ones.
    pub legacy_minor: u32,
}
