// SPDX-License-Identifier: GPL-2.0
// UNSAFE: takes over a chain that C owns.

//! Notifier chains, which their owner calls.

use super::{kind::Kind, Reply};
use crate::scope::ProcessContext;
use core::marker::PhantomData;
use kernel::{
    bindings,
    prelude::*,
    sync::LockClassKey,
    types::Opaque, //
};

/// A notifier chain, whose events carry an `E`. Create one with
/// [`new_chain!`](crate::new_chain), in an `Arc`.
///
/// A `Chain<E>` is a blocking chain: it is called in a task, and its handlers may sleep. A
/// `Chain<E, AtomicContext>` is an atomic chain, which may be called in any context.
///
/// # Examples
///
/// ```
/// # struct Speed { rpm: u32 }
/// # const CHANGED: usize = 1;
/// # fn f() -> Result {
/// let speeds: Arc<Chain<Speed>> = Arc::pin_init(new_chain!("speeds"), GFP_KERNEL)?;
/// speeds.call(CHANGED, &Speed { rpm: 3000 });
/// # Ok(()) }
/// ```
///
/// # Invariants
///
/// `head` is initialised. All callers pass the address of an `E`, and all handlers take their event
/// as one.
#[pin_data]
#[repr(transparent)]
pub struct Chain<E: 'static, C: Kind = ProcessContext> {
    #[pin]
    head: C::Head,
    _event: PhantomData<fn(&E)>,
}

// SAFETY: A chain is made for use by many threads. An event stays with its caller.
unsafe impl<E, C: Kind> Send for Chain<E, C> {}
// SAFETY: A chain is made for use by many threads. An event stays with its caller.
unsafe impl<E, C: Kind> Sync for Chain<E, C> {}

impl<E, C: Kind> Chain<E, C> {
    /// Creates an empty chain. Drivers use [`new_chain!`](crate::new_chain).
    #[doc(hidden)]
    pub fn new(name: &'static CStr, key: Pin<&'static LockClassKey>) -> impl PinInit<Self> {
        pin_init!(Self {
            // INVARIANT: Initialised, and the functions of this crate keep to the type.
            head <- C::init(name, key),
            _event: PhantomData,
        })
    }

    /// Calls the registered handlers in the order of their priority, until one returns
    /// [`Stop`](Reply::Stop) or [`Bad`](Reply::Bad). Returns the reply of the last handler that was
    /// called, or [`Done`](Reply::Done) if there is no handler.
    ///
    /// May sleep if the chain is a blocking one. An atomic chain may be called in any context.
    pub fn call(&self, action: usize, event: &E) -> Reply {
        let event = core::ptr::from_ref(event).cast_mut().cast();
        // SAFETY: By the type invariant.
        Reply::from_raw(unsafe { C::call(&self.head, action, event) })
    }

    pub(super) fn head(&self) -> &C::Head {
        &self.head
    }
}

impl<E> Chain<E> {
    /// Returns a chain that C owns, for the abstraction of a subsystem that has one.
    ///
    /// # Safety
    ///
    /// `head` is initialised, and stays so for `'a`. All callers pass the address of an `E`
    /// that is shared for the time of the call, and all handlers take it as one.
    pub unsafe fn from_raw<'a>(head: *mut bindings::blocking_notifier_head) -> &'a Self {
        // INVARIANT: The caller passes a head that is initialised for `'a`. All that call it pass
        // the address of an `E`, and all handlers take it as one.
        // SAFETY: The caller keeps the head initialised for `'a`; the type is a transparent wrapper
        // of `Opaque<_>`.
        unsafe { &*Opaque::cast_from(head).cast() }
    }
}

/// Creates an initialiser for a [`notifier::Chain`](crate::callback::notifier::Chain), with a lock
/// class of its own.
#[macro_export]
macro_rules! new_chain {
    ($($name:literal)?) => {
        $crate::callback::notifier::Chain::new(
            ::kernel::optional_name!($($name)?), ::kernel::static_lock_class!()
        )
    };
}
