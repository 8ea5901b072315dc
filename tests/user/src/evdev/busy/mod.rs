// SPDX-License-Identifier: GPL-2.0

//! Clients of event nodes that do one random thing after another, and know what may come out.
//!
//! - [`client`]: one of them, who judges; [`calls`](mod@calls): what it does
//! - [`crowd`]: many, on threads

pub mod calls;
pub mod client;
pub mod crowd;

pub use client::Client;
pub use crowd::{Crowd, Total};
