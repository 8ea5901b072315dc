// SPDX-License-Identifier: GPL-2.0

//! Buffers on a page that a userfaultfd does not serve: the call is stuck, unbind is not.

use devscope_tests::{
    child::End,
    device::Device,
    pages::PAGE,
    sleeper::Sleeper,
    touch::{each, prepared, stuck_child, Touch},
    uffd::Uffd,
    UNBIND_LIMIT,
};
use rustix::{
    fs::OFlags,
    io::{read, write, Errno},
};
use std::{thread, time::Duration};

#[test]
fn served_in_the_end() {
    // All but WAIT, which would then sleep.
    for touch in Touch::TESTDEV
        .into_iter()
        .filter(|touch| *touch != Touch::WAIT)
    {
        eprintln!("{touch:?}");
        let device = Device::get("testdev", 0);
        let fd = prepared(&device, touch);
        let (pages, uffd) = Uffd::unserved(1);
        let memory = pages.clone();
        let sleeper = Sleeper::start("a stuck caller", move || touch.run(fd, &memory));
        uffd.wait_stuck();
        thread::sleep(Duration::from_millis(50));
        uffd.serve(0, &[1, 2, 3, 4]);
        match touch {
            Touch::Sum => assert_eq!(sleeper.result(), Ok(10)),
            Touch::Ioctl(_) | Touch::Fill => assert_eq!(sleeper.result(), Ok(0)),
            _ => assert_eq!(sleeper.result(), Ok(4)),
        }
        if touch.takes() {
            assert_eq!(pages.get(0, 4), 5u32.to_ne_bytes());
        }
    }
}

#[test]
fn unbind_while_stuck_then_served() {
    each(|device, touch| {
        let fd = prepared(device, touch);
        let (pages, uffd) = Uffd::unserved(1);
        let sleeper = Sleeper::start("a stuck caller", move || touch.run(fd, &pages));
        uffd.wait_stuck();
        sleeper.wait_asleep(touch.calls());
        device.unbind();
        assert!(sleeper.is_asleep(touch.calls()), "still stuck after unbind");
        uffd.serve(0, &[0; 4]);
        assert_eq!(sleeper.result_within(UNBIND_LIMIT), touch.says_in_the_end());
    });
}

#[test]
fn unbind_while_stuck_then_closed() {
    each(|device, touch| {
        let fd = prepared(device, touch);
        let (pages, uffd) = Uffd::unserved(1);
        let sleeper = Sleeper::start("a stuck caller", move || touch.run(fd, &pages));
        uffd.wait_stuck();
        device.unbind();
        // The device is bound again, and the stuck caller does not reach it.
        device.bind();
        assert!(sleeper.is_asleep(touch.calls()), "still stuck after unbind");
        drop(uffd);
        assert_eq!(sleeper.result_within(UNBIND_LIMIT), touch.says_in_the_end());
    });
}

#[test]
fn second_page_is_absent() {
    for touch in [Touch::Read, Touch::Write] {
        let device = Device::get("testdev", 0);
        let fd = prepared(&device, touch);
        let (pages, uffd) = Uffd::unserved(2);
        uffd.serve(0, &[]);
        let parts = [(PAGE - 2, 2), (PAGE, 2)];
        let sleeper = Sleeper::start("a stuck caller", move || match touch {
            Touch::Write => pages.writev(fd, &parts),
            _ => pages.readv(fd, &parts),
        });
        uffd.wait_stuck();
        device.unbind();
        uffd.serve(1, &[]);
        assert_eq!(sleeper.result_within(UNBIND_LIMIT), touch.says_in_the_end());
    }
}

/// Data that was copied before unplug is not lost.
#[test]
fn what_came_before_counts() {
    /// The number of bytes that the driver copies at a time.
    const CHUNK: usize = 256;
    for touch in [Touch::Read, Touch::Write] {
        let device = Device::get("testdev", 0);
        let fd = device.open_empty();
        if touch.takes() {
            assert_eq!(write(&fd, &[7; CHUNK + 4]), Ok(CHUNK + 4));
        }
        let (pages, uffd) = Uffd::unserved(2);
        uffd.serve(0, &[]);
        let parts = [(PAGE - CHUNK, CHUNK), (PAGE, 4)];
        let (sleeper, count) = match touch {
            // The device does not get the rest.
            Touch::Write => {
                let write = move || pages.writev(fd, &parts);
                (Sleeper::start("a stuck writer", write), CHUNK)
            }
            _ => {
                let read = move || pages.readv(fd, &parts);
                (Sleeper::start("a stuck reader", read), CHUNK + 4)
            }
        };
        uffd.wait_stuck();
        device.unbind();
        drop(uffd);
        assert_eq!(sleeper.result_within(UNBIND_LIMIT), Ok(count));
    }
}

#[test]
fn others_go_on_while_one_is_stuck() {
    for touch in [Touch::Read, Touch::Write, Touch::Fill, Touch::Sum] {
        let device = Device::get("testdev", 0);
        let other = prepared(&device, touch);
        let fd = device.open(OFlags::RDWR);
        let (pages, uffd) = Uffd::unserved(1);
        let stuck = Sleeper::start("a stuck caller", move || touch.run(fd, &pages));
        uffd.wait_stuck();
        let busy = Sleeper::start("another caller", move || {
            (0..100).try_for_each(|_| {
                write(&other, b"data").map(drop)?;
                read(&other, &mut [0; 4]).map(drop)
            })
        });
        assert_eq!(busy.result(), Ok(()));
        assert!(stuck.is_asleep(touch.calls()));
        device.unbind();
        drop(uffd);
        assert_eq!(stuck.result_within(UNBIND_LIMIT), touch.says_in_the_end());
    }
}

#[test]
fn many_stuck_at_once() {
    let device = Device::get("testdev", 0);
    let (pages, uffd) = Uffd::unserved(1);
    let stuck: Vec<_> = (0..20)
        .map(|i| {
            let touch = [Touch::Write, Touch::Fill, Touch::Sum, Touch::STATS][i % 4];
            let (fd, pages) = (device.open(OFlags::RDWR), pages.clone());
            let start = move || touch.run(fd, &pages);
            Sleeper::asleep("a stuck caller", touch.calls(), start)
        })
        .collect();
    uffd.wait_stuck();
    device.unbind();
    drop(uffd);
    for sleeper in stuck {
        assert_eq!(sleeper.result_within(UNBIND_LIMIT), Err(Errno::NODEV));
    }
}

#[test]
fn sigkill_while_stuck() {
    each(|device, touch| {
        let (child, _uffd) = stuck_child(device, touch);
        child.signal(libc::SIGKILL);
        assert_eq!(child.wait(), End::Signal(libc::SIGKILL));
    });
}

#[test]
fn sigkill_while_stuck_after_unbind() {
    each(|device, touch| {
        let (child, _uffd) = stuck_child(device, touch);
        device.unbind();
        assert!(child.is_asleep(touch.calls()));
        child.signal(libc::SIGKILL);
        assert_eq!(child.wait(), End::Signal(libc::SIGKILL));
    });
}
