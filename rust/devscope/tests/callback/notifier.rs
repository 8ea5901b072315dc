// SPDX-License-Identifier: GPL-2.0
// UNSAFE: the test macro's output, and a chain as C has it.

//! Notifier chains.

use super::{ends_soon, Level, Plain, Seen};
use crate::{
    binding::{Binding, Shared},
    callback::notifier::{self, Chain, Reply},
    new_chain,
    scope::{AtomicContext, AtomicScope, CallbackScope, ProcessContext, ProcessScope},
    tests::{a_while, millis, soon, spawn}, //
};
use kernel::{
    bindings,
    prelude::*,
    sync::{
        atomic::{Atomic, Relaxed},
        Arc, //
    },
    types::CovariantForLt, //
};

type Shape = CovariantForLt!(Plain);

/// The event of a chain: the names of the handlers that were called, in order, and the reply that
/// they return.
struct Event {
    told: Atomic<u32>,
    reply: Reply,
}

impl Event {
    const fn new(reply: Reply) -> Self {
        Self {
            told: Atomic::new(0),
            reply,
        }
    }
}

const ACTION: usize = 0x1234;

/// A device with data of this name, a digit.
fn with_name(name: u32) -> Result<(Arc<Seen>, Binding<'static>, Shared<'static, Shape>)> {
    Seen::with_data(|seen| Plain::named(seen, name))
}

/// Adds the name of its data to the event.
struct Says;

impl Says {
    fn told<C>(
        scope: &mut CallbackScope<'_, Shape, C>,
        level: Level,
        action: usize,
        event: &Event,
    ) -> Reply {
        let data = scope.data();
        data.seen.run(scope, level);
        data.seen.expect(action == ACTION);
        let told = event.told.load(Relaxed);
        event.told.store(told * 10 + data.name, Relaxed);
        event.reply
    }
}

impl notifier::Handler for Says {
    type Device = Shape;
    type Event = Event;

    fn notify(scope: &mut ProcessScope<'_, Shape>, action: usize, event: &Event) -> Reply {
        Self::told(scope, Level::Sleepable, action, event)
    }
}

impl notifier::Handler<AtomicContext> for Says {
    type Device = Shape;
    type Event = Event;

    fn notify(scope: &mut AtomicScope<'_, Shape>, action: usize, event: &Event) -> Reply {
        Self::told(scope, Level::Task, action, event)
    }
}

/// Waits for an event that never happens.
struct Waits;

impl notifier::Handler for Waits {
    type Device = Shape;
    type Event = Event;

    fn notify(scope: &mut ProcessScope<'_, Shape>, _action: usize, _event: &Event) -> Reply {
        let data = scope.data();
        data.seen.run(scope, Level::Sleepable);
        let error = scope.wait_timeout(&data.queue, || false, 10_000).err();
        data.seen.expect(error == Some(ENODEV));
        Reply::Ok
    }
}

/// An assertion for code that tests each kind of chain, where the suite's `assert!` is not in
/// scope.
macro_rules! expect {
    ($($condition:expr),+ $(,)?) => {
        $(if !$condition {
            pr_err!("line {}: {}\n", line!(), stringify!($condition));
            return Err(EINVAL);
        })+
    };
}

/// Two devices on one chain.
macro_rules! two_binders {
    ($kind:ty) => {{
        let chain: Arc<Chain<Event, $kind>> = Arc::pin_init(new_chain!("kunit chain"), GFP_KERNEL)?;
        let event = Event::new(Reply::Ok);
        expect!(chain.call(ACTION, &event) == Reply::Done);

        let (seen_1, mut binding_1, data) = with_name(1)?;
        notifier::register::<Says, $kind>(&mut binding_1, chain.clone(), 0, data)?;
        let (seen_2, mut binding_2, data) = with_name(2)?;
        notifier::register::<Says, $kind>(&mut binding_2, chain.clone(), 7, data)?;
        // Registering twice is allowed: each has its own block.
        let data = binding_1.share::<Shape>(Plain::named(&seen_1, 3))?;
        notifier::register::<Says, $kind>(&mut binding_1, chain.clone(), -7, data)?;
        notifier::register::<Says, $kind>(&mut binding_1, chain.clone(), -8, data)?;

        // By priority, until one returns stop.
        expect!(chain.call(ACTION, &event) == Reply::Ok);
        expect!(event.told.load(Relaxed) == 2133);
        for reply in [Reply::Stop, Reply::Bad] {
            let event = Event::new(reply);
            expect!(chain.call(ACTION, &event) == reply);
            expect!(event.told.load(Relaxed) == 2);
        }
        let event = Event::new(Reply::Done);
        expect!(chain.call(ACTION, &event) == Reply::Done);

        expect!(seen_2.ends_with(binding_2));
        let event = Event::new(Reply::Ok);
        expect!(chain.call(ACTION, &event) == Reply::Ok);
        expect!(event.told.load(Relaxed) == 133);
        expect!(ends_soon(binding_1));
        let event = Event::new(Reply::Ok);
        expect!(chain.call(ACTION, &event) == Reply::Done);
        expect!(event.told.load(Relaxed) == 0);
        // The device had two handlers.
        expect!(
            seen_1.dropped.load(Relaxed) == 2,
            seen_1.wrong.load(Relaxed) == 0
        );
        Ok(())
    }};
}

