// SPDX-License-Identifier: GPL-2.0
// UNSAFE: makes an interrupt line, and raises its interrupts.

//! Interrupts, on a line without hardware.

use super::{ends_soon, Level, Plain, Seen};
use crate::{
    binding::{Binding, Shared},
    callback::irq::{self, Flags, IrqReturn, ThreadedIrqReturn},
    scope::{AtomicScope, ProcessScope},
    tests::{soon, spawn}, //
};
use kernel::{
    bindings,
    error::to_result,
    irq::IrqRequest,
    prelude::*,
    sync::{
        atomic::{Atomic, Relaxed},
        Arc, //
    },
    types::CovariantForLt, //
};

/// An interrupt line, which is freed when this is dropped.
struct Line(u32);

impl Line {
    fn new() -> Result<Arc<Self>> {
        let (any, one, module) = (-1, 1, core::ptr::null_mut());
        // SAFETY: No preconditions.
        let irq = unsafe {
            bindings::__irq_alloc_descs(
                any,
                0,
                one,
                bindings::NUMA_NO_NODE,
                module,
                core::ptr::null(),
            )
        };
        to_result(irq)?;
        let line = Arc::new(Self(irq as u32), GFP_KERNEL)?;
        // SAFETY: The line was just allocated; the chip is a static of the kernel.
        unsafe {
            bindings::irq_set_chip_and_handler_name(
                line.0,
                &raw const bindings::dummy_irq_chip,
                Some(bindings::handle_simple_irq),
                core::ptr::null(),
            );
            bindings::irq_modify_status(line.0, bindings::IRQ_NOREQUEST as usize, 0);
        }
        Ok(line)
    }

    /// The request that a handler is registered with.
    fn request(&self) -> IrqRequest<'static> {
        // SAFETY: A request only contains the number; the tests end their registrations before the
        // line is freed.
        unsafe { core::mem::transmute::<u32, IrqRequest<'static>>(self.0) }
    }

    /// Runs the handlers, in this task with interrupts disabled.
    fn raise(&self) {
        // SAFETY: No preconditions.
        unsafe { bindings::generic_handle_irq_safe(self.0) };
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        // SAFETY: The line was allocated, and has no handler any more.
        unsafe { bindings::irq_free_descs(self.0, 1) };
    }
}

type Shape = CovariantForLt!(Plain);

/// A handler without a thread.
struct Whole;

impl irq::Handler for Whole {
    type Device = Shape;

    fn handle(scope: &AtomicScope<'_, Shape>) -> IrqReturn {
        scope.data().seen.run(scope, Level::Task);
        IrqReturn::Handled
    }
}

/// A handler with a thread.
struct Halves;

impl irq::ThreadedHandler for Halves {
    type Device = Shape;

    fn handle(scope: &AtomicScope<'_, Shape>) -> ThreadedIrqReturn {
        scope.data().seen.run(scope, Level::Task);
        ThreadedIrqReturn::WakeThread
    }

    fn handle_threaded(scope: &mut ProcessScope<'_, Shape>) -> IrqReturn {
        kernel::task::might_sleep();
        scope.data().seen.others.add(1, Relaxed);
        IrqReturn::Handled
    }
}

/// A threaded handler that waits for an event that never happens.
struct Waits;

impl irq::ThreadedHandler for Waits {
    type Device = Shape;

    fn handle_threaded(scope: &mut ProcessScope<'_, Shape>) -> IrqReturn {
        scope.data().seen.others.add(1, Relaxed);
        let error = scope.wait(|data| &data.queue, |_| false).err();
        let seen = &scope.data().seen;
        seen.expect(error == Some(ENODEV) && scope.is_ending());
        IrqReturn::Handled
    }
}

/// A line, and a device with data. Each value has to outlive those after it.
type Bench = (
    Arc<Line>,
    Arc<Seen>,
    Binding<'static>,
    Shared<'static, Shape>,
);

fn bench() -> Result<Bench> {
    let line = Line::new()?;
    let (seen, binding, data) = Seen::with_data(Plain::new)?;
    Ok((line, seen, binding, data))
}

const ANY: Flags = Flags::TRIGGER_NONE;
const NAME: &CStr = c"devscope-kunit";

#[kunit_tests(devscope_irq)]
mod tests {
    use super::*;

    #[test]
    fn handler_runs_until_unbind() -> Result {
        let (line, seen, mut binding, data) = bench()?;
        irq::register::<Whole>(&mut binding, line.request(), ANY, NAME, data)?;
        // Flags that prevent threading on a PREEMPT_RT kernel, or for which C prints a stack trace.
        for bad in [Flags::NO_THREAD, Flags::TIMER, Flags::ONESHOT] {
            let result = irq::register::<Whole>(&mut binding, line.request(), bad, NAME, data);
            assert_eq!(result, Err(EINVAL));
        }
        // The line is in use, and not shared.
        let again = irq::register::<Whole>(&mut binding, line.request(), ANY, NAME, data);
        assert_eq!(again, Err(EBUSY));
        for round in 1..4 {
            line.raise();
            // With `threadirqs` or PREEMPT_RT, the handler runs later, in a thread.
            assert!(soon(|| seen.runs() == round));
        }
        assert!(ends_soon(binding));
        line.raise();
        assert!(seen.is_over());
        assert_eq!(seen.runs(), 3);
        Ok(())
    }

    #[test]
    fn both_halves_run() -> Result {
        let (line, seen, mut binding, data) = bench()?;
        irq::register_threaded::<Halves>(&mut binding, line.request(), ANY, NAME, data)?;
        for round in 1..4 {
            line.raise();
            assert!(soon(|| seen.runs() == round));
            assert!(soon(|| seen.others() == round));
        }
        assert!(ends_soon(binding));
        line.raise();
        assert!(seen.is_over());
        assert_eq!(seen.others(), 3);
        Ok(())
    }

    #[test]
    fn thread_that_waits_is_let_go() -> Result {
        let (line, seen, mut binding, data) = bench()?;
        irq::register_threaded::<Waits>(&mut binding, line.request(), Flags::ONESHOT, NAME, data)?;
        line.raise();
        assert!(soon(|| seen.others() == 1));
        assert!(seen.ends_with(binding));
        Ok(())
    }

    #[test]
    fn interrupts_keep_coming() -> Result {
        let (line, seen, mut binding, data) = bench()?;
        irq::register_threaded::<Halves>(&mut binding, line.request(), ANY, NAME, data)?;
        let stop = Arc::new(Atomic::new(0u32), GFP_KERNEL)?;
        let (raised, stopped) = (line.clone(), stop.clone());
        let storm = spawn(move || {
            while stopped.load(Relaxed) == 0 {
                raised.raise();
                kernel::time::delay::fsleep(kernel::time::Delta::from_micros(50));
            }
        })?;
        assert!(soon(|| seen.others() > 10));
        let ended = ends_soon(binding);
        let over = seen.is_over();
        stop.store(1, Relaxed);
        storm.wait_for_completion();
        assert!(ended && over);
        Ok(())
    }
}
