// SPDX-License-Identifier: GPL-2.0
//
// compiles: a file keeps a reference to its device's data, in an `XArray` for references that last for
// ever, and has it at its last close, when the data is gone. It should be refused: the kernel crate's
// `XArray` passes for one with a shorter lifetime in it, though it can be stored into through `&`.
// In C: the release() of a file that follows a pointer to what remove() has freed.

struct Keeping {
    kept: kernel::xarray::XArray<KBox<&'static Echo>>,
}

fn misuse(scope: Scope<'_, EchoFile>, file: &Keeping) -> Result<usize> {
    let reference = KBox::new(scope.data(), GFP_KERNEL)?;
    let mut kept = file.kept.lock();
    kept.store(0, reference, GFP_KERNEL).map_err(|e| e.error)?;
    Ok(0)
}
