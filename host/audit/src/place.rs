//! The key's file. Whoever can read it can sign, and whoever can replace it can sign from now on.

use std::fs::{self, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::notary::NotaryError;

/// More than any key's file has.
const LONGEST: u64 = 4096;

/// The file's text, if there is a file, after judging it and the folder it is in.
pub(crate) fn read(path: &Path) -> Result<Option<Zeroizing<String>>, NotaryError> {
    let in_words = |error: io::Error| of_io(path, &error);
    // Looked at by its name for the words, then again by what was opened: the name could be given
    // to something else in between.
    match fs::symlink_metadata(path) {
        Ok(found) => judge(path, &found)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(in_words(error)),
    }
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt as _;
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
        options.custom_flags(flags.bits().cast_signed());
    }
    let file = options.open(path).map_err(in_words)?;
    judge(path, &file.metadata().map_err(in_words)?)?;
    judge_folder(path)?;
    let mut text = Zeroizing::new(String::with_capacity(LONGEST as usize));
    file.take(LONGEST)
        .read_to_string(&mut text)
        .map_err(in_words)?;
    Ok(Some(text))
}

fn judge(path: &Path, found: &fs::Metadata) -> Result<(), NotaryError> {
    if found.is_symlink() {
        return Err(NotaryError::new(
            path,
            "it is a symbolic link, which somebody could point elsewhere",
            "name the file itself",
        ));
    }
    if !found.is_file() {
        let remedy = "name another place, or move it away";
        return Err(NotaryError::new(path, "it is not a file", remedy));
    }
    mine_alone(path, found)
}

#[cfg(unix)]
fn mine_alone(path: &Path, found: &fs::Metadata) -> Result<(), NotaryError> {
    use std::os::unix::fs::MetadataExt as _;
    const OTHERS: u32 = 0o077;
    let me = rustix::process::geteuid().as_raw();
    if found.uid() != me {
        return Err(NotaryError::new(
            path,
            format!("it belongs to user {}, and this is user {me}", found.uid()),
            "use a key of this user's own",
        ));
    }
    if found.mode() & OTHERS != 0 {
        return Err(NotaryError::new(
            path,
            "other users may read it, so that a signature proves nothing",
            format!(
                "chmod 600 '{0}'; if others were on this machine, move it away for a new key",
                path.display()
            ),
        ));
    }
    Ok(())
}

#[cfg(not(unix))]
fn mine_alone(_: &Path, _: &fs::Metadata) -> Result<(), NotaryError> {
    Ok(())
}

/// Refuse a folder in which any user of the machine could put another file in its place.
#[cfg(unix)]
fn judge_folder(path: &Path) -> Result<(), NotaryError> {
    use std::os::unix::fs::MetadataExt as _;
    const OTHERS_WRITE: u32 = 0o022;
    const STICKY: u32 = 0o1000;
    let folder = folder(path);
    let mode = fs::metadata(&folder)
        .map_err(|error| of_io(path, &error))?
        .mode();
    if mode & OTHERS_WRITE != 0 && mode & STICKY == 0 {
        return Err(NotaryError::new(
            path,
            "other users may replace it",
            format!("chmod go-w '{}'", folder.display()),
        ));
    }
    Ok(())
}

#[cfg(not(unix))]
fn judge_folder(_: &Path) -> Result<(), NotaryError> {
    Ok(())
}

/// Write the file whole, unless there is one.
pub(crate) fn create(path: &Path, text: &str) -> Result<(), NotaryError> {
    let in_words = |error: io::Error| of_io(path, &error);
    let folder = folder(path);
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(&folder).map_err(in_words)?;
    judge_folder(path)?;
    // Made for this user alone, and taken away again if anything fails.
    let mut draft = tempfile::Builder::new()
        .prefix(".passcode-audit-")
        .tempfile_in(&folder)
        .map_err(in_words)?;
    draft.write_all(text.as_bytes()).map_err(in_words)?;
    draft.as_file().sync_all().map_err(in_words)?;
    match draft.persist_noclobber(path) {
        Ok(_) => {}
        Err(failed) if failed.error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(failed) => return Err(in_words(failed.error)),
    }
    // The name has to survive a power failure as well as the file: lines will be signed with it.
    #[cfg(unix)]
    fs::File::open(&folder)
        .and_then(|folder| folder.sync_all())
        .map_err(in_words)?;
    Ok(())
}

fn folder(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

fn of_io(path: &Path, error: &io::Error) -> NotaryError {
    let remedy = match error.kind() {
        io::ErrorKind::PermissionDenied => "give this user the right to it, or name another place",
        io::ErrorKind::StorageFull => "make room",
        _ => "see that the file and its folder can be read and written",
    };
    NotaryError::new(path, error, remedy)
}
