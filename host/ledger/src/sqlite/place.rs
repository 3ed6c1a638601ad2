//! The file before SQLite sees it. SQLite would turn any database of anybody's into WAL mode
//! and an empty file into a ledger that remembers nothing; so it is looked at first.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use passcode_host::ledger::{LedgerError, LedgerFault};

use super::fault::{fault, of_io};
use super::schema;

/// The length of SQLite's header: <https://www.sqlite.org/fileformat.html#the_database_header>.
const HEADER: usize = 100;

/// Whether there is a file, after judging it and the folder it is in.
pub(super) fn look(path: &Path) -> Result<bool, LedgerError> {
    let found = match fs::symlink_metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let log = log(path);
            if fs::symlink_metadata(&log).is_ok() {
                // A new file would take the old one's log for its own.
                let lost = format!("{} is there without it", log.display());
                return Err(fault(LedgerFault::Corrupt, path, &lost));
            }
            return Ok(false);
        }
        Err(error) => return Err(of_io(path, &error)),
    };
    let refuse = |detail: &str| Err(fault(LedgerFault::Other, path, detail));
    if found.is_symlink() {
        return refuse(
            "it is a symbolic link, which somebody could point elsewhere; name the file itself",
        );
    }
    if !found.is_file() {
        return refuse("it is not a file");
    }
    safe_from_others(path, &found)?;
    judge(path)?;
    Ok(true)
}

/// Refuse a file or folder that any user of the machine could rewrite: what is not in the
/// ledger would be sent again.
#[cfg(unix)]
fn safe_from_others(path: &Path, found: &fs::Metadata) -> Result<(), LedgerError> {
    use std::os::unix::fs::PermissionsExt as _;
    const OTHERS_WRITE: u32 = 0o002;
    const STICKY: u32 = 0o1000;
    let at = path.display();
    if found.permissions().mode() & OTHERS_WRITE != 0 {
        let detail = format!("every user may write to it; chmod o-w '{at}'");
        return Err(fault(LedgerFault::Other, path, &detail));
    }
    let folder = folder(path);
    let mode = fs::metadata(&folder)
        .map_err(|error| of_io(path, &error))?
        .permissions()
        .mode();
    if mode & OTHERS_WRITE != 0 && mode & STICKY == 0 {
        let detail = format!(
            "every user may replace it; chmod o-w '{}'",
            folder.display()
        );
        return Err(fault(LedgerFault::Other, path, &detail));
    }
    Ok(())
}

#[cfg(not(unix))]
fn safe_from_others(_: &Path, _: &fs::Metadata) -> Result<(), LedgerError> {
    Ok(())
}

/// Refuse what is not a ledger, or a newer one, by its header.
fn judge(path: &Path) -> Result<(), LedgerError> {
    let mut header = [0; HEADER];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut header));
    match read {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            return Err(fault(LedgerFault::Corrupt, path, "it is cut short"));
        }
        Err(error) => return Err(of_io(path, &error)),
        Ok(()) => {}
    }
    let (at_60, at_68) = (number(&header, 60), number(&header, 68));
    let page = match header.get(16..18) {
        Some([0, 1]) => 65_536,
        Some([high, low]) => u64::from(*high) << 8 | u64::from(*low),
        _ => 0,
    };
    if !header.starts_with(b"SQLite format 3\0") {
        return Err(fault(LedgerFault::Corrupt, path, "it is not a database"));
    }
    if at_68 != schema::APPLICATION_ID {
        return Err(fault(
            LedgerFault::Corrupt,
            path,
            "it is another program's database",
        ));
    }
    known_version(path, at_60)?;
    // SQLite reads a last page that is cut as if zeros followed. While a log is there, a crash
    // may have left one, and the log has it whole.
    let log = fs::metadata(log(path)).map_or(0, |log| log.len());
    let length = fs::metadata(path)
        .map_err(|error| of_io(path, &error))?
        .len();
    if log == 0 && (page == 0 || length % page != 0) {
        return Err(fault(LedgerFault::Corrupt, path, "it is cut short"));
    }
    Ok(())
}

