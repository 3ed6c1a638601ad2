//! Builds the first-party components from their source.

use std::process::ExitCode;

use passcode_component_build::{Guest, Place, components};

fn main() -> ExitCode {
    let Place { here, out } = Place::asked();
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
    components(&[(guest, "PASSCODE_COMPONENT"), (finder, "PASSCODE_FINDER")])
}
