//! Which devices a filter of Microsoft Graph finds, and which users a group has: a query to
//! selectors, page by page. It names devices and can do nothing else; the host looks every one of
//! them up again.
//!
//! Everything here is a function of its arguments and of the answers to its requests, as in
//! `passcode-logic`, whose nouns it uses. `skin` gives this crate its WIT face.

#![allow(
    clippy::result_large_err,
    reason = "`Problem` is the contract's; it is made once a call, and a box would buy nothing"
)]

mod devices;
mod graph;
mod groups;
mod query;

use passcode_logic::contract::{Problem, Selector};
use passcode_logic::service::Service;

pub use query::Query;

/// A part of what there is.
#[derive(Clone, Debug, PartialEq)]
pub struct Lead {
    /// Devices that are named.
    pub selectors: Vec<Selector>,
    /// What to be called with again; absent at the end.
    pub more: Option<String>,
}

/// Look up one query, or go on with it.
///
/// # Errors
///
/// What the service says, or what is wrong with the query.
pub fn search(service: &mut dyn Service, query: &str, more: Option<&str>) -> Result<Lead, Problem> {
    let query = Query::parse(query)?;
    match (query, more) {
        (Query::Filter(filter), None) => devices::first(service, filter),
        (Query::Filter(_), Some(page)) => devices::next(service, page),
        (Query::GroupId(id), None) => groups::first(service, id),
        (Query::GroupName(name), None) => {
            let id = groups::named(service, name)?;
            groups::first(service, &id)
        }
        (Query::GroupId(_) | Query::GroupName(_), Some(page)) => groups::next(service, page),
    }
}
