//! Sources of devices that have to be asked: a filter, a group, a finder. What they name is written
//! into a file that has no name, a row each, and from there into the run.

use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Seek as _, Write as _};
use std::path::Path;

use passcode_builtin::{FINDER, FINDER_GRANT};
use passcode_host::contract::types::ProblemKind;
use passcode_host::{Authority, Extension, HostError, plain};
use passcode_ledger::run::NewRow;
use passcode_runfile::{Group, RunFile, Source, Texts};
use passcode_runner::Ended;
use passcode_runner::fleet::{Asked, judged, same};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::file::{Loaded, faulty_of};
use super::order;
use crate::app::App;
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::wiring::Connected;

/// How often one source is asked at most. Graph hands out some hundred devices at a time; a finder
/// that always has more would never end.
const MOST_CALLS: usize = 2_000;
/// Whoever waits hears of it after so many calls.
const TELL_EACH: usize = 10;

/// What was named.
#[derive(Debug)]
pub(super) struct Named {
    /// Rows, without devices that were named before.
    pub(super) rows: u64,
    /// How many of them each source named.
    pub(super) counts: BTreeMap<&'static str, u64>,
    /// SHA-256 of the rows in their order, in hexadecimal.
    pub(super) digest: String,
    spool: File,
}

/// One row of the spool.
#[derive(Debug, Serialize, Deserialize)]
struct Line {
    source: String,
    selector: String,
}

/// Being asked.
struct Asking<'a> {
    file: &'a RunFile,
    texts: Texts,
    seen: HashSet<[u8; 32]>,
    /// How many devices the run has so far.
    devices: u64,
    hash: Sha256,
    spool: BufWriter<File>,
    counts: BTreeMap<&'static str, u64>,
}

/// Ask every source of a run file that has to be asked. Stops as soon as there are more devices than
/// the run may have.
pub(super) async fn ask(
    app: &App,
    interrupt: &Interrupt,
    connected: &Connected,
    loaded: &Loaded,
) -> Result<Named, Failure> {
    let asking = all(app, connected, loaded);
    interrupt
        .until(1, asking)
        .await
        .unwrap_or_else(|| Err(Failure::interrupted()))
}

async fn all(app: &App, connected: &Connected, loaded: &Loaded) -> Result<Named, Failure> {
    let file = &loaded.file;
    let texts = file.texts_of_asked().map_err(|faults| {
        let all = faults.len() as u64;
        faulty_of(faults, all)
    })?;
    let mut asking = Asking {
        file,
        texts,
        seen: HashSet::new(),
        devices: 0,
        hash: Sha256::new(),
        spool: BufWriter::new(tempfile::tempfile().map_err(|error| spooling(&error))?),
        counts: BTreeMap::new(),
    };
    for row in loaded.devices()? {
        let row = row.map_err(|fault| faulty_of(vec![fault], 1))?;
        asking
            .seen
            .insert(hashed(&same(&order::asked(&row).selector)));
        asking.devices += 1;
    }
    for source in file.who.asked() {
        asking.source(app, connected, source).await?;
    }
    asking.ended()
}

