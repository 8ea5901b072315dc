// SPDX-License-Identifier: GPL-2.0

//! The acts that take the device away from its files, and what brings it back.

use crate::{
    errno,
    finding::Kind,
    hand::{Answer, Order},
    ops::Op,
    run::{Run, MOMENT, WORK},
    watch::is_asleep,
    way::Way,
};
use std::{
    sync::atomic::Ordering::{Relaxed, SeqCst},
    thread,
    time::{Duration, Instant},
};

impl Run {
    /// Has the hand do something, and waits for as long as that may take.
    fn order(&mut self, order: Order, limit: u64) -> Option<Answer> {
        self.hand.tell(order);
        let start = Instant::now();
        loop {
            let answer = self.hand.answer(WORK);
            if answer.is_some() || start.elapsed() > Duration::from_millis(limit) {
                return answer;
            }
            self.moment(false);
        }
    }

    /// The same, where it is a finding that it is refused or does not return. Returns how long it took.
    fn have(&mut self, order: Order, limit: u64) -> Option<Duration> {
        match self.order(order, limit) {
            None => self.hung(order, limit),
            Some(Answer { said: Err(e), .. }) => self.refused(order, e),
            Some(Answer { took, .. }) => return self.finding.is_none().then_some(took),
        }
        None
    }

    fn refused(&mut self, order: Order, errno: i32) {
        let text = format!("{} says {}", order.into_str(), errno::name(errno));
        self.found(Kind::Refused, text, &[]);
    }

    /// An act has gone well.
    fn done(&mut self, way: Way, took: Duration) {
        self.shared.acts.fetch_add(1, SeqCst);
        self.latencies.entry(way.into_str()).or_default().add(took);
    }

    /// Takes the device away, while files are open. Says whether that went well.
    pub(crate) fn act(&mut self, way: Way) -> bool {
        let (shared, limit) = (self.shared, self.profile.limit.unbind);
        let order = match way {
            Way::Revoke => Order::Revoke,
            Way::Remove => Order::Remove,
            Way::Parent => Order::UnbindParent,
            _ => Order::Unbind,
        };
        let took = self.in_turn(|it| match order {
            Order::Revoke => {
                // What is opened from now on may live on.
                let era = 1 + shared.era.fetch_add(1, SeqCst);
                let took = it.have(order, limit)?;
                shared.revoked.store(era, SeqCst);
                Some(took)
            }
            _ => it.goes(|it| it.have(order, limit)),
        });
        if let Some(took) = took {
            self.done(way, took);
        }
        shared.calm.store(false, SeqCst);
        took.is_some()
    }

    /// Does something to files that are open.
    fn in_turn(&mut self, does: impl FnOnce(&mut Self) -> Option<Duration>) -> Option<Duration> {
        self.shared.turn.fetch_add(1, SeqCst);
        let took = does(self);
        self.shared.turn.fetch_add(1, SeqCst);
        self.shared.served.fetch_add(1, Relaxed);
        took
    }

    /// Has the device go, if what is done goes well.
    fn goes(&mut self, does: impl FnOnce(&mut Self) -> Option<Duration>) -> Option<Duration> {
        self.shared.leaving.store(true, SeqCst);
        let took = does(self);
        if took.is_some() {
            self.gone();
        }
        self.shared.leaving.store(false, SeqCst);
        took
    }

    /// The device has gone: all files that were open are old.
    fn gone(&self) {
        let era = 1 + self.shared.era.fetch_add(1, SeqCst);
        self.shared.gone.store(era, SeqCst);
    }

