//! A run file and its list: read twice, once to find every fault, and once to keep the rows.

use std::fs::File;
use std::io::{self, Read, Seek as _};
use std::path::{Path, PathBuf};

use passcode_runfile::{Asked, Fault, RunFile, Survey, first_of_each};
use passcode_runner::Ended;
use serde_json::json;

use crate::args::known_words;
use crate::failure::Failure;
use crate::output::Reply;

/// Larger than any run file; its list may be larger.
const LARGEST: u64 = 16 << 20;

/// A run file in which nothing is wrong.
pub(super) struct Loaded {
    pub(super) file: RunFile,
    /// As it was written.
    pub(super) text: String,
    pub(super) survey: Survey,
    /// Where the files are that it names.
    pub(super) folder: PathBuf,
    /// What came on standard input, to be read again.
    spool: Option<File>,
}

/// Read a run file and look through its list.
pub(super) fn load(path: &Path) -> Result<Loaded, Failure> {
    let mut text = String::new();
    File::open(path)
        .and_then(|file| file.take(LARGEST).read_to_string(&mut text))
        .map_err(|error| Failure::file(path, &error))?;
    let name = path.file_name().unwrap_or(path.as_os_str());
    let file = RunFile::parse(&text, &name.to_string_lossy()).map_err(faulty)?;
    let (kinds, checks) = known_words();
    let unknown = file.unknown_words(&kinds, &checks);
    if !unknown.is_empty() {
        return Err(faulty(unknown));
    }
    let spool = if file.who.stdin {
        Some(spooled().map_err(|error| Failure::file(Path::new("stdin"), &error))?)
    } else {
        None
    };
    if !file.who.asked().is_empty() {
        file.texts_of_asked().map_err(faulty)?;
    }
    let mut loaded = Loaded {
        file,
        text,
        survey: Survey::default(),
        folder: folder(path).map_err(|error| Failure::file(path, &error))?,
        spool,
    };
    let survey = loaded.file.survey(loaded.rows()?);
    loaded.survey = survey;
    if loaded.survey.fault_count > 0 {
        let (faults, all) = (loaded.survey.faults.clone(), loaded.survey.fault_count);
        return Err(faulty_of(faults, all));
    }
    Ok(loaded)
}

impl Loaded {
    /// Every row, as it is written.
    fn rows(&self) -> Result<Box<dyn Iterator<Item = Result<Asked, Fault>> + Send + '_>, Failure> {
        let folder = self.folder.clone();
        let open = move |name: &Path| {
            let file = File::open(folder.join(name))?;
            Ok(Box::new(io::BufReader::new(file)) as Box<dyn Read + Send>)
        };
        let again = self.spool.as_ref().map(|spool| {
            let mut spool = spool.try_clone()?;
            spool.rewind()?;
            Ok(Box::new(io::BufReader::new(spool)) as Box<dyn Read + Send>)
        });
        let stdin = again
            .transpose()
            .map_err(|error: io::Error| Failure::file(Path::new("stdin"), &error))?;
        Ok(Box::new(self.file.rows(open, stdin)))
    }

    /// Every device once.
    pub(super) fn devices(
        &self,
    ) -> Result<impl Iterator<Item = Result<Asked, Fault>> + Send + '_, Failure> {
        Ok(first_of_each(self.rows()?))
    }

    /// More devices than the run file itself allows.
    pub(super) fn within_its_cap(&self) -> Result<(), Failure> {
        match self.file.over_cap(self.survey.devices) {
            None => Ok(()),
            Some(fault) => Err(Failure::new(
                Ended::Refused,
                "too-many-devices",
                format!("{}; nothing was sent", fault.message),
            )
            .remedy(fault.remedy)),
        }
    }
}

/// Where the files are that a run file names: beside it. One that came through a pipe lies nowhere;
/// then it is the folder in which the command runs.
fn folder(path: &Path) -> io::Result<PathBuf> {
    let piped = !path.is_file() || ["/dev", "/proc"].iter().any(|dir| path.starts_with(dir));
    let beside = path.parent().filter(|folder| *folder != Path::new(""));
    // Absolute, because a run may be resumed from elsewhere.
    match beside.filter(|_| !piped) {
        Some(folder) => std::path::absolute(folder),
        None => std::env::current_dir(),
    }
}

/// Standard input, in a file that has no name: it can be read once, and is read twice.
fn spooled() -> io::Result<File> {
    let mut spool = tempfile::tempfile()?;
    io::copy(&mut io::stdin().lock(), &mut spool)?;
    Ok(spool)
}

fn faulty(faults: Vec<Fault>) -> Failure {
    let all = faults.len() as u64;
    faulty_of(faults, all)
}

/// Everything that is wrong, at once.
pub(super) fn faulty_of(faults: Vec<Fault>, all: u64) -> Failure {
    let what = if all == 1 { "a fault" } else { "faults" };
    let mut failure = Failure::new(
        Ended::Usage,
        "run-file",
        format!("{what} in the run file or its list ({all}); nothing was sent"),
    )
    .remedy("mend it; `passcode run check` looks again, and docs/run-files.md has the format");
    failure.lines = faults.iter().map(ToString::to_string).collect();
    let more = all.saturating_sub(faults.len() as u64);
    if more > 0 {
        failure.lines.push(format!("and {more} more"));
    }
    failure.more.insert("faults".to_owned(), json!(faults));
    failure
}

/// `run schema`.
pub(super) fn schema() -> Reply {
    let schema = passcode_runfile::schema();
    let text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    let mut reply = Reply::new(Ended::Done, "run-schema", false, schema).human(text + "\n");
    reply.verbatim = true;
    reply
}
