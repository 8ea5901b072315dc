// SPDX-License-Identifier: GPL-2.0

//! An input device that a program creates, by `/dev/uinput`.
//!
//! The evdev crate's `VirtualDevice` has no LEDs and no sounds, and cannot be destroyed before it
//! is closed.
//!
//! C header: `linux/uinput.h`.

use super::handler::event_handles;
use crate::{
    device::open,
    pages::{ioctl_number, result},
};
use evdev::{EventType, FFEffectCode, KeyCode, RelativeAxisCode};
use libc::{
    c_char, input_absinfo, input_event, input_id, uinput_abs_setup, uinput_setup,
    UINPUT_MAX_NAME_SIZE,
};
use rustix::{
    fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd},
    fs::OFlags,
    io,
    ioctl::{ioctl, opcode, Getter, NoArg, Opcode, Setter},
};
use std::{
    ffi::CString,
    path::{Path, PathBuf},
};

const GROUP: u8 = b'U';
const CREATE: Opcode = opcode::none(GROUP, 1);
const DESTROY: Opcode = opcode::none(GROUP, 2);
const SETUP: Opcode = opcode::write::<uinput_setup>(GROUP, 3);
const ABS_SETUP: Opcode = opcode::write::<uinput_abs_setup>(GROUP, 4);
const SET_EVBIT: Opcode = set_bit(100);
const SET_PHYS: Opcode = opcode::write::<usize>(GROUP, 108);
const BUS_VIRTUAL: u16 = 0x06;
const SYSNAME: usize = 64;
const GET_SYSNAME: Opcode = opcode::read::<[u8; SYSNAME]>(GROUP, 44);

/// The type of an event, its code and its value.
pub type Event = (u16, u16, i32);

/// The end of a packet.
pub const SYN_REPORT: Event = (0, 0, 0);

/// A set of bits of a device, each with the ioctl that sets a bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bits {
    /// Keys and buttons.
    Key,
    /// Relative axes.
    Rel,
    /// Absolute axes; [`Builder::axis`] has their ranges.
    Abs,
    /// Other events.
    Msc,
    /// LEDs.
    Led,
    /// Sounds.
    Snd,
    /// Kinds of force feedback.
    Ff,
    /// Switches.
    Sw,
    /// Properties of the device: `INPUT_PROP_*`.
    Prop,
}

impl Bits {
    /// The type of its events.
    fn event_type(self) -> Option<EventType> {
        Some(match self {
            Self::Key => EventType::KEY,
            Self::Rel => EventType::RELATIVE,
            Self::Abs => EventType::ABSOLUTE,
            Self::Msc => EventType::MISC,
            Self::Led => EventType::LED,
            Self::Snd => EventType::SOUND,
            Self::Ff => EventType::FORCEFEEDBACK,
            Self::Sw => EventType::SWITCH,
            Self::Prop => return None,
        })
    }

    /// The ioctl that sets a bit.
    const fn ioctl(self) -> Opcode {
        set_bit(match self {
            Self::Key => 101,
            Self::Rel => 102,
            Self::Abs => 103,
            Self::Msc => 104,
            Self::Led => 105,
            Self::Snd => 106,
            Self::Ff => 107,
            Self::Sw => 109,
            Self::Prop => 110,
        })
    }
}

const fn set_bit(number: u8) -> Opcode {
    opcode::write::<i32>(GROUP, number)
}

/// The description of a device.
#[derive(Clone, Debug)]
pub struct Builder {
    name: String,
    phys: Option<String>,
    id: input_id,
    types: Vec<EventType>,
    bits: Vec<(Bits, u16)>,
    axes: Vec<(u16, input_absinfo)>,
    effects: u32,
}

impl Builder {
    /// A device without any events. The name has at most 79 bytes.
    pub fn new(name: &str) -> Self {
        assert!(name.len() < UINPUT_MAX_NAME_SIZE, "{name} is too long");
        Self {
            name: name.to_owned(),
            phys: None,
            id: input_id {
                bustype: BUS_VIRTUAL,
                vendor: 0x1209,
                product: 0x0001,
                version: 1,
            },
            types: Vec::new(),
            bits: Vec::new(),
            axes: Vec::new(),
            effects: 0,
        }
    }

    /// Sets the bus, the vendor, the product and the version.
    pub fn id(mut self, bustype: u16, vendor: u16, product: u16, version: u16) -> Self {
        self.id = input_id {
            bustype,
            vendor,
            product,
            version,
        };
        self
    }

