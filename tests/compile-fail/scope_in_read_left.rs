// SPDX-License-Identifier: GPL-2.0
//
// E0053: the method for reads after unplug takes a scope. In C: the same read() as before unplug,
// which uses the device.

struct Late;

#[vtable]
impl FileOperations for Late {
    type Device = CovariantForLt!(Echo);

    fn open(_scope: &OpenScope<'_, Self>, _file: &File) -> impl PinInit<Self, Error> {
        Ok(Self)
    }

    fn read_left(_scope: &Scope<'_, Self>, _user: &mut UserDest<'_>) -> Result<usize> {
        Ok(0)
    }
}
