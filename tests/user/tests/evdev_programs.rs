// SPDX-License-Identifier: GPL-2.0

//! Existing programs use `/dev/input/eventN`: the test programs of libevdev and evtest. Their
//! results are the same with C's evdev and with ours.

use devscope_tests::{
    evdev::{
        uinput::{Bits, Builder, Event},
        Handler, Handlers, Uinput,
    },
    proc::calls,
    programs::{
        checks::{self, Check},
        run, Run, Running, Said,
    },
};
use evdev::{
    AbsoluteAxisCode as Abs, EventType, KeyCode as Key, LedCode as Led, MiscCode as Misc,
    PropType as Prop, RelativeAxisCode as Rel, SoundCode as Sound, SwitchCode as Switch,
};
use libc::input_absinfo;
use rustix::{fs::OFlags, io, io::Errno};
use std::{fmt::Debug, fs, path::Path};

const EVTEST: &str = "/usr/bin/evtest";

/// What evtest prints after it has queried the device.
const READY: &str = "Testing ... (interrupt to exit)\n";

const KEY: u16 = EventType::KEY.0;
const REL: u16 = EventType::RELATIVE.0;
const ABS: u16 = EventType::ABSOLUTE.0;
const MSC: u16 = EventType::MISC.0;
const SW: u16 = EventType::SWITCH.0;
const LED: u16 = EventType::LED.0;
const SND: u16 = EventType::SOUND.0;

/// Runs `action` with C's evdev and with ours.
fn with_each<T>(action: impl Fn() -> T) -> [T; 2] {
    Handler::BOTH.map(|handler| {
        let _handlers = Handlers::only(handler);
        action()
    })
}

/// Runs `action` with each. The results must be the same. Returns them.
fn same<T: PartialEq + Debug>(action: impl Fn() -> T) -> T {
    let [c, ours] = with_each(action);
    assert_eq!(c, ours, "left is with C's evdev, right is with ours");
    c
}

/// Runs one of libevdev's test programs, whose checks must have the same results with each.
fn checks_of(program: &str) {
    // On other systems, the directory exists since boot.
    fs::create_dir_all("/dev/input").expect("devtmpfs on /dev");
    let path = format!("/usr/libexec/libevdev/{program}");
    let [c, ours] = with_each(|| checks::run(&path));
    let c = c.unwrap_or_else(|why| panic!("with C's evdev, {why}"));
    let ours = ours.unwrap_or_else(|why| panic!("with ours, {why}"));

    let names = |checks: &[Check]| -> Vec<_> { checks.iter().map(|it| it.name.clone()).collect() };
    assert_eq!(names(&c), names(&ours), "the checks that were made");
    let mut differ = Vec::new();
    for (c, ours) in c.iter().zip(&ours) {
        if !c.passed {
            eprintln!("{program} fails with C's evdev: {}: {}", c.name, c.said);
        }
        if c.passed != ours.passed {
            differ.push(format!(
                "{}\n  C: {}\n  ours: {}",
                c.name, c.said, ours.said
            ));
        }
    }
    assert!(differ.is_empty(), "{program}:\n{}", differ.join("\n"));
    let passed = ours.iter().filter(|check| check.passed).count();
    assert!(passed > 0, "none of {} checks has passed", ours.len());
    println!("{program}: {passed} of {} checks", ours.len());
}

#[test]
fn libevdev_kernel() {
    checks_of("test-kernel");
}

#[test]
fn libevdev_library() {
    checks_of("test-libevdev");
}

#[test]
fn libevdev_uinput() {
    checks_of("test-uinput");
}

fn range(minimum: i32, maximum: i32) -> input_absinfo {
    input_absinfo {
        value: 0,
        minimum,
        maximum,
        fuzz: 0,
        flat: 3,
        resolution: 12,
    }
}

/// A device with some events of each type that evtest knows, but without autorepeat, which depends
/// on the speed of the machine.
fn everything() -> Builder {
    Builder::new("everything")
        .id(3, 0x1209, 0xe4e7, 0x0101)
        .bits(
            Bits::Key,
            [Key::KEY_A, Key::KEY_B, Key::BTN_LEFT].map(|it| it.0),
        )
        .bits(
            Bits::Rel,
            [Rel::REL_X, Rel::REL_Y, Rel::REL_WHEEL].map(|it| it.0),
        )
        .bits(Bits::Msc, [Misc::MSC_SCAN, Misc::MSC_RAW].map(|it| it.0))
        .bits(Bits::Sw, [Switch::SW_LID, Switch::SW_DOCK].map(|it| it.0))
        .bits(Bits::Led, [Led::LED_NUML, Led::LED_CAPSL].map(|it| it.0))
        .bits(Bits::Snd, [Sound::SND_BELL, Sound::SND_TONE].map(|it| it.0))
        .bits(Bits::Prop, [Prop::DIRECT.0])
        .axis(Abs::ABS_X.0, range(-100, 100))
        .axis(Abs::ABS_Y.0, range(0, 4096))
        .axis(Abs::ABS_MT_SLOT.0, range(0, 3))
        .axis(Abs::ABS_MT_TRACKING_ID.0, range(0, 65535))
        .axis(Abs::ABS_MT_POSITION_X.0, range(0, 4096))
}

