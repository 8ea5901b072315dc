// SPDX-License-Identifier: GPL-2.0
// UNSAFE: the test macro's output.

//! An auxiliary device, its driver, and the data of its parent.

use super::Log;
use crate::binding::{
    auxiliary::{self, Adapter, DeviceId, IdTable},
    Binding, //
};
use kernel::{
    device::Core,
    device_id::IdArray,
    driver,
    new_mutex,
    prelude::*,
    sync::{Arc, Mutex},
    types::{CovariantForLt, ForLt},
    ModuleMetadata, //
};

/// The data of the parent.
struct Parent {
    log: Arc<Log>,
}

impl Drop for Parent {
    fn drop(&mut self) {
        self.log.add("parent's data dropped");
    }
}

/// Data of a parent that is not covariant.
#[pin_data]
struct Hub<'a> {
    log: Arc<Log>,
    #[pin]
    slot: Mutex<Option<&'a Log>>,
}

/// The data of the child. Its drop still uses the data of the parent.
struct Child<'a> {
    parent: &'a Parent,
}

impl Drop for Child<'_> {
    fn drop(&mut self) {
        self.parent.log.add("child's data dropped");
    }
}

struct ChildDriver;

static TABLE: IdArray<DeviceId, u32, 2> = IdArray::new([
    (DeviceId::new(MODULE, c"child"), &1),
    (DeviceId::new(MODULE, c"hub"), &2),
]);

impl auxiliary::Driver for ChildDriver {
    type IdInfo = u32;
    const ID_TABLE: IdTable<u32> = &TABLE;

    fn probe<'bound>(
        adev: &'bound auxiliary::Device<Core<'_>>,
        binding: &mut Binding<'bound>,
        info: &'bound u32,
    ) -> Result {
        if *info == 2 {
            return auxiliary::with_parent_data::<ForLt!(Hub<'_>), _>(adev, |hub| {
                hub.log.add("child bound to hub");
                assert!(hub.slot.lock().is_none());
            });
        }
        let wrong = auxiliary::parent_data::<CovariantForLt!(u64)>(adev);
        assert_eq!(wrong.err(), Some(EINVAL));
        let parent = auxiliary::parent_data::<CovariantForLt!(Parent)>(adev)?;
        parent.log.add("child bound");
        let data: Result<Child<'bound>> = Ok(Child { parent });
        binding.share::<CovariantForLt!(Child<'_>)>(data).map(drop)
    }
}

/// Loads the child's driver.
fn load() -> Result<Pin<KBox<driver::Registration<Adapter<ChildDriver>>>>> {
    KBox::pin_init(
        driver::Registration::new(MODULE, &crate::LocalModule::THIS_MODULE),
        GFP_KERNEL,
    )
}

/// Registers an auxiliary device `id` for the child's driver.
fn register(binding: &mut Binding<'_>, log: &Arc<Log>, id: u32) -> Result {
    let parent = Parent { log: log.clone() };
    let data = binding.share::<CovariantForLt!(Parent)>(Ok(parent))?;
    auxiliary::register(binding, MODULE, c"child", id, data)
}

const MODULE: &CStr = c"devscope_kunit";

#[kunit_tests(devscope_auxiliary)]
mod tests {
    use super::*;

    #[test]
    fn child_ends_before_the_data() -> Result {
        let _driver = load()?;
        let (log, mut binding) = Log::bound()?;
        register(&mut binding, &log, 0)?;
        assert!(log.is(&["child bound"]));
        drop(binding);
        let all = [
            "child bound",
            "child's data dropped",
            "parent's data dropped",
        ];
        assert!(log.is(&all));
        Ok(())
    }

    #[test]
    fn driver_comes_late_and_goes_early() -> Result {
        let (log, mut binding) = Log::bound()?;
        register(&mut binding, &log, 0)?;
        assert!(log.is(&[]));
        let driver = load()?;
        assert!(log.is(&["child bound"]));
        drop(driver);
        assert!(log.is(&["child bound", "child's data dropped"]));
        drop(load()?);
        drop(binding);
        let all = [
            "child bound",
            "child's data dropped",
            "child bound",
            "child's data dropped",
            "parent's data dropped",
        ];
        assert!(log.is(&all));
        Ok(())
    }

    #[test]
    fn no_driver_at_all() -> Result {
        let (log, mut binding) = Log::bound()?;
        register(&mut binding, &log, 0)?;
        drop(binding);
        assert!(log.is(&["parent's data dropped"]));
        Ok(())
    }

    #[test]
    fn siblings_share_nothing() -> Result {
        let _driver = load()?;
        let (log, mut binding) = Log::bound()?;
        register(&mut binding, &log, 0)?;
        register(&mut binding, &log, 1)?;
        drop(binding);
        let all = [
            "child bound",
            "child bound",
            "child's data dropped",
            "parent's data dropped",
            "child's data dropped",
            "parent's data dropped",
        ];
        assert!(log.is(&all));
        Ok(())
    }

    #[test]
    fn data_that_is_not_covariant() -> Result {
        let _driver = load()?;
        let (log, mut binding) = Log::bound()?;
        let hub_log = log.clone();
        let data = binding.share::<ForLt!(Hub<'_>)>(try_pin_init!(Hub {
            log: hub_log,
            slot <- new_mutex!(None),
        }))?;
        auxiliary::register(&mut binding, MODULE, c"hub", 0, data)?;
        assert!(log.is(&["child bound to hub"]));
        Ok(())
    }
}
