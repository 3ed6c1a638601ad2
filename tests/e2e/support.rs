//! Words that many tests use.

use passcode_host::{Committed, HostError};
use passcode_tests::{Bench, told};
use serde_json::Value;

/// Requests that could change something, as they reached the tenant: method and path.
pub(crate) fn changes(bench: &Bench) -> Vec<String> {
    let journal = bench.tenant.journal();
    let changing = journal.iter().filter(|entry| entry.method != "GET");
    changing
        .map(|entry| format!("{} {}", entry.method, entry.path))
        .collect()
}

/// What the puppet saw while it carried out a plan.
pub(crate) fn seen(committed: &Committed) -> Vec<Value> {
    match &committed.progress {
        Err(error) => told(error).unwrap_or_else(|| panic!("it ended with {error:?}")),
        Ok(progress) => panic!("it claims {progress:?}"),
    }
}

/// `refused path`, `exhausted requests`, `withheld`, `200`: one word or two for what happened.
pub(crate) fn word(said: &Value) -> String {
    match said["failure"].as_str() {
        Some(failure) => format!("{failure} {}", said["rule"].as_str().unwrap_or_default())
            .trim()
            .to_owned(),
        None => said["status"].to_string(),
    }
}

/// The stable code of an error.
pub(crate) fn code<T: std::fmt::Debug>(result: Result<T, HostError>) -> String {
    match result {
        Err(error) => error.code(),
        Ok(value) => panic!("it succeeded: {value:?}"),
    }
}
