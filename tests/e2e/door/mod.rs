//! What a component may ask for, rule by rule: each request is refused under the rule's name,
//! and the tenant's journal shows that nothing arrived.

mod budget;
mod device;
mod elsewhere;
mod methods;
mod pages;
mod paths;
mod plan;
mod queries;

use passcode_tests::{Bench, Script};

use crate::support::word;

/// One request in `find`, where least is bound, and what became of it.
async fn asks(bench: &Bench, method: &str, path: &str, query: &[(&str, &str)]) -> String {
    let seen = bench
        .find(&Script::new().send("find", method, path, query))
        .await;
    let seen = seen.unwrap_or_else(|error| panic!("{method} {path:?} ended the step: {error}"));
    word(&seen[0])
}
