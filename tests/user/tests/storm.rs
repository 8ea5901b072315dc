// SPDX-License-Identifier: GPL-2.0

//! Eight busy users of all nodes, while both drivers lose and get back their devices.

use devscope_tests::{busy::User, device::Device, effort, session::Tally, sleeper::Sleeper};
use std::{
    path::PathBuf,
    sync::{
        atomic::{AtomicBool, Ordering::Relaxed},
        Arc,
    },
};

#[test]
fn storm() {
    let devices = [Device::get("edu", 0), Device::get("testdev", 0)];
    let nodes = [
        devices[0].node(),
        devices[1].node(),
        devices[1].mem_node(),
        devices[0].ram_node(),
    ];
    let stop = Arc::new(AtomicBool::new(false));
    // In the short form, one for each node, busy and patient by turns.
    let users: Vec<_> = (0..8)
        .filter(|number| effort::choose(![1, 2, 3, 4].contains(number), true))
        .map(|i| start_user(&nodes, i, stop.clone()))
        .collect();

    let mut times = Vec::new();
    for _ in 0..effort::choose(30, 200) {
        for device in &devices {
            let (result, took) = device.try_unbind();
            assert_eq!(result, Ok(()));
            times.push(took);
            device.bind();
        }
    }
    // The last unbind ends whoever sleeps.
    stop.store(true, Relaxed);
    for device in &devices {
        assert_eq!(device.try_unbind().0, Ok(()));
    }
    let mut total = Tally::new();
    for user in users {
        let (tally, wrong) = user.result();
        assert_eq!(wrong, None);
        tally
            .into_iter()
            .for_each(|(what, count)| *total.entry(what).or_default() += count);
    }
    times.sort();
    eprintln!(
        "{} unbinds, median {:?}, longest {:?}",
        times.len(),
        times[times.len() / 2],
        times.last()
    );
    eprintln!("{total:?}");
    for outcome in ["ok", "ENODEV"] {
        assert!(total.contains_key(outcome), "{outcome} never came");
    }
}

/// One busy user; every other one is patient, and sleeps in its calls.
fn start_user(
    nodes: &[PathBuf; 4],
    number: usize,
    stop: Arc<AtomicBool>,
) -> Sleeper<(Tally, Option<String>)> {
    let node = nodes[[0, 0, 0, 1, 1, 1, 2, 3][number]].clone();
    Sleeper::start("a busy user", move || {
        let mut user = User::new(&node, number.is_multiple_of(2), number as u64 + 1);
        while !stop.load(Relaxed) && user.session.all_right() {
            user.step();
        }
        user.session.into_result()
    })
}
