// SPDX-License-Identifier: GPL-2.0

//! `devscope-torture` finds nothing with the drivers of ours, and each fault where there is one.

use devscope_tests::{
    ec, effort,
    evdev::Handler,
    torture::{nodes::Node, planted::Fault, run, Report},
};

/// How long a sample or a port is tormented, and a test driver; in seconds.
const OURS: (u64, u64) = (4, 300);
const TESTS: (u64, u64) = (2, 60);
/// How long it may take until a driver hangs.
const PATIENCE: u64 = 60;

fn nothing_is_found(name: &str, (short, long): (u64, u64)) {
    let node = Node::get(name);
    let seconds = effort::choose(short, long);
    run(&node.path, Some(node.profile), seconds, &[]).assert_clean();
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

/// The driver that faults are planted in has none by itself.
#[test]
fn testfault() {
    nothing_is_found("testfault", OURS);
}

#[test]
fn planted_faults() {
    let plain = Fault::all().into_iter().filter(Fault::is_plain);
    let wrong = Fault::find_all(plain, |_| (), |line| eprintln!("{line}"));
    assert!(wrong.is_empty(), "not found:\n{}", wrong.join("\n"));
}

/// With nothing that is known of the node. The limit is there so that a hang is seen soon.
fn hang(node: &Node) -> Report {
    let report = run(&node.path, None, PATIENCE, &["--unbind-limit", "2000"]);
    let kind = report.findings.first().map(|it| it.kind.as_str());
    assert_eq!(kind, Some("unbind-hang"), "{}", report.text);
    report
}

/// It holds a lock across its sleep, and while it copies: it may be seen with either.
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
