//! One granted route: where a request may go, when, and what may come back.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::path::Template;
use super::pointer::Pointer;
use crate::contract::types::Method;

/// Which function of a component is running: the action's, or an extension's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Looking for devices.
    Find,
    /// Making a plan.
    Prepare,
    /// Carrying one out.
    Commit,
    /// Watching.
    Observe,
    /// Reading a device's action results, whoever made them.
    Results,
    /// Reading the service's own record of actions.
    History,
    /// An extension judges a plan.
    Review,
    /// An extension looks something up elsewhere.
    Search,
    /// An extension takes a passcode somewhere.
    Deliver,
    /// An extension hears what happened.
    Notify,
}

/// The properties of an answer that may pass, as dotted names. Arrays are transparent:
/// `deviceActionResults.actionState` speaks of every element.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PassList(pub(super) BTreeSet<String>);

impl PassList {
    /// A list of dotted names.
    pub fn new(names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self(names.into_iter().map(Into::into).collect())
    }

    /// The names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Whether the property itself may pass.
    #[must_use]
    pub fn passes(&self, name: &str) -> bool {
        self.0.contains(name)
    }

    /// Whether something below the property may pass.
    #[must_use]
    pub fn leads_to(&self, name: &str) -> bool {
        self.0.iter().any(|listed| {
            listed
                .strip_prefix(name)
                .is_some_and(|rest| rest.starts_with('.'))
        })
    }
}

/// One granted route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Its name, for messages.
    pub name: String,
    /// The destination it leads to.
    pub destination: String,
    /// The method.
    pub method: Method,
    /// The path.
    pub path: Template,
    /// The query names that may be used.
    pub query: BTreeSet<String>,
    /// The property names that `$select` may list.
    pub select: BTreeSet<String>,
    /// The properties that may pass to the guest.
    pub pass: PassList,
    /// Whether the answer is a collection: `{"value": […]}` with a link to the next page.
    pub collection: bool,
    /// The functions that may use it.
    pub phases: BTreeSet<Phase>,
    /// On the route that shows a device: the properties that identify it.
    pub identity: BTreeSet<String>,
    /// On the route that shows a device: what else a person sees of it.
    pub shows: BTreeSet<String>,
    /// The property that holds action results. Inside it every string that may not pass is
    /// sealed.
    pub results: Option<String>,
    /// The property of an action result whose seal may be opened for delivery.
    pub opens: Option<String>,
    /// Whether the path names the device. Where it does not, the door asks the service which
    /// device it leads to, just before sending.
    pub names_device: bool,
    /// Where a passcode stands in the body, on the route that takes one. A request over it has
    /// to place one, and nothing passes of the answer but the class of its status.
    pub seal: Option<Pointer>,
}

impl Route {
    /// Whether a request over it may change something.
    #[must_use]
    pub fn mutates(&self) -> bool {
        self.method != Method::Get
    }

    pub(super) fn same_place(&self, other: &Self) -> bool {
        self.destination == other.destination
            && self.method == other.method
            && self.path == other.path
    }

    pub(super) fn narrowed(&self, asked: &Self) -> Self {
        let both = |mine: &BTreeSet<String>, theirs: &BTreeSet<String>| mine & theirs;
        Self {
            query: both(&self.query, &asked.query),
            select: both(&self.select, &asked.select),
            pass: PassList(both(&self.pass.0, &asked.pass.0)),
            phases: &self.phases & &asked.phases,
            ..self.clone()
        }
    }

    pub(super) fn canonical(&self) -> String {
        format!("{self:?}")
    }
}
