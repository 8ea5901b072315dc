// SPDX-License-Identifier: GPL-2.0
// UNSAFE: makes platform devices; the test macro's output.

//! Platform devices and their driver.

use crate::binding::{
    platform::{self, Adapter, DeviceId, IdTable},
    Binding, //
};
use core::ptr::NonNull;
use kernel::{
    bindings,
    device::Core,
    device_id::IdArray,
    driver,
    error::to_result,
    prelude::*,
    sync::atomic::{Atomic, Relaxed},
    types::CovariantForLt,
    ModuleMetadata, //
};

const DRIVER: &CStr = c"devscope_kunit";
const LISTED: &CStr = c"devscope_listed";

static TABLE: IdArray<DeviceId, u32, 2> = IdArray::new([
    (DeviceId::new(c"devscope_none"), &1),
    (DeviceId::new(LISTED), &2),
]);

/// The info of the last probe, where 0 means none, and the number of bindings.
static TOLD: Atomic<u32> = Atomic::new(u32::MAX);
static BOUND: Atomic<u32> = Atomic::new(0);

struct Bound;

impl Bound {
    fn new() -> Self {
        let _ = BOUND.fetch_add(1, Relaxed);
        Self
    }
}

impl Drop for Bound {
    fn drop(&mut self) {
        let _ = BOUND.fetch_sub(1, Relaxed);
    }
}

struct Driver;

impl platform::Driver for Driver {
    type IdInfo = u32;
    const ID_TABLE: Option<IdTable<u32>> = Some(&TABLE);

    fn probe<'bound>(
        _pdev: &'bound platform::Device<Core<'_>>,
        binding: &mut Binding<'bound>,
        info: Option<&'bound u32>,
    ) -> Result {
        TOLD.store(info.copied().unwrap_or(0), Relaxed);
        binding
            .share::<CovariantForLt!(Bound)>(Ok(Bound::new()))
            .map(drop)
    }
}

fn load() -> Result<Pin<KBox<driver::Registration<Adapter<Driver>>>>> {
    KBox::pin_init(
        driver::Registration::new(DRIVER, &crate::LocalModule::THIS_MODULE),
        GFP_KERNEL,
    )
}

/// A device, which is unregistered when this is dropped.
struct Device(NonNull<bindings::platform_device>);

impl Device {
    fn new(name: &CStr, driver: Option<&CStr>) -> Result<Self> {
        // SAFETY: The name is a C string; the reference is put if adding the device fails.
        unsafe {
            let raw = bindings::platform_device_alloc(name.as_char_ptr(), -1);
            let device = NonNull::new(raw).ok_or(ENOMEM)?;
            let added = driver.map_or(Ok(()), |driver| {
                let len = driver.to_bytes().len();
                to_result(bindings::__device_set_driver_override(
                    &raw mut (*raw).dev,
                    driver.as_char_ptr(),
                    len,
                ))
            });
            added
                .and_then(|()| to_result(bindings::platform_device_add(raw)))
                .inspect_err(|_| bindings::platform_device_put(raw))?;
            Ok(Self(device))
        }
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        // SAFETY: `new` has added the device.
        unsafe { bindings::platform_device_unregister(self.0.as_ptr()) };
    }
}

#[kunit_tests(devscope_platform)]
mod tests {
    use super::*;

    #[test]
    fn device_of_the_table() -> Result {
        let _driver = load()?;
        let device = Device::new(LISTED, None)?;
        assert_eq!((TOLD.load(Relaxed), BOUND.load(Relaxed)), (2, 1));
        drop(device);
        assert_eq!(BOUND.load(Relaxed), 0);
        Ok(())
    }

    #[test]
    fn driver_goes_first() -> Result {
        let _device = Device::new(LISTED, None)?;
        let driver = load()?;
        assert_eq!(BOUND.load(Relaxed), 1);
        drop(driver);
        assert_eq!(BOUND.load(Relaxed), 0);
        Ok(())
    }

    /// With an override, the bus does not search the table.
    #[test]
    fn device_of_the_table_by_override() -> Result {
        let _driver = load()?;
        let _device = Device::new(LISTED, Some(DRIVER))?;
        assert_eq!((TOLD.load(Relaxed), BOUND.load(Relaxed)), (2, 1));
        Ok(())
    }

    #[test]
    fn any_device_by_override() -> Result {
        let _driver = load()?;
        let _device = Device::new(c"devscope_other", Some(DRIVER))?;
        assert_eq!((TOLD.load(Relaxed), BOUND.load(Relaxed)), (0, 1));
        Ok(())
    }

    #[test]
    fn other_device_is_left_alone() -> Result {
        let _driver = load()?;
        let _device = Device::new(c"devscope_other", None)?;
        assert_eq!(BOUND.load(Relaxed), 0);
        Ok(())
    }
}
