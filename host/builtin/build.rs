//! Builds the first-party components from their source.

use std::path::PathBuf;

use passcode_component_build::{Guest, component};

fn main() {
    let out = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default());
    // Asked now: this program may have been compiled for another copy of the tree.
    let here = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let component_folder = here.join("../../component");
    let guest = Guest {
        folder: &component_folder.join("skin"),
        crate_name: "passcode_skin",
        manifest: &component_folder.join("skin/manifest.toml"),
        sources: &[
            &component_folder.join("logic/src"),
            &component_folder.join("logic/Cargo.toml"),
            &here.join("../../wit"),
        ],
        out: &out,
    };
    let finder = Guest {
        folder: &component_folder.join("finder/skin"),
        crate_name: "passcode_finder_skin",
        manifest: &component_folder.join("finder/manifest.toml"),
        sources: &[
            &component_folder.join("finder/src"),
            &component_folder.join("finder/Cargo.toml"),
            &component_folder.join("logic/src"),
            &component_folder.join("logic/Cargo.toml"),
            &here.join("../../wit"),
        ],
        out: &out,
    };
    for (guest, name) in [(guest, "PASSCODE_COMPONENT"), (finder, "PASSCODE_FINDER")] {
        match component(&guest) {
            Ok(file) => println!("cargo::rustc-env={name}={}", file.display()),
            Err(error) => {
                eprintln!("{error}");
                std::process::exit(1);
            }
        }
    }
}
