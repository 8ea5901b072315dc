// SPDX-License-Identifier: GPL-2.0
// UNSAFE: binds and unbinds a device by hand.

//! Values of a device: when they are dropped, and which callers can access them until then.

use super::{
    a_while,
    bind,
    bound,
    device,
    revocable::{drops, waits_for_a_guard, Value}, //
};
use crate::{
    revocable::{
        devres::{BoundDevres, Devres, DevresLt},
        try_access_all,
        Revocable, //
    },
    scope::{unscoped, UNSCOPED},
};
use kernel::{
    bindings,
    device::{Bound, Device},
    devres,
    faux,
    prelude::*,
    sync::{atomic::Relaxed, Arc},
    types::CovariantForLt, //
};

#[allow(improper_ctypes)]
unsafe extern "C" {
    // `include/linux/device.h`, which the kernel crate's bindings leave out.
    fn device_release_driver(dev: *mut bindings::device);
    fn device_attach(dev: *mut bindings::device) -> c_int;
}

/// Unbinds a device and binds it again, as sysfs does.
fn rebind(device: &faux::Registration) -> Result {
    let raw: *mut bindings::device = core::ptr::from_ref(bound(device)).cast_mut().cast();
    // SAFETY: The device is registered; no `&Device<Bound>` exists now.
    unsafe { device_release_driver(raw) };
    // SAFETY: The device is registered, and has no driver now.
    match unsafe { device_attach(raw) } {
        1 => Ok(()),
        _ => Err(ENODEV),
    }
}

/// A value that only lives as long as the binding, and refers to its device.
struct Borrowing<'a> {
    device: &'a Device<Bound>,
    value: Value,
}

type Wrapped = devres::DevresLt<CovariantForLt!(Borrowing<'_>)>;

fn wrapped(device: &Device<Bound>, value: Value) -> Result<Wrapped> {
    // SAFETY: A device exists while it is bound, and devres drops the value before that ends.
    unsafe { Wrapped::new::<Error>(device, Ok(Borrowing { device, value })) }
}

/// Compiles only if `BoundDevres` is covariant: it shortens the lifetime.
fn shorter<'short, 'long: 'short>(
    long: &'short BoundDevres<'long, Value>,
) -> &'short BoundDevres<'short, Value> {
    long
}

#[kunit_tests(devscope_devres)]
mod tests {
    use super::*;

    #[test]
    fn value_is_dropped_at_unbind() -> Result {
        let (device, drops) = (device()?, drops()?);
        let it = Devres::new::<Error>(&bind(&device), Ok(Value::new(5, &drops)))?;
        assert_eq!(it.access(bound(&device))?.number, 5);
        assert_eq!(it.try_access(&UNSCOPED).map(|value| value.number), Some(5));
        assert!(core::ptr::eq::<Device>(it.device(), &**bound(&device)));
        drop(device);
        assert_eq!(drops.load(Relaxed), 1);
        assert!(it.try_access(&UNSCOPED).is_none());
        drop(it);
        assert_eq!(drops.load(Relaxed), 1);
        Ok(())
    }

    #[test]
    fn value_needs_no_handle() -> Result {
        let (device, drops) = (device()?, drops()?);
        drop(Devres::new::<Error>(
            &bind(&device),
            Ok(Value::new(0, &drops)),
        )?);
        assert_eq!(drops.load(Relaxed), 0);
        drop(device);
        assert_eq!(drops.load(Relaxed), 1);
        Ok(())
    }

    #[test]
    fn value_that_fails_leaves_nothing() -> Result {
        let device = device()?;
        let failed = Devres::<Value>::new(&bind(&device), Err::<Value, _>(EIO));
        assert_eq!(failed.err(), Some(EIO));
        Ok(())
    }

    #[test]
    fn another_device_is_refused() -> Result {
        let (device, other, drops) = (device()?, device()?, drops()?);
        let it = Devres::new::<Error>(&bind(&device), Ok(Value::new(0, &drops)))?;
        assert_eq!(it.access(bound(&other)).err(), Some(EINVAL));
        let inner = wrapped(bound(&device), Value::new(0, &drops))?;
        assert_eq!(DevresLt::new(&bind(&other), inner).err(), Some(EINVAL));
        Ok(())
    }

