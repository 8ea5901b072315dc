// SPDX-License-Identifier: GPL-2.0

//! `/dev/bench-access`: ways to access a revocable value. See `bench.h`.

use core::hint::black_box;
use devscope::prelude::*;
use kernel::{
    ioctl::_IOWR,
    new_mutex,
    prelude::*,
    sync::{
        atomic::{Atomic, Relaxed},
        barrier::{smp_mb, Read},
        Mutex,
        Refcount, //
    },
    time::{Instant, Monotonic}, //
};

type Value = Atomic<u32>;

/// One value for each way to access it.
#[pin_data]
pub(crate) struct Values<'bound> {
    value: Value,
    attached: BoundDevres<'bound, Value>,
    devres: Devres<Value>,
    #[pin]
    rcu: kernel::revocable::Revocable<Value>,
    #[pin]
    srcu: Revocable<Value>,
    #[pin]
    mutex: Mutex<()>,
    refcount: Refcount,
}

impl<'bound> Values<'bound> {
    pub(crate) fn new(
        binding: &Binding<'bound>,
    ) -> Result<impl PinInit<Self, Error> + use<'bound>> {
        let attached = BoundDevres::new(binding, Value::new(1))?;
        Ok(try_pin_init!(Self {
            value: Value::new(1),
            devres: attached.handle(),
            attached,
            rcu <- kernel::revocable::Revocable::new(Value::new(1)),
            srcu <- Revocable::new(Value::new(1)),
            mutex <- new_mutex!(()),
            refcount: Refcount::new(1),
        }))
    }
}

const BENCH_MEASURE: u32 = _IOWR::<u64>(0xBE, 0x01);
const BENCH_LOOPS: u32 = 1000;

pub(crate) struct AccessFile;

/// A compiler barrier: loads are repeated after it, and no loop is unrolled. It is no instruction
/// on x86-64.
#[inline(always)]
fn barrier() {
    smp_mb(Read);
}

/// Returns the nanoseconds that `BENCH_LOOPS` passes take.
#[inline(always)]
fn time(mut pass: impl FnMut()) -> i64 {
    let loops = black_box(BENCH_LOOPS);
    let start = Instant::<Monotonic>::now();
    for _ in 0..loops {
        pass();
        barrier();
    }
    start.elapsed().as_nanos()
}

/// The cost of an operation: the time of passes with two of it, minus that of passes with one.
#[inline(always)]
fn cost(mut operation: impl FnMut()) -> u64 {
    let one = time(&mut operation);
    let two = time(|| {
        operation();
        barrier();
        operation();
    });
    (two - one).max(0) as u64
}

/// A load that the compiler neither removes nor repeats.
#[inline(always)]
fn load(value: &Value) {
    value.load(Relaxed);
}

#[inline(never)]
fn plain(value: &Value) -> u64 {
    cost(|| load(value))
}

#[inline(never)]
fn data(scope: &Scope<'_, AccessFile>) -> u64 {
    let data = scope.data();
    cost(|| load(&data.value))
}

#[inline(never)]
fn attached(scope: &Scope<'_, AccessFile>) -> u64 {
    let attached: &Value = &scope.data().attached;
    cost(|| load(attached))
}

#[inline(never)]
fn attached_each(scope: &Scope<'_, AccessFile>) -> u64 {
    cost(|| load(&scope.data().attached))
}

#[inline(never)]
fn cookie_each(scope: &Scope<'_, AccessFile>) -> u64 {
    cost(|| {
        if let Ok(value) = scope.data().devres.access(scope.device()) {
            load(value);
        }
    })
}

#[inline(never)]
fn rcu(revocable: &kernel::revocable::Revocable<Value>) -> u64 {
    cost(|| {
        if let Some(value) = revocable.try_access() {
            load(&value);
        }
    })
}

#[inline(never)]
fn srcu(revocable: &Revocable<Value>) -> u64 {
    cost(|| {
        unscoped(|context| {
            if let Some(value) = revocable.try_access(context) {
                load(&value);
            }
        });
    })
}

#[inline(never)]
fn mutex(mutex: &Mutex<()>, value: &Value) -> u64 {
    cost(|| {
        let _guard = mutex.lock();
        load(value);
    })
}

#[inline(never)]
fn refcount(refcount: &Refcount, value: &Value) -> u64 {
    cost(|| {
        refcount.inc();
        load(value);
        refcount.dec();
    })
}

fn measure(scope: &Scope<'_, AccessFile>, way: u64) -> Result<u64> {
    let values = scope.data();
    Ok(match way {
        0 => plain(&values.value),
        1 => data(scope),
        2 => attached(scope),
        3 => attached_each(scope),
        4 => cookie_each(scope),
        5 => rcu(&values.rcu),
        6 => srcu(&values.srcu),
        7 => mutex(&values.mutex, &values.value),
        8 => refcount(&values.refcount, &values.value),
        _ => return Err(EINVAL),
    })
}

#[vtable]
impl FileOperations for AccessFile {
    type Device = CovariantForLt!(Values<'_>);

    fn open(_scope: &OpenScope<'_, Self>, _file: &File) -> impl PinInit<Self, Error> {
        Ok(Self)
    }

    fn ioctl(scope: Scope<'_, Self>, cmd: u32, arg: usize) -> Result<isize> {
        if cmd != BENCH_MEASURE {
            return Err(ENOTTY);
        }
        let user = UserPtr::from_addr(arg);
        let (scope, way) = scope.read_user(user)?;
        let nanoseconds = measure(&scope, way)?;
        scope.write_user(user, &nanoseconds)?;
        Ok(0)
    }
}
