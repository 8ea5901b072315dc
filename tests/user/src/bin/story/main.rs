// SPDX-License-Identifier: GPL-2.0

//! The demo of `make run`: a device is unplugged while programs use it, once step by step and then
//! hundreds of times under load.
//!
//! - [`program`]: a process that uses the device
//! - [`sample`]: the program of samples/edu
//! - [`roles`]: what such a process does; [`user`]: one that makes random calls
//! - [`controller`]: the same with a driver of the kernel, in C and on Devscope
//! - [`load`]: the many cycles
//! - [`klog`]: the kernel's warnings

mod controller;
mod klog;
mod load;
mod program;
mod roles;
mod sample;
mod user;

use devscope_tests::{
    device::{open, Device},
    events::poll_now,
    proc::calls,
    HANG,
};
use program::Program;
use rustix::{
    event::PollFlags,
    fs::OFlags,
    io::{read, write},
};
use std::{path::Path, process::ExitCode, thread, time::Duration};

/// The number of cycles in the last chapter.
const CYCLES: usize = 300;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => tell(),
        [role, node] => roles::play(role, Path::new(node), 0),
        [role, node, seed] => roles::play(role, Path::new(node), seed.parse().unwrap_or(1)),
        _ => ExitCode::FAILURE,
    }
}

/// Prints a heading.
fn chapter(title: &str) {
    println!("\n{title}");
}

/// Tells the story. Fails if an expectation fails.
fn tell() -> ExitCode {
    let device = Device::get("edu", 0);
    println!("Devscope: a driver that lets its device go.");
    let mut right = who_is_there(&device);
    let programs = programs_start(&device);
    right &= a_result_arrives(&device, &programs);
    right &= the_device_goes_away(&device, programs);
    right &= the_device_comes_back(&device);
    right &= controller::tell(6);
    right &= again_and_again(&device);
    match right {
        true => {
            println!("\nEverything went as it should.");
            ExitCode::SUCCESS
        }
        false => {
            println!("\nSomething is WRONG, see above.");
            ExitCode::FAILURE
        }
    }
}

fn who_is_there(device: &Device) -> bool {
    chapter("1. Who is there");
    let node = device.node();
    println!("   PCI device {}, driver edu", device.addr());
    sample::run(&node, &["ident"])
}

fn programs_start(device: &Device) -> Vec<Program> {
    chapter("2. Four programs use it");
    let node = device.node();
    let programs: Vec<Program> = [
        ("read", "sleeps in read()", calls::READ),
        ("poll", "sleeps in poll()", calls::POLL),
        ("epoll", "sleeps in epoll_wait()", calls::EPOLL),
        ("ioctl", "calls ioctl() all the time", &[]),
    ]
    .into_iter()
    .map(|(role, what, calls)| {
        let program = Program::start(role, &node, None);
        if !program.wait_asleep(calls) {
            println!("   WRONG: process {} does not sleep", program.pid());
        }
        println!("   process {:3} {what}", program.pid());
        program
    })
    .collect();
    programs
}

fn a_result_arrives(device: &Device, programs: &[Program]) -> bool {
    chapter("3. A fifth one has the device compute");
    let right = sample::run(&device.node(), &["factorial", "5"]);
    for program in programs.iter().filter(|p| p.role() != "ioctl") {
        println!("   process {:3} {}", program.pid(), program.next_line());
    }
    right
}

fn the_device_goes_away(device: &Device, programs: Vec<Program>) -> bool {
    chapter("4. The device goes away");
    thread::sleep(Duration::from_millis(50));
    println!(
        "   # echo {} > /sys/bus/pci/drivers/edu/unbind",
        device.addr()
    );
    let (result, took) = device.try_unbind();
    println!("   took {} ms", millis(took));
    let mut right = result.is_ok();
    for program in programs {
        let last = program.next_line();
        right &= last.contains(roles::gone_word(program.role()));
        println!("   process {:3} {last}", program.pid());
        right &= program.ended(HANG);
    }
    right
}

fn the_device_comes_back(device: &Device) -> bool {
    chapter("5. It comes back, but not to those who had it open");
    device.bind();
    let old = device.open(OFlags::RDWR);
    device.try_unbind().0.expect("unbind");
    println!(
        "   # echo {} > /sys/bus/pci/drivers/edu/bind",
        device.addr()
    );
    device.bind();
    let old_read = read(&old, &mut [0; 4]);
    let old_poll = poll_now(&old, PollFlags::IN);
    println!("   old file: read() {}", roles::outcome(old_read));
    println!("   old file: poll() {}", roles::events(old_poll));

    let node = device.node();
    let new = open(&node, OFlags::RDWR).expect("open");
    write(&new, &6u32.to_ne_bytes()).expect("write");
    let mut result = [0; 4];
    read(&new, &mut result).expect("read");
    let result = u32::from_ne_bytes(result);
    println!("   new file: write() 6, read() {result}");
    old_read == Err(rustix::io::Errno::NODEV)
        && old_poll == devscope_tests::events::GONE
        && result == 720
}

fn again_and_again(device: &Device) -> bool {
    chapter(&format!(
        "7. The same edu device {CYCLES} times, with {} busy programs",
        load::PROGRAMS
    ));
    let outcome = load::run(device, CYCLES);
    chapter("8. What came out");
    outcome.print();
    let complaints = klog::complaints();
    println!("   {:<28}{}", "kernel warnings", complaints.len());
    complaints.iter().for_each(|line| println!("      {line}"));
    outcome.all_right() && complaints.is_empty()
}

/// Milliseconds with one decimal.
fn millis(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64() * 1000.0)
}
