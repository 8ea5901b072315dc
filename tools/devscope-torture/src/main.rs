// SPDX-License-Identifier: GPL-2.0

//! Stresses a character device. See `devscope-torture.8`.

mod absent;
mod act;
mod crew;
mod errno;
mod finding;
mod fuse;
mod hand;
mod hang;
mod kmsg;
mod latency;
mod leaks;
mod memory;
mod ops;
mod pattern;
mod profile;
mod report;
mod rng;
mod run;
mod shared;
mod signals;
mod sys;
mod target;
mod tasks;
mod watch;
mod way;
mod worker;

use absent::Source;
use clap::Parser;
use crew::Size;
use finding::{Finding, Kind};
use hand::Means;
use profile::Profile;
use report::Report;
use run::{Run, Until};
use shared::{Shared, WORKERS};
use std::{fs, path::PathBuf, process::ExitCode, sync::atomic::Ordering::Relaxed, time::Duration};
use strum::VariantArray;
use target::Target;
use way::{Module, Way};

/// Stress a character device with all kinds of calls, while it is taken away and brought back.
///
/// A faulty driver may crash the machine, or leave tasks that cannot be killed. The test makes random
/// writes and ioctls on the device. Never use a machine or a device that is in use.
#[derive(Parser)]
#[command(name = "devscope-torture", version)]
struct Command {
    /// Start the test. Without this option, only print what it would do.
    #[arg(long)]
    yes: bool,
    /// A file with the properties of the node.
    #[arg(long, value_name = "FILE.toml")]
    profile: Option<PathBuf>,
    /// The seed of the random numbers: with the same seed, workers make the same choices.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// End after this number of seconds; 60 without any limit.
    #[arg(long, value_name = "S")]
    duration: Option<u64>,
    /// End after this number of operations.
    #[arg(long, value_name = "N")]
    operations: Option<u64>,
    /// End after this number of acts that take the device away.
    #[arg(long, value_name = "N")]
    acts: Option<u32>,
    /// The ways to take the device away, in turn. The default is all ways that the node allows.
    #[arg(long, value_name = "WAY", value_delimiter = ',')]
    by: Vec<Way>,
    /// The file of the driver's module, so that it can be loaded again.
    #[arg(long, value_name = "FILE")]
    module: Option<PathBuf>,
    /// The module parameters.
    #[arg(long, value_name = "TEXT", default_value = "", requires = "module")]
    parameters: String,
    /// Use one processor during a rescan of the bus: for an emulator that may lose accesses.
    #[arg(long)]
    one_cpu: bool,
    /// Also write the result as JSON; `-` is standard output, and then no other result is printed.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    #[command(flatten)]
    size: Size,
    /// The time limit of an act, in milliseconds. The default is that of the profile.
    #[arg(long, value_name = "MS")]
    unbind_limit: Option<u64>,
    /// Scan for leaks with kmemleak at the end.
    #[arg(long)]
    leaks: bool,
    /// The node of the device.
    node: PathBuf,
}

/// Exit codes.
const FOUND: u8 = 1;
const CANNOT: u8 = 2;
const HUNG: u8 = 3;

fn main() -> ExitCode {
    match torment(Command::parse()) {
        Ok(None) => ExitCode::SUCCESS,
        Ok(Some(kind)) => ExitCode::from(if kind.is_hang() { HUNG } else { FOUND }),
        Err(why) => {
            eprintln!("devscope-torture: {why}");
            ExitCode::from(CANNOT)
        }
    }
}

