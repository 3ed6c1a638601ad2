//! Builds a guest crate into a component, for build scripts. Used for the first-party component
//! and for the components that tests are made of.
//!
//! A nested cargo that shares the outer target folder waits for a lock that the outer cargo
//! holds: it would never end. So the guest gets a target folder of its own under `OUT_DIR`,
//! and an environment without the outer build's settings.

use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output};

/// The target guests are built for. It has no system interface, so a guest has none either.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// A guest crate to build.
#[derive(Clone, Debug)]
pub struct Guest<'a> {
    /// The folder of its `Cargo.toml`. It has its own `Cargo.lock`.
    pub folder: &'a Path,
    /// The name of its library, with underscores.
    pub crate_name: &'a str,
    /// Its manifest, embedded as the custom section `passcode-manifest`.
    pub manifest: &'a Path,
    /// What it is built from besides its own folder.
    pub sources: &'a [&'a Path],
    /// Where to build.
    pub out: &'a Path,
}

/// Why there is no component.
#[derive(Debug)]
pub struct BuildError(String);

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BuildError {}

fn error(message: impl Into<String>) -> BuildError {
    BuildError(message.into())
}

/// Build guests, and tell the crate under which variable of its environment each component is: the
/// whole of a build script.
#[must_use]
pub fn components(guests: &[(Guest<'_>, &str)]) -> ExitCode {
    for (guest, variable) in guests {
        match component(guest) {
            Ok(file) => println!("cargo::rustc-env={variable}={}", file.display()),
            Err(error) => {
                eprintln!("{error}");
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}

/// The same for guests in folders beside the build script, each with its `manifest.toml`: folder,
/// name of the library, variable. `wit` is where the contract is.
#[must_use]
pub fn beside(wit: &str, guests: &[(&str, &str, &str)]) -> ExitCode {
    let place = Place::asked();
    let wit = place.here.join(wit);
    let folders: Vec<PathBuf> = guests.iter().map(|one| place.here.join(one.0)).collect();
    let manifests = folders.iter().map(|folder| folder.join("manifest.toml"));
    let manifests: Vec<PathBuf> = manifests.collect();
    let sources = [wit.as_path()];
    let each = guests.iter().zip(folders.iter().zip(&manifests));
    let each = each.map(|(&(_, crate_name, variable), (folder, manifest))| {
        let guest = Guest {
            folder,
            crate_name,
            manifest,
            sources: &sources,
            out: &place.out,
        };
        (guest, variable)
    });
    components(&each.collect::<Vec<_>>())
}

/// Where a build script runs.
#[derive(Clone, Debug)]
pub struct Place {
    /// The folder of its package.
    pub here: PathBuf,
    /// Where it may write.
    pub out: PathBuf,
}

impl Place {
    /// Asked of the environment now: the program may have been compiled for another copy of the tree.
    #[must_use]
    pub fn asked() -> Self {
        let folder = |name| PathBuf::from(std::env::var_os(name).unwrap_or_default());
        Self {
            here: folder("CARGO_MANIFEST_DIR"),
            out: folder("OUT_DIR"),
        }
    }
}

/// Build the guest, encode it, embed its manifest, and write the component into `out`. Tells
/// cargo what to watch.
///
/// # Errors
///
/// If it cannot be built; a missing target names the one command that installs it.
pub fn component(guest: &Guest<'_>) -> Result<PathBuf, BuildError> {
    for source in [guest.folder, guest.manifest].iter().chain(guest.sources) {
        // Relative to the package: the broken copies of this tree (tests/broken) are built into
        // the same target folder, and cargo would go on watching theirs.
        let package = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default();
        let source = source.strip_prefix(package).unwrap_or(source);
        println!("cargo::rerun-if-changed={}", source.display());
    }
    println!("cargo::rerun-if-env-changed=RUSTUP_TOOLCHAIN");
    target_installed()?;
    let module = module(guest)?;
    let manifest = std::fs::read_to_string(guest.manifest)
        .map_err(|e| error(format!("{}: {e}", guest.manifest.display())))?;
    let manifest = without_comments(&manifest);
    let bytes = with_section(&encode(&module)?, "passcode-manifest", manifest.as_bytes());
    let file = guest
        .out
        .join(format!("{}.component.wasm", guest.crate_name));
    write_if_changed(&file, &bytes)?;
    Ok(file)
}

/// Whether the target's standard library is there; if not, fetch it.
fn target_installed() -> Result<(), BuildError> {
    let sysroot = output(Command::new(rustc()).args(["--print", "sysroot"]))?;
    let sysroot = String::from_utf8_lossy(&sysroot.stdout).trim().to_owned();
    let there = |root: &str| {
        Path::new(root)
            .join("lib/rustlib")
            .join(TARGET)
            .join("lib")
            .is_dir()
    };
    if there(&sysroot) {
        return Ok(());
    }
    // Asked for here and not in a toolchain file: with RUSTUP_AUTO_INSTALL=0 rustup ignores
    // that file, and without it some versions fetch the whole toolchain again. One build script
    // at a time: two rustups that install the same thing trip over each other.
    let lock = std::fs::File::create(std::env::temp_dir().join("passcode-rustup-target.lock"));
    let _held = lock.as_ref().is_ok_and(|lock| lock.lock().is_ok());
    if there(&sysroot) {
        return Ok(());
    }
    println!("cargo::warning=installing the Rust target {TARGET}");
    let fetched = clean(&mut Command::new("rustup"))
        .args(["target", "add", TARGET])
        .output();
    let fetched_well = fetched.as_ref().is_ok_and(|output| output.status.success());
    if fetched_well && there(&sysroot) {
        return Ok(());
    }
    let why = match fetched {
        Err(e) => format!("rustup cannot be run ({e})"),
        Ok(output) => String::from_utf8_lossy(&output.stderr).trim().to_owned(),
    };
    Err(error(format!(
        "the Rust target {TARGET} is missing and could not be fetched: {why}\n\n    run: rustup target add {TARGET}\n\n\
         Without rustup, install the package of your system that holds the {TARGET} standard library."
    )))
}

fn module(guest: &Guest<'_>) -> Result<Vec<u8>, BuildError> {
    let target = guest.out.join("guest");
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    clean(&mut cargo)
        .current_dir(guest.folder)
        .args([
            "build",
            "--release",
            "--locked",
            "--target",
            TARGET,
            "--target-dir",
        ])
        .arg(&target);
    let built = output(&mut cargo)?;
    if !built.status.success() {
        return Err(error(format!(
            "{} could not be built for {TARGET}:\n{}",
            guest.folder.display(),
            String::from_utf8_lossy(&built.stderr)
        )));
    }
    let file = target
        .join(TARGET)
        .join("release")
        .join(format!("{}.wasm", guest.crate_name));
    std::fs::read(&file).map_err(|e| error(format!("{}: {e}", file.display())))
}

fn encode(module: &[u8]) -> Result<Vec<u8>, BuildError> {
    wit_component::ComponentEncoder::default()
        .module(module)
        .and_then(|encoder| encoder.validate(true).encode())
        .map_err(|e| error(format!("the module cannot be made a component: {e:#}")))
}

/// Whole-line comments are for whoever edits the manifest; the component need not carry them.
fn without_comments(manifest: &str) -> String {
    let lines = manifest.lines().map(str::trim);
    let kept: Vec<&str> = lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect();
    kept.join("\n")
}

/// Append a custom section: id 0, its length, its name, its content.
fn with_section(component: &[u8], name: &str, content: &[u8]) -> Vec<u8> {
    let mut section = leb128(name.len());
    section.extend_from_slice(name.as_bytes());
    section.extend_from_slice(content);
    let mut bytes = component.to_vec();
    bytes.push(0);
    bytes.extend(leb128(section.len()));
    bytes.extend(section);
    bytes
}

fn leb128(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = u8::try_from(number & 0x7f).unwrap_or_default();
        number >>= 7;
        if number == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}

/// Cargo must not see a new file where there is none: it would build everything again.
fn write_if_changed(file: &Path, bytes: &[u8]) -> Result<(), BuildError> {
    if std::fs::read(file).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    std::fs::write(file, bytes).map_err(|e| error(format!("{}: {e}", file.display())))
}

fn output(command: &mut Command) -> Result<Output, BuildError> {
    command.output().map_err(|e| {
        error(format!(
            "{}: {e}",
            Path::new(command.get_program()).display()
        ))
    })
}

fn rustc() -> std::ffi::OsString {
    std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into())
}

/// Take the outer build's settings out of a nested build's environment: flags for another
/// target, wrappers, profiles, and the target folder whose lock would never come free.
fn clean(command: &mut Command) -> &mut Command {
    const NAMES: [&str; 8] = [
        "RUSTFLAGS",
        "CARGO_ENCODED_RUSTFLAGS",
        "CARGO_TARGET_DIR",
        "CARGO_MAKEFLAGS",
        "MAKEFLAGS",
        "RUSTC_WRAPPER",
        "RUSTC_WORKSPACE_WRAPPER",
        "CLIPPY_ARGS",
    ];
    const PREFIXES: [&str; 5] = [
        "CARGO_BUILD_",
        "CARGO_PROFILE_",
        "CARGO_FEATURE_",
        "CARGO_CFG_",
        "CARGO_TARGET_",
    ];
    for (name, _) in std::env::vars_os() {
        let unwanted = |name: &OsStr| {
            let name = name.to_string_lossy();
            NAMES.contains(&name.as_ref()) || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        };
        if unwanted(&name) {
            command.env_remove(&name);
        }
    }
    command
}
