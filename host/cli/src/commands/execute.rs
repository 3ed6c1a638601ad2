//! `passcode execute`: a plan that was made before.

use std::io::Read as _;
use std::path::Path;

use passcode_host::contract::types::Effect;
use passcode_host::ledger::PlanId;
use passcode_host::{NotAPlan, PlanDocument};
use passcode_runner::Ended;

use super::carry::{self, Carrying};
use super::courier;
use crate::app::App;
use crate::args::ExecuteArgs;
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::output::Reply;
use crate::wiring::{Connected, connect};

/// Larger than any plan.
const LARGEST: u64 = 4 << 20;

pub(super) async fn execute(
    app: &App,
    interrupt: &Interrupt,
    args: ExecuteArgs,
) -> Result<Reply, Failure> {
    // A plan on standard input leaves nobody there to answer.
    let answered = args.yes || (args.plan != "-" && app.can_ask());
    carry::confirmable(app, args.yes)?;
    if !answered {
        return Err(Failure::usage(
            "a plan on standard input leaves no way to ask",
            "add `--yes`, or hand the plan over as a file",
        ));
    }
    let handed_in = read(&args.plan)?;
    let connected = connect(app, args.grant.grant.as_deref()).await?;
    let id = match &handed_in {
        HandedIn::Document(document) => document.id,
        HandedIn::Id(id) => *id,
        HandedIn::Digits(digits) => by_digits(&connected, digits).await?,
    };
    // What the ledger keeps is carried out, and not what was handed in: the two are one plan
    // if their hashes are one.
    let document = connected
        .runner
        .action()
        .plan(&id)
        .await
        .map_err(|error| Failure::from(error).plan(id))?;
    let wait = args.wait.limit(app.config.settings.timeout());
    let named = args.reveal.deliver.as_deref();
    let named = named.or_else(|| courier::of_plan(&document).filter(|_| !args.reveal.reveal));
    if let Some(name) = named {
        courier::possible(
            name,
            document.plan.proposal.effect == Effect::RemovePasscode,
            wait,
        )?;
    }
    let carrying = Carrying {
        yes: args.yes,
        wait,
        print: args.reveal.reveal,
        courier: courier::named(app, &connected, named).await?,
    };
    carry::carry(app, interrupt, &connected, &document, carrying).await
}

enum HandedIn {
    Document(Box<PlanDocument>),
    Id(PlanId),
    Digits(String),
}

fn read(plan: &str) -> Result<HandedIn, Failure> {
    if let Ok(id) = plan.parse() {
        return Ok(HandedIn::Id(id));
    }
    let path = Path::new(plan);
    if plan != "-"
        && !path.exists()
        && plan.len() >= 8
        && plan.bytes().all(|b| b.is_ascii_hexdigit())
    {
        return Ok(HandedIn::Digits(plan.to_ascii_lowercase()));
    }
    let mut text = String::new();
    let read = if plan == "-" {
        std::io::stdin()
            .lock()
            .take(LARGEST)
            .read_to_string(&mut text)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(LARGEST).read_to_string(&mut text))
    };
    read.map_err(|error| Failure::file(path, &error))?;
    let parsed = PlanDocument::parse(&text).map_err(|error| not_a_plan(plan, &error))?;
    Ok(HandedIn::Document(Box::new(parsed)))
}

fn not_a_plan(plan: &str, error: &NotAPlan) -> Failure {
    // An edited plan is refused, and so is told from a file that never was one.
    let (ended, code) = match error {
        NotAPlan::Edited { .. } => (Ended::Refused, "plan-edited"),
        _ => (Ended::Usage, "not-a-plan"),
    };
    Failure::new(ended, code, format!("{plan}: {error}"))
        .remedy("make one with `passcode reset … --what-if -o json > plan.json`")
}

/// A plan by its first digits, if only one of the recently tried ones has them.
pub(super) async fn by_digits(connected: &Connected, digits: &str) -> Result<PlanId, Failure> {
    if let Ok(id) = digits.parse() {
        return Ok(id);
    }
    let mut ids: Vec<PlanId> = connected
        .runner
        .recent(500)
        .await?
        .iter()
        .map(|attempt| attempt.intent.plan)
        .filter(|id| id.to_string().starts_with(digits))
        .collect();
    ids.sort();
    ids.dedup();
    match ids.as_slice() {
        [one] => Ok(*one),
        [] => Err(Failure::new(
            Ended::Refused,
            "plan-unknown",
            format!("no plan that was carried out begins with {digits}"),
        )
        .remedy("write all of its 64 digits; `passcode status` lists what was carried out")),
        _ => Err(Failure::usage(
            format!("several plans begin with {digits}"),
            "write all of its 64 digits",
        )),
    }
}
