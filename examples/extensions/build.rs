//! Builds the example extensions from their sources.

use std::path::PathBuf;

use passcode_component_build::{Guest, component};

fn main() {
    let out = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default());
    // Asked now: this program may have been compiled for another copy of the tree.
    let here = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let folder = here.join("change-freeze");
    let guest = Guest {
        folder: &folder,
        crate_name: "change_freeze",
        manifest: &folder.join("manifest.toml"),
        sources: &[&here.join("../../wit")],
        out: &out,
    };
    match component(&guest) {
        Ok(file) => println!("cargo::rustc-env=CHANGE_FREEZE={}", file.display()),
        Err(error) => {
            eprintln!("{error}");
            std::process::exit(1);
        }
    }
}
