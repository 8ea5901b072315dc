// SPDX-License-Identifier: GPL-2.0

//! `/dev/bench-late`: measures how long interrupts are disabled while files are revoked or
//! unplugged. See `bench.h`.

use devscope::prelude::*;
use kernel::{
    ioctl::_IOR,
    prelude::*,
    sync::atomic::{Atomic, Relaxed},
    time::{ClockSource, Monotonic}, //
};

const BENCH_LATE: u32 = _IOR::<u64>(0xBE, 0x03);

/// The time when the first file was woken since interrupts were last enabled, and the longest time
/// that they were disabled since then: in nanoseconds. Statics, because they outlive a binding.
static SINCE: Atomic<i64> = Atomic::new(0);
static LATEST: Atomic<i64> = Atomic::new(0);

fn now() -> i64 {
    Monotonic::ktime_get()
}

/// The interrupt that is delivered as soon as interrupts are enabled.
pub(crate) struct Enabled;

impl callback::Handler<AtomicContext> for Enabled {
    type Device = CovariantForLt!(Late);

    fn run(_scope: &mut AtomicScope<'_, Self::Device>) {
        let late = now() - SINCE.load(Relaxed);
        LATEST.store(LATEST.load(Relaxed).max(late), Relaxed);
    }
}

#[pin_data]
pub(crate) struct Late {
    #[pin]
    pub(crate) enabled: IrqWork<Enabled>,
}

impl Late {
    pub(crate) fn new() -> impl PinInit<Self, Error> {
        try_pin_init!(Self { enabled <- new_item!("bench late") })
    }
}

pub(crate) struct LateFile;

#[vtable]
impl FileOperations for LateFile {
    type Device = CovariantForLt!(Late);

    fn open(_scope: &OpenScope<'_, Self>, _file: &File) -> impl PinInit<Self, Error> {
        Ok(Self)
    }

    fn ioctl(scope: Scope<'_, Self>, cmd: u32, arg: usize) -> Result<isize> {
        match cmd {
            BENCH_LATE => {
                let latest = LATEST.xchg(0, Relaxed);
                scope.write_user(UserPtr::from_addr(arg), &latest)?;
                Ok(0)
            }
            _ => Err(ENOTTY),
        }
    }

    fn wake_file(&self, late: &Late) {
        let now = now();
        if late.enabled.queue() {
            SINCE.store(now, Relaxed);
        }
    }
}