/// Runs the test. Returns the kind of the finding, if there is one.
fn torment(command: Command) -> Result<Option<Kind>, String> {
    let mut profile = match &command.profile {
        Some(path) => Profile::read(path)?,
        None => Profile::default(),
    };
    if let Some(limit) = command.unbind_limit {
        profile.limit.unbind = limit;
    }
    let size = command.size;
    if size.processes == 0 || size.threads < 3 || size.processes * size.threads > WORKERS {
        return Err(format!(
            "there are 3 threads at least, and {WORKERS} in all at most"
        ));
    }
    let (target, node) = Target::find(&command.node)?;
    if !command.yes {
        let (node, bound) = (&node.path, &target.bound);
        let (device, driver) = (bound.device.display(), bound.driver.display());
        return Err(format!(
            "this writes to {node}, gives it ioctls, and unbinds {device} from {driver} all the \
             time, or takes it away in other ways; with a faulty driver the machine may crash or hang. Say --yes if it may"
        ));
    }
    if !rustix::process::geteuid().is_root() {
        return Err("only root can unbind drivers".to_owned());
    }
    let seed = command.seed.unwrap_or_else(sys::now);
    let bounded = command.operations.is_some() || command.acts.is_some();
    let until = Until {
        duration: match command.duration {
            Some(seconds) => Duration::from_secs(seconds),
            None if bounded => Duration::from_secs(24 * 3600),
            None => Duration::from_secs(60),
        },
        operations: command.operations.unwrap_or(u64::MAX),
        acts: command.acts.unwrap_or(u32::MAX),
    };
    let said = |errno| format!("cannot begin: {}", errno::name(errno));
    let module = command.module.map(|file| Module {
        file,
        parameters: command.parameters,
    });
    let ways = Way::choose(&command.by, &profile, &target, &node.path, module.as_ref())?;
    let shared = Shared::new().map_err(said)?;
    shared.set_node(&node.path, node.number);
    let mut report = Report {
        node: node.path,
        device: target.bound.device.display().to_string(),
        driver: target.bound.driver.display().to_string(),
        seed,
        ..Report::default()
    };
    if command.leaks && !leaks::begin() {
        report.blind.push("leaks: there is no kmemleak".to_owned());
    }
    let means = Means {
        target,
        module,
        one_cpu: command.one_cpu,
    };
    let run = Run::start(shared, means, ways, profile, (size, seed), until);
    let mut run = run.map_err(said)?;
    if !run.log.is_open() {
        report.blind.push("the kernel's log, /dev/kmsg".to_owned());
    }
    run.run();
    report.seconds = run.took().as_secs_f64();
    report.blind.extend(report::failed(shared, &run.profile));
    report.late = std::mem::take(&mut run.late);
    let began = run.began;
    report.spent = run.spent.clone();
    let (finding, latencies) = run.finish();
    report.findings.extend(finding);
    if command.leaks && report.findings.is_empty() {
        match leaks::look() {
            Ok(found) => report.findings.extend(found.map(|log| Finding {
                log,
                ..Finding::new(shared, began, Kind::Leak, "memory is leaked".to_owned())
            })),
            Err(e) => report.blind.push(format!("leaks: {e}")),
        }
    }
    report.operations = shared.operations.load(Relaxed);
    report.results = report::results(shared);
    for &source in Source::VARIANTS {
        let (waited, name) = (&shared.waited[source as usize], source.into_str());
        report.waited.insert(name, waited.pages.load(Relaxed));
        let errno = waited.errno.load(Relaxed);
        if errno != 0 {
            let text = format!("buffers on pages of {name}: {}", errno::name(errno));
            report.blind.push(text);
        }
    }
    report.took = report::took(shared);
    let ways = latencies.into_iter();
    report.ways = ways
        .filter_map(|(way, it)| Some((way, it.summary()?)))
        .collect();
    show(&report, command.json)?;
    Ok(report.findings.first().map(|it| it.kind))
}

fn show(report: &Report, json: Option<PathBuf>) -> Result<(), String> {
    let Some(path) = json else {
        print!("{report}");
        return Ok(());
    };
    let text = serde_json::to_string(report).map_err(|e| e.to_string())?;
    if path.as_os_str() == "-" {
        println!("{text}");
        return Ok(());
    }
    print!("{report}");
    fs::write(&path, text + "\n").map_err(|e| format!("{}: {e}", path.display()))
}
