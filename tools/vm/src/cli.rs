// SPDX-License-Identifier: GPL-2.0

//! The command line. `make help` is what users read; each target is a command here.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::{Parser, Subcommand};
use rustix::fs::Mode as Permissions;

use crate::analyzer;
use crate::bench;
use crate::flavor::Flavor;
use crate::hostlint;
use crate::htmldocs;
use crate::in_tree;
use crate::kernels::Kernels;
use crate::menuconfig;
use crate::modules::{self, Modules};
use crate::paths::Paths;
use crate::programs;
use crate::run;
use crate::rustdoc;
use crate::rustfmt;
use crate::select::Selection;
use crate::source::Source;
use crate::test;
use crate::torture;
use crate::ui;

#[derive(Debug, Parser)]
#[command(about = "Sets up, builds, boots and tests Devscope")]
struct Cli {
    /// The clone.
    #[arg(long, default_value = ".")]
    root: PathBuf,
    /// A built kernel to use instead of one that is built here.
    #[arg(long)]
    kdir: Option<PathBuf>,
    /// A kernel source tree to build instead of the downloaded one.
    #[arg(long)]
    ksrc: Option<PathBuf>,
    /// The release of Debian's kernel that is the stock kernel.
    #[arg(long)]
    kver: Option<String>,
    #[command(subcommand)]
    command: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Gets or builds what the other commands need.
    Setup {
        /// Only this kernel, which may be one that is built when asked for alone.
        #[arg(long)]
        kernel: Option<Flavor>,
    },
    /// Prepares a tree to build modules for Debian's own kernel in.
    Kdir,
    /// Boots a kernel and runs the demo.
    Run {
        /// This kernel, and not the one that is there soonest.
        #[arg(long)]
        kernel: Option<Flavor>,
    },
    /// Runs all tests.
    Test {
        /// All programs on this kernel, and not each on its own.
        #[arg(long)]
        kernel: Option<Flavor>,
        /// The long form.
        #[arg(long)]
        long: bool,
        /// Which tests, by patterns.
        #[arg(long, default_value = "")]
        tests: String,
    },
    /// Runs the KUnit suites.
    Kunit {
        #[arg(long, default_value = "debug")]
        kernel: Flavor,
        /// Which suites, by patterns.
        #[arg(long, default_value = "")]
        suites: String,
    },
    /// Checks that misuses do not compile.
    CompileFail,
    /// Measures what operations cost.
    Bench {
        #[arg(long, default_value = "lean")]
        kernel: Flavor,
        /// Which tables, by patterns.
        #[arg(long, default_value = "")]
        rows: String,
    },
    /// Torments the nodes of samples, ports and test drivers.
    Torture {
        #[arg(long, default_value = "debug")]
        kernel: Flavor,
        /// These nodes, with commas between them.
        #[arg(long)]
        node: Option<String>,
        /// How long each of them.
        #[arg(long, default_value_t = 60)]
        seconds: u64,
        /// How many operations each node takes at most.
        #[arg(long)]
        operations: Option<u64>,
        /// Looks for the faults that are planted in a driver instead.
        #[arg(long)]
        faults: bool,
    },
    /// Boots into a shell.
    Shell {
        #[arg(long, default_value = "lean")]
        kernel: Flavor,
    },
    /// Sends many commands to the virtual EC.
    Soak,
    /// Builds the modules.
    Modules {
        #[arg(long, default_value = "lean")]
        kernel: Flavor,
    },
    /// Installs the modules for KDIR.
    ModulesInstall {
        /// The root of the system to install into.
        #[arg(long)]
        install_mod_path: Option<String>,
    },
    /// Writes a series of patches for the kernel, and a tree that has it.
    InTree,
    /// Chooses what is built.
    Menuconfig,
    /// Lints everything in Rust.
    Clippy,
    /// Formats everything in Rust.
    Rustfmt {
        /// Changes nothing, and fails if there is something to change.
        #[arg(long)]
        check: bool,
    },
    /// Writes the framework's documentation.
    Rustdoc,
    /// Writes Documentation as HTML.
    Htmldocs,
    /// Writes rust-project.json.
    RustAnalyzer,
}

