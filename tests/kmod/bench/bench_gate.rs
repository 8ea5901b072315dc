// SPDX-License-Identifier: GPL-2.0

//! The driver of `fences/` in Rust, on this framework, for the platform devices `bench-gate`.

use devscope::prelude::*;
use kernel::{
    prelude::*,
    time::{delay::fsleep, Delta},
};

#[pin_data]
struct GateFile {
    #[pin]
    queue: WaitQueue,
}

#[vtable]
impl FileOperations for GateFile {
    type Device = CovariantForLt!(());
    /// The other drivers' files keep it, too: without it, `read()` would be cheaper.
    const KEEPS_POSITION: bool = true;

    fn open(_scope: &OpenScope<'_, Self>, _file: &File) -> impl PinInit<Self, Error> {
        try_pin_init!(Self { queue <- new_wait_queue!() })
    }

    fn read_iter(_scope: Scope<'_, Self>, _user: &mut UserDest<'_>) -> Result<usize> {
        Ok(0)
    }

    fn ioctl(_scope: Scope<'_, Self>, _cmd: u32, _arg: usize) -> Result<isize> {
        Ok(0)
    }

    fn poll(_scope: &Scope<'_, Self>, table: &mut PollTable<'_, Self>) -> Events {
        table.wait(|f| &f.queue);
        Events::IN
    }

    /// The number that is written is in milliseconds: works for this time. If it is 0, waits for an
    /// event that never happens.
    fn write_iter(scope: Scope<'_, Self>, user: &mut UserSource<'_>) -> Result<usize> {
        let mut number = [0; 4];
        let scope = scope.copy_in(user, &mut number)?;
        match u32::from_ne_bytes(number) {
            0 => {
                let _scope = scope.wait_interruptible(|f| &f.queue, |_| false)?;
            }
            ms => fsleep(Delta::from_millis(ms.into())),
        }
        Ok(user.copied())
    }
}

struct GateDriver;

devscope::platform_device_table!(
    ID_TABLE,
    <GateDriver as platform::Driver>::IdInfo,
    [(platform::DeviceId::new(c"bench-gate"), ())]
);

impl platform::Driver for GateDriver {
    type IdInfo = ();
    const ID_TABLE: Option<platform::IdTable<()>> = Some(&ID_TABLE);

    fn probe<'bound>(
        pdev: &'bound platform::Device<Core<'_>>,
        binding: &mut Binding<'bound>,
        _info: Option<&'bound Self::IdInfo>,
    ) -> Result {
        let nothing = binding.share(Ok(()))?;
        let options = miscdevice_sync::Options::new(pdev.as_ref().name());
        miscdevice_sync::register::<GateFile>(binding, options, nothing)
    }
}

devscope::module_platform_driver! {
    type: GateDriver,
    name: "bench_gate",
    authors: ["The Devscope developers"],
    description: "What the gate costs",
    license: "GPL v2",
}
