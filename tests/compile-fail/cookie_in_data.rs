// SPDX-License-Identifier: GPL-2.0
//
// E0521: the driver's data keeps the cookie. In C: private data has a `struct device *`, which is
// used after remove().

struct Keeper {
    cookie: kernel::sync::SetOnce<&'static Device<Bound>>,
}

struct KeeperFile;

#[vtable]
impl FileOperations for KeeperFile {
    type Device = CovariantForLt!(Keeper);

    fn open(scope: &OpenScope<'_, Self>, _file: &File) -> impl PinInit<Self, Error> {
        scope.data().cookie.populate(scope.device());
        Ok(Self)
    }
}
