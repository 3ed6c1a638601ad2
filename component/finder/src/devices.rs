//! Devices, by a filter.
//!
//! From beta, as every device is read here: a filter on what beta alone knows (`deviceType`,
//! `managementState`) means the same as when the device itself is read. If beta does not take
//! it, that is the answer. The other version might take it and find other devices.

use passcode_logic::contract::{Problem, Selector};
use passcode_logic::service::Service;

use crate::Lead;
use crate::graph::{Asked, Page, go_on, read, text};

const PATH: &str = "/beta/deviceManagement/managedDevices";
const ASKED: Asked = Asked {
    what: "the devices that the filter finds",
    permission: "DeviceManagementManagedDevices.Read.All",
    rejected: "filter-rejected",
    missing: "there is no list of devices",
};

/// The first page. How long pages are is left to the service, which knows best.
pub(crate) fn first(service: &mut dyn Service, filter: &str) -> Result<Lead, Problem> {
    let query = [("$filter", filter), ("$select", "id")];
    lead(read(service, PATH, &query, &ASKED)?)
}

/// A further page.
pub(crate) fn next(service: &mut dyn Service, page: &str) -> Result<Lead, Problem> {
    lead(go_on(service, page, &ASKED)?)
}

fn lead(page: Page) -> Result<Lead, Problem> {
    let mut selectors = Vec::with_capacity(page.items.len());
    for item in &page.items {
        let id = text(item, "id").ok_or_else(|| ASKED.malformed())?;
        selectors.push(Selector::Id(id.to_owned()));
    }
    Ok(Lead {
        selectors,
        more: page.next,
    })
}
