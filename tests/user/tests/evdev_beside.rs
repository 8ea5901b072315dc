// SPDX-License-Identifier: GPL-2.0

//! Both handlers at the same time: each device has a node of each, and they affect each other like
//! two C handlers.

use devscope_tests::{
    evdev::{
        away::{timed, STEP},
        client::{assert_gone, client, impatient, read_events, write_events},
        effects::{erase, upload, Owner},
        ioctls::{grab, name, revoke, ungrab},
        uinput::{Bits, Builder, SYN_REPORT},
        Handler, Handlers, Uinput,
    },
    module::unload,
    pace,
    proc::calls,
    sleeper::Sleeper,
    UNBIND_LIMIT,
};
use rustix::{
    fd::OwnedFd,
    io::{read, Errno},
};
use std::{fs, os::unix::fs::MetadataExt, sync::Arc};

const PACKET: [(u16, u16, i32); 2] = [STEP, SYN_REPORT];
const LED_ON: (u16, u16, i32) = (0x11, 0, 1);
const LED_OFF: (u16, u16, i32) = (0x11, 0, 0);

/// Runs `test` for both orders of loading, with the first and the second handler.
fn both(test: impl Fn(&mut Handlers, Handler, Handler)) {
    let [c, ours] = Handler::BOTH;
    for (first, second) in [(c, ours), (ours, c)] {
        eprintln!("{first:?} first");
        test(&mut Handlers::load(&[first, second]), first, second);
    }
}

/// A mouse with an LED.
fn device() -> Arc<Uinput> {
    let builder = Builder::new("devscope mouse")
        .bits(Bits::Rel, [0, 1])
        .bits(Bits::Led, [0]);
    Arc::new(builder.create())
}

/// A file on each handler's node.
fn files(handlers: &Handlers, device: &Uinput, order: [Handler; 2]) -> [OwnedFd; 2] {
    order.map(|handler| impatient(&handlers.node(handler, device.name())))
}

#[test]
fn a_node_of_each() {
    both(|handlers, first, second| {
        let device = device();
        let nodes = [first, second].map(|handler| handlers.node(handler, device.name()));
        assert_eq!(device.nodes(), nodes);
        let numbers = nodes
            .each_ref()
            .map(|node| fs::metadata(node).expect("a node").rdev());
        assert_ne!(numbers[0], numbers[1]);
        // Each node belongs to its handler.
        for (handler, node) in [first, second].into_iter().zip(&nodes) {
            let before = Handler::BOTH.map(Handler::users);
            let _file = client(node);
            for (it, before) in Handler::BOTH.into_iter().zip(before) {
                assert_eq!(it.users() > before, it == handler, "{it:?} {handler:?}");
            }
        }
        // It is the same for a device that existed before.
        handlers.remove(first);
        assert_eq!(device.nodes(), [handlers.node(second, device.name())]);
        handlers.add(first);
        let nodes = [second, first].map(|handler| handlers.node(handler, device.name()));
        assert_eq!(device.nodes(), nodes);
    });
}

#[test]
fn events_reach_both() {
    both(|handlers, first, second| {
        let device = device();
        let files = files(handlers, &device, [first, second]);
        for _ in 0..3 {
            device.packet(&[STEP]);
            for file in &files {
                assert_eq!(read_events(file), Ok(PACKET.to_vec()));
                assert_eq!(read_events(file), Err(Errno::AGAIN));
                assert_eq!(name(file).as_deref(), Ok("devscope mouse"));
            }
        }
        // Events that are written to one reach the device and the other. (Opening sets the LEDs.)
        while device.receive().is_ok() {}
        for (writer, reader) in [(&files[0], &files[1]), (&files[1], &files[0])] {
            for led in [LED_ON, LED_OFF] {
                assert_eq!(write_events(writer, &[led, SYN_REPORT]), Ok(48));
                assert_eq!(device.receive(), Ok(led));
                assert_eq!(read_events(reader), Ok(vec![led, SYN_REPORT]));
            }
            let own = read_events(writer).map(|events| events.len());
            assert_eq!(own, Ok(4));
            while device.receive().is_ok() {}
        }
    });
}

