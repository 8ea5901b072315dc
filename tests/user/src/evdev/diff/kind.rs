// SPDX-License-Identifier: GPL-2.0

//! The kinds of devices.

use crate::evdev::uinput::{Bits, Builder};
use evdev::EventType;
use libc::input_absinfo;

/// The number of sequences that use a device, one after the other.
const BATCH: u64 = 50;

/// The number of the device of a sequence: sequences with the same number use the same device.
pub(super) fn batch(sequence: u64) -> u64 {
    sequence / BATCH
}

/// Which of the threads plays a sequence: only one uses the module.
pub fn worker(sequence: u64, workers: usize) -> usize {
    match Kind::of(sequence) {
        Kind::Module => 0,
        _ => batch(sequence) as usize % workers,
    }
}

/// The kind of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Keys that repeat, LEDs.
    Keyboard,
    /// Relative axes and buttons.
    Mouse,
    /// All absolute axes but those of multitouch.
    Axes,
    /// Multitouch without slots.
    Fingers,
    /// Multitouch with slots.
    Slots,
    /// Switches.
    Switches,
    /// Sounds.
    Sounds,
    /// Force feedback.
    Force,
    /// All of these.
    Everything,
    /// Almost none.
    Nothing,
    /// The module, which has a keymap.
    Module,
}

const KINDS: [Kind; 11] = [
    Kind::Keyboard,
    Kind::Mouse,
    Kind::Everything,
    Kind::Axes,
    Kind::Slots,
    Kind::Force,
    Kind::Fingers,
    Kind::Module,
    Kind::Switches,
    Kind::Sounds,
    Kind::Nothing,
];

/// Events that a device supports: of a type, with these codes, and up to a value.
#[derive(Clone, Debug)]
pub struct Events {
    /// The type.
    pub kind: u16,
    /// The codes.
    pub codes: Vec<u16>,
}

const SYN: u16 = EventType::SYNCHRONIZATION.0;
pub const KEY: u16 = EventType::KEY.0;
pub const REL: u16 = EventType::RELATIVE.0;
pub const ABS: u16 = EventType::ABSOLUTE.0;
pub const MSC: u16 = EventType::MISC.0;
pub const SW: u16 = EventType::SWITCH.0;
pub const LED: u16 = EventType::LED.0;
pub const SND: u16 = EventType::SOUND.0;
pub const REP: u16 = EventType::REPEAT.0;
pub const FF: u16 = EventType::FORCEFEEDBACK.0;

/// `ABS_MT_SLOT`, `ABS_MT_POSITION_X`, `ABS_MT_TRACKING_ID`.
pub const ABS_MT_SLOT: u16 = 0x2f;
pub const ABS_MT_TRACKING_ID: u16 = 0x39;
const FINGER: [u16; 5] = [0x30, 0x35, 0x36, ABS_MT_TRACKING_ID, 0x3a];
const FEW_KEYS: [u16; 10] = [1, 2, 28, 29, 30, 42, 57, 113, 183, 248];
const BUTTONS: [u16; 4] = [0x110, 0x111, 0x112, 0x14a];

impl Kind {
    /// The kind for a sequence.
    pub fn of(sequence: u64) -> Self {
        KINDS[(batch(sequence) % KINDS.len() as u64) as usize]
    }

    /// Whether it has force feedback with a responder.
    pub fn asks(self) -> bool {
        matches!(self, Self::Force | Self::Everything)
    }

    /// Whether it has force feedback.
    pub fn has_effects(self) -> bool {
        self.asks() || self == Self::Module
    }

    /// The events that it supports.
    pub fn events(self) -> Vec<Events> {
        let of = |kind, codes: &[u16]| Events {
            kind,
            codes: codes.to_vec(),
        };
        let all = |kind, count| Events {
            kind,
            codes: (0..count).collect(),
        };
        match self {
            Self::Keyboard => vec![
                of(KEY, &FEW_KEYS),
                all(LED, 4),
                all(REP, 2),
                of(MSC, &[3, 4]),
            ],
            Self::Mouse => vec![of(REL, &[0, 1, 8, 11]), of(KEY, &BUTTONS), of(MSC, &[4])],
            Self::Axes => vec![all(ABS, 0x29), of(KEY, &BUTTONS)],
            Self::Fingers => vec![of(ABS, &FINGER), of(ABS, &[0, 1]), of(KEY, &BUTTONS)],
            Self::Slots => vec![
                of(ABS, &[ABS_MT_SLOT]),
                of(ABS, &FINGER),
                of(ABS, &[0, 1, 0x18]),
                of(KEY, &BUTTONS),
            ],
            Self::Switches => vec![all(SW, 0x12)],
            Self::Sounds => vec![all(SND, 3), all(LED, 2), of(KEY, &FEW_KEYS[..2])],
            Self::Force => vec![
                of(FF, &[0, 1, 2, 3, 0x60, 0x61]),
                of(KEY, &[0x120, 0x121]),
                of(ABS, &[0, 1]),
            ],
            Self::Everything | Self::Module => vec![
                of(KEY, &FEW_KEYS),
                of(KEY, &BUTTONS),
                of(REL, &[0, 1, 8]),
                of(ABS, &[0, 1, 2, ABS_MT_SLOT]),
                of(ABS, &FINGER),
                of(MSC, &[3, 4]),
                all(SW, 4),
                all(LED, 8),
                all(SND, 3),
                all(REP, 2),
                of(FF, &[0, 1, 2, 3, 9, 0x60, 0x61]),
            ],
            Self::Nothing => vec![all(SYN, 3)],
        }
    }

    /// The description for uinput. Not for [`Kind::Module`].
    ///
    /// The device never gets more than 15 events at a time (LEDs, sounds, repetition): uinput drops
    /// all when it has 16.
    pub fn builder(self) -> Builder {
        let name = format!("devscope {self:?}");
        let mut builder = Builder::new(&name).id(3, 0x1209, self as u16, 0x0101);
        if self != Self::Nothing {
            builder = builder.phys(&format!("diff/{self:?}"));
        }
        for Events { kind, codes } in self.events() {
            builder = match kind {
                KEY => builder.bits(Bits::Key, codes),
                REL => builder.bits(Bits::Rel, codes),
                ABS => codes
                    .into_iter()
                    .fold(builder, |builder, code| builder.axis(code, axis(code))),
                MSC => builder.bits(Bits::Msc, codes),
                SW => builder.bits(Bits::Sw, codes),
                LED => builder.bits(Bits::Led, codes),
                SND => builder.bits(Bits::Snd, codes),
                REP => builder.event_type(EventType::REPEAT),
                // All effects and waveforms but custom ones, gain and autocenter.
                FF => builder.effects(4, (0x50..0x5e).chain([0x60, 0x61])),
                _ => builder,
            };
        }
        match self {
            Self::Fingers | Self::Slots => builder.bits(Bits::Prop, [1]),
            Self::Everything => builder
                .bits(Bits::Prop, [0, 2, 5])
                .event_type(EventType::POWER),
            _ => builder,
        }
    }
}

/// The ranges of an absolute axis.
fn axis(code: u16) -> input_absinfo {
    let (minimum, maximum) = match code {
        ABS_MT_SLOT => (0, 4),
        ABS_MT_TRACKING_ID => (-1, 0xffff),
        _ => (-100, 100 + i32::from(code)),
    };
    input_absinfo {
        value: 0,
        minimum,
        maximum,
        fuzz: if code == 2 { 4 } else { 0 },
        flat: i32::from(code == 1) * 5,
        resolution: i32::from(code),
    }
}
