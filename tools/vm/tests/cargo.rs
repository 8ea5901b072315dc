// SPDX-License-Identifier: GPL-2.0

//! The host tool is built whatever the user's configuration of cargo says, and the environment.

use std::fs;
use std::path::Path;
use std::process::Command;

/// What users have in `~/.cargo/config.toml`, for programs that are not here.
const CONFIG: &str = r#"
[build]
target = "wasm32-unknown-unknown"
target-dir = "/nonexistent/target"
rustc = "/nonexistent/rustc"
rustc-wrapper = "/nonexistent/sccache"
rustflags = ["--no-such-flag"]

[target.x86_64-unknown-linux-gnu]
linker = "/nonexistent/linker"
rustflags = ["-Clink-arg=-fuse-ld=/nonexistent/mold"]

[profile.release]
opt-level = "s"
panic = "abort"
"#;

#[test]
fn builds_with_a_configuration() {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cargo-config");
    // It may be there from a run that failed.
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(dir.join("home")).unwrap();
    fs::create_dir_all(dir.join("src")).unwrap();
    fs::write(dir.join("home/config.toml"), CONFIG).unwrap();
    let manifest = "[package]\nname = \"x\"\nedition = \"2024\"\n[workspace]\n";
    fs::write(dir.join("Cargo.toml"), manifest).unwrap();
    fs::write(dir.join("src/main.rs"), "fn main() {}\n").unwrap();

    let output = Command::new("make")
        .arg("-f")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../../Makefile"))
        .arg("--eval=x:; $(CARGO) build --offline --release --target $(TARGET) --target-dir out")
        .arg("x")
        .current_dir(&dir)
        .env("HOME", &dir)
        .env("CARGO_HOME", dir.join("home"))
        .env("CARGO_BUILD_TARGET", "wasm32-unknown-unknown")
        .env("CARGO_TARGET_DIR", "/nonexistent/target")
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "9")
        .env("CARGO_ENCODED_RUSTFLAGS", "--no-such-flag")
        .env("RUSTFLAGS", "--no-such-flag")
        .env("RUSTC", "/nonexistent/rustc")
        .env("RUSTC_WRAPPER", "/nonexistent/sccache")
        .env("RUSTUP_TOOLCHAIN", "nightly")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let target = "out/x86_64-unknown-linux-gnu/release/x";
    assert!(dir.join(target).exists(), "{said}");
    fs::remove_dir_all(&dir).unwrap();
}
