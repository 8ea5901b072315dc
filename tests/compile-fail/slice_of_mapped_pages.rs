// SPDX-License-Identifier: GPL-2.0
//
// E0608: pages that user space may change at any time are read as if they could not change. In C: a
// value is checked, and differs when it is read again.

fn misuse(pages: &Pages) -> u8 {
    pages[0]
}