    #[test]
    fn an_earlier_binding_is_refused() -> Result {
        let (device, drops) = (device()?, drops()?);
        let old = Devres::new::<Error>(&bind(&device), Ok(Value::new(0, &drops)))?;
        let old_lt = DevresLt::new(
            &bind(&device),
            wrapped(bound(&device), Value::new(0, &drops))?,
        )?;
        let bare = wrapped(bound(&device), Value::new(0, &drops))?;
        rebind(&device)?;
        assert_eq!(drops.load(Relaxed), 3);
        // It is the same device, and it is bound, but by another binding.
        assert_eq!(old.access(bound(&device)).err(), Some(ENODEV));
        assert_eq!(old_lt.access(bound(&device)).err(), Some(ENODEV));
        assert_eq!(DevresLt::new(&bind(&device), bare).err(), Some(ENODEV));
        assert!(old.try_access(&UNSCOPED).is_none() && old_lt.try_access(&UNSCOPED).is_none());
        let new = Devres::new::<Error>(&bind(&device), Ok(Value::new(1, &drops)))?;
        assert_eq!(new.access(bound(&device))?.number, 1);
        Ok(())
    }

    #[test]
    fn unbind_waits_for_a_guard_that_sleeps() -> Result {
        let (device, drops) = (device()?, drops()?);
        let it = Devres::new::<Error>(&bind(&device), Ok(Value::new(0, &drops)))?;
        let end = move || drop(device);
        let waits = waits_for_a_guard(&it, &drops, |it| it.try_access(&UNSCOPED), end)?;
        assert!(waits);
        Ok(())
    }

    #[test]
    fn attached_is_reached_without_a_check() -> Result {
        let (device, drops) = (device()?, drops()?);
        let handle = {
            let binding = bind(&device);
            let it = BoundDevres::new::<Error>(&binding, Ok(Value::new(9, &drops)))?;
            assert_eq!(it.number, 9);
            assert_eq!(shorter(&it).number, 9);
            it.handle()
        };
        // The value outlives the binding's attachments; devres drops it.
        assert_eq!(
            handle.try_access(&UNSCOPED).map(|value| value.number),
            Some(9)
        );
        assert_eq!(drops.load(Relaxed), 0);
        drop(device);
        assert_eq!(drops.load(Relaxed), 1);
        assert!(handle.try_access(&UNSCOPED).is_none());
        Ok(())
    }

    #[test]
    fn wrapped_value_sleeps_and_is_revoked() -> Result {
        let (device, drops) = (device()?, drops()?);
        let inner = wrapped(bound(&device), Value::new(3, &drops))?;
        let it = DevresLt::new(&bind(&device), inner)?;
        assert_eq!(it.access(bound(&device))?.value.number, 3);
        let value = it.try_access(&UNSCOPED);
        assert_eq!(value.map(|guard| guard.get().value.number), Some(3));
        assert!(unscoped(|context| it.try_access(context).is_some_and(
            |guard| {
                a_while();
                core::ptr::eq(guard.get().device, bound(&device))
            }
        )));
        drop(device);
        assert_eq!(drops.load(Relaxed), 1);
        assert!(it.try_access(&UNSCOPED).is_none());
        Ok(())
    }

    #[test]
    fn all_of_different_providers() -> Result {
        let (one, two, drops) = (device()?, device()?, drops()?);
        let plain = Devres::new::<Error>(&bind(&one), Ok(Value::new(1, &drops)))?;
        let inner = wrapped(bound(&two), Value::new(2, &drops))?;
        let lt = DevresLt::new(&bind(&two), inner)?;
        let own = Arc::pin_init(Revocable::new(Value::new(3, &drops)), GFP_KERNEL)?;
        {
            let all = try_access_all(&UNSCOPED, (&plain, &lt, &*own)).ok_or(ENODEV)?;
            let (plain, lt, own) = &all;
            assert_eq!((plain.number, lt.get().value.number, own.number), (1, 2, 3));
        }
        drop(two);
        assert!(try_access_all(&UNSCOPED, (&plain, &lt, &*own)).is_none());
        assert!(try_access_all(&UNSCOPED, (&plain, &*own)).is_some());
        Ok(())
    }
}
