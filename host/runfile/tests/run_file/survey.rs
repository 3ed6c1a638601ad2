use std::io::{self, Cursor, Read};
use std::path::Path;

use passcode_runfile::{KEPT, RunFile, Survey, first_of_each};
use serde_json::json;
use sha2::{Digest as _, Sha256};

fn run(rest: &str) -> RunFile {
    let text = format!("schema: passcode/run/v1\ntitle: t\naction: auto\n{rest}");
    RunFile::parse(&text, "t").unwrap()
}

fn survey(run: &RunFile, table: &str) -> Survey {
    let table = table.to_owned();
    let read = move |_: &Path| Ok(Box::new(Cursor::new(table.clone())) as Box<dyn Read + Send>);
    run.survey(run.rows(read, None))
}

#[test]
fn a_device_that_is_asked_for_twice_is_named_and_counted_once() {
    let run = run("who: {serials: [A1, a1], names: [Kiosk, kiosk, Kiosk], csv: {file: d.csv}}");
    let survey = survey(&run, "Serial number\nB\nA1\nb\nbad=\n=bad\n");
    let pairs: Vec<(&str, &str)> = survey
        .duplicates
        .iter()
        .map(|duplicate| (duplicate.source.as_str(), duplicate.first.as_str()))
        .collect();
    assert_eq!(
        pairs,
        [
            ("who.serials[1]", "who.serials[0]"),
            // Letter case tells device names apart, so only the third is the first again.
            ("who.names[2]", "who.names[0]"),
            ("d.csv:3", "who.serials[0]"),
            ("d.csv:4", "d.csv:2"),
        ]
    );
    assert_eq!((survey.rows, survey.devices), (9, 5));
    assert_eq!((survey.duplicate_count, survey.fault_count), (4, 1));
    let none = |_: &Path| Err(io::ErrorKind::NotFound.into());
    let first: Vec<String> = first_of_each(run.rows(none, None))
        .filter_map(Result::ok)
        .map(|asked| asked.source)
        .collect();
    assert_eq!(first, ["who.serials[0]", "who.names[0]", "who.names[1]"]);
}

#[test]
fn other_devices_of_the_same_name_are_listed() {
    let run = run("who: {csv: {file: d.csv}}");
    let survey = survey(
        &run,
        "Serial number,Device name\nA,iPhone\nB,iphone\nA,iPhone\nC,\nD,Other\n",
    );
    assert_eq!(survey.homonym_count, 1);
    let homonym = &survey.homonyms[0];
    assert_eq!(
        (homonym.source.as_str(), homonym.first.as_str()),
        ("d.csv:3", "d.csv:2")
    );
    assert_eq!(homonym.name, "iphone");
    assert_eq!(survey.duplicate_count, 1);
}

#[test]
fn the_digest_is_of_what_is_asked_and_of_nothing_else() {
    let who = "who: {csv: {file: d.csv, columns: {serial: S, name: N, ticket: T}}}";
    let digest = |rest: &str, table: &str| survey(&run(&format!("{who}\n{rest}")), table).digest;
    let table = "S,N,T\nA,n,1\nB,m,2\n";
    let first = digest("", table);
    assert_eq!(first.len(), 64);
    for same in [
        digest("", "S;N;T\r\n\"A\";n;1\r\n\r\nB;m;2"),
        digest("wait: 1800s", table),
        digest("", "x,S,N,T\n?,A,n,1\n?,B,m,2\n"),
    ] {
        assert_eq!(same, first);
    }
    let others = [
        digest("wait: 31m", table),
        digest("", "S,N,T\nB,m,2\nA,n,1\n"),
        digest("", "S,N,T\nA,n,1\n"),
        digest("", "S,N,T\nA,n,1\nB,m,2\nC,,\n"),
        digest("", "S,N,T\nA,n,1\nb,m,2\n"),
        digest("", "S,N,T\nA,n,1\nB,m,3\n"),
        digest("", "S,N,T\nA,n,1\nB,,2\n"),
        digest("", "S,N,T\nA,n,1\nB,m,\n"),
    ];
    for (number, other) in others.iter().enumerate() {
        assert_ne!(other, &first, "{number}");
        assert!(!others[..number].contains(other), "{number}");
    }
}

/// Each part with its length before it, in canonical JSON: runs in ledgers have it so.
#[test]
fn the_digest_is_what_anybody_computes() {
    let run = run("who: {csv: {file: d.csv, columns: {serial: S, name: N, ticket: T}}}");
    let rows = [
        json!({"selector": {"serial-number": "A"}, "expect": {"name": "n"}, "texts": {"ticket": "1"}}),
        json!({"selector": {"serial-number": "B"}, "expect": {}, "texts": {}}),
    ];
    let mut hash = Sha256::new();
    for part in std::iter::once(run.document()).chain(rows) {
        let part = passcode_canonical::to_vec(&part).unwrap();
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let digits: Vec<String> = hash
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert_eq!(survey(&run, "S,N,T\nA,n,1\nB,,\n").digest, digits.concat());
}

/// A table of any length, made as it is read.
struct Long {
    row: u64,
    rows: u64,
    rest: Vec<u8>,
    bad: bool,
}

impl Read for Long {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.rest.is_empty() && self.row <= self.rows {
            let wrong = if self.bad { "=" } else { "" };
            self.rest = match self.row {
                0 => b"Serial number,Device name\n".to_vec(),
                row => format!("{wrong}S{:07},Kiosk {row}\n", row % 60_000).into_bytes(),
            };
            self.row += 1;
        }
        let taken = self.rest.len().min(into.len());
        into[..taken].copy_from_slice(&self.rest[..taken]);
        self.rest.drain(..taken);
        Ok(taken)
    }
}

fn long(bad: bool) -> Survey {
    let run = run("who: {csv: {file: d.csv}}\nguards: {maxDevices: 100000}");
    let read = |_: &Path| {
        let long = Long {
            row: 0,
            rows: 100_000,
            rest: Vec::new(),
            bad,
        };
        Ok(Box::new(long) as Box<dyn Read + Send>)
    };
    run.survey(run.rows(read, None))
}

#[test]
fn a_hundred_thousand_rows_are_looked_at_and_only_the_first_findings_are_kept() {
    let good = long(false);
    assert_eq!(
        (good.rows, good.devices, good.fault_count),
        (100_000, 60_000, 0)
    );
    assert_eq!(
        (good.duplicate_count, good.duplicates.len()),
        (40_000, KEPT)
    );
    let last = good.duplicates.last().unwrap();
    assert_eq!(
        (last.source.as_str(), last.first.as_str()),
        ("d.csv:61001", "d.csv:1001")
    );
    let bad = long(true);
    assert_eq!((bad.rows, bad.fault_count), (0, 100_000));
    assert_eq!(bad.faults.len(), KEPT);
}
