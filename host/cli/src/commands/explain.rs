//! `passcode explain`: what can be done for a device, and which document says so.

use passcode_host::contract::types::{Check, Device, Verb};
use passcode_host::{PlanDocument, plain};
use passcode_runner::{Ended, Runner};
use serde_json::{Value, json};

use super::act::{after_unknown, preflight, wanted};
use super::choose::device_to_look_at;
use super::words::{denial, reviews};
use crate::app::App;
use crate::args::{CaseArgs, DeviceArgs, GrantArgs, NarrowArgs, PlanArgs};
use crate::exit;
use crate::failure::Failure;
use crate::output::{Reply, Rows};
use crate::terminal;
use crate::wiring::connect;

pub(super) async fn explain(
    app: &App,
    device: &DeviceArgs,
    narrow: &NarrowArgs,
    plan: &PlanArgs,
    grant: &GrantArgs,
) -> Result<Reply, Failure> {
    let selector = device.required()?;
    let connected = connect(app, grant.grant.as_deref()).await?;
    let device = device_to_look_at(&connected, selector, &narrow.narrow()).await?;
    let open = connected.runner.tidy(&device.id).await?;
    let after = after_unknown(plan)?;
    let case = CaseArgs::default();
    let preflight = preflight(app, plan);
    let wanted = wanted(&device.id, Verb::Either, &case, plan, "none", preflight)?;
    let in_the_way = Runner::in_the_way(&open, plan.again, after);
    let explained = match connected.runner.plan(&wanted).await {
        Ok(document) => {
            let ended = match &in_the_way {
                Some(error) => Ended::of_error(error),
                None => Ended::of_plan(&document),
            };
            let refusal = in_the_way
                .map(Failure::from)
                .or_else(|| not_accepted(&document))
                .or_else(|| denial(&document))
                .or_else(|| demand(&document));
            Explained {
                ended,
                refusal,
                checks: document.plan.proposal.checks.clone(),
                device: document.plan.proposal.device.clone(),
                document: Some(document),
            }
        }
        Err(error) => {
            let ended = Ended::of_error(&error);
            let failure = Failure::from(error);
            // A refusal with its reasons is an answer; anything else is a failure.
            if ended != Ended::Refused || failure.checks.is_empty() {
                return Err(failure);
            }
            Explained {
                ended,
                checks: failure.checks.clone(),
                refusal: Some(failure),
                device,
                document: None,
            }
        }
    };
    let practice = connected.practice;
    Ok(
        Reply::new(explained.ended, "explanation", practice, explained.body())
            .rows(explained.rows())
            .human(explained.human(app)),
    )
}

/// A check that nobody accepted, said as the action would say it.
fn not_accepted(document: &PlanDocument) -> Option<Failure> {
    let open = super::words::not_accepted(document);
    let ids: Vec<&str> = open.iter().map(|check| check.id.as_str()).collect();
    (!open.is_empty()).then(|| {
        Failure::new(
            Ended::Refused,
            "check-not-accepted",
            format!("it takes the acceptance of: {}", ids.join(", ")),
        )
        .remedy(format!(
            "read the documents it cites; if that is all right in this case, add `{}`",
            super::words::flags(&open)
        ))
    })
}

/// Another person whom a reviewer demands, said as the action would say it.
fn demand(document: &PlanDocument) -> Option<Failure> {
    (Ended::of_plan(document) == Ended::AwaitingApproval).then(|| {
        Failure::new(
            Ended::AwaitingApproval,
            "reviewer-asks-approval",
            reviews(document).join("; "),
        )
        .remedy("plan it with `--what-if`, and let another person `passcode approve` the plan")
    })
}

struct Explained {
    ended: Ended,
    refusal: Option<Failure>,
    checks: Vec<Check>,
    device: Device,
    document: Option<PlanDocument>,
}

impl Explained {
    fn body(&self) -> Value {
        let proposal = self
            .document
            .as_ref()
            .map(|document| &document.plan.proposal);
        json!({
            "ended": self.ended.word(),
            "exitCode": exit::number(self.ended),
            "possible": self.document.is_some(),
            "device": self.device,
            "identity": self.document.as_ref().map(|document| &document.identity),
            "effect": proposal.map(|proposal| &proposal.effect),
            "level": proposal.map(|proposal| &proposal.level),
            "request": proposal.map(|proposal| &proposal.request),
            "checks": self.checks,
            "expectations": proposal.map(|proposal| &proposal.expectations),
            "limits": proposal.map(|proposal| &proposal.limits),
            "reviews": self.document.as_ref().map(|document| &document.plan.reviews),
            "earlierResults": proposal.map(|proposal| {
                proposal.earlier_results.iter().map(crate::report::listed).collect::<Vec<_>>()
            }),
            "usualSeconds": proposal.and_then(|proposal| proposal.usual_seconds),
            "longestSeconds": proposal.and_then(|proposal| proposal.longest_seconds),
            "code": self.refusal.as_ref().map(|refusal| &refusal.code),
            "message": self.refusal.as_ref().map(|refusal| &refusal.message),
            "remedy": self.refusal.as_ref().and_then(|refusal| refusal.remedy.as_ref()),
        })
    }

    fn rows(&self) -> Rows {
        let mut rows = Rows::list(&["check", "verdict", "summary", "document", "date", "remedy"]);
        for check in &self.checks {
            let citation = check.citations.first();
            rows.push(vec![
                check.id.clone(),
                format!("{:?}", check.verdict).to_lowercase(),
                check.summary.clone(),
                citation.map(|c| c.document.clone()).unwrap_or_default(),
                citation.map(|c| c.date.clone()).unwrap_or_default(),
                check.remedy.clone().unwrap_or_default(),
            ]);
        }
        rows
    }

    fn human(&self, app: &App) -> String {
        let paint = app.paint_out;
        let width = usize::from(terminal::width());
        let mut out = String::new();
        match &self.document {
            Some(document) => out.push_str(&terminal::card(paint, document, width)),
            None => out.push_str(&format!("  {}\n", crate::terminal::called(&self.device))),
        }
        out.push_str(&format!(
            "  {}\n\n",
            paint.dim(&plain(&self.device.kind_reason))
        ));
        out.push_str(&terminal::checks(paint, &self.checks, &[], width));
        if let Some(document) = &self.document {
            for line in reviews(document) {
                out.push_str(&format!("{line}\n"));
            }
            let proposal = &document.plan.proposal;
            out.push_str(&format!(
                "\n{}\n",
                paint.bold(&super::words::effect(proposal))
            ));
            out.push_str(&terminal::expectations(
                paint,
                &proposal.expectations,
                width,
            ));
        }
        out.push('\n');
        match &self.refusal {
            Some(refusal) => {
                out.push_str(&format!(
                    "{} {}\n",
                    paint.bad("not possible:"),
                    plain(&refusal.message)
                ));
                if let Some(remedy) = &refusal.remedy {
                    out.push_str(&format!("do: {}\n", plain(remedy)));
                }
            }
            None if self.ended == Ended::Done => {
                out.push_str(&format!(
                    "{} nothing stands in the way\n",
                    paint.good("possible:")
                ));
            }
            None => {}
        }
        out
    }
}
