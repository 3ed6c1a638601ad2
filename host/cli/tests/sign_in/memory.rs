//! A process that ends in a crash leaves no core file: it would hold the token and the passcode.

use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::support::Home;

/// A shell that allows core files before it becomes the program.
fn allowing(program: &str) -> Command {
    let mut command = Command::new("bash");
    command.args(["-c", &format!("ulimit -c unlimited; exec {program}")]);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

/// Whether it leaves a core file behind when it is made to crash.
fn dumps(mut child: Child) -> bool {
    std::thread::sleep(Duration::from_secs(2));
    let id = child.id().to_string();
    let killed = Command::new("kill").args(["-ABRT", &id]).status().unwrap();
    assert!(killed.success());
    let status = child.wait().unwrap();
    assert_eq!(status.signal(), Some(6), "{status:?}");
    status.core_dumped()
}

#[test]
fn a_crash_leaves_no_core_file() {
    let home = Home::new();
    let folder = tempfile::TempDir::new().unwrap();
    let sleep = allowing("sleep 60")
        .current_dir(folder.path())
        .spawn()
        .unwrap();
    if !dumps(sleep) {
        // Then nothing would be shown by the command's leaving none, but what follows.
        eprintln!("skipped in part: this machine writes no core files");
    }
    let settings = home.command(&[]);
    let mut command = allowing(&format!("{} practice", env!("CARGO_BIN_EXE_passcode")));
    command.current_dir(folder.path());
    for (name, value) in settings.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let child = command.spawn().unwrap();
    let limits = format!("/proc/{}/limits", child.id());
    std::thread::sleep(Duration::from_secs(1));
    let limits = std::fs::read_to_string(limits).unwrap();
    let core = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"));
    let words: Vec<&str> = core.unwrap().split_whitespace().collect();
    assert_eq!(words[4..6], ["0", "0"], "{core:?}");
    assert!(!dumps(child), "a core file was written");
}

/// A core that goes to a program ignores the limit; what is not dumpable goes nowhere. It shows in
/// whose the process's own files are: root's, and not the user's who runs it.
#[test]
fn the_process_is_nobodys_to_look_into() {
    const NOBODY: u32 = 65_534;
    let home = Home::new();
    let mut command = home.command(&["practice"]);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let root = rustix::process::geteuid().is_root();
    if root {
        command.uid(NOBODY).gid(NOBODY);
    }
    let Ok(mut child) = command.spawn() else {
        eprintln!("skipped: this root cannot be somebody else");
        return;
    };
    let us = if root {
        NOBODY
    } else {
        rustix::process::geteuid().as_raw()
    };
    std::thread::sleep(Duration::from_secs(1));
    let running = child.try_wait().unwrap();
    let file = std::fs::metadata(format!("/proc/{}/environ", child.id()));
    let _ = child.kill();
    let _ = child.wait();
    assert_eq!(running, None, "it has to be looked at while it runs");
    assert_eq!(file.unwrap().uid(), 0, "not {us}");
}
