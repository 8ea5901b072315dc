// SPDX-License-Identifier: GPL-2.0
// UNSAFE: the test macro's output.

//! Turns: all waiters return when the turns are closed.

use super::{a_while, bind, device, opened::Opened, soon, spawn};
use crate::{
    fops::{FileOperations, OpenScope, Scope},
    lock::Turns,
    miscdevice_sync::{self, Options},
    new_turns, //
};
use core::cell::Cell;
use kernel::{
    bindings,
    fs::File,
    prelude::*,
    sync::{
        atomic::{Atomic, Relaxed},
        Arc, //
    },
    types::CovariantForLt, //
};

/// The turns that the files share.
#[derive(Clone)]
struct Desk {
    turns: Arc<Turns>,
    other: Arc<Turns>,
    /// The number of turns so far, and whether the present one should end.
    had: Arc<Atomic<u32>>,
    done: Arc<Atomic<u32>>,
}

struct Client(Desk);

/// Takes a turn.
const TURN: u32 = 0;
/// Takes a turn, and closes the turns in it.
const CLOSE: u32 = 1;
/// Takes a turn that lasts until [`Desk::done`].
const WORK: u32 = 2;
/// Takes a turn. Its closure returns other turns when it is called again.
const FICKLE: u32 = 3;

#[vtable]
impl FileOperations for Client {
    type Device = CovariantForLt!(Desk);

    fn open(scope: &OpenScope<'_, Self>, _file: &File) -> impl PinInit<Self, Error> {
        Ok(Self(scope.data().clone()))
    }

    fn ioctl(scope: Scope<'_, Self>, cmd: u32, _arg: usize) -> Result<isize> {
        let asked = Cell::new(false);
        scope.in_turn(
            |client| match cmd == FICKLE && asked.replace(true) {
                true => &client.0.other,
                false => &client.0.turns,
            },
            |scope| {
                let desk = &scope.file().0;
                desk.had.add(1, Relaxed);
                match cmd {
                    CLOSE => desk.turns.close(),
                    WORK => _ = soon(|| desk.done.load(Relaxed) > 0),
                    _ => (),
                }
            },
        )?;
        Ok(0)
    }
}

const NAME: &CStr = c"devscope-kunit-turns";
const ENODEV_RESULT: c_long = -(bindings::ENODEV as c_long);

fn desk() -> Result<Desk> {
    Ok(Desk {
        turns: Arc::pin_init(new_turns!("kunit"), GFP_KERNEL)?,
        other: Arc::pin_init(new_turns!("kunit"), GFP_KERNEL)?,
        had: Arc::new(Atomic::new(0), GFP_KERNEL)?,
        done: Arc::new(Atomic::new(0), GFP_KERNEL)?,
    })
}

#[kunit_tests(devscope_turns)]
mod tests {
    use super::*;

    /// Runs `f` with a desk, and a device that uses it.
    fn with_desk(f: impl FnOnce(&Desk) -> Result) -> Result {
        let (device, desk) = (device()?, desk()?);
        let mut binding = bind(&device);
        let data = binding.share(Ok(desk.clone()))?;
        miscdevice_sync::register::<Client>(&mut binding, Options::new(NAME), data)?;
        f(&desk)
    }

    #[test]
    fn close_comes_back_each_time() -> Result {
        with_desk(|desk| {
            let file = Opened::new(NAME)?;
            assert_eq!(file.ioctl(TURN), 0);
            let turns = desk.turns.clone();
            let other = spawn(move || turns.close())?;
            desk.turns.close();
            desk.turns.close();
            other.wait_for_completion();
            assert_eq!(file.ioctl(TURN), ENODEV_RESULT);
            assert_eq!(desk.had.load(Relaxed), 1);
            Ok(())
        })
    }

    #[test]
    fn who_closes_in_a_turn_has_the_last() -> Result {
        with_desk(|desk| {
            let file = Opened::new(NAME)?;
            assert_eq!(file.ioctl(CLOSE), 0);
            assert_eq!(file.ioctl(TURN), ENODEV_RESULT);
            desk.turns.close();
            assert_eq!(desk.had.load(Relaxed), 1);
            Ok(())
        })
    }

    #[test]
    fn who_is_in_the_line_is_told() -> Result {
        with_desk(|desk| {
            let (at_work, in_line) = (Opened::new(NAME)?, Opened::new(NAME)?);
            let results = Arc::new([const { Atomic::<c_long>::new(1) }; 3], GFP_KERNEL)?;
            let [worked, waited, closed] = &*results;
            let told = results.clone();
            let work = spawn(move || told[0].store(at_work.ioctl(WORK), Relaxed))?;
            assert!(soon(|| desk.had.load(Relaxed) == 1));
            let told = results.clone();
            let waiting = spawn(move || told[1].store(in_line.ioctl(TURN), Relaxed))?;
            a_while();
            let (turns, told) = (desk.turns.clone(), results.clone());
            let closer = spawn(move || {
                turns.close();
                told[2].store(0, Relaxed);
            })?;
            waiting.wait_for_completion();
            assert_eq!(waited.load(Relaxed), ENODEV_RESULT);
            assert_eq!(closed.load(Relaxed), 1);
            desk.done.store(1, Relaxed);
            closer.wait_for_completion();
            work.wait_for_completion();
            assert_eq!(worked.load(Relaxed), 0);
            assert_eq!(desk.had.load(Relaxed), 1);
            Ok(())
        })
    }

    #[test]
    fn what_was_taken_ends() -> Result {
        with_desk(|desk| {
            let file = Opened::new(NAME)?;
            assert_eq!(file.ioctl(FICKLE), 0);
            assert_eq!(file.ioctl(TURN), 0);
            desk.turns.close();
            desk.other.close();
            Ok(())
        })
    }
}
