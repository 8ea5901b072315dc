// SPDX-License-Identifier: GPL-2.0

//! A driver in two modules: the child uses the parent's registers, and either may be unbound at any
//! time.

use devscope_tests::{
    device::{open, Device},
    events::{poll_for, GONE},
    module::{is_loaded, load, unload},
    proc::calls,
    sleeper::Sleeper,
    testchild::{self, HEADER},
    testdev, wait_until, FOR_EVER, HANG, UNBIND_LIMIT,
};
use rustix::{
    event::PollFlags,
    fd::OwnedFd,
    fs::OFlags,
    io::{read, Errno},
};
use std::path::Path;

const MODULE: &str = "testchild";

/// The parent, and its auxiliary device.
fn pair(index: usize) -> (Device, Device) {
    if !is_loaded(MODULE) {
        load(MODULE, "").expect("insmod testchild");
    }
    let parent = Device::get("testdev", index);
    let child = parent.child();
    (parent, child)
}

/// Restores the loaded modules, however the test ends.
struct Reload;

impl Drop for Reload {
    fn drop(&mut self) {
        for module in ["testdev", MODULE] {
            if !is_loaded(module) {
                load(module, "").unwrap_or_else(|e| eprintln!("insmod {module}: {e}"));
            }
        }
    }
}

fn assert_works(child: &OwnedFd) {
    assert_eq!(testchild::sample(child), Ok(()));
    assert_eq!(testchild::read(child), Ok([HEADER; 2]));
}

fn assert_parent_works(parent: &OwnedFd) {
    let mut bytes = [0; 64];
    assert_eq!(testdev::echo(parent, &mut bytes), Ok(()));
    assert_eq!(bytes, [0xff; 64]);
    assert_eq!(testdev::work(parent, 0), Ok(()), "it touches the device");
}

fn reader(child: &Device) -> Sleeper<Result<[u32; 2], Errno>> {
    let fd = child.open(OFlags::RDONLY);
    Sleeper::asleep("a reader", calls::READ, move || testchild::read(fd))
}

fn poller(child: &Device) -> Sleeper<PollFlags> {
    let fd = child.open(OFlags::RDONLY);
    Sleeper::asleep("a poller", calls::POLL, move || {
        poll_for(&fd, PollFlags::IN, FOR_EVER)
    })
}

fn assert_dead(child: &OwnedFd) {
    assert_eq!(read(child, &mut [0; 8]), Err(Errno::NODEV));
    assert_eq!(testchild::sample(child), Err(Errno::NODEV));
    assert_eq!(testchild::own_cookie(child), Err(Errno::NODEV));
}

#[test]
fn child_reads_the_parents_registers() {
    let (_parent, child) = pair(0);
    let fd = child.open(OFlags::RDWR);
    let reader = reader(&child);
    assert_works(&fd);
    assert_eq!(reader.result(), Ok([HEADER; 2]));
}

#[test]
fn childs_cookie_is_none_for_the_parents_devres() {
    let (_parent, child) = pair(0);
    let fd = child.open(OFlags::RDWR);
    assert_eq!(testchild::own_cookie(&fd), Err(Errno::INVAL));
}

#[test]
fn unbind_of_the_child_leaves_the_parent() {
    let (parent, child) = pair(0);
    let parent_fd = parent.open(OFlags::RDWR);
    let (node, fd) = (child.node(), child.open(OFlags::RDWR));
    let (reader, poller) = (reader(&child), poller(&child));
    child.unbind();
    assert_eq!(reader.result_within(UNBIND_LIMIT), Err(Errno::NODEV));
    assert_eq!(poller.result_within(UNBIND_LIMIT), GONE);
    assert_dead(&fd);
    assert!(wait_until(HANG, || !node.exists()));
    assert!(child.exists(), "the device is there, with no driver");
    assert_parent_works(&parent_fd);

    child.bind();
    assert_works(&child.open(OFlags::RDWR));
    assert_dead(&fd);
    assert_parent_works(&parent_fd);
}

#[test]
fn unbind_of_the_parent_takes_the_child_along() {
    let (parent, child) = pair(0);
    let (_other_parent, other) = pair(1);
    let other = other.open(OFlags::RDWR);
    let fd = child.open(OFlags::RDWR);
    let (reader, poller) = (reader(&child), poller(&child));
    parent.unbind();
    assert_eq!(reader.result_within(UNBIND_LIMIT), Err(Errno::NODEV));
    assert_eq!(poller.result_within(UNBIND_LIMIT), GONE);
    assert_dead(&fd);
    assert!(!child.exists());
    assert_works(&other);

    parent.bind();
    let child = parent.child();
    assert_works(&child.open(OFlags::RDWR));
    assert_dead(&fd);
}

#[test]
fn unbound_child_goes_with_the_parent() {
    let (parent, child) = pair(0);
    child.unbind();
    parent.unbind();
    assert!(!child.exists());
    parent.bind();
    assert!(parent.child().is_bound());
}

#[test]
fn rmmod_of_the_child() {
    let (parent, child) = pair(0);
    let _reload = Reload;
    let parent_fd = parent.open(OFlags::RDWR);
    let fd = child.open(OFlags::RDWR);
    assert_eq!(unload(MODULE), Err(Errno::WOULDBLOCK), "a file is open");
    assert_works(&fd);
    drop(fd);
    assert_eq!(unload(MODULE), Ok(()));
    assert!(child.exists());
    assert!(!child.is_bound());
    assert_parent_works(&parent_fd);

    assert_eq!(load(MODULE, ""), Ok(()));
    assert!(child.is_bound(), "the driver finds the device");
    assert_works(&child.open(OFlags::RDWR));
}

#[test]
fn childs_module_holds_the_parents() {
    let (parent, child) = pair(0);
    assert!(Path::new("/sys/module/testdev/holders/testchild").exists());
    parent.unbind();
    assert_eq!(unload("testdev"), Err(Errno::WOULDBLOCK));
    assert!(!child.exists());
}

#[test]
fn parent_without_the_childs_module() {
    let (parent, _child) = pair(0);
    let _reload = Reload;
    assert_eq!(unload(MODULE), Ok(()));
    parent.unbind();
    assert_eq!(parent.child_addr(), None);
    parent.bind();
    assert_parent_works(&parent.open(OFlags::RDWR));
    assert!(parent.child_addr().is_some(), "it waits for a driver");
    parent.unbind();
    parent.bind();
    assert_eq!(load(MODULE, ""), Ok(()));
    assert_works(&parent.child().open(OFlags::RDWR));
}

#[test]
fn probe_of_the_parent_that_fails_takes_the_child_along() {
    let (parent, _child) = pair(0);
    let _reload = Reload;
    assert_eq!(unload(MODULE), Ok(()));
    assert_eq!(unload("testdev"), Ok(()));
    // The child is bound in the step before.
    assert_eq!(load("testdev", "fail_step=4"), Ok(()));
    assert_eq!(load(MODULE, ""), Ok(()));
    assert_eq!(parent.try_bind().0, Err(Errno::IO));
    assert_eq!(parent.child_addr(), None);
    assert!(wait_until(HANG, || !Path::new("/dev/testchild0").exists()));
    assert_eq!(unload(MODULE), Ok(()));
    assert_eq!(unload("testdev"), Ok(()));
}

#[test]
fn node_of_an_unbound_child_is_gone() {
    let (_parent, child) = pair(0);
    let node = child.node();
    child.unbind();
    assert!(wait_until(HANG, || !node.exists()));
    let opened = open(&node, OFlags::RDONLY).map(drop);
    assert_eq!(opened, Err(Errno::NOENT));
}
