// SPDX-License-Identifier: GPL-2.0
//
// compiles: a file keeps a reference to its device's data in an `XArray` of `'static` references,
// and still has it at its last close, when the data is gone. The compiler should refuse it: a
// reference to the kernel crate's `XArray` converts to one with a shorter lifetime, and can be
// stored through. In C: release() of a file follows a pointer to memory that remove() has freed.

struct Keeping {
    kept: kernel::xarray::XArray<KBox<&'static Echo>>,
}

fn misuse(scope: Scope<'_, EchoFile>, file: &Keeping) -> Result<usize> {
    let reference = KBox::new(scope.data(), GFP_KERNEL)?;
    let mut kept = file.kept.lock();
    kept.store(0, reference, GFP_KERNEL).map_err(|e| e.error)?;
    Ok(0)
}
