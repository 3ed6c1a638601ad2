//! A passcode to a service, by an extension that never reads it.

use std::time::Duration;

use passcode_host::contract::types::Touched;
use passcode_host::{Extension, Observed, PlanDocument, World, plain};
use passcode_runner::{Ended, Handover};

use crate::app::App;
use crate::failure::Failure;
use crate::report::command;
use crate::wiring::Connected;

/// How plans and the ledger name a courier as the place where a passcode goes.
const COURIER: &str = "courier ";

/// Where the passcode goes, as plans name it.
pub(super) fn delivery(courier: Option<&str>, otherwise: impl FnOnce() -> &'static str) -> String {
    match courier {
        Some(name) => format!("{COURIER}{name}"),
        None => otherwise().to_owned(),
    }
}

/// The courier that a plan was made with.
pub(super) fn of_plan(document: &PlanDocument) -> Option<&str> {
    document.plan.delivery.strip_prefix(COURIER)
}

/// Whether there will be something to deliver.
pub(super) fn possible(name: &str, removes: bool, wait: Option<Duration>) -> Result<(), Failure> {
    if removes {
        return Err(Failure::usage(
            "a removal leaves no passcode to deliver",
            "leave out `--deliver`",
        ));
    }
    if wait.is_none() {
        return Err(Failure::usage(
            "nobody waits for the passcode, so nothing could be delivered",
            format!(
                "leave out `--no-wait`, or deliver later with `passcode reveal PLAN --deliver courier:{name}`"
            ),
        ));
    }
    Ok(())
}

/// Load a courier of the config file.
pub(in crate::commands) async fn named(
    app: &App,
    connected: &Connected,
    name: Option<&str>,
) -> Result<Option<Extension>, Failure> {
    let Some(name) = name else { return Ok(None) };
    let catalog = app.config.extensions();
    let host = connected.runner.host();
    let world = World::PasscodeCourier;
    let (courier, _) = passcode_extension::load(host, &catalog, name, world, Vec::new()).await?;
    let takes_one = |courier: &Extension| {
        let mut routes = courier.authority().routes().iter();
        routes.any(|route| route.seal.is_some())
    };
    if !takes_one(&courier) {
        return Err(Failure::new(
            Ended::Usage,
            "extension-grant",
            format!("the courier `{name}` may take a passcode nowhere"),
        )
        .remedy("grant it a route with `seal = \"/…\"` that its manifest asks for, too; see docs/extensions.md"));
    }
    Ok(Some(courier))
}

/// Hand over the passcode of an action that ended well.
pub(super) async fn hand_over(
    app: &App,
    connected: &Connected,
    document: &PlanDocument,
    observed: &Observed,
    courier: &Extension,
) -> Result<(), Failure> {
    let failed = |failure: Failure| {
        let mut failure = failure.plan(document.id);
        failure.touched = Touched::Yes;
        failure
    };
    let handed = connected.runner.hand_over(document, observed, courier);
    let name = plain(courier.name());
    let (why, sent) = match handed.await.map_err(|error| failed(error.into()))? {
        None => return Ok(()),
        Some(Handover::Delivered) => {
            app.tell(&format!("the passcode was delivered by {name}"));
            return Ok(());
        }
        Some(Handover::NotSent(why)) => (why, "it did not leave this machine"),
        Some(Handover::NotDelivered(why)) => (why, "it may have left this machine"),
    };
    let message = format!("the passcode was reset, and {name} did not deliver it: {why}; {sent}");
    let failure = Failure::new(Ended::Failed, "not-delivered", message);
    let again = command(
        app,
        document,
        "reveal",
        &format!(" --deliver courier:{name}"),
    );
    let shown = command(app, document, "reveal", "");
    Err(failed(failure.remedy(format!(
        "nothing is lost: Intune shows it for a while. Deliver it with `{again}`, or see it with `{shown}`"
    ))))
}
