// SPDX-License-Identifier: GPL-2.0

//! `devscope-torture` finds no faults in our drivers, and finds each planted fault.

use devscope_tests::{
    device::Device,
    ec, effort,
    evdev::Handler,
    torture::{
        nodes::Node,
        planted::{Fault, TestFault},
        run, Report,
    },
    wait_until, HANG,
};
use std::{fs, path::Path};

/// How long the tool runs on a sample or a port, and on a test driver; in seconds.
const OURS: (u64, u64) = (2, 120);
const TESTS: (u64, u64) = (1, 60);
/// How long it may take until a hang is found.
const PATIENCE: u64 = 180;

fn nothing_is_found(name: &str, (short, long): (u64, u64)) {
    let node = Node::get(name);
    let seconds = effort::choose(short, long);
    node.torment(seconds, &[]).assert_clean();
}

#[test]
fn edu() {
    nothing_is_found("edu", OURS);
}

#[test]
fn edu_ram() {
    nothing_is_found("edu-ram", OURS);
}

#[test]
fn loopchan() {
    nothing_is_found("loopchan", OURS);
}

#[test]
fn ramdisk() {
    nothing_is_found("ramdisk", OURS);
}

#[test]
fn evdev() {
    nothing_is_found("evdev", OURS);
}

#[test]
fn cros_ec() {
    nothing_is_found("cros_ec", OURS);
}

/// The controller is unbound, too, with all its devices, and bound again.
#[test]
fn cros_ec_and_its_controller() {
    goes_with_what_is_above("cros_ec");
}

#[test]
fn testchild_and_its_parent() {
    goes_with_what_is_above("testchild");
}

fn goes_with_what_is_above(name: &str) {
    let acts = effort::choose("4", "500");
    let arguments = ["--by", "unbind,parent", "--acts", acts];
    let report = Node::get(name).torment(effort::choose(300, 3600), &arguments);
    report.assert_clean();
    assert!(report.count("parent") > 0, "{}", report.text);
}

/// The handler's module is removed and loaded again, as well as the device.
#[test]
fn evdev_module() {
    let node = Node::evdev(Handler::Devscope).reloaded(Handler::Devscope.module());
    let acts = effort::choose("6", "500");
    let report = node.torment(
        effort::choose(300, 3600),
        &["--by", "reload", "--acts", acts],
    );
    report.assert_clean();
    assert!(report.count("reload") > 0, "{}", report.text);
}

#[test]
fn testdev() {
    nothing_is_found("testdev", TESTS);
}

#[test]
fn testdev_mem() {
    nothing_is_found("testdev-mem", TESTS);
}

#[test]
fn testdev_map() {
    nothing_is_found("testdev-map", TESTS);
}

#[test]
fn testdev_box() {
    nothing_is_found("testdev-box", TESTS);
}

#[test]
fn testchild() {
    nothing_is_found("testchild", TESTS);
}

/// The driver without a planted fault has none.
#[test]
fn testfault() {
    nothing_is_found("testfault", OURS);
}

/// All ways to unplug a device, in turn: one act of twenty is a reload.
#[test]
fn each_way() {
    let ways = ["unbind", "remove", "revoke", "reload"];
    let acts = effort::choose("6", "1000");
    let arguments = ["--by", &ways.join(","), "--acts", acts];
    let report = Node::get("edu").torment(effort::choose(300, 3600), &arguments);
    // The bus lists the device that was found again after the other one, so their indices may have
    // changed.
    let devices = [0, 1].map(|index| Device::get("edu", index));
    for device in &devices {
        device.unbind();
    }
    for device in &devices {
        device.bind();
    }
    report.assert_clean();
    for way in ways {
        assert!(report.count(way) > 0, "{way}: {}", report.text);
    }
}

/// Runs the tool with a profile of this text only.
fn with_profile(node: &Path, text: &str, more: &[&str]) -> Report {
    const FILE: &str = "/tmp/torture.toml";
    fs::write(FILE, text).expect("a file in /tmp");
    let arguments = [&["--profile", FILE], more].concat();
    run(node, None, PATIENCE, &arguments)
}

