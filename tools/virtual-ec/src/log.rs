// SPDX-License-Identifier: GPL-2.0

//! The log: a line for each command, with the time since the EC was started.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};

/// A log, or none.
#[derive(Debug)]
pub struct Log {
    file: Option<BufWriter<File>>,
    started: Instant,
}

impl Log {
    /// A log in a new file at `path`.
    pub fn create(path: Option<&Path>) -> Result<Self> {
        let create = |path: &Path| {
            File::create(path).with_context(|| format!("cannot write {}", path.display()))
        };
        let file = path.map(create).transpose()?.map(BufWriter::new);
        Ok(Self {
            file,
            started: Instant::now(),
        })
    }

    /// Adds a line.
    pub fn line(&mut self, text: &str) -> Result<()> {
        let time = self.started.elapsed().as_secs_f64();
        if let Some(file) = &mut self.file {
            writeln!(file, "[{time:12.6}] {text}").context("cannot write the log")?;
        }
        Ok(())
    }

    /// Writes out what was added.
    pub fn flush(&mut self) -> Result<()> {
        match &mut self.file {
            Some(file) => file.flush().context("cannot write the log"),
            None => Ok(()),
        }
    }
}