/// A task unbinds while others call the chain.
macro_rules! ends_while_called {
    ($kind:ty) => {{
        let chain: Arc<Chain<Event, $kind>> =
            Arc::pin_init(new_chain!("kunit busy chain"), GFP_KERNEL)?;
        let stop = Arc::new(Atomic::new(false), GFP_KERNEL)?;
        let (called, stopped) = (chain.clone(), stop.clone());
        let caller = spawn(move || {
            while !stopped.load(Relaxed) {
                called.call(ACTION, &Event::new(Reply::Ok));
                kernel::task::might_sleep();
            }
        })?;
        for _ in 0..5 {
            let (seen, mut binding, data) = with_name(1)?;
            notifier::register::<Says, $kind>(&mut binding, chain.clone(), 0, data)?;
            expect!(soon(|| seen.runs() > 10), seen.ends_with(binding));
        }
        stop.store(true, Relaxed);
        caller.wait_for_completion();
        Ok(())
    }};
}

/// A handler waits. Unbind ends the wait, and the caller of the chain continues, too.
macro_rules! waits {
    ($kind:ty) => {{
        let chain: Arc<Chain<Event, $kind>> =
            Arc::pin_init(new_chain!("kunit slow chain"), GFP_KERNEL)?;
        let (seen, mut binding, data) = with_name(1)?;
        notifier::register::<Waits, $kind>(&mut binding, chain.clone(), 0, data)?;
        let called = chain.clone();
        let caller = spawn(move || {
            called.call(ACTION, &Event::new(Reply::Ok));
        })?;
        expect!(soon(|| seen.runs() == 1));
        a_while();
        expect!(millis(|| drop(binding)) < 1_000);
        caller.wait_for_completion();
        expect!(seen.is_over());
        Ok(())
    }};
}

#[kunit_tests(devscope_notifier)]
mod tests {
    use super::*;

    #[test]
    fn blocking_chain_tells_two() -> Result {
        two_binders!(ProcessContext)
    }

    #[test]
    fn atomic_chain_tells_two() -> Result {
        two_binders!(AtomicContext)
    }

    #[test]
    fn ends_while_a_blocking_chain_is_called() -> Result {
        ends_while_called!(ProcessContext)
    }

    #[test]
    fn ends_while_an_atomic_chain_is_called() -> Result {
        ends_while_called!(AtomicContext)
    }

    #[test]
    fn one_that_waits_in_a_blocking_chain_is_let_go() -> Result {
        waits!(ProcessContext)
    }

    #[test]
    fn registration_keeps_the_chain() -> Result {
        let (seen, mut binding, data) = with_name(1)?;
        // As a driver writes it.
        let blocking: Arc<Chain<Event>> = Arc::pin_init(new_chain!(), GFP_KERNEL)?;
        let atomic: Arc<Chain<Event, AtomicContext>> = Arc::pin_init(new_chain!(), GFP_KERNEL)?;
        notifier::register::<Says, _>(&mut binding, blocking, 0, data)?;
        notifier::register::<Says, _>(&mut binding, atomic, 0, data)?;
        assert!(seen.ends_with(binding));
        Ok(())
    }

    #[test]
    fn chain_of_c() -> Result {
        let owner: Arc<Chain<Event>> = Arc::pin_init(new_chain!(), GFP_KERNEL)?;
        // A chain only consists of its head.
        let head = (&raw const *owner)
            .cast_mut()
            .cast::<bindings::blocking_notifier_head>();
        // SAFETY: The chain is only called below, and outlives the binding.
        let chain = unsafe { Chain::<Event>::from_raw(head) };
        let (seen, mut binding, data) = with_name(5)?;
        notifier::register::<Says, _>(&mut binding, chain, 0, data)?;
        let event = Event::new(Reply::Stop);
        let payload = (&raw const event).cast_mut().cast();
        // SAFETY: The head is initialised, and the payload points to an event of the chain's type.
        let said = unsafe { bindings::blocking_notifier_call_chain(head, ACTION, payload) };
        assert_eq!(said, bindings::NOTIFY_STOP as c_int);
        assert_eq!(event.told.load(Relaxed), 5);
        assert!(seen.ends_with(binding));
        Ok(())
    }
}
