// SPDX-License-Identifier: GPL-2.0

//! Sets up, builds, boots and tests Devscope. Driven by the top-level Makefile.

mod analyzer;
mod apt;
mod autopsy;
mod bench;
mod bindgen;
mod blocks;
mod budget;
mod built;
mod campaign;
mod cargo;
mod checklist;
mod checks;
mod cli;
mod clock;
mod config;
mod crates;
mod deb;
mod disk;
mod dkms;
mod ec;
mod examples;
mod exec;
mod external;
mod files;
mod flavor;
mod fragment;
mod given;
mod guest;
mod hostcheck;
mod hostlint;
mod htmldocs;
mod in_tree;
mod initramfs;
mod kcsan;
mod kernel;
mod kernels;
mod ko;
mod ktap;
mod kvm;
mod layers;
mod libevdev;
mod libtest;
mod lines;
mod loads;
mod lock;
mod log;
mod longtable;
mod machine;
mod memo;
mod menuconfig;
mod mistakes;
mod misuse;
mod model;
mod modules;
mod mutants;
mod named;
mod paths;
mod placement;
mod plan;
mod programs;
mod progress;
mod protocol;
mod provoke;
mod qemu;
mod qmp;
mod records;
mod report;
mod root;
mod run;
mod rustdoc;
mod rustfmt;
mod safety;
mod select;
mod session;
mod shared;
mod source;
mod stock;
mod suites;
mod test;
mod toolchain;
mod torture;
mod tree;
mod trial;
mod ui;
mod version;
mod vm;
mod watch;
mod wheel;
mod workload;

use std::process::ExitCode;

fn main() -> ExitCode {
    match cli::main() {
        Ok(code) => code,
        Err(error) => {
            ui::error(&error);
            ExitCode::FAILURE
        }
    }
}
