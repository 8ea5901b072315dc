// SPDX-License-Identifier: GPL-2.0
// UNSAFE: the test macro's output, and takes a task's table of files from it.

//! A task that exits has no descriptor table: the driver's code runs on a worker, which has one.

use super::{bind, device};
use crate::{ffi::with_files, revocable::devres::Devres};
use core::ptr::{null_mut, replace};
use kernel::{
    bindings,
    prelude::*,
    sync::{
        atomic::{Atomic, Relaxed},
        Arc, //
    },
    task::Task, //
};

/// Runs `f` in this task without its descriptor table, as in a task that exits.
fn without_files(f: impl FnOnce()) {
    let task = Task::current_raw();
    // SAFETY: A task may change its own `files`, which is restored below.
    let own = unsafe { replace(&raw mut (*task).files, null_mut()) };
    f();
    // SAFETY: It is this task's own `files`, which no other task changes.
    unsafe { (*task).files = own };
}

fn has_files() -> bool {
    // SAFETY: The current task exists.
    unsafe { !(*Task::current_raw()).files.is_null() }
}

/// A value whose drop records whether there was a descriptor table.
struct Value(Arc<Atomic<u32>>);

const WITH: u32 = 1;
const WITHOUT: u32 = 2;

impl Drop for Value {
    fn drop(&mut self) {
        let said = if has_files() { WITH } else { WITHOUT };
        self.0.store(said, Relaxed);
    }
}

#[kunit_tests(devscope_worker)]
mod tests {
    use super::*;

    /// The task that runs a closure.
    fn task_of_a_call() -> *mut bindings::task_struct {
        let task = Atomic::new(null_mut());
        with_files(|| {
            if has_files() {
                task.store(Task::current_raw(), Relaxed);
            }
        });
        task.load(Relaxed)
    }

    #[test]
    fn nothing_is_sent_where_there_are_files() -> Result {
        assert!(core::ptr::eq(task_of_a_call(), Task::current_raw()));
        Ok(())
    }

    #[test]
    fn a_worker_has_files() -> Result {
        without_files(|| {
            let task = task_of_a_call();
            assert!(!task.is_null() && !core::ptr::eq(task, Task::current_raw()));
        });
        Ok(())
    }

    #[test]
    fn a_binding_ends_where_there_are_files() -> Result {
        let (device, said) = (device()?, Arc::new(Atomic::new(0), GFP_KERNEL)?);
        let mut binding = bind(&device);
        binding.keep(Ok::<_, Error>(Value(said.clone())))?;
        without_files(|| drop(binding));
        assert_eq!(said.load(Relaxed), WITH);
        Ok(())
    }

    #[test]
    fn devres_ends_where_there_are_files() -> Result {
        let (device, said) = (device()?, Arc::new(Atomic::new(0), GFP_KERNEL)?);
        let it = Devres::new::<Error>(&bind(&device), Ok(Value(said.clone())))?;
        without_files(|| drop(device));
        assert_eq!(said.load(Relaxed), WITH);
        drop(it);
        Ok(())
    }
}