/// Refuse a version that this software does not know.
pub(super) fn known_version(path: &Path, version: u32) -> Result<(), LedgerError> {
    if version > schema::VERSION {
        let detail = format!("format {version}, this one knows {}", schema::VERSION);
        return Err(fault(LedgerFault::Newer, path, &detail));
    }
    Ok(())
}

fn number(header: &[u8; HEADER], at: usize) -> u32 {
    header
        .get(at..at + 4)
        .and_then(|bytes| bytes.try_into().ok())
        .map_or(0, u32::from_be_bytes)
}

/// Make the folder, and in it a folder of our own to prepare a new file in.
pub(super) fn workshop(path: &Path) -> Result<(tempfile::TempDir, PathBuf), LedgerError> {
    let in_words = |error: io::Error| of_io(path, &error);
    let folder = folder(path);
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(&folder).map_err(in_words)?;

    let workshop = tempfile::Builder::new()
        .prefix(".passcode-ledger-")
        .tempdir_in(&folder)
        .map_err(in_words)?;
    let draft = workshop.path().join("ledger");
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(&draft).map_err(in_words)?;
    Ok((workshop, draft))
}

/// Put a finished file into its place, unless another process was first.
pub(super) fn publish(draft: &Path, path: &Path) -> Result<(), LedgerError> {
    let in_words = |error: io::Error| of_io(path, &error);
    let draft = tempfile::TempPath::try_from_path(draft).map_err(in_words)?;
    match draft.persist_noclobber(path) {
        Ok(()) => {}
        Err(failed) if failed.error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(failed) => return Err(in_words(failed.error)),
    }
    // The name has to survive a power failure as well as the file.
    #[cfg(unix)]
    File::open(folder(path))
        .and_then(|folder| folder.sync_all())
        .map_err(in_words)?;
    Ok(())
}

/// Refuse network file systems: SQLite's locks and its shared memory do not reach the other
/// machines there, so two of them could both send.
#[cfg(target_os = "linux")]
pub(super) fn local(path: &Path) -> Result<(), LedgerError> {
    let Ok(found) = rustix::fs::statfs(folder(path)) else {
        return Ok(());
    };
    match network(u64::try_from(found.f_type).unwrap_or(0) & 0xffff_ffff) {
        None => Ok(()),
        Some(name) => Err(fault(
            LedgerFault::Other,
            path,
            &format!(
                "it is on a network file system ({name}), where locks are not reliable; set PASSCODE_HOME to a local folder"
            ),
        )),
    }
}

#[cfg(not(target_os = "linux"))]
pub(super) fn local(_: &Path) -> Result<(), LedgerError> {
    Ok(())
}

/// File system numbers from Linux' `magic.h` and statfs(2).
#[cfg(target_os = "linux")]
fn network(number: u64) -> Option<&'static str> {
    match number {
        0x6969 => Some("NFS"),
        0x517b => Some("SMB"),
        0xff53_4d42 => Some("CIFS"),
        0xfe53_4d42 => Some("SMB2"),
        0x5346_414f | 0x6b41_4653 => Some("AFS"),
        0x00c3_6400 => Some("Ceph"),
        0x0bd0_0bd0 => Some("Lustre"),
        0x0116_1970 => Some("GFS2"),
        _ => None,
    }
}

fn folder(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// What is written ahead of the file, as SQLite names it.
pub(super) fn log(path: &Path) -> PathBuf {
    let mut name = OsString::from(path);
    name.push("-wal");
    name.into()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::network;

    #[test]
    fn network_file_systems_are_told_from_local_ones() {
        for number in [0x6969, 0x517b, 0xff53_4d42, 0xfe53_4d42, 0x00c3_6400] {
            assert!(network(number).is_some(), "{number:x}");
        }
        // ext4, btrfs, xfs, tmpfs, overlayfs, zfs
        for number in [
            0xef53,
            0x9123_683e,
            0x5846_5342,
            0x0102_1994,
            0x794c_7630,
            0x2fc1_2fc1,
        ] {
            assert_eq!(network(number), None, "{number:x}");
        }
    }
}
