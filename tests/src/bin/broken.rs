//! Takes the protections away one by one and looks whether anybody notices.
//!
//! ```text
//! cargo run -p passcode-tests --bin broken            # every patch in tests/broken
//! cargo run -p passcode-tests --bin broken -- path    # those whose name contains `path`
//! cargo run -p passcode-tests --bin broken -- --list
//! ```
//!
//! Each patch removes one protection and names the test that must then fail. A test that still
//! passes, a test that is not there, a patch that no longer applies or does not compile: each is
//! a failure of this program, and it says which of them it is. All of it happens in a copy of the tree, below the target folder.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

/// A test that runs so much longer without its protection has failed: it spins, as it was meant to
/// show.
const PATIENCE: Duration = Duration::from_secs(60);

/// What stands before the name of a library whose own tests are meant.
const LIBRARY: &str = "lib:";

/// Nothing that is whole takes longer. Tests of runs wait for leases of dead processes and for the
/// service's budget, some of them for minutes.
const WHOLE: Duration = Duration::from_secs(600);

type Failure = String;

/// One file of `tests/broken`.
struct Patch {
    name: String,
    file: PathBuf,
    /// The test program, and the test in it that must fail. A name without a program is `e2e`'s; one
    /// that begins with [`LIBRARY`] names a library, whose own tests are meant.
    program: String,
    test: String,
}

/// The copy that is broken and mended.
struct Copy {
    root: PathBuf,
    tree: PathBuf,
    target: PathBuf,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<bool, Failure> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let list = arguments.iter().any(|argument| argument == "--list");
    let names: Vec<&String> = arguments
        .iter()
        .filter(|argument| !argument.starts_with("--"))
        .collect();
    let mut patches = patches(&here.join("broken"))?;
    patches.retain(|patch| {
        names.is_empty() || names.iter().any(|name| patch.name.contains(name.as_str()))
    });
    if patches.is_empty() {
        return Err("no patch has such a name; `--list` shows them".to_owned());
    }
    if list {
        patches
            .iter()
            .for_each(|patch| println!("{:36} {}", patch.name, patch.test));
        return Ok(true);
    }
    let root = here.parent().ok_or("no workspace")?.to_owned();
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let copy = Copy {
        tree: target.join("broken/tree"),
        root,
        target,
    };
    copy.mend()?;
    let outcome = all(&copy, &patches);
    copy.forget()?;
    outcome
}

fn all(copy: &Copy, patches: &[Patch]) -> Result<bool, Failure> {
    println!(
        "{} patches; first, every named test passes while nothing is broken",
        patches.len()
    );
    let tests: BTreeSet<(&str, &str)> = patches
        .iter()
        .map(|patch| (patch.program.as_str(), patch.test.as_str()))
        .collect();
    let mut whole: BTreeMap<&str, PathBuf> = BTreeMap::new();
    let mut took: BTreeMap<(&str, &str), Duration> = BTreeMap::new();
    for (program, test) in tests {
        let binary = match whole.get(program) {
            Some(built) => built.clone(),
            None => copy.build(program)?,
        };
        whole.insert(program, binary.clone());
        let began = Instant::now();
        match copy.test(&binary, test, WHOLE)? {
            Outcome::Passed => {}
            Outcome::Failed(said) => {
                return Err(format!("{test} fails although nothing is broken:\n{said}"));
            }
            Outcome::Endless => {
                return Err(format!(
                    "{test} takes longer than {} s although nothing is broken",
                    WHOLE.as_secs()
                ));
            }
            Outcome::Missing => return Err(format!("there is no test {test}")),
        }
        took.insert((program, test), began.elapsed());
    }

    let (mut unnoticed, mut untried) = (Vec::new(), Vec::new());
    for patch in patches {
        let began = Instant::now();
        print!("{:36} ", patch.name);
        let _ = std::io::stdout().flush();
        let whole = took.get(&(patch.program.as_str(), patch.test.as_str()));
        let verdict = noticed(copy, patch, patience(whole.copied().unwrap_or_default()));
        copy.mend()?;
        match verdict {
            Ok(Verdict::Noticed) => println!(
                "noticed by {} ({:.1} s)",
                patch.test,
                began.elapsed().as_secs_f32()
            ),
            Ok(Verdict::Unnoticed) => {
                println!("NOT NOTICED: {} still passes", patch.test);
                unnoticed.push(patch.name.as_str());
            }
            // That says nothing about the guard: the patch is to be mended.
            Err(why) => {
                println!("NOT TRIED: {why}");
                untried.push(patch.name.as_str());
            }
        }
    }
    println!("{}", summed_up(patches.len(), &unnoticed, &untried));
    Ok(unnoticed.is_empty() && untried.is_empty())
}