/// Packets, each with the output of evtest for its events. No key is held at the end: it would be
/// released when the device is removed, which evtest may or may not see.
#[rustfmt::skip]
const PACKETS: &[&[(Event, &str)]] = &[
    &[
        ((MSC, Misc::MSC_SCAN.0, 0x1e), "type 4 (EV_MSC), code 4 (MSC_SCAN), value 1e"),
        ((KEY, Key::KEY_A.0, 1), "type 1 (EV_KEY), code 30 (KEY_A), value 1"),
    ],
    &[
        ((KEY, Key::KEY_A.0, 0), "type 1 (EV_KEY), code 30 (KEY_A), value 0"),
        ((KEY, Key::BTN_LEFT.0, 1), "type 1 (EV_KEY), code 272 (BTN_LEFT), value 1"),
    ],
    &[
        ((REL, Rel::REL_X.0, -5), "type 2 (EV_REL), code 0 (REL_X), value -5"),
        ((REL, Rel::REL_WHEEL.0, 1), "type 2 (EV_REL), code 8 (REL_WHEEL), value 1"),
    ],
    &[
        ((ABS, Abs::ABS_X.0, -77), "type 3 (EV_ABS), code 0 (ABS_X), value -77"),
        ((ABS, Abs::ABS_MT_SLOT.0, 2), "type 3 (EV_ABS), code 47 (ABS_MT_SLOT), value 2"),
        ((ABS, Abs::ABS_MT_TRACKING_ID.0, 45), "type 3 (EV_ABS), code 57 (ABS_MT_TRACKING_ID), value 45"),
        ((ABS, Abs::ABS_MT_POSITION_X.0, 1234), "type 3 (EV_ABS), code 53 (ABS_MT_POSITION_X), value 1234"),
    ],
    &[
        ((SW, Switch::SW_LID.0, 1), "type 5 (EV_SW), code 0 (SW_LID), value 1"),
        ((LED, Led::LED_CAPSL.0, 1), "type 17 (EV_LED), code 1 (LED_CAPSL), value 1"),
        ((SND, Sound::SND_BELL.0, 1), "type 18 (EV_SND), code 1 (SND_BELL), value 1"),
        ((KEY, Key::BTN_LEFT.0, 0), "type 1 (EV_KEY), code 272 (BTN_LEFT), value 0"),
    ],
];

/// Reports the packets. Returns the lines that evtest has to print, without times.
fn report(device: &Uinput) -> Vec<String> {
    let mut lines = Vec::new();
    for packet in PACKETS {
        let events: Vec<_> = packet.iter().map(|(event, _)| *event).collect();
        device.packet(&events);
        lines.extend(packet.iter().map(|(_, line)| (*line).to_owned()));
        lines.push("-------------- SYN_REPORT ------------".to_owned());
    }
    lines
}

/// Starts evtest on the device, and returns when it waits for events.
fn start(node: &Path, args: &[&str]) -> Running {
    let node = node.to_str().expect("ASCII");
    let mut evtest = Run::new(EVTEST).args(args).args(&[node]).start();
    evtest.wait_for(READY, 1);
    evtest.wait_asleep(calls::SELECT);
    evtest
}

/// Replaces the time of each event, the only text that may differ.
fn without_times(said: Said) -> Said {
    let line = |line: &str| match line.strip_prefix("Event: time ") {
        Some(rest) => {
            let (time, what) = rest.split_once(", ").expect("a time and an event");
            let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
            assert!(time.split('.').all(digits), "a time: {line}");
            format!("Event: {what}")
        }
        None => line.to_owned(),
    };
    Said {
        stdout: said.stdout.lines().map(|text| line(text) + "\n").collect(),
        ..said
    }
}

/// The events in the output of evtest.
fn events(said: &Said) -> Vec<&str> {
    let lines = said.stdout.lines();
    lines
        .filter_map(|line| line.strip_prefix("Event: "))
        .collect()
}

/// Checks the output of evtest when the device is removed.
fn expect_gone(said: &Said) {
    said.expect(
        1,
        &[
            "expected 24 bytes, got -1\n",
            "evtest: error reading: No such device\n",
        ],
    );
}

