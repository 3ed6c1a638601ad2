//! Embeds the host: one device, one plan, one request, one look at the result.
//!
//! `PASSCODE_ACCESS_TOKEN=… cargo run -p passcode-embed -- MANAGED-DEVICE-ID`

use std::sync::Arc;

use passcode_entra::{Cloud, GivenToken};
use passcode_host::contract::types::Verb;
use passcode_host::{Authority, Destination, Host, Wanted};
use passcode_ledger::SqliteLedger;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let device = std::env::args()
        .nth(1)
        .ok_or("which device? give its managed device id")?;
    let cloud = Cloud::global();
    let token = GivenToken::new(std::env::var("PASSCODE_ACCESS_TOKEN")?, cloud.clone())?;
    let graph = Destination::new("graph", cloud.graph_root(), Arc::new(token))?;
    let ledger = SqliteLedger::open("embed-ledger.db", false).await?;

    let host = Host::builder(Arc::new(ledger)).destination(graph).build()?;
    let action = host.load(
        passcode_builtin::COMPONENT,
        &Authority::parse(passcode_builtin::GRANT)?,
    )?;

    let plan = action
        .prepare(&Wanted {
            reason: Some("example".into()),
            ..Wanted::new(&device, Verb::Either)
        })
        .await?;
    println!(
        "would {} {}",
        plan.plan.proposal.effect,
        plan.identity.text("deviceName").unwrap_or_default()
    );
    let committed = action.commit(&plan.id).await?;
    println!("sent: {:?}", committed.sent.map(|sent| sent.sending));
    println!("now: {}", action.observe(&plan.id).await?.progress.summary);
    Ok(())
}
