// SPDX-License-Identifier: GPL-2.0

//! The outside view of an event node, with C and with ours: sysfs, procfs, the node, uevents, the
//! module's aliases, and the numbers.

use devscope_tests::{
    evdev::{
        away::STEP,
        client::{impatient, read_events},
        Handler, Handlers, Uinput,
    },
    module::information,
    uevents::{Uevent, Uevents},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    os::unix::fs::{FileTypeExt, MetadataExt},
    path::Path,
};

/// `INPUT_MAJOR`.
const MAJOR: u64 = 13;
/// The first number of the first 32 event nodes, and that of all others.
const FIRST: u64 = 64;
const MORE: u64 = 256;
const LEGACY: u64 = 32;

/// A view: names and contents, with the numbers of the device replaced.
type Look = BTreeMap<String, String>;

/// Replaces the parts that differ between devices.
fn anonymous(text: &str, input: &str, event: &str) -> String {
    text.replace(event, "EVENT").replace(input, "INPUT")
}

/// The name of the only node of a device.
fn event_of(device: &Uinput) -> String {
    let node = device.node();
    node.file_name().unwrap().to_str().unwrap().to_owned()
}

fn text(path: impl AsRef<Path>) -> String {
    let path = path.as_ref();
    fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn link(path: impl AsRef<Path>) -> String {
    let path = path.as_ref();
    let link = fs::read_link(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    link.to_str().expect("UTF-8").to_owned()
}

/// The tree below a directory of sysfs: links with their target, files with mode and content.
fn tree(dir: &Path, prefix: &str, look: &mut Look) {
    for entry in fs::read_dir(dir).expect("a directory").flatten() {
        let name = format!("{prefix}/{}", entry.file_name().to_string_lossy());
        let kind = entry.file_type().expect("its type");
        if kind.is_symlink() {
            look.insert(name, link(entry.path()));
        } else if kind.is_dir() {
            look.insert(name.clone(), "a directory".to_owned());
            tree(&entry.path(), &name, look);
        } else {
            let mode = entry.metadata().expect("its mode").mode();
            let text = fs::read_to_string(entry.path());
            let text = text.unwrap_or_else(|error| error.to_string());
            look.insert(name, format!("{mode:o} {text}"));
        }
    }
}

/// The view of a device's node.
fn look_at(device: &Uinput) -> Look {
    let (input, event) = (device.name(), event_of(device));
    let mut look = Look::new();
    tree(&device.sysfs().join(&event), "sysfs", &mut look);
    look.insert("class".into(), link(format!("/sys/class/input/{event}")));
    let number = text(device.sysfs().join(&event).join("dev"));
    look.insert(
        "char".into(),
        link(format!("/sys/dev/char/{}", number.trim())),
    );
    let node = fs::metadata(device.node()).expect("the node");
    assert!(node.file_type().is_char_device());
    let rights = (node.mode(), node.uid(), node.gid(), node.rdev());
    look.insert("node".into(), format!("{rights:?}"));
    for file in ["devices", "handlers"] {
        look.insert(file.into(), text(format!("/proc/bus/input/{file}")));
    }
    look.into_iter()
        .map(|(name, text)| {
            let texts = [name, text].map(|text| anonymous(&text, input, &event));
            texts.into()
        })
        .collect()
}

#[test]
fn sysfs_procfs_and_the_node() {
    let mut looks = Vec::new();
    for handler in Handler::BOTH {
        let _handlers = Handlers::only(handler);
        let device = Uinput::mouse("devscope mouse");
        let event = event_of(&device);
        let number: u64 = event["event".len()..].parse().expect("a number");
        let look = look_at(&device);
        // Some of it by name, so that this says what it is.
        assert_eq!(look["class"], "../../devices/virtual/input/INPUT/EVENT");
        let minor = FIRST + number;
        assert_eq!(look["sysfs/dev"], format!("100444 {MAJOR}:{minor}\n"));
        let uevent = format!("100644 MAJOR={MAJOR}\nMINOR={minor}\nDEVNAME=input/EVENT\n");
        assert_eq!(look["sysfs/uevent"], uevent);
        assert_eq!(look["sysfs/device"], "../../INPUT");
        assert!(look["devices"].contains("H: Handlers=EVENT"), "{look:?}");
        assert!(look["handlers"].contains("Name=evdev Minor=64"), "{look:?}");
        let rdev = MAJOR << 8 | minor;
        assert_eq!(look["node"], format!("{:?}", (0o020600, 0, 0, rdev)));
        looks.push(look);
    }
    let c = &looks[0];
    looks.iter().for_each(|look| assert_eq!(look, c));
}

/// Replaces the parts that differ between messages.
fn compared(uevents: Vec<Uevent>, input: &str, event: &str) -> Vec<Uevent> {
    let relevant = |uevent: &Uevent| uevent["SUBSYSTEM"] == "input";
    uevents
        .into_iter()
        .filter(relevant)
        .map(|uevent| {
            let keys = uevent.into_iter().filter(|(key, _)| key != "SEQNUM");
            keys.map(|(key, value)| (key, anonymous(&value, input, event)))
                .collect()
        })
        .collect()
}

#[test]
fn uevents() {
    let mut all = Vec::new();
    for handler in Handler::BOTH {
        let uevents = Uevents::listen();
        let mut handlers = Handlers::only(handler);
        uevents.take();
        let device = Uinput::mouse("devscope mouse");
        let (input, event) = (device.name().to_owned(), event_of(&device));
        let take = || compared(uevents.take(), &input, &event);
        let created = take();
        device.destroy().expect("destroy");
        let destroyed = take();
        let device = Uinput::mouse("devscope mouse");
        let (input, event) = (device.name().to_owned(), event_of(&device));
        let take = || compared(uevents.take(), &input, &event);
        take();
        handlers.remove(handler);
        let unloaded = take();
        handlers.add(handler);
        let loaded = take();
        // Some of it by name, so that this says what it is.
        let actions = |uevents: &[Uevent]| -> Vec<String> {
            let action = |uevent: &Uevent| format!("{} {}", uevent["ACTION"], uevent["DEVPATH"]);
            uevents.iter().map(action).collect()
        };
        let (add, remove) = (
            "add /devices/virtual/input",
            "remove /devices/virtual/input",
        );
        assert_eq!(
            actions(&created),
            [format!("{add}/INPUT"), format!("{add}/INPUT/EVENT")]
        );
        assert_eq!(
            actions(&destroyed),
            [format!("{remove}/INPUT/EVENT"), format!("{remove}/INPUT")]
        );
        assert_eq!(actions(&unloaded), [format!("{remove}/INPUT/EVENT")]);
        assert_eq!(actions(&loaded), [format!("{add}/INPUT/EVENT")]);
        assert_eq!(loaded[0]["DEVNAME"], "input/EVENT");
        assert_eq!(loaded[0]["MAJOR"], MAJOR.to_string());
        all.push([created, destroyed, unloaded, loaded]);
    }
    let c = &all[0];
    all.iter().for_each(|uevents| assert_eq!(uevents, c));
}

#[test]
fn aliases_of_the_modules() {
    let aliases = Handler::BOTH.map(|handler| information(handler.module(), "alias"));
    assert_eq!(aliases[0], ["input:b*v*p*e*-e*0,*k*r*a*m*l*s*f*w*"]);
    assert_eq!(aliases[0], aliases[1]);
}

/// The numbers of all event nodes.
fn all_numbers() -> BTreeSet<u64> {
    let names = fs::read_dir("/dev/input").into_iter().flatten().flatten();
    names.filter_map(|entry| number_of(&entry.path())).collect()
}

fn number_of(node: &Path) -> Option<u64> {
    let name = node.file_name()?.to_str()?;
    name.strip_prefix("event")?.parse().ok()
}

/// Creates a device, whose node must have the lowest free number: of the first 32, or else of
/// those from 256 on.
fn make_one(minors: &mut Vec<u64>) -> Uinput {
    let taken = all_numbers();
    let expected = (0..LEGACY)
        .chain(MORE..)
        .find(|number| !taken.contains(number))
        .expect("a free number");
    let device = Uinput::mouse("devscope mouse");
    assert_eq!(number_of(&device.node()), Some(expected));
    let minor = match expected {
        MORE.. => expected,
        _ => FIRST + expected,
    };
    let rdev = fs::metadata(device.node()).expect("the node").rdev();
    let (high, low) = (u64::from(libc::major(rdev)), u64::from(libc::minor(rdev)));
    assert_eq!((high, low), (MAJOR, minor));
    let dev = text(device.sysfs().join(event_of(&device)).join("dev"));
    assert_eq!(dev.trim(), format!("{MAJOR}:{minor}"));
    let file = impatient(&device.node());
    device.packet(&[STEP]);
    assert_eq!(read_events(&file).map(|events| events[0]), Ok(STEP));
    minors.push(minor);
    device
}

#[test]
fn numbers() {
    for handler in Handler::BOTH {
        let _handlers = Handlers::only(handler);
        let mut minors = Vec::new();
        let mut devices: Vec<_> = (0..40).map(|_| make_one(&mut minors)).collect();
        assert!(minors.contains(&MORE), "{minors:?}");
        // Gaps are filled, the lower one first.
        drop(devices.remove(35));
        drop(devices.remove(3));
        devices.push(make_one(&mut minors));
        devices.push(make_one(&mut minors));
        assert_eq!(minors[40..], [minors[3], minors[35]]);
    }
}
