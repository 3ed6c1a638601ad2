//! `passcode reset` and `passcode remove`.

use passcode_host::contract::types::Verb;
use passcode_host::ledger::PlanId;
use passcode_host::{PlanDocument, Wanted, plain};
use passcode_runner::{Ended, Runner};
use serde_json::json;

use super::carry::{self, Carrying};
use super::choose;
use super::courier;
use super::run;
use super::words::{denial, effect, flags, not_accepted, reviews};
use crate::app::App;
use crate::args::{ActArgs, CaseArgs, Format, PlanArgs};
use crate::config::Key;
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::output::{Reply, Rows};
use crate::report::command;
use crate::terminal;
use crate::wiring::{Connected, connect};

pub(super) async fn act(
    app: &App,
    interrupt: &Interrupt,
    verb: Verb,
    args: ActArgs,
) -> Result<Reply, Failure> {
    let selector = args.device.required()?;
    let after = after_unknown(&args.plan)?;
    carry::confirmable(app, args.yes || args.what_if)?;
    let wait = args.wait.limit(app.config.settings.timeout());
    let named = args.reveal.deliver.as_deref();
    if let Some(name) = named {
        courier::possible(name, verb == Verb::Remove, wait)?;
    }
    let connected = connect(app, args.grant.grant.as_deref()).await?;
    // One that cannot be used is found out before anything is changed.
    let courier = courier::named(app, &connected, named).await?;
    let device =
        choose::device(app, interrupt, &connected, selector, &args.narrow.narrow()).await?;
    let wanted = wanted(
        &device.id,
        verb,
        &args.case,
        &args.plan,
        &courier::delivery(args.reveal.deliver.as_deref(), || {
            carry::delivery(args.reveal.reveal, app.shows_passcodes())
        }),
        preflight(app, &args.plan),
    )?;
    let document = interrupt
        .until(1, plan(&connected, &wanted, after))
        .await
        .ok_or_else(Failure::interrupted)??;
    if args.what_if {
        let first = run::foretold(app, &*connected.store, &document).await?;
        return Ok(shown(app, &document, first.as_deref()));
    }
    let carrying = Carrying {
        yes: args.yes,
        wait,
        print: args.reveal.reveal,
        courier,
    };
    carry::carry(app, interrupt, &connected, &document, carrying).await
}

/// A plan, after everything that is still open on the device was looked at.
async fn plan(
    connected: &Connected,
    wanted: &Wanted,
    after: Option<PlanId>,
) -> Result<PlanDocument, Failure> {
    let open = connected.runner.tidy(&wanted.device).await?;
    if let Some(error) = Runner::in_the_way(&open, wanted.again, after) {
        return Err(error.into());
    }
    Ok(connected.runner.plan(wanted).await?)
}

/// Whether to read policies and the caller's rights. The flag decides for this call.
pub(super) fn preflight(app: &App, plan: &PlanArgs) -> bool {
    !plan.no_preflight && !app.config.settings.is(Key::Preflight, "false")
}

/// What a plan is asked for with.
pub(super) fn wanted(
    device: &str,
    verb: Verb,
    case: &CaseArgs,
    plan: &PlanArgs,
    delivery: &str,
    preflight: bool,
) -> Result<Wanted, Failure> {
    let mut wanted = Wanted::new(device, verb);
    wanted.preflight = preflight;
    wanted.address = plan.via.clone();
    for pair in &plan.via_value {
        let (name, value) = pair.split_once('=').ok_or_else(|| {
            Failure::usage(
                format!("`--via-value {pair}` has no `=`"),
                "write `--via-value name=value`",
            )
        })?;
        wanted
            .address_values
            .push((name.to_owned(), value.to_owned()));
    }
    wanted.claimed_operator = case.operator.clone();
    wanted.reason = case.reason.clone();
    wanted.ticket = case.ticket.clone();
    wanted.verified_by = case.verified_by.clone();
    wanted.accepted_checks = plan.accept.clone();
    wanted.delivery = delivery.to_owned();
    wanted.again = plan.again;
    wanted.after_unknown = after_unknown(plan)?;
    Ok(wanted)
}

pub(super) fn after_unknown(plan: &PlanArgs) -> Result<Option<PlanId>, Failure> {
    let Some(text) = &plan.after_unknown else {
        return Ok(None);
    };
    text.parse().map(Some).map_err(|_| {
        Failure::usage(
            format!("`{text}` is not a plan's id"),
            "write all of its 64 digits; `passcode status` lists them",
        )
    })
}

/// Why a plan would not be carried out now.
fn stops(document: &PlanDocument) -> String {
    let open = not_accepted(document);
    if !open.is_empty() {
        return format!("it would be refused: it takes {}", flags(&open));
    }
    match denial(document) {
        Some(denial) => format!("it would be refused: {}", plain(&denial.message)),
        None => format!(
            "it would wait for another person: `passcode approve {}`",
            document.id
        ),
    }
}

/// `--what-if`: the plan, as `execute` takes it.
fn shown(app: &App, document: &PlanDocument, first: Option<&str>) -> Reply {
    let ended = Ended::of_plan(document);
    let width = usize::from(terminal::width());
    let paint = app.paint_out;
    let plan = &document.plan;
    let request = &plan.proposal.request;
    let mut human = terminal::card(paint, document, width);
    human.push('\n');
    human.push_str(&terminal::checks(
        paint,
        &plan.proposal.checks,
        &plan.caller.accepted_checks,
        width,
    ));
    for line in reviews(document) {
        human.push_str(&format!("{line}\n"));
    }
    human.push_str(&format!("\n{}\n", paint.bold(&effect(&plan.proposal))));
    human.push_str(&terminal::expectations(
        paint,
        &plan.proposal.expectations,
        width,
    ));
    human.push_str(&format!(
        "\nwould send: {} {}\nplan {}, valid until {}\n",
        request.method,
        plain(&request.path),
        document.id,
        plain(&plan.expires)
    ));
    if let Some(first) = first {
        human.push_str(&format!("{first}\n"));
        if app.format != Format::Table {
            app.tell(first);
        }
    }
    if ended == Ended::Done {
        human.push_str(&format!(
            "carry it out: {}\n",
            command(app, document, "execute", "")
        ));
    } else {
        let stops = stops(document);
        human.push_str(&format!("{stops}\n"));
        if app.format != Format::Table {
            app.tell(&stops);
        }
    }
    let card = |name: &str| document.identity.text(name).unwrap_or_default();
    Reply {
        ended,
        document: json!(document),
        items: Vec::new(),
        rows: Rows::one(vec![
            ("plan", document.id.to_string()),
            ("deviceId", document.identity.device.clone()),
            ("deviceName", card("deviceName")),
            ("serialNumber", card("serialNumber")),
            ("user", card("userPrincipalName")),
            ("effect", plan.proposal.effect.to_string()),
            ("level", plan.proposal.level.to_string()),
            ("expires", plan.expires.clone()),
        ]),
        human: Some(human),
        verbatim: false,
    }
}
