//! Finding devices. The service narrows the search, but only an exact match on our side counts:
//! a filter may be ignored, or read more loosely than it was meant.

use crate::contract::{Context, Device, Findings, Problem, Selector};
use crate::device::{SELECT_BETA, SELECT_V1, View, device, kind_of};
use crate::graph::{self, Miss, Version};
use crate::json::{Value, text};
use crate::kind::{Family, Kind};
use crate::prelude::*;
use crate::problem::usage;
use crate::service::Service;

const PATH: &str = "/deviceManagement/managedDevices";
const WHAT: &str = "the list of devices";
/// Pages followed at most.
const PAGES: usize = 20;
/// Records asked for on a page of a filtered list.
const NARROW: &str = "100";
/// Records asked for on a page of the whole list.
const WIDE: &str = "200";

/// The property behind a selector, its value, and whether letter case counts.
struct Wanted<'a> {
    property: &'a str,
    value: &'a str,
    case_counts: bool,
}

/// Find devices.
pub fn find(
    service: &mut dyn Service,
    selector: &Selector,
    _context: &Context,
) -> Result<Findings, Problem> {
    let wanted = wanted(selector)?;
    if wanted.property == "id" {
        return one(service, wanted.value);
    }
    let mut findings = Findings {
        matched: vec![],
        set_aside: vec![],
        mismatched: 0,
        limits: vec![],
    };
    let first = first(service, &wanted, &mut findings.limits)?;
    let filtered = first.filtered;
    pages(service, first, &wanted, &mut findings)?;
    if !filtered {
        // Everything was asked for, so nothing came that was not.
        findings.mismatched = 0;
    }
    let ipad_open = |device: &Device| {
        kind_of(device).family() == Family::Apple && kind_of(device) != Kind::VisionOs
    };
    if findings.matched.iter().any(ipad_open) {
        findings.limits.push("a list does not say whether an iPad is a Shared iPad; it is read before anything is planned".to_owned());
    }
    Ok(findings)
}

fn wanted(selector: &Selector) -> Result<Wanted<'_>, Problem> {
    let (property, value, case_counts) = match selector {
        Selector::Id(value) => ("id", value, false),
        Selector::SerialNumber(value) => ("serialNumber", value, false),
        Selector::UserPrincipalName(value) => ("userPrincipalName", value, false),
        Selector::DeviceName(value) => ("deviceName", value, true),
        Selector::Imei(value) => ("imei", value, true),
        Selector::EntraDeviceId(value) => ("azureADDeviceId", value, false),
        Selector::Other((property, value)) => {
            // Only what the route may select can be compared here.
            let known = SELECT_BETA
                .split(',')
                .find(|known| known.eq_ignore_ascii_case(property));
            let Some(known) = known else {
                return Err(usage(
                    "selector-unknown",
                    format!("devices cannot be found by `{property}`"),
                    "find the device by its id, serial number, user, name, IMEI or Entra device id",
                ));
            };
            (known, value, true)
        }
    };
    if value.is_empty() {
        return Err(usage(
            "selector-empty",
            format!("the search by {property} has no value"),
            "say which device is meant",
        ));
    }
    if property == "azureADDeviceId" && value.bytes().all(|b| b == b'0' || b == b'-') {
        return Err(usage(
            "selector-malformed",
            "an Entra device id of zeros stands for every device that is not registered",
            "find the device by its serial number, its user or its id",
        ));
    }
    Ok(Wanted {
        property,
        value,
        case_counts,
    })
}

fn one(service: &mut dyn Service, id: &str) -> Result<Findings, Problem> {
    let path = graph::device_path(id)?;
    let beta = format!("{SELECT_BETA},hardwareInformation");
    let what = format!("the device {id}");
    let found = graph::get_either(
        service,
        &path,
        &[("$select", &beta)],
        &[("$select", SELECT_V1)],
        &what,
    )?;
    let read =
        device(&found.body, found.version, View::One).ok_or_else(|| graph::malformed(&what))?;
    let limits = found.limit.into_iter().collect();
    let mut findings = Findings {
        matched: vec![],
        set_aside: vec![],
        mismatched: 0,
        limits,
    };
    if read.id.eq_ignore_ascii_case(id) {
        keep(&mut findings, read);
    } else {
        findings.mismatched = 1;
    }
    Ok(findings)
}

