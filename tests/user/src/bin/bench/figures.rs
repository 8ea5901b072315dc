// SPDX-License-Identifier: GPL-2.0

//! What was measured, for whom reads files: a line of `tools/vm/src/protocol.rs` for each number.

/// Says one number: which table it is of, which line, and which column.
///
/// # Panics
///
/// If a name has what stands between names.
pub fn record(table: &str, line: &str, column: &str, value: f64) {
    let names = [table, line, column];
    assert!(names.iter().all(|name| !name.contains(['|', '\n'])));
    println!("@devscope figure {}|{value:.4}", names.join("|"));
}

/// Says that something does not end.
pub fn record_never(table: &str, line: &str, column: &str) {
    println!("@devscope figure {table}|{line}|{column}|never");
}
