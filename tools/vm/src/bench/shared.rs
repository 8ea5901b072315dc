// SPDX-License-Identifier: GPL-2.0

//! How many cache lines a call writes that another CPU writes in the same call, behind each fence:
//! `tools/vm/plugin/lines.c` sees it in the emulator.

use anyhow::{Context, Result, bail, ensure};

use super::boot::Boot;
pub use super::boot::TOO_OLD;
use super::figures::Figures;
use crate::kernel::Kernel;
use crate::paths::Paths;
use crate::plan;
use crate::protocol::Message;
use crate::vm;
use crate::workload::Workload;

/// The table, in which the guest has the numbers of spans; and that of how often they are written.
const LINES: &str = "shared lines written";
const WRITES: &str = "writes to shared lines";

/// The calls that enter a fence and do nothing.
const CALLS: [&str; 3] = ["read", "ioctl", "poll"];

/// How many lines each of [`CALLS`] writes, and how often.
const EXPECTED: [(&str, u32, u32); 11] = [
    ("no fence, kernel crate", 0, 0),
    ("no fence, C", 0, 0),
    // The count, and who had it last.
    ("rwsem and flag (cros_ec)", 1, 3),
    ("mutex and flag (evdev)", 1, 2),
    ("SRCU and flag (gpiolib)", 0, 0),
    ("one SRCU for all (DRM)", 0, 0),
    ("active reference (kernfs)", 1, 2),
    ("refcount, completion (debugfs)", 1, 2),
    ("per-CPU reference (block)", 0, 0),
    ("Devscope, C", 0, 0),
    ("Devscope, Rust", 0, 0),
];

/// How often one looks, until one sees that.
const ATTEMPTS: usize = 3;

/// Puts what the plugin saw where the guest has the numbers of spans.
fn put(figures: &mut Figures, seen: &str) -> Result<()> {
    let Some(spans) = figures.take(LINES) else {
        return Ok(());
    };
    let seen: Vec<_> = seen.lines().collect();
    for (line, column, span) in spans.cells() {
        let span = span.number().context("a span has a number")?;
        let saw = seen
            .get(span as usize)
            .with_context(|| format!("the plugin has seen no span {span}"))?;
        let Some((lines, writes)) = saw.split_once(' ') else {
            bail!("{line}, {column}: {saw}");
        };
        figures.add(&format!("{LINES}|{line}|{column}|{lines}"))?;
        figures.add(&format!("{WRITES}|{line}|{column}|{writes}"))?;
    }
    Ok(())
}

/// The table as text, if it was measured.
pub fn text(figures: &Figures) -> Option<String> {
    let (lines, writes) = (figures.table(LINES)?, figures.table(WRITES)?);
    let mut text =
        "\nCache lines that a call writes, and all CPUs that make it; writes to them\n\n"
            .to_owned();
    text += &format!("   {:<32}", "");
    for column in &lines.columns {
        text += &format!("{column:>16}");
    }
    text.push('\n');
    for line in lines.lines() {
        text += &format!("   {line:<32}");
        for column in &lines.columns {
            let both = lines.get(line, column).zip(writes.get(line, column));
            let cell = both.map_or("-".to_owned(), |(lines, writes)| {
                format!("{} {:>6}", lines.text(), format!("({})", writes.text()))
            });
            text += &format!("{cell:>16}");
        }
        text.push('\n');
    }
    Some(text)
}

/// Fails where something else was measured than is known of a fence; if anything was.
pub fn check(figures: &Figures) -> Result<()> {
    let (Some(lines), Some(writes)) = (figures.table(LINES), figures.table(WRITES)) else {
        return Ok(());
    };
    ensure!(
        lines.lines().eq(EXPECTED.map(|it| it.0)),
        "other fences were looked at than is known"
    );
    for (line, of_lines, of_writes) in EXPECTED {
        for call in CALLS {
            let found = [lines, writes].map(|it| it.get(line, call).and_then(|it| it.number()));
            let wanted = [of_lines, of_writes].map(|it| Some(f64::from(it)));
            let in_crate = line == EXPECTED[0].0 && call == CALLS[2];
            ensure!(
                found == wanted || in_crate && found == [None; 2],
                "{line}, {call}: {found:?} lines and writes, and not {wanted:?}"
            );
        }
    }
    Ok(())
}

/// Whether it can be measured here; if not, [`TOO_OLD`] is why.
pub fn is_possible() -> Result<bool> {
    Boot::Watches.is_possible()
}

/// Measures it in a guest, and says nothing: the test.
pub fn test(paths: &Paths, kernel: &Kernel) -> Result<()> {
    check(&look(paths, kernel)?)
}

/// Measures it in a guest, and says nothing. What is written to in each call is seen each time; what is
/// written meanwhile, for another reason, is not. So the least of what was seen is right.
pub fn look(paths: &Paths, kernel: &Kernel) -> Result<Figures> {
    let mut figures = measure(paths, kernel)?;
    for _ in 1..ATTEMPTS {
        if check(&figures).is_err() {
            figures.least(&measure(paths, kernel)?);
        }
    }
    Ok(figures)
}

/// Errors where the kernel complains, or nothing is measured.
fn measure(paths: &Paths, kernel: &Kernel) -> Result<Figures> {
    let machine = Boot::Watches.machine(paths, kernel, "shared-lines")?;
    let image = plan::image(&machine, &Workload::default())?;
    let mut figures = Figures::default();
    let ending = vm::run(&machine, &image, |_, message| match message {
        Some(Message::Figure(figure)) => figures.add(figure),
        _ => Ok(()),
    })?;
    ending.require_quiet()?;
    let (status, log) = (ending.require_status()?, ending.log.display());
    ensure!(
        status == 0,
        "the guest's program failed, status {status} ({log})"
    );
    put(&mut figures, &fs_err::read_to_string(Boot::seen(paths))?)?;
    ensure!(figures.table(LINES).is_some(), "nothing was measured");
    Ok(figures)
}

#[cfg(test)]
mod tests {
    use super::{EXPECTED, Figures, check, put, text};

    /// What a guest says that looks at `fence` in one span, and at all others in another one.
    fn figures(fence: &str, seen: &str) -> Figures {
        let mut figures = Figures::default();
        for (name, lines, writes) in EXPECTED {
            for call in super::CALLS {
                let span = 1 + lines.min(1) + writes / 3;
                let span = if name == fence { 0 } else { span };
                let figure = format!("{}|{name}|{call}|{span}", super::LINES);
                figures.add(&figure).expect("a figure");
            }
        }
        put(&mut figures, seen).expect("spans");
        figures
    }

    #[test]
    fn what_is_known_is_asked_for() {
        let good = figures("Devscope, Rust", "0 0\n0 0\n1 2\n1 3\n");
        check(&good).expect("as it is known");
        assert!(text(&good).expect("a table").contains("Devscope, Rust"));
        let bad = figures("Devscope, Rust", "1 2\n0 0\n1 2\n1 3\n");
        let error = check(&bad).unwrap_err().to_string();
        assert!(error.starts_with("Devscope, Rust, read: "), "{error}");
    }

    #[test]
    fn spans_that_nobody_saw() {
        let mut figures = Figures::default();
        figures
            .add("shared lines written|a|read|1")
            .expect("a figure");
        assert!(put(&mut figures, "0 0\n").is_err());
        assert!(put(&mut figures, "").is_ok() && check(&figures).is_ok());
    }
}
