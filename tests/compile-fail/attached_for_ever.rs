// SPDX-License-Identifier: GPL-2.0
//
// E0521: an open file's data, which outlives the binding, keeps a value that is used without a
// check. In C: file->private_data points to memory from devm_kzalloc().

fn keep_it(_value: BoundDevres<'static, u32>) {}

fn misuse<'bound>(binding: &mut Binding<'bound>) -> Result {
    keep_it(BoundDevres::new::<Error>(binding, Ok(1))?);
    Ok(())
}
