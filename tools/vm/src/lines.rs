// SPDX-License-Identifier: GPL-2.0

//! What a guest's programs say, line by line, for somebody who does not want to wait for ever.

use std::io::{BufRead, BufReader};
use std::process::Child;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};

/// The lines of a child's standard output.
#[derive(Debug)]
pub struct Lines(mpsc::Receiver<String>);

impl Lines {
    /// Begins to read.
    pub fn of(child: &mut Child) -> Result<Self> {
        let stdout = child.stdout.take().context("QEMU has no output")?;
        let (send, receive) = mpsc::channel();
        thread::spawn(move || {
            // The last line may have no end: the name of a test that hangs is such a line.
            for bytes in BufReader::new(stdout).split(b'\n').map_while(Result::ok) {
                let line = String::from_utf8_lossy(&bytes);
                if send.send(line.trim_end().to_owned()).is_err() {
                    return;
                }
            }
        });
        Ok(Self(receive))
    }

    /// The next line, if there is one by then.
    pub fn next(&self, patience: Duration) -> Result<String, RecvTimeoutError> {
        self.0.recv_timeout(patience)
    }
}
