//! Other people: their keys, and users of this machine who can write little.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Home, Ran};

/// Keys that OpenSSH makes.
pub fn key(home: &Home, name: &str) -> (PathBuf, String) {
    let path = home.path().join(name);
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-C", "", "-f"])
        .arg(&path)
        .status()
        .unwrap();
    assert!(made.success());
    let public = std::fs::read_to_string(path.with_extension("pub")).unwrap();
    (path, public.trim().to_owned())
}

/// A file with one approver.
pub fn approvers(home: &Home, operator: &str, key: &str) -> String {
    let text = format!(
        "[[approver]]\nname = \"Second person\"\noperator = \"{operator}\"\nkey = \"{key}\"\n"
    );
    let path = home.path().join("approvers.toml");
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

/// A home that other users can look into. What a process must not be able to write lies there.
pub fn open_home() -> Home {
    let home = Home::new();
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(home.path(), open).unwrap();
    home
}

/// A statement with the signature of a key, as it is handed in.
pub fn signed(private: &Path, statement: &Path) -> String {
    let signed = Command::new("ssh-keygen")
        .args(["-Y", "sign", "-n", "passcode-approval", "-f"])
        .arg(private)
        .arg(statement)
        .output()
        .unwrap();
    assert!(signed.status.success(), "{signed:?}");
    let signature = format!("{}.sig", statement.display());
    let mut document = std::fs::read_to_string(statement).unwrap();
    document.push_str(&std::fs::read_to_string(signature).unwrap());
    document
}

/// As a user who can write nothing but the home folder, where that can be tried.
pub fn as_nobody(home: &Home, arguments: &[&str]) -> Option<Ran> {
    use std::os::unix::process::CommandExt as _;
    const NOBODY: u32 = 65_534;
    if !rustix::process::geteuid().is_root() {
        return None;
    }
    own(home.path(), NOBODY);
    let mut command = home.command(arguments);
    let output = command.uid(NOBODY).gid(NOBODY).output().unwrap();
    own(home.path(), 0);
    Some(Ran {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

fn own(path: &Path, user: u32) {
    std::os::unix::fs::lchown(path, Some(user), Some(user)).unwrap();
    if path.is_dir() {
        for entry in std::fs::read_dir(path).unwrap() {
            own(&entry.unwrap().path(), user);
        }
    }
}
