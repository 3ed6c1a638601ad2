//! Several people: their keys, the list that names them, and a user who can write neither.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Home, Ran, ran};

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

/// A list with one person, in a home.
pub fn approvers(home: &Home, operator: &str, key: &str) -> String {
    let text = format!(
        "[[approver]]\nname = \"Second person\"\noperator = \"{operator}\"\nkey = \"{key}\"\n"
    );
    let path = home.path().join("approvers.toml");
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
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
    Some(ran(output))
}

fn own(path: &Path, user: u32) {
    std::os::unix::fs::lchown(path, Some(user), Some(user)).unwrap();
    if path.is_dir() {
        for entry in std::fs::read_dir(path).unwrap() {
            own(&entry.unwrap().path(), user);
        }
    }
}

/// A folder that others can look into and write nothing in: where a list of approvers lies.
pub fn outside() -> Home {
    let outside = Home::new();
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(outside.path(), open).unwrap();
    outside
}

/// What `ssh-keygen` makes of a statement's file: the statement with its signature.
pub fn signed(private: &Path, statement: &Path) -> String {
    let signature = statement.with_extension("sig");
    let _ = std::fs::remove_file(&signature);
    let made = Command::new("ssh-keygen")
        .args(["-Y", "sign", "-n", "passcode-approval", "-f"])
        .arg(private)
        .arg(statement)
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    let text = std::fs::read_to_string(statement).unwrap();
    text + &std::fs::read_to_string(signature).unwrap()
}
