//! The file, from its beginning to its name.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use age::Encryptor;
use age::stream::StreamWriter;
use serde::Serialize as _;
use tempfile::NamedTempFile;
use zeroize::{Zeroize as _, Zeroizing};

use crate::ascii::Ascii;
use crate::delivered::Delivered;
use crate::error::DeliveryError;
use crate::recipients::Recipients;

/// An encrypted file that is being written. Until [`AgeFile::finish`] there is none of its name;
/// if it is dropped before, nothing is left. If the process is killed, what is left is a file
/// `.….part` beside it, encrypted too and of use to nobody.
///
/// A row counts as delivered once `finish` has returned, not before.
///
/// What of the lines passes through memory of ours is overwritten after use. The crate `age`
/// gathers up to 64 KiB in the clear before it encrypts them, and does not overwrite those.
pub struct AgeFile {
    path: PathBuf,
    folder: PathBuf,
    stream: StreamWriter<NamedTempFile>,
    line: Zeroizing<Vec<u8>>,
    lines: u64,
}

impl AgeFile {
    /// Begin a file for these recipients. Only its owner may read and write it (mode 0600).
    ///
    /// # Errors
    ///
    /// [`DeliveryError::Exists`] if there is anything of that name, also a link that leads
    /// nowhere; and what the system says.
    pub fn begin(path: &Path, recipients: &Recipients) -> Result<Self, DeliveryError> {
        let name = path
            .file_name()
            .ok_or_else(|| DeliveryError::NoFile(path.to_owned()))?;
        let trouble = |source| DeliveryError::Write {
            path: path.to_owned(),
            source,
        };
        match fs::symlink_metadata(path) {
            Ok(_) => return Err(DeliveryError::Exists(path.to_owned())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(trouble(error)),
        }
        let folder = match path.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        };
        let encryptor = Encryptor::with_recipients(recipients.each())
            .map_err(|_| DeliveryError::Encrypt(path.to_owned()))?;
        let part = begin_part(name, folder).map_err(trouble)?;
        let stream = encryptor.wrap_output(part).map_err(trouble)?;
        Ok(Self {
            path: path.to_owned(),
            folder: folder.to_owned(),
            stream,
            line: Zeroizing::new(Vec::new()),
            lines: 0,
        })
    }

    /// Write a line.
    ///
    /// # Errors
    ///
    /// What the system says. The file is of no use then; begin another.
    pub fn write(&mut self, row: &Delivered<'_>) -> Result<(), DeliveryError> {
        let written = self.encrypt(row);
        self.line.zeroize();
        written.map_err(|source| DeliveryError::Write {
            path: self.path.clone(),
            source,
        })?;
        self.lines += 1;
        Ok(())
    }

    fn encrypt(&mut self, row: &Delivered<'_>) -> io::Result<()> {
        // Room for all of it beforehand: a buffer that grows leaves copies of itself behind.
        self.line.reserve_exact(row.most());
        self.line
            .extend_from_slice(b"{\"schema\":\"passcode/delivered/v1\",");
        let start = self.line.len();
        let mut json = serde_json::Serializer::with_formatter(&mut *self.line, Ascii);
        row.serialize(&mut json)?;
        // The object's own brace gives way to ours.
        if let Some(brace) = self.line.get_mut(start) {
            *brace = b' ';
        }
        self.line.push(b'\n');
        self.stream.write_all(&self.line)
    }

    /// How many lines were written.
    #[must_use]
    pub fn lines(&self) -> u64 {
        self.lines
    }

    /// End the encryption, wait until the disk has it, and give the file its name. Returns how
    /// many lines it has.
    ///
    /// # Errors
    ///
    /// [`DeliveryError::Exists`] if something of that name came into being in the meantime; and
    /// what the system says. Nothing is left then.
    pub fn finish(self) -> Result<u64, DeliveryError> {
        let path = self.path;
        let trouble = |source| DeliveryError::Write {
            path: path.clone(),
            source,
        };
        let part = self.stream.finish().map_err(trouble)?;
        part.as_file().sync_all().map_err(trouble)?;
        part.persist_noclobber(&path).map_err(|refused| {
            if refused.error.kind() == io::ErrorKind::AlreadyExists {
                DeliveryError::Exists(path.clone())
            } else {
                trouble(refused.error)
            }
        })?;
        sync_folder(&self.folder).map_err(trouble)?;
        Ok(self.lines)
    }
}

fn begin_part(name: &std::ffi::OsStr, folder: &Path) -> io::Result<NamedTempFile> {
    let mut prefix = std::ffi::OsString::from(".");
    prefix.push(name);
    prefix.push(".");
    let mut builder = tempfile::Builder::new();
    builder.prefix(&prefix).suffix(".part");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(fs::Permissions::from_mode(0o600));
    }
    builder.tempfile_in(folder)
}

/// So that the name is still there after a loss of power.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

impl fmt::Debug for AgeFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AgeFile")
            .field("path", &self.path)
            .field("lines", &self.lines)
            .finish_non_exhaustive()
    }
}
