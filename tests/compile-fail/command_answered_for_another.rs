// SPDX-License-Identifier: GPL-2.0
//
// lifetime may not live long enough: a method returns, for one command, the proof that another was
// kept. In C: -EIOCBQUEUED for a request that the driver did not keep: it never completes.

fn misuse<'a, 'b: 'a>(issued: Issued<'a>, _cmd: UringCmd<'b>) -> Result<Issued<'b>> {
    Ok(issued)
}
