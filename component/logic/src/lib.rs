//! The passcode action as plain Rust.

pub mod contract;
pub mod service;

use contract::*;
use service::Service;

fn todo_problem() -> Problem {
    Problem { touched: Touched::No, kind: ProblemKind::Internal, code: "not-built".into(), message: "this part of the component is not built yet".into(), remedy: None, status: None, service_code: None, support_ids: vec![], retry_after_seconds: None, checks: vec![] }
}
/// What this component is.
pub fn describe() -> Description {
    Description { name: "intune-passcode".into(), version: env!("CARGO_PKG_VERSION").into(), summary: "Resets or removes the passcode of one device through Microsoft Intune.".into(), service: "intune".into(), verbs: vec![Verb::Remove, Verb::Reset], rules_as_of: "2026-04-21".into() }
}
/// Rules.
pub fn matrix() -> Vec<Rule> { vec![] }
/// Addresses.
pub fn addresses() -> Vec<Address> { vec![] }
/// Find.
pub fn find(_: &mut dyn Service, _: &Selector, _: &Context) -> Result<Findings, Problem> { Err(todo_problem()) }
/// Prepare.
pub fn prepare(_: &mut dyn Service, _: &Order, _: &Context) -> Result<Proposal, Problem> { Err(todo_problem()) }
/// Commit.
pub fn commit(_: &mut dyn Service, _: &Plan, _: &Context) -> Result<Progress, Problem> { Err(todo_problem()) }
/// Observe.
pub fn observe(_: &mut dyn Service, _: &Plan, _: &Receipt, _: &Context) -> Result<Progress, Problem> { Err(todo_problem()) }
/// Results.
pub fn results(_: &mut dyn Service, _: &str, _: &Context) -> Result<Vec<ActionResult>, Problem> { Err(todo_problem()) }
/// History.
pub fn history(_: &mut dyn Service, _: &HistoryQuery, _: &Context) -> Result<Vec<HistoryEntry>, Problem> { Err(todo_problem()) }
