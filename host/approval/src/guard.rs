//! Whether this process could write the file that says who may approve.

use std::path::Path;

/// Whether the approvers file restrains the process that reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Guard {
    /// This process can neither write nor replace it.
    Unwritable,
    /// It can, or nothing shows that it cannot.
    Writable {
        /// How, and what to do about it.
        why: String,
    },
}

impl Guard {
    /// Whether this process can neither write nor replace the file.
    #[must_use]
    pub const fn is_unwritable(&self) -> bool {
        matches!(self, Self::Unwritable)
    }
}

/// Look whether this process could write or replace a file: by its own mode and owner, and by
/// those of every folder above it. An owner counts as able to write, because owners can give
/// themselves the right. What `sudo` and the like would allow is not seen.
#[must_use]
pub fn unwritable(path: &Path) -> Guard {
    match system::way_to_write(path) {
        None => Guard::Unwritable,
        Some(why) => Guard::Writable { why },
    }
}

#[cfg(unix)]
mod system {
    use std::fs;
    use std::os::unix::fs::MetadataExt as _;
    use std::path::Path;

    use rustix::fs::{Access, AtFlags, CWD, accessat};

    const STICKY: u32 = 0o1000;

    /// How this process could write the file or put another in its place.
    pub(super) fn way_to_write(path: &Path) -> Option<String> {
        let me = rustix::process::geteuid();
        if me.is_root() {
            return Some(
                "this process runs as root, which can write every file; run it as a user of its own"
                    .to_owned(),
            );
        }
        let cannot_look = |error| {
            Some(format!(
                "'{}' cannot be looked at ({error}); give this user the right to read it",
                path.display()
            ))
        };
        let whole = match std::path::absolute(path) {
            Ok(whole) => whole,
            Err(error) => return cannot_look(error),
        };
        // A link on the way could be pointed elsewhere by whoever can write where it is.
        match fs::canonicalize(&whole) {
            Ok(real) if real == whole => {}
            Ok(real) => {
                return Some(format!(
                    "'{}' leads over a symbolic link; name '{}'",
                    path.display(),
                    real.display()
                ));
            }
            Err(error) => return cannot_look(error),
        }
        for place in whole.ancestors() {
            let found = match fs::symlink_metadata(place) {
                Ok(found) => found,
                Err(error) => return cannot_look(error),
            };
            if found.uid() == me.as_raw() {
                return Some(format!(
                    "this user owns '{}'; have another user own it",
                    place.display()
                ));
            }
            // In a sticky folder only the owners of folder and file can replace the file.
            let sticky = place != whole && found.mode() & STICKY != 0;
            if !sticky && may_write(place) {
                return Some(format!(
                    "this user can write to '{}'; take that right away",
                    place.display()
                ));
            }
        }
        None
    }

    /// Anything but a clear no is a yes.
    fn may_write(place: &Path) -> bool {
        let answer = accessat(CWD, place, Access::WRITE_OK, AtFlags::EACCESS);
        !matches!(
            answer,
            Err(rustix::io::Errno::ACCESS | rustix::io::Errno::ROFS)
        )
    }
}

#[cfg(not(unix))]
mod system {
    use std::path::Path;

    pub(super) fn way_to_write(_: &Path) -> Option<String> {
        Some(
            "on this system it cannot be told whether this user could write the approvers file"
                .to_owned(),
        )
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::{Guard, unwritable};
    use std::fs;
    use std::os::unix::fs::symlink;

    #[test]
    fn root_and_owners_can_write() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("approvers.toml");
        fs::write(&file, "").unwrap();
        let Guard::Writable { why } = unwritable(&file) else {
            panic!("the owner of a file can write it");
        };
        let expected = match rustix::process::geteuid().is_root() {
            true => "root",
            false => "owns",
        };
        assert!(why.contains(expected), "{why}");
    }

    #[test]
    fn what_is_not_there_or_is_a_link_restrains_nobody() {
        let home = tempfile::tempdir().unwrap();
        let link = home.path().join("link");
        symlink("/etc/passwd", &link).unwrap();
        for path in [link, home.path().join("nowhere")] {
            assert!(!unwritable(&path).is_unwritable());
        }
    }

    /// Asked as another user, which only root can become: elsewhere it says that nothing was tried.
    #[cfg(target_os = "linux")]
    #[test]
    fn another_users_file_in_another_users_folder_is_unwritable() {
        use rustix::fs::{Gid, Mode, Uid, chmod, chown};
        use rustix::thread::{set_thread_groups, set_thread_res_gid, set_thread_res_uid};
        const OTHER: u32 = 65_534;
        if !rustix::process::geteuid().is_root() {
            eprintln!("this is not root; nothing was tried");
            return;
        }
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().canonicalize().unwrap();
        let file = folder.join("approvers.toml");
        fs::write(&file, "").unwrap();
        // Mode and owner of the folder, mode and owner of the file, and what makes it writable.
        let cases = [
            (0o755, 0, 0o644, 0, None),
            (0o1777, 0, 0o644, 0, None),
            (0o777, 0, 0o644, 0, Some("can write to")),
            (0o755, OTHER, 0o644, 0, Some("owns")),
            (0o1777, 0, 0o666, 0, Some("can write to")),
            (0o755, 0, 0o666, 0, Some("can write to")),
            (0o755, 0, 0o444, OTHER, Some("owns")),
            (0o1777, 0, 0o444, OTHER, Some("owns")),
            (0o700, 0, 0o644, 0, Some("cannot be looked at")),
        ];
        for (folder_mode, folder_owner, file_mode, file_owner, expected) in cases {
            for (place, mode, owner) in [
                (&folder, folder_mode, folder_owner),
                (&file, file_mode, file_owner),
            ] {
                chown(place, Some(Uid::from_raw(owner)), Some(Gid::ROOT)).unwrap();
                chmod(place, Mode::from_raw_mode(mode)).unwrap();
            }
            let found = std::thread::scope(|scope| {
                let asked = scope.spawn(|| {
                    let (user, group) = (Uid::from_raw(OTHER), Gid::from_raw(OTHER));
                    set_thread_groups(&[]).unwrap();
                    set_thread_res_gid(group, group, group).unwrap();
                    set_thread_res_uid(user, user, user).unwrap();
                    unwritable(&file)
                });
                asked.join().unwrap()
            });
            match (&found, expected) {
                (Guard::Unwritable, None) => {}
                (Guard::Writable { why }, Some(expected)) if why.contains(expected) => {}
                _ => panic!("{folder_mode:o} {folder_owner} {file_mode:o} {file_owner}: {found:?}"),
            }
        }
    }
}
