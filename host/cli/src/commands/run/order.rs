//! What a run file asks for, in the runner's words.

use std::time::Duration;

use passcode_host::Rate;
use passcode_host::contract::types::{Selector, Verb};
use passcode_runfile as runfile;
use passcode_runfile::{Action, Delivery, RunFile};
use passcode_runner::fleet::{Asked, Job, Order, Purpose};
use passcode_runner::{Narrow, Platform};

use crate::args::WorkArgs;
use crate::wiring::Within;

/// How long a process may be silent before others take its rows.
const LEASE: Duration = Duration::from_secs(30);

pub(super) fn order(file: &RunFile, operator: Option<&str>, preflight: bool) -> Order {
    let guards = &file.guards;
    Order {
        verb: match file.action {
            Action::Reset => Verb::Reset,
            Action::Remove => Verb::Remove,
            Action::Auto => Verb::Either,
        },
        narrow: Narrow {
            platform: file.platform.map(|platform| match platform {
                runfile::Platform::Ios => Platform::Ios,
                runfile::Platform::Android => Platform::Android,
            }),
            kind: None,
        },
        kinds: guards.kinds.clone(),
        checked_in_within: guards.checked_in_within,
        cool_down: guards.cool_down,
        accepted_checks: guards.accept.clone(),
        again: guards.again,
        delivery: match &file.delivery {
            Delivery::None => "none".to_owned(),
            Delivery::Terminal => "terminal".to_owned(),
            Delivery::Age { .. } => "age".to_owned(),
            Delivery::Courier { courier } => format!("courier {courier}"),
        },
        valid_for: file.valid_for,
        wait: file.wait,
        preflight,
        claimed_operator: operator.map(str::to_owned),
        approved: false,
    }
}

/// What a run file and whoever works on it add to the settings.
pub(super) fn within<'a>(file: &'a RunFile, args: &WorkArgs) -> Within<'a> {
    Within {
        batches: !args.no_batch,
        ..bounds(file)
    }
}

/// What a run file adds to the settings.
pub(super) fn bounds(file: &RunFile) -> Within<'_> {
    Within {
        rate: Rate {
            writes: file.budget.writes_per_20s.into(),
            any: file.budget.requests_per_20s.into(),
            ..Rate::default()
        },
        reviewers: &file.reviewers,
        batches: false,
    }
}

pub(super) fn job(file: &RunFile, run: &str, purpose: Purpose) -> Job {
    Job {
        run: run.to_owned(),
        owner: uuid::Uuid::new_v4().to_string(),
        purpose,
        concurrency: file.concurrency.into(),
        lease: LEASE,
        stop_when: Some(file.guards.stop_when),
        forgiven: std::collections::BTreeMap::new(),
        window: file.guards.window.clone(),
    }
}

/// A row of the list, in the contract's words.
pub(super) fn asked(row: &runfile::Asked) -> Asked {
    let value = row.selector.value.clone();
    Asked {
        selector: match row.selector.kind {
            runfile::Kind::Id => Selector::Id(value),
            runfile::Kind::EntraDeviceId => Selector::EntraDeviceId(value),
            runfile::Kind::Serial => Selector::SerialNumber(value),
            runfile::Kind::Imei => Selector::Imei(value),
            runfile::Kind::Name => Selector::DeviceName(value),
            runfile::Kind::User => Selector::UserPrincipalName(value),
        },
        expect: row
            .expect
            .iter()
            .map(|(kind, value)| (kind.word().to_owned(), value.clone()))
            .collect(),
        reason: row.texts.reason.clone(),
        ticket: row.texts.ticket.clone(),
        verified_by: row.texts.verified_by.clone(),
        facts: Vec::new(),
    }
}