#[test]
fn a_grab_of_one() {
    both(|handlers, first, second| {
        let device = device();
        for order in [[first, second], [second, first]] {
            let [holder, other] = files(handlers, &device, order);
            assert_eq!(grab(&holder), Ok(()));
            device.packet(&[STEP]);
            assert_eq!(read_events(&holder), Ok(PACKET.to_vec()));
            assert_eq!(read_events(&other), Err(Errno::AGAIN));
            assert_eq!(grab(&other), Err(Errno::BUSY));
            assert_eq!(ungrab(&other), Err(Errno::INVAL));
            // Events that are written to the other are lost.
            while device.receive().is_ok() {}
            assert_eq!(write_events(&other, &[LED_ON, SYN_REPORT]), Ok(48));
            assert_eq!(device.receive(), Err(Errno::AGAIN));
            assert_eq!(ungrab(&holder), Ok(()));
            device.packet(&[STEP]);
            assert_eq!(read_events(&other), Ok(PACKET.to_vec()));
            // A grab ends when its file is closed, and when it is revoked.
            assert_eq!(grab(&other), Ok(()));
            assert_eq!(grab(&holder), Err(Errno::BUSY));
            assert_eq!(revoke(&other), Ok(()));
            assert_eq!(grab(&holder), Ok(()));
            drop(holder);
            let [third, _] = files(handlers, &device, order);
            assert_eq!(grab(&third), Ok(()));
        }
    });
}

#[test]
fn effects_belong_to_a_file() {
    both(|handlers, first, second| {
        let pad = Arc::new(Uinput::pad("devscope pad"));
        let owner = Owner::of(pad.clone());
        let [file, other] = files(handlers, &pad, [first, second]);
        assert_eq!(upload(&file), Ok(0));
        assert_eq!(upload(&other), Ok(1));
        assert_eq!(erase(&other, 0), Err(Errno::ACCESS));
        assert_eq!(revoke(&file), Ok(()));
        assert_eq!(upload(&other), Ok(0));
        drop(other);
        assert_eq!(owner.end().erases, [0, 0, 1]);
    });
}

#[test]
fn one_is_unloaded() {
    both(|handlers, first, second| {
        let device = device();
        for (stays, goes) in [(first, second), (second, first)] {
            let file = impatient(&handlers.node(stays, device.name()));
            assert_eq!(grab(&file), Ok(()));
            let going = client(&handlers.node(goes, device.name()));
            assert_eq!(unload(goes.module()), Err(Errno::AGAIN));
            drop(going);
            handlers.remove(goes);
            device.packet(&[STEP]);
            assert_eq!(read_events(&file), Ok(PACKET.to_vec()));
            handlers.add(goes);
            let new = impatient(&handlers.node(goes, device.name()));
            assert_eq!(grab(&new), Err(Errno::BUSY));
        }
    });
}

#[test]
fn the_device_goes() {
    both(|handlers, first, second| {
        let device = device();
        let nodes = [first, second].map(|handler| handlers.node(handler, device.name()));
        let kept = nodes.each_ref().map(|node| client(node));
        let readers = nodes.each_ref().map(|node| {
            let file = client(node);
            Sleeper::asleep("a reader", calls::READ, move || read(file, &mut [0; 48]))
        });
        grab(&kept[0]).expect("grab");
        let doomed = device.clone();
        let took = timed("destroy", move || doomed.destroy());
        pace::assert_within(took, UNBIND_LIMIT, "destroy");
        for reader in readers {
            assert_eq!(reader.result_within(UNBIND_LIMIT), Err(Errno::NODEV));
        }
        for file in &kept {
            assert_gone(file, "gone from both");
        }
        assert!(device.nodes().is_empty());
    });
}
