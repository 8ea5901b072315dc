// SPDX-License-Identifier: GPL-2.0

//! Signals of a process of workers: one that interrupts, one that the device sends, and those of
//! memory that is gone.

use crate::{
    memory::PAGE,
    sys::{map, Addr},
};
use libc::{c_int, c_void, siginfo_t};
use rustix::process::{set_parent_process_death_signal, Signal};
use std::{
    mem, ptr,
    sync::atomic::{
        compiler_fence, AtomicBool, AtomicU64,
        Ordering::{Relaxed, SeqCst},
    },
};

/// Interrupts whoever sleeps.
pub const INTERRUPT: c_int = libc::SIGUSR1;

/// No page.
const NOTHING: u64 = u64::MAX;

thread_local! {
    /// The page that this thread touches now; and whether it was gone.
    static TOUCHED: AtomicU64 = const { AtomicU64::new(NOTHING) };
    static GONE: AtomicBool = const { AtomicBool::new(false) };
}

extern "C" fn interrupted(_: c_int) {}

/// Puts a page where there was none, so that the thread goes on.
extern "C" fn gone(signal: c_int, info: *mut siginfo_t, _: *mut c_void) {
    // SAFETY: The kernel hands over a valid one, with an address for these signals.
    let addr = unsafe { (*info).si_addr() } as u64;
    let page = addr & !(PAGE as u64 - 1);
    if TOUCHED.with(|it| it.load(Relaxed)) != page {
        // A fault of this program: it comes again, and ends it.
        act(signal, libc::SIG_DFL, 0);
        return;
    }
    GONE.with(|it| it.store(true, Relaxed));
    let flags = libc::MAP_PRIVATE | libc::MAP_FIXED;
    if map(page, PAGE, flags, None).is_err() {
        act(signal, libc::SIG_DFL, 0);
    }
}

fn act(signal: c_int, handler: usize, flags: c_int) {
    // SAFETY: Zeros are a valid value.
    let mut action: libc::sigaction = unsafe { mem::zeroed() };
    action.sa_sigaction = handler;
    action.sa_flags = flags;
    // SAFETY: The handlers do nothing but what a handler may do.
    unsafe { libc::sigaction(signal, &action, ptr::null_mut()) };
}

/// Prepares this process.
pub fn prepare() {
    let interrupted: extern "C" fn(c_int) = interrupted;
    act(INTERRUPT, interrupted as usize, 0);
    for signal in [libc::SIGIO, libc::SIGPIPE] {
        act(signal, libc::SIG_IGN, 0);
    }
    let gone: extern "C" fn(c_int, *mut siginfo_t, *mut c_void) = gone;
    for signal in [libc::SIGBUS, libc::SIGSEGV] {
        act(signal, gone as usize, libc::SA_SIGINFO);
    }
    end_with_parent();
}

/// Nobody is left when the process is gone that has started this one.
pub fn end_with_parent() {
    let _ = set_parent_process_death_signal(Some(Signal::KILL));
}

/// Reads a word of memory that may be gone, and writes it back if `write`. Says whether it was there;
/// where it was not, there is a page of zeros now.
pub fn touch(at: Addr, write: bool) -> bool {
    let page = at.0 & !(PAGE as u64 - 1);
    TOUCHED.with(|it| it.store(page, Relaxed));
    GONE.with(|it| it.store(false, Relaxed));
    // The handler looks at these, and changes one, which the compiler does not see.
    compiler_fence(SeqCst);
    let word = at.0 as *mut u32;
    // SAFETY: It is in a mapping of the caller's to which no reference exists, and aligned. Where the
    // memory is gone, the handler puts some.
    unsafe {
        let value = word.read_volatile();
        if write {
            word.write_volatile(value);
        }
    }
    compiler_fence(SeqCst);
    TOUCHED.with(|it| it.store(NOTHING, Relaxed));
    !GONE.with(|it| it.load(Relaxed))
}
