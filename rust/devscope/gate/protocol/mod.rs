// SPDX-License-Identifier: GPL-2.0

//! The gate's protocol: all decisions, and their order, that have to be right under concurrency.
//!
//! It is plain safe Rust, which uses nothing of the kernel but `crate::sync`. So `tests/model`
//! compiles the same files, and runs them through all interleavings.

mod closing;
mod command;
mod ending;
mod entry;
mod pass;
mod populate;
mod revoking;
mod sweep;
pub(crate) mod turns;
mod waiting;
mod woken;

pub(crate) use closing::{admit, unplug, Device, File};
pub(crate) use command::{Claim, End};
pub(crate) use ending::{end, Part, Role};
pub(crate) use entry::{drain, drain_others, enter, Readers};
pub(crate) use pass::Pass;
pub(crate) use populate::populate;
pub(crate) use revoking::{
    begin_revoke, begin_revoke_all, finish_revoke, finish_revoke_all, finish_revoke_others, Round,
};
pub(crate) use sweep::{Number, Verdict};
pub(crate) use waiting::{wait, Leave, Sleep, StaysInside};
pub(crate) use woken::Woken;
