//! Why something did not happen: what happened, to what, whether the device was touched, and
//! what to do now. Shown to a person on stderr, and to a program as `passcode/error/v1`.

use std::fmt::Display;
use std::ops::{Deref, DerefMut};

use passcode_host::HostError;
use passcode_host::contract::types::{Check, Device, Touched};
use passcode_host::ledger::{LedgerError, PlanId};
use passcode_runner::Ended;
use serde_json::{Map, Value, json};

use crate::exit;

/// A failure. In a box, because most calls do not fail.
#[derive(Clone, Debug)]
pub(crate) struct Failure(Box<Details>);

/// What there is to say about it.
#[derive(Clone, Debug)]
pub(crate) struct Details {
    pub(crate) ended: Ended,
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) remedy: Option<String>,
    pub(crate) touched: Touched,
    pub(crate) status: Option<u16>,
    pub(crate) service_code: Option<String>,
    pub(crate) support_ids: Vec<(String, String)>,
    pub(crate) retry_after: Option<u32>,
    pub(crate) checks: Vec<Check>,
    pub(crate) candidates: Vec<Device>,
    pub(crate) set_aside: Vec<Device>,
    pub(crate) plan: Option<PlanId>,
    /// What there is to say besides, a line each.
    pub(crate) lines: Vec<String>,
    /// Further fields of the document.
    pub(crate) more: Map<String, Value>,
}

impl Failure {
    pub(crate) fn new(ended: Ended, code: &str, message: impl Into<String>) -> Self {
        Self(Box::new(Details {
            ended,
            code: code.to_owned(),
            message: message.into(),
            remedy: None,
            touched: Touched::No,
            status: None,
            service_code: None,
            support_ids: Vec::new(),
            retry_after: None,
            checks: Vec::new(),
            candidates: Vec::new(),
            set_aside: Vec::new(),
            plan: None,
            lines: Vec::new(),
            more: Map::new(),
        }))
    }

    pub(crate) fn usage(message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::new(Ended::Usage, "usage", message).remedy(remedy)
    }

    pub(crate) fn fault(message: &str) -> Self {
        Self::new(Ended::Fault, "fault", message)
    }

    /// A file that cannot be used.
    pub(crate) fn file(path: &std::path::Path, error: &impl Display) -> Self {
        Self::new(Ended::Usage, "file", format!("{}: {error}", path.display()))
            .remedy("check the file's name and who may read and write it")
    }

    /// Interrupted before anything was sent.
    pub(crate) fn interrupted() -> Self {
        Self::new(
            Ended::Interrupted,
            "interrupted",
            "interrupted; nothing was sent",
        )
    }

    pub(crate) fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    pub(crate) fn plan(mut self, plan: PlanId) -> Self {
        self.plan = Some(plan);
        self
    }

    /// As a document.
    pub(crate) fn document(&self, practice: bool) -> Value {
        let mut body = Map::new();
        body.insert("schema".to_owned(), json!("passcode/error/v1"));
        if practice {
            body.insert("practice".to_owned(), json!(true));
        }
        for (key, value) in [
            ("code", json!(self.code)),
            ("ended", json!(self.ended.word())),
            ("message", json!(self.message)),
            ("remedy", json!(self.remedy)),
            ("touched", json!(self.touched)),
            ("exitCode", json!(exit::number(self.ended))),
            ("status", json!(self.status)),
            ("serviceCode", json!(self.service_code)),
            ("supportIds", pairs(&self.support_ids)),
            ("retryAfterSeconds", json!(self.retry_after)),
            ("checks", json!(self.checks)),
            ("candidates", json!(self.candidates)),
            ("setAside", json!(self.set_aside)),
            ("plan", json!(self.plan)),
        ] {
            body.insert(key.to_owned(), value);
        }
        body.extend(self.more.clone());
        Value::Object(body)
    }
}

impl Deref for Failure {
    type Target = Details;

    fn deref(&self) -> &Details {
        &self.0
    }
}

impl DerefMut for Failure {
    fn deref_mut(&mut self) -> &mut Details {
        &mut self.0
    }
}

fn pairs(pairs: &[(String, String)]) -> Value {
    let object: Map<String, Value> = pairs
        .iter()
        .map(|(name, value)| (name.clone(), json!(value)))
        .collect();
    Value::Object(object)
}

impl From<LedgerError> for Failure {
    fn from(error: LedgerError) -> Self {
        HostError::Ledger(error).into()
    }
}

impl From<HostError> for Failure {
    fn from(error: HostError) -> Self {
        let mut failure = Self::new(Ended::of_error(&error), &error.code(), error.to_string());
        failure.remedy = error.remedy();
        failure.touched = error.touched();
        failure.checks = error.checks().to_vec();
        match error {
            HostError::Problem(problem) => {
                failure.status = problem.status;
                failure.service_code = problem.service_code;
                failure.support_ids = problem.support_ids;
                failure.retry_after = problem.retry_after_seconds;
            }
            HostError::Throttled { seconds } => failure.retry_after = Some(seconds),
            HostError::NotSignedIn {
                said: Some(said), ..
            } => {
                failure.service_code = said.code;
                failure.support_ids = said.support_ids;
            }
            _ => {}
        }
        failure
    }
}