/// Only unplug ends the sleep of TESTDEV_HIDDEN: revoking all files waits for it.
#[test]
fn revoke_that_hangs() {
    let users = || fs::read_to_string("/sys/module/testdev/refcnt").unwrap_or_default();
    let device = Device::get("testdev", 0);
    let before = users();
    let node = Node::get("testdev");
    let hidden =
        "operations_per_act = 10\n[[ioctl]]\nnumber = 0xde04\nvalues = [0]\n[limit]\nend = 500\n";
    let arguments = ["--by", "revoke", "--unbind-limit", "2000"];
    let report = with_profile(&node.path, hidden, &arguments);
    // The tool has left tasks behind.
    device.unbind();
    assert!(wait_until(HANG, || users() == before), "HANG: they stay");
    let kind = report.findings.first().map(|it| it.kind.as_str());
    assert_eq!(kind, Some("revoke-hang"), "{}", report.text);
    let text = &report.findings[0].text;
    assert!(text.contains("not when all programs are killed"), "{text}");
}

/// An ioctl that returns another value than the profile says, and an error that is not in it.
#[test]
fn what_a_profile_does_not_know() {
    let node = Node::get("edu");
    let wrong = "[[ioctl]]\nnumber = 0x8004ed00\n";
    for (more, kind) in [
        ("gives = [\"?? 77\"]\n", "wrong-answer"),
        (
            "gives = [\"ed ?? ?? 00\"]\n[says]\nread = []\n",
            "wrong-error",
        ),
    ] {
        let report = with_profile(&node.path, &format!("{wrong}{more}"), &[]);
        let found = report.findings.first().map(|it| it.kind.as_str());
        assert_eq!(found, Some(kind), "{}", report.text);
    }
}

/// An ioctl that revokes a file according to the profile, but does not.
#[test]
fn file_that_lives_on() {
    let node = Node::get("testdev");
    let report = with_profile(&node.path, "[revoke]\nnumber = 0xde08\nvalues = [0]\n", &[]);
    let kind = report.findings.first().map(|it| it.kind.as_str());
    assert_eq!(kind, Some("works-after-revoke"), "{}", report.text);
}

/// A page of a FUSE file blocks a driver that copies while a caller is inside.
#[test]
fn page_of_fuse() {
    let _driver = TestFault::load("lock-across-copy");
    let node = Path::new("/dev/testfault");
    let fuse = "read = [4]\npages = [\"fuse\"]\n[[ioctl]]\nnumber = 0xc040df01\n";
    let report = with_profile(node, fuse, &["--unbind-limit", "2500"]);
    let found = report.findings.first();
    let text = found.map_or("", |it| &it.text);
    assert!(text.contains("the page is served"), "{}", report.text);
    assert!(report.waited["fuse"] > 0 && report.waited["userfaultfd"] == 0);
}

#[test]
fn planted_faults() {
    let plain = Fault::all().into_iter().filter(Fault::is_plain);
    let wrong = Fault::find_all(plain, |_| (), |line| eprintln!("{line}"));
    assert!(wrong.is_empty(), "not found:\n{}", wrong.join("\n"));
}

/// Runs the tool without a profile, and with a limit so that a hang is found soon.
fn hang(node: &Node) -> Report {
    let report = run(&node.path, None, PATIENCE, &["--unbind-limit", "2000"]);
    let kind = report.findings.first().map(|it| it.kind.as_str());
    assert_eq!(kind, Some("unbind-hang"), "{}", report.text);
    report
}

/// It holds a lock while it sleeps, and while it copies: it may be found with either.
#[test]
fn c_cros_ec() {
    let report = hang(&Node::cros_ec(ec::Driver::C));
    let text = &report.findings[0].text;
    let ends = ["gets a signal", "the page is served"];
    let named = ends.iter().any(|it| text.contains(it));
    assert!(named, "{}", report.text);
}

/// It holds a lock while it copies.
#[test]
fn c_evdev() {
    let report = hang(&Node::evdev(Handler::C));
    let text = &report.findings[0].text;
    assert!(text.contains("the page is served"), "{}", report.text);
}
