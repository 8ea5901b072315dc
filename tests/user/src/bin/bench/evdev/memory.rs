// SPDX-License-Identifier: GPL-2.0

//! The kernel memory of a client, in addition to that of its `struct file`.

use super::{Subject, LIMIT};
use crate::{
    slab::of_file,
    table::{Line, Table},
};
use devscope_tests::device::open;
use rustix::fs::OFlags;
use std::path::Path;

pub fn table(it: &Subject) -> Table {
    let file = of_file(|| open(Path::new("/dev/null"), OFlags::RDWR).expect("open /dev/null"));
    let client = of_file(|| it.client());
    let lines = vec![
        Line::new("a file, of /dev/null", file),
        Line::new(
            "a client with room for 64 events, beyond its file",
            client - file,
        )
        .limit(LIMIT),
    ];
    Table::new("Memory, in bytes", 0, lines)
}
