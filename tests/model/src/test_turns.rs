// SPDX-License-Identifier: GPL-2.0

//! Turns: one caller has a turn at a time, waiters get it in order, and turns end.

use crate::data::Data;
use crate::protocol::turns::{self, Line, Told, Turns, Who, Word};
use crate::protocol::{self, StaysInside};
use crate::task::{Sleeper, WaitQueue};
use loom::sync::{Mutex, MutexGuard};
use loom::thread::{self, JoinHandle};
use std::sync::Arc;

/// `lock::Turns`, and the data that a caller uses in its turn.
struct Bus {
    word: Word,
    line: Mutex<Line<Tickets>>,
    ended: WaitQueue,
    data: Data,
}

#[derive(Default)]
struct Tickets(Vec<u64>);

impl turns::Tickets for Tickets {
    type Error = ();

    fn push(&mut self, ticket: u64) -> Result<(), ()> {
        self.0.push(ticket);
        Ok(())
    }

    fn first(&self) -> Option<u64> {
        self.0.first().copied()
    }

    fn remove(&mut self, ticket: u64) {
        self.0.retain(|other| *other != ticket);
    }
}

impl Turns for Bus {
    type Tickets = Tickets;
    type Line<'a> = MutexGuard<'a, Line<Tickets>>;

    fn word(&self) -> &Word {
        &self.word
    }

    fn line(&self) -> Self::Line<'_> {
        self.line.lock().unwrap()
    }

    fn wake(&self) {
        self.ended.wake_all();
    }
}

impl Bus {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            word: Word::new(),
            line: Mutex::new(Line::default()),
            ended: WaitQueue::new(),
            data: Data::new(),
        })
    }

    /// `Scope::in_turn`, without a gate. Returns whether the caller got a turn.
    fn in_turn(&self, who: Who, work: impl FnOnce()) -> bool {
        if !self.word.take(who) && !self.in_line(who) {
            return false;
        }
        // loom checks that this is ordered after the previous turn.
        self.data.write();
        work();
        self.data.write();
        turns::end(self, who);
        true
    }

    fn in_line(&self, who: Who) -> bool {
        let ticket = turns::join(self).expect("there is memory");
        let told =
            protocol::wait(
                StaysInside,
                &Sleeper::new(&[&self.ended]),
                |stay| match turns::ask(self, who, ticket) {
                    Told::Wait => Err(stay),
                    told => Ok(told),
                },
            );
        let mine = told == Some(Told::Yours);
        if !mine {
            turns::give_up(self, ticket);
        }
        mine
    }

    /// `Turns::close`.
    fn close(&self, who: Who) {
        turns::close(self, who, &Sleeper::new(&[&self.ended]));
    }

    /// A thread that asks for one turn. Returns whether it got it.
    fn caller(self: &Arc<Self>, number: usize) -> JoinHandle<bool> {
        let bus = self.clone();
        thread::spawn(move || bus.in_turn(who(number), || ()))
    }
}

fn who(number: usize) -> Who {
    Who::new(4 * number)
}

#[test]
fn one_at_a_time() {
    crate::model(|| {
        let bus = Bus::new();
        let other = bus.caller(1);
        assert!(bus.in_turn(who(2), || ()));
        assert!(other.join().unwrap());
        assert!(bus.word.take(who(3)), "nobody has it, and nobody waits");
    });
}

#[test]
fn one_of_three_at_a_time() {
    crate::bounded_model(|| {
        let bus = Bus::new();
        let others = [bus.caller(1), bus.caller(2)];
        assert!(bus.in_turn(who(3), || ()));
        assert_eq!(crate::join(others), [true, true]);
    });
}