fn summed_up(all: usize, unnoticed: &[&str], untried: &[&str]) -> String {
    let told = |names: &[&str], what: &str| {
        let count = names.len();
        (count > 0).then(|| format!("{count} of {all} {what}: {}", names.join(", ")))
    };
    let told: Vec<String> = [
        told(unnoticed, "were not noticed"),
        told(
            untried,
            "were not tried, because the patch does not apply or does not compile",
        ),
    ]
    .into_iter()
    .flatten()
    .collect();
    if told.is_empty() {
        format!("all {all} were noticed")
    } else {
        told.join("\n")
    }
}

/// How long a test may take without its protection, that took so long with it.
fn patience(whole: Duration) -> Duration {
    PATIENCE + whole * 2
}

/// What became of a patch that was tried.
#[derive(Debug)]
enum Verdict {
    Noticed,
    Unnoticed,
}

/// Whether the named test fails under the patch; an error if that could not be tried.
fn noticed(copy: &Copy, patch: &Patch, patience: Duration) -> Result<Verdict, Failure> {
    copy.apply(patch)?;
    let binary = copy.build(&patch.program)?;
    match copy.test(&binary, &patch.test, patience)? {
        Outcome::Failed(_) | Outcome::Endless => Ok(Verdict::Noticed),
        Outcome::Passed => Ok(Verdict::Unnoticed),
        Outcome::Missing => Err(format!("there is no test {}", patch.test)),
    }
}

