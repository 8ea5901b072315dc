// SPDX-License-Identifier: GPL-2.0
//
// E0521: a new device uses a reference that its creator's scope lends for one operation. In C: a
// device has a pointer to the state of one open file, and outlives it.

struct ChildFile;

impl chardev::Child for ChildFile {
    type Parent = CovariantForLt!(Echo);
    type Argument = &'static Echo;

    fn device<'a>(_parent: &'a Echo, argument: &'static Echo) -> impl PinInit<&'a Echo, Error> {
        Ok(argument)
    }
}

#[vtable]
impl FileOperations for ChildFile {
    type Device = CovariantForLt!(&'_ Echo);

    fn open(_scope: &OpenScope<'_, Self>, _file: &File) -> impl PinInit<Self, Error> {
        Ok(Self)
    }
}

fn misuse(
    scope: Scope<'_, EchoFile>,
    lent: &Echo,
    children: for<'d> fn(&'d Echo) -> &'d chardev::Children<ChildFile>,
) -> Result {
    let (_scope, file) = scope.create(children, 0, lent)?;
    file.install();
    Ok(())
}
