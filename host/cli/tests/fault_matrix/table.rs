//! The table in the repository.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use crate::cell::Cell;
use crate::faults::{FAULTS, Fault};
use crate::steps::STEPS;

const HEADINGS: [&str; 8] = [
    "step", "fault", "sent", "taken", "ledger", "ended", "says", "exit",
];

const ABOUT: &str = "\
# What becomes of the one request when something goes wrong: every step, every fault.
# Filled in and compared by `cargo test --workspace --test fault_matrix`; see tests/README.md.
# To write it anew: PASSCODE_REWRITE=1 in front of that command. Then read what changed.
#
# sent   how often the request that changes something arrived, as the service counts
# taken  how often the device was really acted upon, as the practice tenant counts
# ledger what the ledger knows of each attempt; after the stroke, how it ended on the device
# ended, says, exit   what the command answers
#
";

/// The rows of the file, by step and fault.
pub type Rows = BTreeMap<(String, String), Vec<String>>;

/// Of the tree that the test runs in, which need not be the one it was compiled in.
fn path() -> PathBuf {
    let here = std::env::current_dir().unwrap();
    let mut folders = here.ancestors().map(|folder| folder.join("tests/tables"));
    let tables = folders.find(|folder| folder.is_dir());
    tables.unwrap().join("fault-matrix.txt")
}

/// What stands in the file. A line that is not a row is an error.
pub fn read() -> Rows {
    let text = std::fs::read_to_string(path()).unwrap_or_default();
    let mut rows = Rows::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let cells: Vec<String> = line.split('|').map(|cell| cell.trim().to_owned()).collect();
        if cells == HEADINGS || line.trim().is_empty() {
            continue;
        }
        assert_eq!(cells.len(), HEADINGS.len(), "not a row: {line}");
        let key = (cells[0].clone(), cells[1].clone());
        assert!(rows.insert(key, cells).is_none(), "twice: {line}");
    }
    rows
}

/// The rows there must be, in their order.
pub fn expected(faults: &[Fault]) -> Vec<(String, String)> {
    let names = |fault: &Fault| fault.name.to_owned();
    STEPS
        .into_iter()
        .flat_map(|step| {
            faults
                .iter()
                .map(move |fault| (step.name().to_owned(), names(fault)))
        })
        .collect()
}

/// Compare what came out with what stands there; or write it down, if that is asked for.
pub fn compare(cells: &[Cell], faults: &[Fault]) {
    static WRITING: Mutex<()> = Mutex::new(());
    let mut wrong: Vec<String> = Vec::new();
    for cell in cells {
        for principle in cell.broken_principles() {
            let row = cell.row().join(" | ");
            wrong.push(format!("{principle}: {row}\n{}", cell.ran.stderr.trim()));
        }
    }
    let found: Rows = cells
        .iter()
        .map(|cell| {
            (
                (cell.step.name().into(), cell.fault.name.into()),
                cell.row(),
            )
        })
        .collect();
    if std::env::var_os("PASSCODE_REWRITE").is_some() {
        let _one_at_a_time = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
        let mut rows = read();
        rows.extend(found);
        std::fs::write(path(), text(&rows)).unwrap();
    } else {
        let stored = read();
        for key in expected(faults) {
            let (is, should) = (found.get(&key), stored.get(&key));
            if is.is_none() || is != should {
                let line = |row: Option<&Vec<String>>| {
                    row.map_or_else(|| "nothing".to_owned(), |row| row.join(" | "))
                };
                wrong.push(format!("is      {}\nshould  {}", line(is), line(should)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn text(rows: &Rows) -> String {
    let mut lines: Vec<Vec<String>> = vec![HEADINGS.map(str::to_owned).to_vec()];
    lines.extend(
        expected(FAULTS)
            .iter()
            .filter_map(|key| rows.get(key).cloned()),
    );
    let width = |at: usize| lines.iter().map(|line| line[at].len()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..HEADINGS.len()).map(width).collect();
    let mut text = ABOUT.to_owned();
    let mut step = HEADINGS[0];
    for line in &lines {
        if line[0] != step {
            text.push('\n');
        }
        step = &line[0];
        let cells: Vec<String> = line
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        text.push_str(cells.join(" | ").trim_end());
        text.push('\n');
    }
    text
}
