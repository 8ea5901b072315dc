// SPDX-License-Identifier: GPL-2.0

//! Existing programs use `/dev/cros_ec`: their output is the same with the C driver and with ours,
//! and it is what the EC was scripted to answer.

use devscope_tests::{
    ec::{lpc::Lpc, run, Cell, Driver, Step},
    programs::{self, Said},
};
use rustix::{fd::OwnedFd, fs::OFlags};

/// The driver to use, and an unknown platform, since the guest has no SMBIOS.
#[rustfmt::skip]
const FRAMEWORK_TOOL: &[&str] = &[
    "--driver", "cros-ec", "--pd-addrs", "1", "2", "3", "--pd-ports", "1", "2", "3",
];

/// Sensors and battery, by their offset in the memory map.
const BYTES: &[(u16, &[u8])] = &[
    // 43 °C, 80 °C, one failed, one without power, one not calibrated; no more sensors.
    (0x00, &[116, 153, 0xfe, 0xfd, 0xfc]),
    (0x05, &[0xff; 11]),
    // The version of the data of the sensors, battery and switches.
    (0x23, &[1, 1, 1]),
    // The lid is open.
    (0x30, &[1]),
    // On AC, with a battery, which is being charged.
    (0x4c, &[0x0b, 1, 0]),
    (0x60, b"NVT\0\0\0\0\0"),
    (0x68, b"Guest\0\0\0"),
    (0x70, b"SN0017\0\0"),
    (0x78, b"LION\0\0\0\0"),
];
const WORDS: &[(u16, &[u16])] = &[
    // Revolutions per minute, one fan that is stuck; no more fans.
    (0x10, &[4321, 0, 0xfffe, 0xffff]),
    // Lux; an angle of the lid, in degrees.
    (0x80, &[300, 0]),
    (0x92, &[123]),
];
const LONGS: &[(u16, &[u32])] = &[
    // mV, mA, mAh.
    (0x40, &[15432, 1234, 2500]),
    // As designed, in mAh and mV; mAh when last full; cycles.
    (0x50, &[3572, 15400, 3333, 77]),
];

/// Resets the EC, and writes the values above to its memory.
fn prepare(ec: &OwnedFd) {
    run(ec, &Step::Reset).expect("a reset");
    let words = WORDS.iter().map(|(offset, words)| {
        let data = words.iter().flat_map(|word| word.to_le_bytes());
        (*offset, data.collect())
    });
    let longs = LONGS.iter().map(|(offset, longs)| {
        let data = longs.iter().flat_map(|long| long.to_le_bytes());
        (*offset, data.collect())
    });
    let bytes = BYTES.iter().map(|(offset, data)| (*offset, data.to_vec()));
    let all: Vec<(u16, Vec<u8>)> = words.chain(longs).chain(bytes).collect();
    for (offset, data) in &all {
        let offset = *offset;
        run(ec, &Step::Memory { offset, data }).expect("the memory map is written");
    }
}

/// Runs programs with the C driver and then with ours. Their output must be the same.
fn with_each(programs: impl Fn(&OwnedFd) -> Vec<Said>) -> Vec<Said> {
    let [c, ours] = Driver::ALL.map(|driver| {
        let _lpc = Lpc::load(driver);
        let cell = Cell::get("cros_ec");
        let ec = cell.open(OFlags::RDWR);
        let said = programs(&ec);
        run(&ec, &Step::Reset).expect("a reset");
        assert_eq!(cell.driver(), Some(driver), "the driver that served it");
        said
    });
    assert_eq!(c.len(), ours.len());
    for (c, ours) in c.iter().zip(&ours) {
        assert_eq!(c, ours, "with the C driver: {c}with ours: {ours}");
    }
    ours
}

/// Runs framework_tool. Removes the EC's uptime, the only text that may differ between runs.
fn framework_tool(args: &[&str]) -> Said {
    let args = [FRAMEWORK_TOOL, args].concat();
    let mut said = programs::run("/usr/bin/framework_tool", &args, "");
    let lines = said.stdout.lines();
    let lines = lines.filter(|line| !line.contains("Time since EC Boot:"));
    said.stdout = lines.map(|line| line.to_owned() + "\n").collect();
    said
}

