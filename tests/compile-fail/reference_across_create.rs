// SPDX-License-Identifier: GPL-2.0
//
// E0505: a reference to the device's data is used after a device was created. In C: a pointer that
// was read before cdev_device_add(), which may sleep while remove() runs.

fn misuse<C>(
    scope: Scope<'_, EchoFile>,
    children: for<'d> fn(&'d Echo) -> &'d chardev::Children<C>,
) -> Result
where
    C: chardev::Child<Parent = CovariantForLt!(Echo), Argument = ()>,
    for<'b> <C::Device as ForLt>::Of<'b>: Send + Sync,
{
    let echo = scope.data();
    let (_scope, file) = scope.create(children, 0, ())?;
    echo.queue.wake_all();
    file.install();
    Ok(())
}