    /// Sets its physical location.
    pub fn phys(mut self, phys: &str) -> Self {
        self.phys = Some(phys.to_owned());
        self
    }

    /// Adds a type of events without codes of its own, such as `REPEAT`.
    pub fn event_type(mut self, kind: EventType) -> Self {
        self.types.push(kind);
        self
    }

    /// Adds bits, and the type of events that they belong to.
    pub fn bits(mut self, set: Bits, codes: impl IntoIterator<Item = u16>) -> Self {
        self.types.extend(set.event_type());
        self.bits.extend(codes.into_iter().map(|code| (set, code)));
        self
    }

    /// Adds an absolute axis. The range of `ABS_MT_SLOT` is the number of slots.
    pub fn axis(mut self, code: u16, range: input_absinfo) -> Self {
        self.axes.push((code, range));
        self.bits(Bits::Abs, [code])
    }

    /// Adds kinds of force feedback, and sets the number of effects that it holds.
    pub fn effects(mut self, count: u32, kinds: impl IntoIterator<Item = u16>) -> Self {
        self.effects = count;
        self.bits(Bits::Ff, kinds)
    }

    /// Creates the device.
    ///
    /// # Panics
    ///
    /// If that fails.
    pub fn create(&self) -> Uinput {
        self.try_create()
            .unwrap_or_else(|e| panic!("uinput {}: {e}", self.name))
    }

    /// Creates the device. It has its nodes when this returns.
    ///
    /// # Errors
    ///
    /// Those of uinput.
    pub fn try_create(&self) -> io::Result<Uinput> {
        let fd = open(Path::new("/dev/uinput"), OFlags::RDWR | OFlags::NONBLOCK)?;
        for kind in &self.types {
            ioctl_number(&fd, SET_EVBIT, kind.0)?;
        }
        for (set, code) in &self.bits {
            ioctl_number(&fd, set.ioctl(), *code)?;
        }
        for &(code, absinfo) in &self.axes {
            let axis = uinput_abs_setup { code, absinfo };
            // SAFETY: The number says that a `uinput_abs_setup` is read.
            unsafe { ioctl(&fd, Setter::<ABS_SETUP, _>::new(axis)) }?;
        }
        if let Some(phys) = &self.phys {
            set_phys(&fd, phys)?;
        }
        let mut setup = uinput_setup {
            id: self.id,
            name: [0; UINPUT_MAX_NAME_SIZE],
            ff_effects_max: self.effects,
        };
        for (to, from) in setup.name.iter_mut().zip(self.name.bytes()) {
            *to = from as c_char;
        }
        // SAFETY: The number says that a `uinput_setup` is read.
        unsafe { ioctl(&fd, Setter::<SETUP, _>::new(setup)) }?;
        // SAFETY: It takes no argument.
        unsafe { ioctl(&fd, NoArg::<CREATE>::new()) }?;
        let name = sysname(&fd)?;
        Ok(Uinput { fd, name })
    }
}

fn set_phys(fd: &OwnedFd, phys: &str) -> io::Result<()> {
    let phys = CString::new(phys).map_err(|_| io::Errno::INVAL)?;
    // SAFETY: It reads a string, which lives until the call has returned.
    let value = unsafe { libc::ioctl(fd.as_raw_fd(), SET_PHYS.into(), phys.as_ptr()) };
    result(value as isize).map(drop)
}

fn sysname(fd: &OwnedFd) -> io::Result<String> {
    // SAFETY: The number says that `SYSNAME` bytes are written, the size of the result.
    let bytes = unsafe { ioctl(fd, Getter::<GET_SYSNAME, [u8; SYSNAME]>::new()) }?;
    let name = bytes.split(|&byte| byte == 0).next().unwrap_or_default();
    Ok(String::from_utf8_lossy(name).into_owned())
}

/// An input device, which is removed when this is dropped.
#[derive(Debug)]
pub struct Uinput {
    fd: OwnedFd,
    name: String,
}

impl Uinput {
    /// A mouse with two axes, a wheel and three buttons.
    pub fn mouse(name: &str) -> Self {
        let axes = [
            RelativeAxisCode::REL_X,
            RelativeAxisCode::REL_Y,
            RelativeAxisCode::REL_WHEEL,
        ];
        let buttons = [KeyCode::BTN_LEFT, KeyCode::BTN_RIGHT, KeyCode::BTN_MIDDLE];
        Builder::new(name)
            .bits(Bits::Rel, axes.map(|axis| axis.0))
            .bits(Bits::Key, buttons.map(|button| button.0))
            .create()
    }