fn patches(folder: &Path) -> Result<Vec<Patch>, Failure> {
    let entries = std::fs::read_dir(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let mut patches = Vec::new();
    for file in entries.flatten().map(|entry| entry.path()) {
        if file
            .extension()
            .is_none_or(|extension| extension != "patch")
        {
            continue;
        }
        let text =
            std::fs::read_to_string(&file).map_err(|e| format!("{}: {e}", file.display()))?;
        let test = text
            .lines()
            .next()
            .and_then(|line| line.strip_prefix("# test: "));
        let test = test
            .ok_or_else(|| format!("{}: its first line is not `# test: NAME`", file.display()))?;
        let name = file
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let (program, test) = test.trim().split_once('/').unwrap_or(("e2e", test.trim()));
        patches.push(Patch {
            name,
            program: program.to_owned(),
            test: test.to_owned(),
            file,
        });
    }
    patches.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(patches)
}

enum Outcome {
    Passed,
    /// And what it said, its last lines.
    Failed(String),
    /// It ran longer than anybody waits.
    Endless,
    Missing,
}

impl Copy {
    /// Make the copy like the tree. Only what differs is written, so that cargo builds only that.
    fn mend(&self) -> Result<(), Failure> {
        let listed = Command::new("git")
            .args([
                "ls-files",
                "-z",
                "--cached",
                "--others",
                "--exclude-standard",
            ])
            .current_dir(&self.root)
            .output()
            .map_err(|e| format!("git: {e}"))?;
        let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
        let files: BTreeSet<&str> = listed.split('\0').filter(|name| !name.is_empty()).collect();
        if files.is_empty() {
            return Err(format!("git lists no files in {}", self.root.display()));
        }
        for name in &files {
            // Deleted and not yet committed.
            let Ok(content) = std::fs::read(self.root.join(name)) else {
                continue;
            };
            let place = self.tree.join(name);
            if std::fs::read(&place).is_ok_and(|there| there == content) {
                continue;
            }
            let folder = place.parent().unwrap_or(&self.tree);
            std::fs::create_dir_all(folder)
                .and_then(|()| std::fs::write(&place, &content))
                .map_err(|e| format!("{}: {e}", place.display()))?;
        }
        self.prune(&self.tree, &files);
        Ok(())
    }

    /// Take away what was built of our own packages. It was built from the copy, and cargo, which
    /// finds it under the tree's names, would go on comparing it with the copy: changes to the
    /// tree would not be built.
    fn forget(&self) -> Result<(), Failure> {
        let cargo = || {
            let mut cargo =
                Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
            cargo
                .current_dir(&self.root)
                .env("CARGO_TARGET_DIR", &self.target);
            cargo
        };
        let listed = cargo()
            .args(["metadata", "--no-deps", "--format-version", "1"])
            .output()
            .map_err(|e| format!("cargo: {e}"))?;
        let listed: serde_json::Value =
            serde_json::from_slice(&listed.stdout).map_err(|e| format!("cargo metadata: {e}"))?;
        let packages = listed["packages"].as_array().into_iter().flatten();
        let names = packages.filter_map(|package| package["name"].as_str());
        let cleaned = cargo()
            .arg("clean")
            .args(names.flat_map(|name| ["--package", name]))
            .stderr(Stdio::null())
            .status()
            .map_err(|e| format!("cargo: {e}"))?;
        match cleaned.success() {
            true => Ok(()),
            false => Err("cargo clean failed".to_owned()),
        }
    }

    /// Take away what the tree does not have.
    fn prune(&self, folder: &Path, files: &BTreeSet<&str>) {
        for path in std::fs::read_dir(folder)
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path())
        {
            let name = path
                .strip_prefix(&self.tree)
                .unwrap_or(&path)
                .to_string_lossy()
                .into_owned();
            if path.is_dir() {
                self.prune(&path, files);
            } else if !files.contains(name.as_str()) || !self.root.join(&name).exists() {
                let _ = std::fs::remove_file(&path);
            }
        }
    }

    fn apply(&self, patch: &Patch) -> Result<(), Failure> {
        let applied = Command::new("git")
            .args(["apply", "-p1", "--whitespace=nowarn"])
            .arg(&patch.file)
            .current_dir(&self.tree)
            // The copy lies inside the repository and is none of its own.
            .env(
                "GIT_CEILING_DIRECTORIES",
                self.tree.parent().unwrap_or(&self.tree),
            )
            .env_remove("GIT_DIR")
            .output()
            .map_err(|e| format!("git: {e}"))?;
        match applied.status.success() {
            true => Ok(()),
            false => Err(format!(
                "it no longer applies: {}",
                String::from_utf8_lossy(&applied.stderr).trim()
            )),
        }
    }

    /// Build a test program; where its binary is.
    fn build(&self, program: &str) -> Result<PathBuf, Failure> {
        let (name, of_library) = match program.strip_prefix(LIBRARY) {
            Some(library) => (library, true),
            None => (program, false),
        };
        let which: &[&str] = if of_library {
            &["--lib"]
        } else {
            &["--test", name]
        };
        let built = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
            // As the test command builds it: one package alone would have other features, and
            // everything below would be built again.
            .args([
                "test",
                "--workspace",
                "--no-run",
                "--message-format",
                "json",
            ])
            .args(which)
            .current_dir(&self.tree)
            .env("CARGO_TARGET_DIR", &self.target)
            .stderr(Stdio::piped())
            .output()
            .map_err(|e| format!("cargo: {e}"))?;
        if !built.status.success() {
            let said = String::from_utf8_lossy(&built.stdout);
            let error = said
                .lines()
                .find_map(|line| line.split_once("\"rendered\":\"error"))
                .map(|(_, error)| error);
            let error = error.map_or_else(
                || String::from_utf8_lossy(&built.stderr).into_owned(),
                str::to_owned,
            );
            let short: String = error.chars().take(400).collect();
            return Err(format!("it does not compile: {short}"));
        }
        let said = String::from_utf8_lossy(&built.stdout).into_owned();
        let binary = said
            .lines()
            .filter(|line| line.contains(&format!("\"name\":\"{name}\"")))
            .find_map(|line| {
                let (_, rest) = line.split_once("\"executable\":\"")?;
                Some(PathBuf::from(rest.split('"').next()?))
            });
        binary.ok_or_else(|| "cargo does not say where the tests are".to_owned())
    }

    fn test(&self, binary: &Path, test: &str, patience: Duration) -> Result<Outcome, Failure> {
        let mut command = Command::new(binary);
        command
            .args(["--exact", test])
            .current_dir(self.tree.join("tests"))
            .env("RUST_BACKTRACE", "0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        // A test that is ended cannot end what it started itself.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command
            .spawn()
            .map_err(|e| format!("{}: {e}", binary.display()))?;
        // What the tests print is short enough for a pipe, and is read when they have ended.
        let began = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait().map_err(|e| e.to_string())? {
                break status;
            }
            if began.elapsed() > patience {
                #[cfg(unix)]
                {
                    let group = rustix::process::Pid::from_child(&child);
                    let _ =
                        rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
                }
                let _ = child.kill();
                let _ = child.wait();
                return Ok(Outcome::Endless);
            }
            std::thread::sleep(Duration::from_millis(20));
        };
        let said = child.wait_with_output().map_err(|e| e.to_string())?;
        let said = String::from_utf8_lossy(&said.stdout).into_owned();
        Ok(
            match (
                said.contains("running 1 test"),
                status.success(),
                said.contains(" 1 passed"),
            ) {
                (false, ..) => Outcome::Missing,
                (true, true, true) => Outcome::Passed,
                // Ignored: it says nothing about anything.
                (true, true, false) => Outcome::Missing,
                (true, false, _) => {
                    let lines: Vec<&str> = said.trim_end().lines().collect();
                    let last = lines.len().saturating_sub(20);
                    Outcome::Failed(lines.get(last..).unwrap_or_default().join("\n"))
                }
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_that_cannot_be_tried_is_not_one_that_nobody_noticed() {
        assert_eq!(summed_up(3, &[], &[]), "all 3 were noticed");
        assert_eq!(
            summed_up(3, &["a", "b"], &[]),
            "2 of 3 were not noticed: a, b"
        );
        let untried = summed_up(3, &[], &["c"]);
        assert!(
            untried.contains("not tried") && !untried.contains("noticed"),
            "{untried}"
        );
        assert_eq!(summed_up(3, &["a"], &["c"]).lines().count(), 2);
    }

    #[test]
    fn a_test_that_waits_by_its_nature_is_given_its_time() {
        assert_eq!(patience(Duration::ZERO), PATIENCE);
        let minutes = Duration::from_secs(130);
        assert!(patience(minutes) > minutes * 2);
    }
}
