// SPDX-License-Identifier: GPL-2.0
//
// E0521: what is reached without a check is kept by an open file's data, which outlives the
// binding. In C: a pointer in file->private_data to what devm_kzalloc() gave.

fn keep_it(_value: BoundDevres<'static, u32>) {}

fn misuse<'bound>(binding: &mut Binding<'bound>) -> Result {
    keep_it(BoundDevres::new::<Error>(binding, Ok(1))?);
    Ok(())
}
