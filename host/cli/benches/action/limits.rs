//! What the figures may be at most, and what they were.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

pub(crate) const NATIVE: &str = "native";
pub(crate) const SANDBOXED: &str = "sandboxed";
pub(crate) const WHOLE: &str = "whole";
pub(crate) const INSTANTIATE: &str = "instantiate";
pub(crate) const LOAD: &str = "load";

/// What one action may take longer than the same logic native, in nanoseconds.
const MOST_OVER_NATIVE: f64 = 200_000.0;
/// What making an instance on demand may take.
const MOST_INSTANTIATE: f64 = 20_000.0;
/// What loading from the code cache may take.
const MOST_LOAD: f64 = 1_000_000.0;

/// Where criterion leaves what it measured in this run.
pub(crate) struct Figures {
    folder: PathBuf,
    began: SystemTime,
}

impl Figures {
    /// Below the folder that this program was built into.
    pub(crate) fn new(began: SystemTime) -> Self {
        let program = std::env::current_exe().unwrap();
        let target = program.ancestors().nth(3).unwrap();
        Self {
            folder: target.join("criterion"),
            began,
        }
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The median in nanoseconds; absent if it was not measured in this run.
    fn median(&self, name: &str) -> Option<f64> {
        let file = self.folder.join(name).join("new/estimates.json");
        let written = fs::metadata(&file).ok()?.modified().ok()?;
        let estimates: serde_json::Value = serde_json::from_slice(&fs::read(&file).ok()?).ok()?;
        (written >= self.began)
            .then(|| estimates["median"]["point_estimate"].as_f64())
            .flatten()
    }

    /// A table for people; Markdown, because it is kept in `docs/measurements.md`.
    pub(crate) fn table(&self) -> String {
        let [native, sandboxed, whole] = [NATIVE, SANDBOXED, WHOLE].map(|name| self.median(name));
        let over = |figure: Option<f64>| figure.zip(native).map(|(with, without)| with - without);
        let rows = [
            row(
                "find, prepare, commit, observe: the logic, native",
                native,
                None,
            ),
            row("the same by the component", sandboxed, None),
            row("over native", over(sandboxed), Some(MOST_OVER_NATIVE)),
            row(
                "the same with the host's own work: door, envelope, ledger in memory",
                whole,
                None,
            ),
            row(
                "make an instance, on demand",
                self.median(INSTANTIATE),
                Some(MOST_INSTANTIATE),
            ),
            row(
                "load from the code cache",
                self.median(LOAD),
                Some(MOST_LOAD),
            ),
        ];
        let rows: String = rows.into_iter().flatten().collect();
        format!("\n| one process, no network | median | at most | |\n|---|---|---|---|\n{rows}")
    }
}

fn row(what: &str, nanoseconds: Option<f64>, most: Option<f64>) -> Option<String> {
    let figure = nanoseconds?;
    let (limit, verdict) = match most {
        None => (String::new(), ""),
        Some(most) if figure <= most => (micros(most), "ok"),
        Some(most) => (micros(most), "OVER"),
    };
    Some(format!(
        "| {what} | {} | {limit} | {verdict} |\n",
        micros(figure)
    ))
}

fn micros(nanoseconds: f64) -> String {
    format!("{:.1} µs", nanoseconds / 1_000.0)
}