impl Asking<'_> {
    async fn source(
        &mut self,
        app: &App,
        connected: &Connected,
        source: Source,
    ) -> Result<(), Failure> {
        let host = connected.runner.host();
        let (finder, query) = finder(app, connected, self.file, source).await?;
        let (mut more, mut count) = (None, 0);
        for call in 1..=MOST_CALLS {
            let found = finder.search(&query, more.take(), &host.context()).await;
            let found = found.map_err(|error| self.unfound(source, error))?;
            judged(&found.selectors, &found.facts).map_err(|wrong| unusable(source, &wrong))?;
            for selector in found.selectors {
                if !self.seen.insert(hashed(&same(&selector))) {
                    continue;
                }
                count += 1;
                self.devices += 1;
                if self.devices > self.file.guards.max_devices {
                    return Err(self.too_many(source));
                }
                let asked = Asked {
                    selector,
                    expect: BTreeMap::new(),
                    reason: self.texts.reason.clone(),
                    ticket: self.texts.ticket.clone(),
                    verified_by: self.texts.verified_by.clone(),
                    facts: found.facts.clone(),
                };
                self.row(&Line {
                    source: format!("{}:{count}", source.key()),
                    selector: serde_json::to_string(&asked).unwrap_or_default(),
                })?;
            }
            more = found.more;
            if more.is_none() {
                self.counts.insert(source.key(), count);
                return Ok(());
            }
            if call % TELL_EACH == 0 {
                app.tell(&format!("{}: {count} so far", source.key()));
            }
        }
        let wrong = format!("it still has more after {MOST_CALLS} answers");
        Err(unusable(source, &wrong))
    }

    fn row(&mut self, line: &Line) -> Result<(), Failure> {
        let mut text = serde_json::to_string(line).unwrap_or_default();
        text.push('\n');
        self.hash.update(text.as_bytes());
        let written = self.spool.write_all(text.as_bytes());
        written.map_err(|error| spooling(&error))
    }

    fn ended(self) -> Result<Named, Failure> {
        let rows: u64 = self.counts.values().sum();
        let spool = self.spool.into_inner();
        let spool = spool.map_err(|error| spooling(error.error()))?;
        if self.devices == 0 {
            let keys: Vec<&str> = self.counts.keys().copied().collect();
            return Err(Failure::new(
                Ended::NotFound,
                "no-devices",
                format!(
                    "{} names no device; there is nothing to plan",
                    keys.join(", ")
                ),
            )
            .remedy("compare it with the devices in Intune; `passcode devices` finds one by one"));
        }
        let digest = self.hash.finalize();
        Ok(Named {
            rows,
            counts: self.counts,
            digest: digest.iter().map(|byte| format!("{byte:02x}")).collect(),
            spool,
        })
    }

    fn too_many(&self, source: Source) -> Failure {
        let most = self.file.guards.max_devices;
        Failure::new(
            Ended::Refused,
            "too-many-devices",
            format!(
                "the run has more than {most} devices, which is what `guards.maxDevices` allows; `{}` was not read to its end, and nothing was sent",
                source.key()
            ),
        )
        .remedy("narrow it down; or, if all of them are meant, raise `guards.maxDevices`")
    }

    /// What a finder, or the service through it, says instead.
    fn unfound(&self, source: Source, error: HostError) -> Failure {
        match error {
            HostError::Problem(problem)
                if source == Source::Filter
                    && problem.kind == ProblemKind::Rejected
                    && problem.code == "filter-rejected" =>
            {
                let remedy = problem.remedy.unwrap_or_default();
                let fault = self
                    .file
                    .fault(source.key(), plain(&problem.message), plain(&remedy));
                faulty_of(vec![fault], 1)
            }
            HostError::Limit(_) | HostError::Component(_) => unusable(source, &error.to_string()),
            error => error.into(),
        }
    }
}

impl Named {
    /// The rows, to be kept after so many others.
    pub(super) fn rows(
        &self,
        after: u64,
    ) -> Result<impl Iterator<Item = Result<NewRow, Failure>> + Send + use<>, Failure> {
        let again = || {
            let mut spool = self.spool.try_clone()?;
            spool.rewind()?;
            Ok(BufReader::new(spool))
        };
        let lines = again()
            .map_err(|error: io::Error| spooling(&error))?
            .lines();
        Ok(lines.zip(after + 1..).map(|(line, number)| {
            let line = line.map_err(|error| spooling(&error))?;
            let line: Line = serde_json::from_str(&line)
                .map_err(|error| Failure::fault(&format!("a row was not kept: {error}")))?;
            Ok(NewRow {
                number,
                source: line.source,
                selector: line.selector,
            })
        }))
    }
}

/// Who is asked, and what.
async fn finder(
    app: &App,
    connected: &Connected,
    file: &RunFile,
    source: Source,
) -> Result<(Extension, String), Failure> {
    let host = connected.runner.host();
    let query = match (source, &file.who.filter, &file.who.group, &file.who.finder) {
        (Source::Filter, Some(filter), _, _) => format!("filter:{filter}"),
        (Source::Group, _, Some(Group::Id(id)), _) => format!("group-id:{id}"),
        (Source::Group, _, Some(Group::Name(name)), _) => format!("group-name:{name}"),
        (Source::Finder, _, _, Some(finder)) => {
            let extension = connected.finder(app, &finder.extension).await?;
            return Ok((extension, finder.query.clone()));
        }
        _ => return Err(Failure::fault("a source that is not there was to be asked")),
    };
    let grant = Authority::parse(FINDER_GRANT)
        .map_err(|error| Failure::usage(error.message, error.remedy))?;
    Ok((host.finder("finder", FINDER, &grant).await?, query))
}

/// Nothing of an answer is used that is not wholly right.
fn unusable(source: Source, wrong: &str) -> Failure {
    Failure::new(
        Ended::Refused,
        "finder-unusable",
        format!(
            "`{}`: {}; nothing of it is used",
            source.key(),
            plain(wrong)
        ),
    )
    .remedy(
        "whoever makes the extension has to mend it; list the devices in the run file meanwhile",
    )
}

fn spooling(error: &io::Error) -> Failure {
    Failure::file(&std::env::temp_dir().join(Path::new("rows")), error)
}

fn hashed(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}
