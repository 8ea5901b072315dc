// SPDX-License-Identifier: GPL-2.0

//! The results for the host: a line of `tools/vm/src/protocol.rs` for each number.

/// Sends one number, with its table, line and column.
///
/// # Panics
///
/// If a name contains the separator.
pub fn record(table: &str, line: &str, column: &str, value: f64) {
    let names = [table, line, column];
    assert!(names.iter().all(|name| !name.contains(['|', '\n'])));
    println!("@devscope figure {}|{value:.4}", names.join("|"));
}

/// Sends that an operation does not end.
pub fn record_never(table: &str, line: &str, column: &str) {
    println!("@devscope figure {table}|{line}|{column}|never");
}
