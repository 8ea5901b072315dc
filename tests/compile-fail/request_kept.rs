// SPDX-License-Identifier: GPL-2.0
//
// lifetime may not live long enough: a driver keeps a request that was lent to it. In C: a pointer
// to a request that has ended.

fn misuse<'a>(request: &'a mut block::Request<'_>) -> &'static mut block::Request<'static> {
    request
}
