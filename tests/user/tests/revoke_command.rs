// SPDX-License-Identifier: GPL-2.0

//! `devscope-revoke`, the command.

use devscope_tests::{device::Device, proc::end_of};
use rustix::fd::AsRawFd;
use std::process::{Command, Output};

/// Runs the command.
fn command(args: &[&str]) -> Output {
    Command::new("devscope-revoke")
        .args(args)
        .output()
        .expect("devscope-revoke is installed")
}

#[test]
fn the_command() {
    let device = Device::get("testdev", 0);
    let file = device.open_box();
    let descriptor = format!("{}:{}", std::process::id(), file.as_raw_fd());
    let said = command(&["--fd", &descriptor]);
    assert!(said.status.success(), "{said:?}");
    assert_eq!(end_of(&file), "revoked");
    let said = command(&["--fd", &descriptor]);
    assert_eq!(said.status.code(), Some(1));
    let text = String::from_utf8(said.stderr).expect("text");
    assert!(
        text.contains(&descriptor) && text.contains("No such device"),
        "{text}"
    );

    let file = device.open_box();
    let node = device.box_node();
    let node = node.to_str().expect("text");
    let said = command(&["/dev/null", node]);
    assert_eq!(said.status.code(), Some(1), "of one, {said:?}");
    assert_eq!(end_of(&file), "revoked");

    let said = command(&["--help"]);
    assert!(said.status.success());
    let text = String::from_utf8(said.stdout).expect("text");
    for word in ["--fd", "PID:FD", "NODE", "CAP_SYS_ADMIN"] {
        assert!(text.contains(word), "{word} in {text}");
    }
    for wrong in [
        &[][..],
        &["--fd", "1"],
        &["--fd", "0:1"],
        &["--fd", "1:-1"],
        &["--fd"],
    ] {
        assert_eq!(command(wrong).status.code(), Some(2), "{wrong:?}");
    }
}