#[test]
fn evtest_says_what_a_device_is() {
    let said = same(|| {
        let device = everything().event_type(EventType::REPEAT).create();
        device.packet(&[(ABS, Abs::ABS_Y.0, 99), (SW, Switch::SW_DOCK.0, 1)]);
        let evtest = start(&device.node(), &[]);
        drop(device);
        evtest.end()
    });
    expect_gone(&said);
    said.expect(
        1,
        &[
            "Input driver version is 1.0.1\n",
            "Input device ID: bus 0x3 vendor 0x1209 product 0xe4e7 version 0x101\n",
            "Input device name: \"everything\"\n",
            "  Event type 1 (EV_KEY)\n    Event code 30 (KEY_A)\n    Event code 48 (KEY_B)\n",
            "    Event code 1 (ABS_Y)\n      Value     99\n      Min        0\n      Max     4096\n",
            "      Flat       3\n      Resolution      12\n",
            "    Event code 0 (SW_LID) state 0\n    Event code 5 (SW_DOCK) state 1\n",
            "  Event type 17 (EV_LED)\n    Event code 0 (LED_NUML) state 0\n",
            "  Event type 18 (EV_SND)\n    Event code 1 (SND_BELL) state 0\n",
            "Key repeat handling:\n",
            "    Repeat code 0 (REP_DELAY)\n      Value    250\n",
            "Properties:\n  Property type 1 (INPUT_PROP_DIRECT)\n",
        ],
    );
}

#[test]
fn evtest_prints_events_until_the_device_is_gone() {
    let (said, expected) = same(|| {
        let device = everything().create();
        let mut evtest = start(&device.node(), &[]);
        let expected = report(&device);
        evtest.wait_for("SYN_REPORT ---", PACKETS.len());
        device.destroy().expect("it is there");
        (without_times(evtest.end()), expected)
    });
    assert_eq!(events(&said), expected);
    expect_gone(&said);
}

#[test]
fn evtest_is_told_that_it_was_too_slow() {
    const MOTIONS: i32 = 2000;
    let said = same(|| {
        let device = Uinput::mouse("fast");
        let mut evtest = start(&device.node(), &[]);
        evtest.stop();
        for motion in 1..=MOTIONS {
            device.packet(&[(REL, Rel::REL_X.0, motion)]);
        }
        evtest.signal(libc::SIGCONT);
        evtest.wait_for(&format!("value {MOTIONS}\n"), 1);
        drop(device);
        without_times(evtest.end())
    });
    expect_gone(&said);
    let events = events(&said);
    assert_eq!(events[0], ">>>>>>>>>>>>>> SYN_DROPPED <<<<<<<<<<<<");
    let last = format!("type 2 (EV_REL), code 0 (REL_X), value {MOTIONS}");
    assert!(events.contains(&last.as_str()), "{said}");
}

/// Reads all pending events. Returns the number of bytes, or the error.
fn read_all(client: impl rustix::fd::AsFd) -> Result<usize, Errno> {
    io::read(client, &mut [0; 4096])
}

#[test]
fn evtest_grabs_the_device() {
    let (said, other) = same(|| {
        let device = everything().create();
        let node = device.node();
        let client = devscope_tests::device::open(&node, OFlags::RDONLY | OFlags::NONBLOCK);
        let client = client.expect("it can be opened");

        let mut evtest = start(&node, &["--grab"]);
        let expected = report(&device);
        evtest.wait_for("SYN_REPORT ---", PACKETS.len());
        assert_eq!(read_all(&client), Err(Errno::AGAIN), "while it is grabbed");
        let other = start(&node, &[]);
        other.signal(libc::SIGKILL);
        let other = other.end();

        evtest.signal(libc::SIGINT);
        let said = without_times(evtest.end());
        assert_eq!(events(&said), expected);
        device.packet(&[(KEY, Key::KEY_B.0, 1)]);
        assert_eq!(
            read_all(&client),
            Ok(48),
            "an event and the end of its packet"
        );
        (said, other)
    });
    said.expect(0, &[]);
    assert!(!said.stdout.contains("grabbed"), "{said}");
    let word = "This device is grabbed by another process.";
    assert!(other.stdout.contains(word), "{other}");
}

#[test]
fn evtest_queries_states() {
    const STATES: &[(&str, &str, i32)] = &[
        ("EV_KEY", "KEY_A", 10),
        ("EV_KEY", "KEY_B", 0),
        ("EV_SW", "SW_LID", 10),
        ("EV_SW", "SW_DOCK", 0),
        ("EV_LED", "LED_CAPSL", 10),
        ("EV_LED", "LED_NUML", 0),
        ("EV_SND", "SND_BELL", 10),
        ("EV_SND", "SND_TONE", 0),
    ];
    same(|| {
        let device = everything().create();
        device.packet(&[
            (KEY, Key::KEY_A.0, 1),
            (SW, Switch::SW_LID.0, 1),
            (LED, Led::LED_CAPSL.0, 1),
            (SND, Sound::SND_BELL.0, 1),
        ]);
        let node = device.node();
        let node = node.to_str().expect("ASCII");
        for (kind, code, status) in STATES {
            let said = run(EVTEST, &["--query", node, kind, code], "");
            said.expect(*status, &[]);
        }
    });
}
