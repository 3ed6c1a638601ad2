//! Builds the example extensions from their sources.

use std::path::PathBuf;

use passcode_component_build::{Guest, component};

fn main() {
    let out = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default());
    // Asked now: this program may have been compiled for another copy of the tree.
    let here = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let guests = [
        ("change-freeze", "change_freeze", "CHANGE_FREEZE"),
        ("one-time-secret", "one_time_secret", "ONE_TIME_SECRET"),
    ];
    for (folder, crate_name, name) in guests {
        let folder = here.join(folder);
        let guest = Guest {
            folder: &folder,
            crate_name,
            manifest: &folder.join("manifest.toml"),
            sources: &[&here.join("../../wit")],
            out: &out,
        };
        match component(&guest) {
            Ok(file) => println!("cargo::rustc-env={name}={}", file.display()),
            Err(error) => {
                eprintln!("{error}");
                std::process::exit(1);
            }
        }
    }
}
