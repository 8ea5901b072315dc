// SPDX-License-Identifier: GPL-2.0

//! Memory that nobody points to, as kmemleak finds it.

use std::{fs, io, thread, time::Duration};

const FILE: &str = "/sys/kernel/debug/kmemleak";

/// It only believes what two scans say, the second of objects that are some seconds old.
const AGE: Duration = Duration::from_secs(6);

/// Forgets what was leaked before. Says whether there is a kmemleak.
pub fn begin() -> bool {
    fs::write(FILE, "scan").is_ok() && fs::write(FILE, "clear").is_ok()
}

/// What a stack has left may look like a pointer for a while, so it looks again later.
const SCANS: usize = 3;

/// What is leaked, if something is.
pub fn look() -> io::Result<Option<Vec<String>>> {
    fs::write(FILE, "scan")?;
    for _ in 0..SCANS {
        thread::sleep(AGE);
        fs::write(FILE, "scan")?;
        let found = fs::read_to_string(FILE)?;
        if !found.is_empty() {
            return Ok(Some(found.lines().take(40).map(str::to_owned).collect()));
        }
    }
    Ok(None)
}
