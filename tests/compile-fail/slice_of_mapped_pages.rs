// SPDX-License-Identifier: GPL-2.0
//
// E0608: pages that a program changes at any time are read as if nobody did. In C: a value is checked,
// read again, and is another.

fn misuse(pages: &Pages) -> u8 {
    pages[0]
}
