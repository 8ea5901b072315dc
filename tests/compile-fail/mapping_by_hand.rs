// SPDX-License-Identifier: GPL-2.0
//
// E0451: a mapping has a page frame that no owner guarantees. In C: `remap_pfn_range()` of any
// number.

fn misuse<'s>(frame: usize) -> Backing<'s> {
    Backing {
        frame,
        ..unreachable!()
    }
}