#[test]
fn who_waits_comes_next() {
    crate::model(|| {
        let bus = Bus::new();
        assert!(bus.word.take(who(1)));
        let ticket = turns::join(&*bus).unwrap();
        let later = turns::join(&*bus).unwrap();
        assert_eq!(turns::ask(&*bus, who(3), later), Told::Wait);
        assert_eq!(turns::ask(&*bus, who(2), ticket), Told::Wait);
        turns::end(&*bus, who(1));
        assert!(!bus.word.take(who(1)), "before one who waits");
        assert_eq!(turns::ask(&*bus, who(3), later), Told::Wait);
        assert_eq!(turns::ask(&*bus, who(2), ticket), Told::Yours);
        turns::end(&*bus, who(2));
        assert!(!bus.word.take(who(2)), "before one who waits");
        assert_eq!(turns::ask(&*bus, who(3), later), Told::Yours);
        turns::end(&*bus, who(3));
        assert!(bus.word.take(who(4)), "there is nobody any more");
    });
}

#[test]
fn who_gives_up_holds_nobody_up() {
    crate::model(|| {
        let bus = Bus::new();
        assert!(bus.word.take(who(1)));
        // The first waiter, for which the next turn is reserved.
        let ticket = turns::join(&*bus).unwrap();
        assert_eq!(turns::ask(&*bus, who(2), ticket), Told::Wait);
        turns::end(&*bus, who(1));
        let second = bus.caller(3);
        turns::give_up(&*bus, ticket);
        assert!(second.join().unwrap());
        assert!(bus.word.take(who(4)), "there is nobody any more");
    });
}

#[test]
fn reservation_of_nobody_ends() {
    crate::model(|| {
        let bus = Bus::new();
        assert!(bus.word.take(who(1)));
        let ticket = turns::join(&*bus).unwrap();
        assert_eq!(turns::ask(&*bus, who(2), ticket), Told::Wait);
        turns::end(&*bus, who(1));
        turns::give_up(&*bus, ticket);
        assert!(bus.word.take(who(3)), "there is nobody any more");
    });
}

#[test]
fn close_waits_for_the_last_turn() {
    crate::model(|| {
        let bus = Bus::new();
        let caller = bus.caller(1);
        bus.close(who(2));
        // loom reports a caller that is still in its turn, or gets one.
        bus.data.remove();
        caller.join().unwrap();
    });
}

#[test]
fn close_with_a_line() {
    crate::bounded_model(|| {
        let bus = Bus::new();
        let callers = [bus.caller(1), bus.caller(2)];
        bus.close(who(3));
        bus.data.remove();
        crate::join(callers);
    });
}

#[test]
fn closed_by_two() {
    crate::bounded_model(|| {
        let bus = Bus::new();
        let caller = bus.caller(1);
        let closer = {
            let bus = bus.clone();
            thread::spawn(move || {
                bus.close(who(2));
                bus.data.read();
            })
        };
        bus.close(who(3));
        bus.data.read();
        crate::join([closer]);
        caller.join().unwrap();
    });
}

#[test]
fn nobody_has_a_turn_after_the_end() {
    crate::model(|| {
        let bus = Bus::new();
        bus.close(who(1));
        bus.close(who(1));
        bus.data.remove();
        assert!(!bus.in_turn(who(2), || ()));
        bus.close(who(2));
    });
}

#[test]
fn closed_by_whose_turn_it_is() {
    crate::bounded_model(|| {
        let bus = Bus::new();
        let other = bus.caller(1);
        let mut closed = false;
        let had = bus.in_turn(who(2), || {
            bus.close(who(2));
            closed = true;
        });
        assert_eq!(had, closed);
        bus.close(who(2));
        bus.data.remove();
        other.join().unwrap();
    });
}

#[test]
fn who_waits_is_told_of_the_close() {
    crate::model(|| {
        let bus = Bus::new();
        assert!(bus.word.take(who(1)));
        let caller = bus.caller(2);
        bus.close(who(1));
        // The last turn has not ended yet.
        assert!(!caller.join().unwrap());
        turns::end(&*bus, who(1));
        bus.close(who(3));
    });
}