/// The arguments of framework_tool, its exit status, and words of its output.
const CASES: &[(&[&str], i32, &[&str])] = &[
    (
        &["--versions"],
        0,
        &[
            "Build version:  virtual_v1.0.0 ",
            "RO Version:     virtual_v1.0.0-ro",
            "RW Version:     virtual_v1.0.0-rw",
            "Current image:  RW",
        ],
    ),
    (
        &["--device", "ec", "--compare-version", "virtual_v1.0.0"],
        0,
        &["Comparison Result:  0"],
    ),
    (
        &["--device", "ec", "--compare-version", "virtual_v2"],
        1,
        &["Comparison Result:  1"],
    ),
    (
        &["--features"],
        0,
        &[
            "Limited                     | false",
            "Thermal                     |  true",
            "HostEvent64                 |  true",
            "Cec                         | false",
        ],
    ),
    (
        &["--power", "-vv"],
        0,
        &[
            "Battery Cutoff:     Not cut off",
            "AC is:            connected",
            "Charger Voltage:  12600mV",
            "Battery LFCC:     3333 mAh",
            "Charge level:     75%",
            "Manufacturer:     NVT",
            "Serial Number:    SN0017",
            "Present Voltage:  15.432 V",
            "Present Rate:     1234 mA",
            "Cycle Count:      77",
            "Battery charging",
        ],
    ),
    (
        &["--thermal"],
        0,
        &[
            "43 C",
            "80 C",
            "Error",
            "NotPowered",
            "NotCalibrated",
            "4321 RPM",
            "(Stalled)",
        ],
    ),
    (
        &["--sensors", "-vv"],
        0,
        &[
            "Sensors: 2",
            "ALS:  300 Lux",
            "Lid Angle:   123 Deg",
            "Base Sensor: X=+0.00G Y=+0.00G, Z=+0.06G",
        ],
    ),
    (
        &["--pdports-chromebook"],
        0,
        &[
            "Role:          Sink",
            "Voltage Now:   19.900 V",
            "Max Power:     60.0 W",
        ],
    ),
    (&["--console", "recent"], 0, &["virtual EC", "hello, host"]),
    (
        &["--privacy"],
        0,
        &["Microphone:  Connected", "Camera:      Disconnected"],
    ),
    (
        &["--intrusion"],
        0,
        &["currently open:   false", "opened:           3 times"],
    ),
    (
        &["--uptimeinfo"],
        0,
        &["AP Resets since EC Boot: 0", "PowerOn"],
    ),
    (
        &["--host-command", "0x1", "0", "1", "2", "3", "4"],
        0,
        &["Response (4 bytes)", "0505 0505"],
    ),
    (
        &["--host-command", "0x3dfe", "0"],
        0,
        &["Response(InvalidCommand)"],
    ),
];

#[test]
fn framework_tool_asks() {
    let ask = |ec: &OwnedFd| {
        prepare(ec);
        CASES
            .iter()
            .map(|(args, _, _)| framework_tool(args))
            .collect()
    };
    for (said, (_, status, words)) in with_each(ask).iter().zip(CASES) {
        said.expect(*status, words);
    }
}

#[test]
fn framework_tool_sets() {
    const SETTINGS: [(&str, &str, &str); 2] = [
        ("--kblight", "40", "Keyboard backlight: 40%"),
        ("--charge-limit", "80", "Maximum 80%"),
    ];
    let set_and_ask = |ec: &OwnedFd| {
        prepare(ec);
        for (option, value, _) in SETTINGS {
            framework_tool(&[option, value]).expect(0, &[]);
        }
        SETTINGS
            .map(|(option, _, _)| framework_tool(&[option]))
            .into()
    };
    for (said, (_, _, word)) in with_each(set_and_ask).iter().zip(SETTINGS) {
        said.expect(0, &[word]);
    }
}

#[test]
fn an_ec_in_trouble() {
    let refuses = Step::Fail {
        count: 1,
        result: 4,
    };
    let broken = Step::Garbage { count: 1, kind: 0 };
    let silent = Step::Silent { count: 1 };
    let busy = Step::Pending { count: 1, ms: 50 };
    let cases = [
        (refuses, "EC command failed: Response(AccessDenied)"),
        (broken, "EC command failed: UnknownResponseCode(255)"),
        (silent, "EC command failed: UnknownResponseCode(255)"),
        (busy, "Response (4 bytes)"),
    ];
    let hello = |ec: &OwnedFd| {
        prepare(ec);
        let each = cases.iter().map(|(step, _)| {
            run(ec, step).expect("a step of the script");
            framework_tool(&["--host-command", "0x1", "0", "1", "2", "3", "4"])
        });
        each.collect()
    };
    for (said, (_, word)) in with_each(hello).iter().zip(&cases) {
        said.expect(0, &[word]);
    }
}

#[test]
fn python() {
    let script = include_str!("../python/cros_ec.py");
    let ask = |ec: &OwnedFd| {
        prepare(ec);
        vec![programs::run("/usr/bin/python3", &["-"], script)]
    };
    let said = with_each(ask);
    said[0].expect(
        0,
        &[
            "hello: 0xa1b2c3d4",
            "'version_string_rw': 'virtual_v1.0.0-rw'",
            "chip info: {'vendor': 'devscope', 'name': 'virtual', 'revision': 'r0'}",
            "'EC_FEATURE_THERMAL', 'EC_FEATURE_HOST_EVENTS'",
            "no command: EC returned error code EC_RES_INVALID_COMMAND (1)",
            "room for more: b'\\x04\\x03\\x02\\x01'",
            "room for less: EMSGSIZE",
            "id: b'EC'",
            "behind its end: EINVAL",
            "temperatures: [43, 80, None, None, None]",
            "fans: [4321, 0, ",
            "'lid_open': True",
            "'volt': 15432",
            "'serial': 'SN0017', 'type': 'LION'",
            "light: [300, 0]",
            "sensor 0: {'name': 'CPU'",
            "version string: b'1.0.0\\nvirtual_v1.0.0-ro\\nvirtual_v1.0.0-rw\\nread-write\\n'",
            "no event: None",
            "event: 0201010101",
            "event: 0202020202",
            "event: 0203030303",
        ],
    );
}
