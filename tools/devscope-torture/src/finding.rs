// SPDX-License-Identifier: GPL-2.0

//! What is found, and what was done before.

use crate::{errno, ops::Op, shared::Shared, sys, tasks::Task};
use serde::Serialize;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use strum::IntoStaticStr;

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, IntoStaticStr)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case", const_into_str)]
pub enum Kind {
    /// Unbind does not return in time.
    UnbindHang,
    /// Bind does not.
    BindHang,
    /// The removal of the device does not.
    RemoveHang,
    /// Its bus does not find it in time.
    RescanHang,
    /// Revoking all files does not return in time.
    RevokeHang,
    /// Unloading the module does not.
    UnloadHang,
    /// Loading it does not.
    LoadHang,
    /// One of these is refused.
    Refused,
    /// The bus does not find the device again.
    NoDevice,
    /// There is no node after a bind.
    NoNode,
    /// Who sleeps in a call is not woken when the device goes, or its file is revoked.
    SleeperLeft,
    /// A request of io_uring or Linux AIO is not ended.
    RequestLeft,
    /// A call on a file works though its device has gone,
    WorksAfterUnbind,
    /// or though the file was revoked.
    WorksAfterRevoke,
    /// So does memory.
    MappingLeft,
    /// A call says an error, or gives an answer, that the profile does not know.
    WrongError,
    WrongAnswer,
    /// All files are closed, and a module is in use.
    ReferenceLeft,
    /// The kernel complains.
    Splat,
    /// Memory is leaked.
    Leak,
    /// A program cannot be killed.
    TaskLeft,
}

impl Kind {
    /// Whether somebody does not come back.
    pub fn is_hang(self) -> bool {
        matches!(
            self,
            Self::UnbindHang
                | Self::BindHang
                | Self::RemoveHang
                | Self::RescanHang
                | Self::RevokeHang
                | Self::UnloadHang
                | Self::LoadHang
                | Self::TaskLeft
        )
    }

    /// The one of who is left asleep in an operation.
    pub fn of_sleeper(op: Op) -> Self {
        match op {
            Op::AioRead | Op::AioPoll | Op::UringRead | Op::UringWrite => Self::RequestLeft,
            Op::UringPoll | Op::UringCommand => Self::RequestLeft,
            _ => Self::SleeperLeft,
        }
    }
}

/// Something that is wrong.
#[derive(Serialize)]
pub struct Finding {
    /// What.
    pub kind: Kind,
    /// In a sentence.
    pub text: String,
    /// After so many operations,
    pub operations: u64,
    /// so many acts,
    pub acts: u32,
    /// and so many seconds.
    pub seconds: f64,
    /// Where tasks are that have to do with it.
    pub tasks: Vec<Task>,
    /// What the kernel said.
    pub log: Vec<String>,
    /// What was done last.
    pub before: Vec<Before>,
}

/// Something that was done.
#[derive(Serialize)]
pub struct Before {
    /// How long before, in microseconds.
    pub ago: u64,
    /// By which worker.
    pub worker: usize,
    /// What.
    pub operation: &'static str,
    /// What came of it: "ok", or an error.
    pub result: String,
}

/// How many of the last operations are told.
const TOLD: usize = 40;

impl Finding {
    /// One of now.
    pub fn new(shared: &Shared, began: u64, kind: Kind, text: String) -> Self {
        let now = sys::now();
        let before = shared.last(TOLD).into_iter().map(|step| Before {
            ago: now.saturating_sub(step.ended) / 1000,
            worker: step.worker,
            operation: step.op.name(),
            result: match step.errno {
                0 => "ok".to_owned(),
                errno => errno::name(errno),
            },
        });
        Self {
            kind,
            text,
            operations: shared.operations.load(Relaxed),
            acts: shared.acts.load(SeqCst),
            seconds: now.saturating_sub(began) as f64 / 1e9,
            tasks: Vec::new(),
            log: Vec::new(),
            before: before.collect(),
        }
    }
}
