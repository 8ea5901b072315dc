// SPDX-License-Identifier: GPL-2.0

//! An open file: the events that it wants, and the unread events.

use crate::{
    abi::{Stamp, Wire},
    mask::Masks,
    ring::{Event, Ring},
};
use devscope::{prelude::*, scope::MaySleep};
use devscope_input::{
    Clock,
    Device,
    Packet,
    State,
    Words, //
};
use kernel::{
    prelude::*,
    sync::{
        atomic::{Atomic, Relaxed},
        new_spinlock_irq,
        SetOnce,
        SpinLockIrq, //
    },
};

/// The number of events that are read at a time.
pub(crate) const BATCH: usize = 16;

#[pin_data]
pub(crate) struct Client {
    #[pin]
    inbox: SpinLockIrq<Inbox>,
    /// Changed with the inbox locked.
    masks: SetOnce<KBox<Masks>>,
    /// Whether there is an event to read, for tests without the lock.
    readable: Atomic<bool>,
    #[pin]
    pub(crate) queue: WaitQueue,
    #[pin]
    pub(crate) signal: Fasync,
}

/// The time of a packet, for each clock that a client may use.
#[derive(Default)]
pub(crate) struct Stamps([Stamp; 3]);

impl Stamps {
    #[inline]
    fn of(&mut self, packet: &Packet<'_>, clock: Clock) -> Stamp {
        let stamp = &mut self.0[clock as usize];
        if stamp.is_unset() {
            *stamp = Stamp::from_nanos(packet.time(clock));
        }
        *stamp
    }
}

/// The result of taking events.
pub(crate) struct Taken {
    /// Whether there are more events.
    pub(crate) more: bool,
    /// The [changes](Ring::changes) of the ring at this time.
    after: u32,
}

struct Inbox {
    ring: Ring,
    clock: Clock,
}

impl Inbox {
    fn lose(&mut self) {
        let now = self.clock.now();
        self.ring.push_dropped(Stamp::from_nanos(now));
    }
}

impl Client {
    pub(crate) fn new(device: &Device) -> impl PinInit<Self, Error> + use<> {
        let ring = Ring::new(device);
        try_pin_init!(Self {
            inbox <- new_spinlock_irq!(Inbox {
                ring: ring?,
                clock: Clock::Real,
            }),
            masks: SetOnce::new(),
            readable: Atomic::new(false),
            queue <- new_wait_queue!(),
            signal <- Fasync::new(),
        })
    }

    /// Returns a unique number.
    #[inline]
    pub(crate) fn id(&self) -> usize {
        core::ptr::from_ref(self).addr()
    }

    #[inline]
    pub(crate) fn is_readable(&self) -> bool {
        self.readable.load(Relaxed)
    }

    /// Queues the events of a packet that the client wants.
    #[inline]
    pub(crate) fn pass(&self, packet: &Packet<'_>, stamps: &mut Stamps) {
        let mut inbox = self.inbox.lock_with(packet.interrupts());
        let Inbox { ring, clock } = &mut *inbox;
        let masks = self.masks.as_ref();
        let stamp = stamps.of(packet, *clock);
        let mut complete = false;
        for value in packet.values() {
            if masks.is_some_and(|masks| !masks.wants(value)) {
                continue;
            }
            if value.is_report() {
                if ring.is_at_packet() {
                    continue;
                }
                complete = true;
            }
            ring.push(Event {
                stamp,
                value: *value,
            });
        }
        self.readable.store(ring.is_readable(), Relaxed);
        drop(inbox);
        if complete {
            self.signal.signal(Band::In);
            self.queue.wake(Events::IN | Events::OUT);
        }
    }

    /// Takes an event that can be read.
    #[inline]
    pub(crate) fn take_one<W: Wire>(&self, context: &impl MaySleep) -> Option<W> {
        let mut inbox = self.inbox.lock_irq(context);
        let event = inbox.ring.pop()?;
        self.readable.store(inbox.ring.is_readable(), Relaxed);
        drop(inbox);
        Some(event.into_wire())
    }

    /// Fills `batch` with events that can be read, at most `room`.
    #[inline]
    pub(crate) fn take<W: Wire>(
        &self,
        context: &impl MaySleep,
        batch: &mut Batch<W, BATCH>,
        room: usize,
    ) -> Taken {
        let mut inbox = self.inbox.lock_irq(context);
        batch.fill(room, || inbox.ring.pop().map(Event::into_wire));
        let more = inbox.ring.is_readable();
        self.readable.store(more, Relaxed);
        Taken {
            more,
            after: inbox.ring.changes(),
        }
    }

    /// Puts back the last `count` events, or marks them as lost.
    #[cold]
    pub(crate) fn give_back(&self, context: &impl MaySleep, taken: Taken, count: usize) {
        // CAST: No more than a batch.
        let count = count as u32;
        self.change(context, |inbox| {
            if !inbox.ring.give_back(count, taken.after) && count > 0 {
                inbox.lose();
            }
        });
        // Other readers may have gone to sleep meanwhile.
        if self.is_readable() {
            self.queue.wake(Events::IN);
        }
    }

    fn change<R>(&self, context: &impl MaySleep, f: impl FnOnce(&mut Inbox) -> R) -> R {
        let mut inbox = self.inbox.lock_irq(context);
        let result = f(&mut inbox);
        self.readable.store(inbox.ring.is_readable(), Relaxed);
        result
    }

    /// Sets the clock. Drops the unread events if it changes.
    pub(crate) fn set_clock(&self, context: &impl MaySleep, clock: Clock) {
        self.change(context, |inbox| {
            if inbox.clock != clock {
                inbox.clock = clock;
                inbox.ring.clear(Stamp::from_nanos(clock.now()));
            }
        });
    }

    /// Copies a state of the device, and drops the unread events of its type `kind`, which it
    /// includes.
    pub(crate) fn read_state(
        &self,
        context: &impl MaySleep,
        device: &Device,
        state: State,
        kind: u16,
    ) -> Words {
        device.hold(context, |held| {
            let words = held.state(state);
            let mut inbox = self.inbox.lock_with(held.interrupts());
            inbox.ring.drop_kind(kind);
            self.readable.store(inbox.ring.is_readable(), Relaxed);
            words
        })
    }

    /// Marks that events were lost.
    #[cold]
    pub(crate) fn lose(&self, context: &impl MaySleep) {
        self.change(context, Inbox::lose);
    }

    /// Sets the mask of a type that can be masked.
    pub(crate) fn set_mask(&self, context: &impl MaySleep, kind: u32, words: &Words) -> Result {
        let fresh = match self.masks.as_ref() {
            None => Some(Masks::new()?),
            Some(_) => None,
        };
        let _inbox = self.inbox.lock_irq(context);
        if let Some(fresh) = fresh {
            // Another task may have done it.
            self.masks.populate(fresh);
        }
        if let Some(masks) = self.masks.as_ref() {
            masks.set(kind, words);
        }
        Ok(())
    }

    /// Returns the mask of a type that can be masked, if it was set.
    #[inline]
    pub(crate) fn mask(&self, kind: u32) -> Option<&[Atomic<usize>]> {
        self.masks.as_ref()?.get(kind)
    }
}