    /// Waits until all have returned who were in a call when the act was over: by one that revokes, those
    /// whose files were open when it began.
    pub(crate) fn all_return(&mut self, way: Way) -> bool {
        let mut left: Vec<(usize, Op, u64)> = Vec::new();
        let end = match way {
            Way::Revoke => self.shared.revoked.load(SeqCst),
            _ => u32::MAX,
        };
        for (at, worker) in self.shared.all() {
            let Some((op, sequence)) = worker.doing() else {
                continue;
            };
            let concerned = way != Way::Revoke || worker.born.load(Relaxed) < end;
            if concerned && !worker.stuck.load(SeqCst) {
                left.push((at, op, sequence));
            }
        }
        let start = Instant::now();
        let limit = Duration::from_millis(self.profile.limit.wake);
        loop {
            let there = |(at, _, sequence): &(usize, Op, u64)| {
                let doing = self.shared.workers[*at].doing();
                doing.is_some_and(|(_, now)| now == *sequence)
            };
            left.retain(there);
            let Some(&(at, op, _)) = left.first() else {
                return true;
            };
            // Who only waits for a processor may take longer.
            let asleep = || {
                left.iter()
                    .all(|(at, ..)| is_asleep(&self.shared.workers[*at]))
            };
            let took = start.elapsed();
            if took > limit * 10 || (took > limit && asleep()) {
                let (op_name, way) = (op.name(), way.into_str());
                let text = format!("worker {at} sleeps in {op_name}, and {way} has not woken it");
                let workers: Vec<_> = left.iter().map(|(at, ..)| *at).collect();
                self.found(Kind::of_sleeper(op), text, &workers);
            }
            self.moment(false);
            if self.finding.is_some() {
                return false;
            }
            thread::sleep(MOMENT);
        }
    }

    /// Has the device and its node back. Says whether that went well.
    pub(crate) fn bring_back(&mut self, way: Way) -> bool {
        let (limit, rescan) = (self.profile.limit.bind, self.profile.limit.rescan);
        if way == Way::Remove {
            if self.have(Order::Rescan, rescan).is_none() {
                return false;
            }
            if !self.means.target.bound.device.exists() {
                let text = "the bus has not found the device again".to_owned();
                self.found(Kind::NoDevice, text, &[]);
                return false;
            }
        }
        if way == Way::Parent && self.have(Order::BindParent, limit).is_none() {
            return false;
        }
        // It may have been bound by itself.
        if !self.means.target.bound.is_bound() && self.have(Order::Bind, limit).is_none() {
            return false;
        }
        let limit = Duration::from_millis(limit);
        match self.means.target.wait_for_node(limit) {
            Some(node) => self.shared.set_node(&node.path, node.number),
            None => self.found(Kind::NoNode, "bind has made no node".to_owned(), &[]),
        }
        self.finding.is_none()
    }

    /// Has all files closed, unloads the driver's module, and loads it again, while workers look for the
    /// node. Says whether that went well.
    pub(crate) fn reload(&mut self) -> bool {
        let took = match self.unload_in_use() {
            None if self.finding.is_none() && self.pause() => {
                self.unload().inspect(|_| self.gone())
            }
            took => took,
        };
        if let Some(took) = took {
            self.done(Way::Reload, took);
            // Another device of the driver may be found first, and get the node's name and number.
            self.shared.forget_node();
        }
        self.shared.pause.store(false, SeqCst);
        self.shared.calm.store(false, SeqCst);
        took.is_none_or(|_| {
            let limit = self.profile.limit.bind;
            self.have(Order::Load, limit).is_some() && self.bring_back(Way::Reload)
        }) && self.finding.is_none()
    }

    /// Unloads the module while files are open. It is refused where they hold the module, and changes
    /// nothing then; else the device goes.
    fn unload_in_use(&mut self) -> Option<Duration> {
        let limit = self.profile.limit.unbind;
        let unload = |it: &mut Self| match it.order(Order::Unload, limit) {
            Some(Answer { said: Ok(()), took }) => Some(took),
            Some(_) => None,
            None => {
                it.hung(Order::Unload, limit);
                None
            }
        };
        let took = self.in_turn(|it| it.goes(unload));
        took.filter(|_| self.all_return(Way::Reload))
    }

    /// Unloads the module, which nobody is to use any more.
    fn unload(&mut self) -> Option<Duration> {
        self.check_users();
        let limit = self.profile.limit.unbind;
        let start = Instant::now();
        while self.finding.is_none() {
            match self.order(Order::Unload, limit) {
                None => self.hung(Order::Unload, limit),
                Some(Answer { said: Ok(()), took }) => {
                    return self.finding.is_none().then_some(took)
                }
                // Who has closed a file may be on its way out of the module still.
                Some(Answer {
                    said: Err(libc::EWOULDBLOCK),
                    ..
                }) => {
                    if start.elapsed() > self.settle() / 3 {
                        let text =
                            "all files are closed, and the module cannot be unloaded: it is in use";
                        self.found(Kind::ReferenceLeft, text.to_owned(), &[]);
                    }
                    thread::sleep(MOMENT);
                }
                Some(Answer { said: Err(e), .. }) => self.refused(Order::Unload, e),
            }
        }
        None
    }
}
