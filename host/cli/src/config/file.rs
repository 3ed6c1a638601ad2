//! Reading the config file: one descriptor, judged and read.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use passcode_runner::Ended;

use crate::failure::Failure;

/// Larger than any config file.
const LARGEST: u64 = 1 << 20;

/// The file's text, if there is one.
///
/// # Errors
///
/// `config-permissions` if somebody else could have written it: it decides where a secret is
/// sent.
pub(super) fn read(path: &Path) -> Result<Option<String>, Failure> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Failure::file(path, &error)),
    };
    let about = file
        .metadata()
        .map_err(|error| Failure::file(path, &error))?;
    if !about.is_file() {
        return Err(Failure::file(path, &"not a file"));
    }
    ours_alone(path, &about)?;
    let mut text = String::new();
    let read = (&mut file).take(LARGEST + 1).read_to_string(&mut text);
    read.map_err(|error| Failure::file(path, &error))?;
    if text.len() as u64 > LARGEST {
        return Err(Failure::file(path, &"larger than 1 MiB"));
    }
    Ok(Some(text))
}

#[cfg(unix)]
fn ours_alone(path: &Path, about: &std::fs::Metadata) -> Result<(), Failure> {
    use std::os::unix::fs::MetadataExt as _;
    let us = rustix::process::geteuid().as_raw();
    let quoted = crate::shell::quoted(&path.display().to_string());
    let (why, remedy) = match written_by(about.mode(), about.uid(), us) {
        Writers::Us => return Ok(()),
        Writers::Others => ("others may write it", format!("chmod go-w {quoted}")),
        Writers::Stranger => ("it belongs to another user", format!("ls -l {quoted}")),
    };
    Err(Failure::new(
        Ended::Usage,
        "config-permissions",
        format!(
            "{}: {why}, and it decides where secrets are sent",
            path.display()
        ),
    )
    .remedy(format!("look at what it says, then `{remedy}`")))
}

#[cfg(not(unix))]
fn ours_alone(_: &Path, _: &std::fs::Metadata) -> Result<(), Failure> {
    Ok(())
}

#[cfg(unix)]
#[derive(Debug, PartialEq, Eq)]
enum Writers {
    Us,
    Others,
    Stranger,
}

/// Who can have written a file. The system's administrator could change anything anyway.
#[cfg(unix)]
fn written_by(mode: u32, owner: u32, us: u32) -> Writers {
    if owner != us && owner != 0 {
        Writers::Stranger
    } else if mode & 0o022 != 0 {
        Writers::Others
    } else {
        Writers::Us
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_others_can_write_is_not_believed() {
        for (mode, owner, expected) in [
            (0o100_600, 1000, Writers::Us),
            (0o100_644, 1000, Writers::Us),
            (0o100_644, 0, Writers::Us),
            (0o100_664, 1000, Writers::Others),
            (0o100_646, 1000, Writers::Others),
            (0o100_666, 0, Writers::Others),
            (0o100_600, 1001, Writers::Stranger),
        ] {
            assert_eq!(written_by(mode, owner, 1000), expected, "{mode:o} {owner}");
        }
    }
}
