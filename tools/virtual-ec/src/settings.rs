// SPDX-License-Identifier: GPL-2.0

//! What the host can set, with the values after power-on.

use std::collections::BTreeMap;

use crate::memory::FAN_RPM;

/// `struct ec_thermal_config` in words: thresholds, their releases, fan off, fan full.
pub const THERMAL_WORDS: usize = 8;

/// How many host event masks there are, `enum ec_host_event_mask_type`.
pub const EVENT_MASKS: usize = 9;

/// The settings.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The fan's target in revolutions per minute.
    pub fan_rpm: u32,
    /// The keyboard's light in percent.
    pub keyboard_light: u8,
    /// A configuration for each sensor, in kelvin.
    pub thermal: [[u32; THERMAL_WORDS]; 2],
    /// Pending host events and the masks of them, by `enum ec_host_event_mask_type`.
    pub host_events: [u64; EVENT_MASKS],
    /// Charger parameters by their number.
    pub charger: BTreeMap<u32, u32>,
    /// The highest and the lowest charge in percent.
    pub charge_limit: [u8; 2],
    /// How often the host went to sleep and came back.
    pub sleep_transitions: u32,
    /// Whether the role, in `EC_CMD_USB_PD_CONTROL`, of each port is that of a source.
    pub source: [bool; 2],
}

impl Default for Settings {
    fn default() -> Self {
        let warm = [0, 358, 363, 0, 353, 358, 308, 343];
        let mut host_events = [0; EVENT_MASKS];
        host_events[2] = 0x3fff_ffff;
        host_events[5] = 0x0010_0103;
        Self {
            fan_rpm: FAN_RPM.into(),
            keyboard_light: 0,
            thermal: [warm, warm],
            host_events,
            charger: BTreeMap::from([(0, 12_600), (1, 2_000), (2, 3_000), (3, 0), (4, 0), (5, 0)]),
            charge_limit: [100, 0],
            sleep_transitions: 0,
            source: [false; 2],
        }
    }
}
