// SPDX-License-Identifier: GPL-2.0

//! `make clean` and `make distclean` remove what is ours, wherever that is.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Names of directories that make, a shell or kbuild takes for something else.
const UNFIT: &[&str] = &[
    "R&D", "R;D", "R D", "R\tD", "R\nD", "R$D", "R$(D)", "R`D`", "R#D", "R%D", "R:D", "R=D", "R*",
    "R?D", "R[D]", "R{,D}", "R'D", "R\"D", "R\\D", "R|D", "R<D", "R>D", "R!D", "~R",
];

/// Names that are nothing special.
const FIT: &[&str] = &["R-D", "-R", "R,D", "R+D", "R@D", "R.D_1", "Rüd"];

/// What is left of the unfit names when they are taken apart.
const PARTS: [&str; 5] = ["R", "D", "R/clone/build", "D/clone/build", "clone/build"];

/// A directory with a clone below `name`, as far as `make clean` is concerned, and with what must
/// not be touched.
struct Place {
    top: PathBuf,
    name: &'static str,
}

impl Place {
    fn new(test: &str, name: &'static str) -> Self {
        let top = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
        // It may be there from a run that failed.
        let _ = fs::remove_dir_all(&top);
        let place = Self { top, name };
        let makefile = concat!(env!("CARGO_MANIFEST_DIR"), "/../../Makefile");
        for clone in ["fit", name] {
            fs::create_dir_all(place.clone(clone).join("build")).unwrap();
            fs::copy(makefile, place.clone(clone).join("Makefile")).unwrap();
        }
        for dir in PARTS {
            fs::create_dir_all(place.top.join(dir).join("linux-own")).unwrap();
        }
        place
    }

    fn clone(&self, name: &str) -> PathBuf {
        self.top.join(name).join("clone")
    }

    /// Runs make in the clone below `name`.
    fn make(&self, name: &str, words: &[&str], variables: &[(&str, &Path)]) -> Output {
        Command::new("make")
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .envs(variables.iter().copied())
            .args(words)
            .current_dir(self.clone(name))
            .output()
            .unwrap()
    }

    /// Fails unless make has refused, with these words, and everything is still there.
    #[track_caller]
    fn refused(&self, output: &Output, words: &str) {
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{:?} was taken", self.name);
        assert!(said.contains(words), "{:?}: {said}", self.name);
        for clone in ["fit", self.name] {
            assert!(self.clone(clone).join("build").exists(), "{:?}", self.name);
        }
        for dir in PARTS {
            let own = self.top.join(dir).join("linux-own");
            assert!(own.exists(), "{:?}", self.name);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // What is left is removed by the next run.
        let _ = fs::remove_dir_all(&self.top);
    }
}

#[test]
fn clean_below_an_unfit_name() {
    for name in UNFIT {
        let place = Place::new("clean-unfit", name);
        let output = place.make(name, &["clean"], &[]);
        place.refused(&output, "kbuild needs paths without");
    }
}

#[test]
fn clean_below_a_fit_name() {
    for name in FIT {
        let place = Place::new("clean-fit", name);
        let output = place.make(name, &["clean"], &[]);
        assert!(output.status.success(), "{name}: {output:?}");
        assert!(!place.clone(name).join("build").exists(), "{name}");
        assert!(place.clone("fit").join("build").exists(), "{name}");
    }
}

#[test]
fn distclean_with_an_unfit_cache() {
    for name in UNFIT {
        let place = Place::new("distclean-unfit", name);
        let dir = place.top.join(name);
        for variable in ["DEVSCOPE_CACHE", "XDG_CACHE_HOME", "HOME"] {
            let output = place.make("fit", &["distclean"], &[(variable, &dir)]);
            place.refused(&output, "kbuild needs paths without");
        }
    }
}

#[test]
fn a_cache_that_is_no_directory_of_its_own() {
    let place = Place::new("distclean-root", "fit");
    for cache in ["/", "//", "/.", "/..", "/usr/..", "R", "./R", "../R", "-R"] {
        for target in ["distclean", "tool", "test"] {
            let variables = [("DEVSCOPE_CACHE", cache.as_ref())];
            let output = place.make("fit", &["-n", target], &variables);
            place.refused(&output, "needs a directory of its own");
        }
    }
    for target in ["distclean", "tool"] {
        let output = place.make("fit", &[target], &[("HOME", "".as_ref())]);
        place.refused(&output, "needs a directory of its own");
    }
}

#[test]
fn distclean_leaves_what_is_not_a_cache() {
    let place = Place::new("distclean-other", "fit");
    let cache = place.top.join("cache");
    fs::create_dir_all(cache.join("linux-own")).unwrap();
    let output = place.make("fit", &["distclean"], &[("DEVSCOPE_CACHE", &cache)]);
    place.refused(&output, "is no cache of Devscope");
    assert!(cache.join("linux-own").exists());
}

#[test]
fn distclean_removes_the_cache() {
    for name in FIT {
        let place = Place::new("distclean-fit", name);
        let cache = place.top.join(name).join("cache");
        for dir in [
            "linux-7.3",
            "kernel-7.3-lean",
            "bindgen-1",
            "tmp-source",
            "own",
        ] {
            fs::create_dir_all(cache.join(dir)).unwrap();
        }
        fs::write(cache.join("lock"), "").unwrap();
        for _ in 0..2 {
            let output = place.make(name, &["distclean"], &[("DEVSCOPE_CACHE", &cache)]);
            assert!(output.status.success(), "{name}: {output:?}");
            let left: Vec<_> = fs::read_dir(&cache)
                .unwrap()
                .map(|e| e.unwrap().file_name())
                .collect();
            assert_eq!(left, ["own"], "{name}");
            assert!(!place.clone(name).join("build").exists(), "{name}");
            fs::write(cache.join("lock"), "").unwrap();
        }
    }
}

#[test]
fn variables_are_no_commands() {
    for name in UNFIT {
        let place = Place::new("variables", name);
        for variable in ["KDIR", "KSRC", "INSTALL_MOD_PATH"] {
            let variables = [(variable, Path::new(name)), ("HOME", &place.top)];
            let output = place.make("fit", &["-n", "modules_install"], &variables);
            place.refused(&output, "kbuild needs paths without");
        }
    }
}
