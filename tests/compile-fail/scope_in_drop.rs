// SPDX-License-Identifier: GPL-2.0
//
// E0478 or E0277: the data of an open file keeps a scope, to use the device in its drop. In C:
// release() writes a register.

struct LastWord<'a>(#[expect(dead_code)] Scope<'a, EchoFile>);

#[vtable]
impl<'a> FileOperations for LastWord<'a> {
    type Device = CovariantForLt!(Echo);

    fn open(_scope: &OpenScope<'_, Self>, _file: &File) -> impl PinInit<Self, Error> {
        Err(ENODEV)
    }
}
