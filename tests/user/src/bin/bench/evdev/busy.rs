// SPDX-License-Identifier: GPL-2.0

//! Threads that use a node all the time.

use super::{Subject, EVENT};
use devscope_tests::{device::open, evdev::ioctls::name, events::poll_for};
use rustix::{event::PollFlags, fs::OFlags, io::read};
use std::{
    sync::{
        atomic::{AtomicBool, Ordering::Relaxed},
        Arc,
    },
    thread::{self, JoinHandle},
    time::Duration,
};

/// Threads that repeatedly open the node, make several calls and close it, with or without a
/// device, until this is dropped.
pub struct Busy {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Busy {
    pub fn start(it: &Subject, count: usize) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let program = |_| {
            let (node, stop) = (it.node.clone(), stop.clone());
            thread::spawn(move || {
                while !stop.load(Relaxed) {
                    let Ok(file) = open(&node, OFlags::RDWR | OFlags::NONBLOCK) else {
                        continue;
                    };
                    for _ in 0..8 {
                        let _ = name(&file);
                        let _ = read(&file, &mut [0; EVENT]);
                        poll_for(&file, PollFlags::IN, Duration::ZERO);
                    }
                }
            })
        };
        let threads = (0..count).map(program).collect();
        Self { stop, threads }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.stop.store(true, Relaxed);
        for thread in self.threads.drain(..) {
            thread.join().expect("a busy program");
        }
    }
}
