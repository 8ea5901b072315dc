// SPDX-License-Identifier: GPL-2.0
//
// E0521: the cookie is kept in the driver's data. In C: a `struct device *` in private data,
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
