// SPDX-License-Identifier: GPL-2.0

//! Buffers on a mapped FUSE file whose READ is never answered: the call is stuck, unbind is not.

use devscope_tests::{
    child::{Child, End},
    fuse::Fuse,
    sleeper::Sleeper,
    touch::{each, prepared},
    UNBIND_LIMIT,
};
use rustix::io::Errno;

#[test]
fn aborted_while_the_device_exists() {
    each(|device, touch| {
        let fd = prepared(device, touch);
        let mut fuse = Fuse::mount();
        let pages = fuse.pages(1);
        let sleeper = Sleeper::start("a stuck caller", move || touch.run(fd, &pages));
        fuse.wait_stuck();
        fuse.abort();
        assert_eq!(sleeper.result(), Err(Errno::FAULT));
    });
}

#[test]
fn unbind_while_stuck() {
    each(|device, touch| {
        let fd = prepared(device, touch);
        let mut fuse = Fuse::mount();
        let pages = fuse.pages(1);
        let sleeper = Sleeper::start("a stuck caller", move || touch.run(fd, &pages));
        fuse.wait_stuck();
        sleeper.wait_asleep(touch.calls());
        device.unbind();
        assert!(sleeper.is_asleep(touch.calls()), "still stuck after unbind");
        fuse.abort();
        assert_eq!(sleeper.result_within(UNBIND_LIMIT), Err(Errno::NODEV));
    });
}

#[test]
fn sigkill_while_stuck() {
    for unbind in [false, true] {
        each(|device, touch| {
            let fd = prepared(device, touch);
            let fuse = Fuse::mount();
            let pages = fuse.pages(1);
            let child = Child::fork(|| touch.run(&fd, &pages).is_ok().into());
            fuse.wait_stuck();
            child.wait_asleep(touch.calls());
            if unbind {
                device.unbind();
                assert!(child.is_asleep(touch.calls()));
            }
            child.signal(libc::SIGKILL);
            assert_eq!(child.wait(), End::Signal(libc::SIGKILL));
        });
    }
}