/// Does what the command line asks for.
pub fn main() -> Result<ExitCode> {
    let cli = Cli::parse();
    // What is built and fetched here is for guests and other users to read as well.
    rustix::process::umask(Permissions::from_raw_mode(0o022));
    if cli.kdir.is_some() && cli.ksrc.is_some() {
        bail!("give KDIR= (a built kernel) or KSRC= (a source to build), not both");
    }
    let paths = Paths::new(&cli.root)?;
    let mut kernels = Kernels {
        paths: paths.clone(),
        kdir: cli.kdir,
        ksrc: cli.ksrc,
        kver: cli.kver,
        tests: Flavor::Debug,
    };
    match cli.command {
        Action::Setup { kernel } => {
            let both = [Flavor::Lean, Flavor::Debug];
            for flavor in kernel.map_or(both.to_vec(), |one| vec![one]) {
                kernels.get(flavor)?;
            }
            if kernel.is_none() {
                programs::ensure(&paths)?;
            }
        }
        Action::InTree => {
            let source = Source::ensure(&paths, kernels.ksrc.as_deref())?;
            println!("{}", in_tree::write(&paths, &source)?.display());
        }
        Action::Kdir => println!("{}", kernels.get(Flavor::Stock)?.dir().display()),
        Action::Run { kernel } => {
            let kernel = run::with_programs(&paths, || match kernel {
                Some(flavor) => kernels.get(flavor),
                None => kernels.soonest(),
            })?;
            return run::story(&paths, &kernel);
        }
        Action::Bench { kernel, rows } => {
            return bench::run(&paths, &kernels.get(kernel)?, &rows);
        }
        Action::Torture {
            kernel,
            node,
            seconds,
            operations,
            faults,
        } => {
            let kernel = kernels.get(kernel)?;
            return match faults {
                true => torture::faults(&paths, &kernel),
                false => torture::nodes(&paths, &kernel, node.as_deref(), seconds, operations),
            };
        }
        Action::Soak => return run::soak(&paths, &kernels.lean()?),
        Action::Shell { kernel } => {
            ui::require_terminal("shell", "use `make run` or `make test`")?;
            return run::shell(&paths, &kernels.get(kernel)?);
        }
        Action::Test {
            kernel,
            long,
            tests,
        } => {
            let options = test::Options {
                selection: Selection::new(&tests)?,
                // A kernel that is asked for runs everything.
                placed: kernel.is_none() && kernels.kdir.is_none(),
                long,
            };
            kernels.tests = kernel.unwrap_or(kernels.tests);
            return Ok(test::run(&paths, &options, &kernels));
        }
        Action::Kunit { kernel, suites } => {
            let selection = Selection::new(&suites)?;
            return test::kunit(&paths, &kernels.get(kernel)?, &selection);
        }
        Action::CompileFail => return test::compile_fail(&paths, &kernels.tests()?),
        Action::Modules { kernel } => {
            for module in Modules::build(&paths, &kernels.get(kernel)?)?.files() {
                println!("{}", module.display());
            }
        }
        Action::ModulesInstall { install_mod_path } => {
            if kernels.kdir.is_none() {
                bail!("say which kernel to install for: make modules_install KDIR=<its build>");
            }
            let root = install_mod_path.as_deref();
            modules::install(&paths, &kernels.lean()?, root)?;
        }
        Action::Menuconfig => {
            ui::require_terminal("menuconfig", "edit build/config")?;
            menuconfig::run(&paths, &kernels.lean()?)?;
        }
        Action::Clippy => {
            modules::clippy(&paths, &kernels.lean()?)?;
            hostlint::clippy(&paths)?;
        }
        Action::Rustfmt { check } => return Ok(ui::exit_code(rustfmt::run(&paths, check)?)),
        Action::Rustdoc => rustdoc::build(&paths, &kernels.lean()?)?,
        Action::Htmldocs => ui::step("SPHINX", &htmldocs::build(&paths)?.display().to_string()),
        Action::RustAnalyzer => analyzer::write(&paths, &kernels.lean()?)?,
    }
    Ok(ExitCode::SUCCESS)
}
