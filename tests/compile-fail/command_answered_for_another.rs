// SPDX-License-Identifier: GPL-2.0
//
// lifetime may not live long enough: that a command is kept is said of another one. In C: -EIOCBQUEUED
// for a request that nobody has, so that its ring never ends.

fn misuse<'a, 'b: 'a>(issued: Issued<'a>, _cmd: UringCmd<'b>) -> Result<Issued<'b>> {
    Ok(issued)
}
