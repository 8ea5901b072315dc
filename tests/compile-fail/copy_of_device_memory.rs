// SPDX-License-Identifier: GPL-2.0
//
// E0505: data of the device is copied to user space, with page faults. In C: `copy_to_user()` from
// memory that remove() frees meanwhile.

fn misuse(scope: Scope<'_, EchoFile>, user: &mut UserDest<'_>) -> Result<usize> {
    let name: &[u8] = scope.data().name();
    scope.copy_out(user, name)?;
    Ok(user.copied())
}

impl Echo {
    fn name(&self) -> &[u8] {
        b"echo"
    }
}
