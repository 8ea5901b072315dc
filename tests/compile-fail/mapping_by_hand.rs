// SPDX-License-Identifier: GPL-2.0
//
// E0451: a page frame that nobody vouches for. In C: `remap_pfn_range()` of any number.

fn misuse<'s>(frame: usize) -> Backing<'s> {
    Backing {
        frame,
        ..unreachable!()
    }
}
