// SPDX-License-Identifier: GPL-2.0

//! The chapter about a driver of the kernel: the character device of an embedded controller, once
//! with the C driver and once with ours, each with one sleeping reader.

use crate::{chapter, millis, program::Program};
use devscope_tests::{
    ec::{Cell, Driver},
    module::Loaded,
    proc::calls,
    HANG,
};
use std::{
    fs, io,
    sync::mpsc::{self, Receiver},
    thread,
    time::{Duration, Instant},
};

/// How long to wait for the C driver: three times the limit for a command of the controller.
const PATIENCE: Duration = Duration::from_secs(3);

/// Tells the chapter. Returns `false` if an expectation fails.
pub fn tell(number: u32) -> bool {
    chapter(&format!(
        "{number}. A driver of the kernel, cros_ec_chardev: in C, and on Devscope"
    ));
    let _modules = Loaded::new(&[
        "cros_ec_chardev",
        "cros_ec_chardev_rust",
        "cros_ec_lpcs",
        "cros_ec_dev",
    ]);
    let (c, ours) = (Cell::get("cros_ec"), Cell::get("cros_pd"));
    c.bind(Driver::C);
    ours.bind(Driver::Devscope);
    let readers = [(&c, Driver::C), (&ours, Driver::Devscope)].map(|(cell, driver)| {
        let reader = Program::start("events", cell.node(), None);
        let asleep = reader.wait_asleep(calls::READ);
        println!(
            "   process {:3} sleeps in read() of {}, driver {}",
            reader.pid(),
            cell.node().display(),
            driver.name()
        );
        (reader, asleep)
    });
    let [(for_c, c_asleep), (for_ours, our_asleep)] = readers;
    let ours_lets_go = lets_go(&ours, for_ours);
    let c_is_back = is_held_up(&c, for_c);
    c_asleep && our_asleep && ours_lets_go && c_is_back
}

/// Ours: unbind returns at once, and the reader ends.
fn lets_go(cell: &Cell, reader: Program) -> bool {
    let unbind = Unbind::start(cell);
    let took = unbind.within(HANG);
    match &took {
        Some((Ok(()), took)) => println!("   took {} ms", millis(*took)),
        Some((Err(error), _)) => println!("   WRONG: {error}"),
        None => println!("   WRONG: not back after {} s", HANG.as_secs()),
    }
    let line = reader.next_line();
    println!("   process {:3} {line}", reader.pid());
    matches!(took, Some((Ok(()), _))) && line == "read() ENODEV" && reader.ended(HANG)
}

/// The C driver: unbind does not return before the reader is killed. If it did, the kernel would
/// have been fixed, and this story would be wrong.
fn is_held_up(cell: &Cell, reader: Program) -> bool {
    let unbind = Unbind::start(cell);
    let early = unbind.within(PATIENCE);
    match &early {
        None => println!("   not back after {} s", PATIENCE.as_secs()),
        Some((_, took)) => println!("   WRONG: took {} ms", millis(*took)),
    }
    println!("   # kill {}", reader.pid());
    reader.kill();
    let late = unbind.within(HANG);
    match &late {
        Some((Ok(()), took)) => println!("   back now, took {} ms", millis(*took)),
        Some((Err(error), _)) => println!("   WRONG: {error}"),
        None => println!("   WRONG: still not back"),
    }
    early.is_none() && matches!(late, Some((Ok(()), _)))
}

/// A write to sysfs that may not return.
struct Unbind {
    ended: Receiver<(io::Result<()>, Duration)>,
}

impl Unbind {
    fn start(cell: &Cell) -> Self {
        let (file, name) = (cell.unbind_file(), cell.name().to_owned());
        println!("   # echo {name} > {file}");
        let (tell, ended) = mpsc::channel();
        thread::spawn(move || {
            let start = Instant::now();
            let result = fs::write(file, name);
            tell.send((result, start.elapsed()))
        });
        Self { ended }
    }

    fn within(&self, limit: Duration) -> Option<(io::Result<()>, Duration)> {
        self.ended.recv_timeout(limit).ok()
    }
}
