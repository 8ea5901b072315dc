// SPDX-License-Identifier: GPL-2.0
//
// E0521: a static keeps the cookie. In C: a global pointer to a device that is unbound.

static COOKIE: kernel::sync::SetOnce<&'static Device<Bound>> = kernel::sync::SetOnce::new();

fn misuse(scope: &Scope<'_, EchoFile>) {
    COOKIE.populate(scope.device());
}
