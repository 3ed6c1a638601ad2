//! Reading what no document demands to be read: policies, and what the caller may do. All at
//! once, and whatever cannot be read says why and stops nothing.

use crate::graph::Version;
use crate::json::Value;
use crate::prelude::*;
use crate::service::{Acting, Failure, GRAPH, Identity, Reason, Request, Response, Service};

/// A list that could be read, or why it could not.
pub(crate) type Read = Result<List, String>;

/// An answer that is a list.
#[derive(Debug)]
pub(crate) struct List(Value);

impl List {
    pub(crate) fn items(&self) -> &[Value] {
        self.0
            .get("value")
            .and_then(Value::as_array)
            .unwrap_or_default()
    }

    /// Whether there is no further page. Further pages are not read.
    pub(crate) fn is_whole(&self) -> bool {
        self.0.get("@odata.nextLink").is_none()
    }
}

/// Policies of one sort: those that Intune records for the device, and what there are.
#[derive(Debug)]
pub(crate) struct Policies {
    pub(crate) states: Read,
    pub(crate) all: Read,
}

/// What was read.
#[derive(Debug)]
pub(crate) struct Preflight {
    pub(crate) identity: Option<Identity>,
    /// What Intune says the caller may do. Nobody asks it of an application.
    pub(crate) rights: Read,
    pub(crate) configuration: Policies,
    pub(crate) compliance: Policies,
    pub(crate) catalog: Read,
}

/// At most six requests, at the same time, to the version that told about the device. `device` is
/// its path.
pub(crate) fn read(service: &mut dyn Service, version: Version, device: &str) -> Preflight {
    const ALL: &str = "/deviceManagement/";
    const SELECT_STATE: &str = "id,displayName,platformType,state";
    let identity = service.whoami(GRAPH);
    let person = identity
        .as_ref()
        .is_some_and(|identity| identity.acting == Acting::Person);
    // v1.0 does not have the settings catalog.
    let beta = version == Version::Beta;
    let mut requests = Vec::new();
    let mut ask = |path: &[&str], select: &str| {
        let path = ["/", version.name(), &path.concat()].concat();
        let select = (!select.is_empty()).then(|| ("$select".to_owned(), select.to_owned()));
        requests.push(Request::get(path, select.into_iter().collect()));
    };
    for states in ["Configuration", "CompliancePolicy"] {
        ask(&[device, "/device", states, "States"], SELECT_STATE);
    }
    // Derived properties cannot be selected from a list of the general type.
    ask(&[ALL, "deviceConfigurations"], "");
    ask(&[ALL, "deviceCompliancePolicies"], "");
    if beta {
        ask(
            &[ALL, "configurationPolicies"],
            "id,name,platforms,isAssigned",
        );
    }
    if person {
        ask(&[ALL, "getEffectivePermissions(scope='*')"], "");
    }
    let mut answers = service.send_all(GRAPH, requests).into_iter().map(list);
    let mut next = |asked: bool| {
        let answer = if asked { answers.next() } else { None };
        answer.unwrap_or_else(|| Err("not asked".to_owned()))
    };
    let (configured, complies) = (next(true), next(true));
    let (configurations, policies) = (next(true), next(true));
    Preflight {
        identity,
        configuration: Policies {
            states: configured,
            all: configurations,
        },
        compliance: Policies {
            states: complies,
            all: policies,
        },
        catalog: next(beta),
        rights: next(person),
    }
}

fn list(answer: Result<Response, Failure>) -> Read {
    let response = answer.map_err(|failure| match failure.reason {
        Reason::Refused(_) => "not granted".to_owned(),
        Reason::Unreadable | Reason::Withheld => UNREADABLE.to_owned(),
        _ => "no answer".to_owned(),
    })?;
    if !response.ok() {
        return Err(response.status.to_string());
    }
    let body = response.body.as_deref().and_then(Value::parse);
    body.filter(|body| {
        body.get("value")
            .is_some_and(|list| list.as_array().is_some())
    })
    .map(List)
    .ok_or_else(|| UNREADABLE.to_owned())
}

const UNREADABLE: &str = "unreadable";
