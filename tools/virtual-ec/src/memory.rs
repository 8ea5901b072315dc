// SPDX-License-Identifier: GPL-2.0

//! The memory map, which the host reads without a command: `EC_MEMMAP_*`.

/// `EC_MEMMAP_SIZE`.
pub const MEMMAP_SIZE: usize = 255;

/// Degrees C to what the map has.
const fn celsius(degrees: u8) -> u8 {
    degrees + 73
}

/// The temperatures at first, of the sensors that [`crate::commands::thermal`] names.
pub const TEMPERATURES: [u8; 2] = [celsius(42), celsius(31)];

/// The fan's speed at first, in revolutions per minute.
pub const FAN_RPM: u16 = 3200;

/// The accelerometers of base and lid, in 1/1024 g; the third axis points up.
pub const ACCELERATION: [[i16; 3]; 2] = [[0, 0, 1024], [0, -512, 887]];

/// The battery.
pub mod battery {
    pub const VOLTAGE: u32 = 11_800;
    pub const RATE: u32 = 900;
    pub const CAPACITY: u32 = 3_600;
    pub const DESIGN_CAPACITY: u32 = 4_600;
    pub const DESIGN_VOLTAGE: u32 = 11_550;
    pub const FULL_CAPACITY: u32 = 4_500;
    pub const CYCLES: u32 = 17;
    /// AC is present, the battery is present and charges.
    pub const FLAGS: u8 = 0x01 | 0x02 | 0x08;
    /// Manufacturer, model, serial number, type.
    pub const TEXTS: [&[u8; 8]; 4] = [
        b"DEVSCOPE",
        b"VB-1\0\0\0\0",
        b"00042\0\0\0",
        b"LION\0\0\0\0",
    ];
}

/// The map. What has changed has to be written where the host sees it.
#[derive(Clone, Debug)]
pub struct Memory {
    bytes: [u8; MEMMAP_SIZE],
    changed: bool,
}

impl Default for Memory {
    fn default() -> Self {
        let mut memory = Self {
            bytes: [0; MEMMAP_SIZE],
            changed: true,
        };
        memory.fill();
        memory
    }
}

impl Memory {
    /// All of it.
    pub fn bytes(&self) -> &[u8; MEMMAP_SIZE] {
        &self.bytes
    }

    /// What is at `offset`, if all of it is inside.
    pub fn get(&self, offset: usize, len: usize) -> Option<&[u8]> {
        self.bytes.get(offset..offset + len)
    }

    /// Writes `data` at `offset`; returns whether all of it is inside.
    pub fn set(&mut self, offset: usize, data: &[u8]) -> bool {
        let Some(place) = self.bytes.get_mut(offset..offset + data.len()) else {
            return false;
        };
        place.copy_from_slice(data);
        self.changed = true;
        true
    }

    /// Whether it has changed since this was asked for the last time.
    pub fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.changed)
    }

    fn fill(&mut self) {
        // 0x00: temperatures, 0x10: fans, 0x18: more temperatures.
        self.set(0x00, &[0xff; 0x20]);
        self.set(0x00, &TEMPERATURES);
        self.set(0x10, &FAN_RPM.to_le_bytes());
        // 0x20: the mark, versions, protocol v3.
        self.set(0x20, b"EC");
        self.set(0x22, &[1, 2, 2, 1, 2, 0x02]);
        // 0x30: lid open, no write protection.
        self.set(0x30, &[0x01 | 0x04]);
        let numbers = [
            (0x40, battery::VOLTAGE),
            (0x44, battery::RATE),
            (0x48, battery::CAPACITY),
            (0x50, battery::DESIGN_CAPACITY),
            (0x54, battery::DESIGN_VOLTAGE),
            (0x58, battery::FULL_CAPACITY),
            (0x5c, battery::CYCLES),
        ];
        for (offset, number) in numbers {
            self.set(offset, &number.to_le_bytes());
        }
        self.set(0x4c, &[battery::FLAGS, 1, 0]);
        for (text, offset) in battery::TEXTS.iter().zip((0x60..).step_by(8)) {
            self.set(offset, *text);
        }
        // 0x80: light in lux; 0x90: accelerometers present; 0x92: lid angle in degrees.
        self.set(0x80, &300_u16.to_le_bytes());
        self.set(0x90, &[0x80]);
        self.set(0x92, &120_u16.to_le_bytes());
        for (axis, offset) in ACCELERATION.iter().flatten().zip((0x94..).step_by(2)) {
            self.set(offset, &axis.to_le_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{MEMMAP_SIZE, Memory};

    #[test]
    fn has_the_mark_and_its_bounds() {
        let mut memory = Memory::default();
        assert_eq!(memory.get(0x20, 2), Some(&b"EC"[..]));
        assert_eq!(memory.get(0x68, 5), Some(&b"VB-1\0"[..]));
        assert!(memory.take_changed() && !memory.take_changed());
        assert!(memory.set(MEMMAP_SIZE - 1, &[1]) && memory.take_changed());
        assert!(!memory.set(MEMMAP_SIZE, &[1]) && !memory.set(250, &[0; 6]));
        assert!(!memory.take_changed());
        assert_eq!(memory.get(254, 2), None);
    }
}