    /// A pad with a button that can keep 16 effects. Its owner must accept each
    /// ([`super::effects`]).
    pub fn pad(name: &str) -> Self {
        let kinds = [FFEffectCode::FF_RUMBLE, FFEffectCode::FF_GAIN];
        Builder::new(name)
            .bits(Bits::Key, [KeyCode::BTN_SOUTH.0])
            .effects(16, kinds.map(|kind| kind.0))
            .create()
    }

    /// Its name in sysfs: "inputN".
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its directory in sysfs.
    pub fn sysfs(&self) -> PathBuf {
        Path::new("/sys/devices/virtual/input").join(&self.name)
    }

    /// The nodes that handlers have created for it, in this order.
    pub fn nodes(&self) -> Vec<PathBuf> {
        let path = |name| Path::new("/dev/input").join(name);
        event_handles(&self.name).into_iter().map(path).collect()
    }

    /// Its only node.
    ///
    /// # Panics
    ///
    /// If there is none, or more than one.
    pub fn node(&self) -> PathBuf {
        let nodes = self.nodes();
        match &nodes[..] {
            [node] => node.clone(),
            _ => panic!("{} has these nodes: {nodes:?}", self.name),
        }
    }

    /// Makes it report events.
    ///
    /// # Errors
    ///
    /// Those of uinput, such as EINVAL if it was destroyed.
    pub fn emit(&self, events: &[Event]) -> io::Result<()> {
        let bytes: Vec<u8> = events.iter().flat_map(|&event| encode(event)).collect();
        io::write(&self.fd, &bytes).map(drop)
    }

    /// Makes it report events and the end of their packet.
    ///
    /// # Panics
    ///
    /// If that fails.
    pub fn packet(&self, events: &[Event]) {
        self.emit(&[events, &[SYN_REPORT]].concat())
            .unwrap_or_else(|e| panic!("{}: {e}", self.name));
    }

    /// Reads the next event for the device, such as to light an LED.
    ///
    /// # Errors
    ///
    /// EAGAIN if there is none; ENODEV if it was destroyed.
    pub fn receive(&self) -> io::Result<Event> {
        let mut bytes = [0; EVENT];
        match io::read(&self.fd, &mut bytes)? {
            EVENT => Ok(decode(&bytes)),
            _ => Err(io::Errno::AGAIN),
        }
    }

    /// Destroys the device. The file stays open, and cannot create another device.
    ///
    /// # Errors
    ///
    /// Those of uinput.
    pub fn destroy(&self) -> io::Result<()> {
        // SAFETY: It takes no argument.
        unsafe { ioctl(&self.fd, NoArg::<DESTROY>::new()) }
    }
}

impl AsFd for Uinput {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// The size of a `struct input_event`.
pub const EVENT: usize = size_of::<input_event>();

/// An event as it is written to a device: without a time.
pub fn encode((kind, code, value): Event) -> [u8; EVENT] {
    let mut bytes = [0; EVENT];
    let at = EVENT - 8;
    bytes[at..at + 2].copy_from_slice(&kind.to_ne_bytes());
    bytes[at + 2..at + 4].copy_from_slice(&code.to_ne_bytes());
    bytes[at + 4..].copy_from_slice(&value.to_ne_bytes());
    bytes
}

/// An event as it was read from a device, without its time.
pub fn decode(bytes: &[u8; EVENT]) -> Event {
    let [.., k0, k1, c0, c1, v0, v1, v2, v3] = *bytes;
    (
        u16::from_ne_bytes([k0, k1]),
        u16::from_ne_bytes([c0, c1]),
        i32::from_ne_bytes([v0, v1, v2, v3]),
    )
}

/// An axis from 0 to `maximum`.
pub fn axis(maximum: i32) -> input_absinfo {
    input_absinfo {
        value: 0,
        minimum: 0,
        maximum,
        fuzz: 0,
        flat: 0,
        resolution: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::{decode, encode};

    #[test]
    fn events_as_bytes() {
        let event = (3, 0x35, -7);
        assert_eq!(decode(&encode(event)), event);
        assert_eq!(encode(event)[16..20], [3, 0, 0x35, 0]);
    }
}