/// The first page, and how it was had.
struct First {
    body: Value,
    version: Version,
    filtered: bool,
}

/// The first page: from beta with the filter if possible; what had to be given up is a limit.
fn first(
    service: &mut dyn Service,
    wanted: &Wanted<'_>,
    limits: &mut Vec<String>,
) -> Result<First, Problem> {
    let filter = format!("{} eq {}", wanted.property, literal(wanted.value));
    let mut ask = |version: Version, filtered: bool| -> Result<Value, Miss> {
        let select = if version == Version::Beta {
            SELECT_BETA
        } else {
            SELECT_V1
        };
        let mut query = vec![
            ("$select", select),
            ("$top", if filtered { NARROW } else { WIDE }),
        ];
        if filtered {
            query.push(("$filter", &filter));
        }
        graph::get(service, format!("/{}{PATH}", version.name()), &query, WHAT)
    };
    let unfiltered = || {
        format!(
            "Intune did not take the filter on {}; the list of devices was read and searched here",
            wanted.property
        )
    };
    let mut refusal: Option<Miss> = None;
    for (version, filtered) in [
        (Version::Beta, true),
        (Version::Beta, false),
        (Version::V1, true),
        (Version::V1, false),
    ] {
        // A list without the filter is worth reading only if the filter was the trouble.
        if !filtered && refusal.as_ref().is_none_or(|miss| miss.status != Some(400)) {
            continue;
        }
        match ask(version, filtered) {
            Ok(body) => {
                if !filtered {
                    limits.push(unfiltered());
                }
                if let (Version::V1, Some(miss)) = (version, &refusal) {
                    limits.push(graph::not_beta(miss));
                }
                return Ok(First {
                    body,
                    version,
                    filtered,
                });
            }
            Err(miss) if miss.try_other => refusal = Some(miss),
            Err(miss) => return Err(miss.problem),
        }
    }
    Err(refusal.map_or_else(|| graph::malformed(WHAT), |miss| miss.problem))
}

fn pages(
    service: &mut dyn Service,
    first: First,
    wanted: &Wanted<'_>,
    findings: &mut Findings,
) -> Result<(), Problem> {
    let First {
        mut body, version, ..
    } = first;
    for page in 1.. {
        let items = body
            .get("value")
            .and_then(Value::as_array)
            .ok_or_else(|| graph::malformed(WHAT))?;
        for item in items {
            let exact = text(item, wanted.property).is_some_and(|own| {
                own == wanted.value
                    || (!wanted.case_counts && own.eq_ignore_ascii_case(wanted.value))
            });
            match exact.then(|| device(item, version, View::List)).flatten() {
                Some(read) => keep(findings, read),
                None => findings.mismatched += 1,
            }
        }
        let Some(next) = text(&body, "@odata.nextLink") else {
            break;
        };
        if page == PAGES {
            findings.limits.push(format!(
                "the list of devices goes on after {PAGES} pages, which is where this search ends; there may be further matches"
            ));
            break;
        }
        body = graph::get(service, next, &[], WHAT).map_err(|miss| miss.problem)?;
    }
    Ok(())
}

/// Keep a match, once: a list that changes while it is read can show a device twice.
fn keep(findings: &mut Findings, device: Device) {
    let computer = kind_of(&device).family() == Family::Computer;
    let place = if computer {
        &mut findings.set_aside
    } else {
        &mut findings.matched
    };
    if !place
        .iter()
        .any(|known| known.id.eq_ignore_ascii_case(&device.id))
    {
        place.push(device);
    }
}

/// An OData string literal.
pub(crate) fn literal(value: &str) -> String {
    let mut literal = String::from("'");
    for c in value.chars() {
        if c == '\'' {
            literal.push(c);
        }
        literal.push(c);
    }
    literal.push('\'');
    literal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_in_a_value_stays_in_the_literal() {
        assert_eq!(literal("O'Brien's phone"), "'O''Brien''s phone'");
        assert_eq!(literal("' or 1 eq 1 or '"), "''' or 1 eq 1 or '''");
    }
}
