//! What is carried out is what was planned: the ledger itself was changed between the two.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod support;

use std::sync::Arc;
use std::time::Duration;

use passcode_audit::Notary;
use passcode_ledger::SqliteLedger;
use passcode_ledger::run::{Claim, NewRow, RunLedger as _, Stage, Step, Stepped};
use support::{Home, Ran};

const COSU: &str = "SAMPLE-COSU-0001";
const OTHER: &str = "SAMPLE-COPE-0003";

fn practise(home: &Home, arguments: &[&str]) -> Ran {
    let mut all = arguments.to_vec();
    all.extend(["--practice", "--pace", "0", "-o", "json"]);
    home.run(&all)
}

fn ours(home: &Home) -> usize {
    let actions = practise(home, &["status", "--limit", "100"]).json();
    let actions = actions["actions"].as_array().unwrap();
    actions.iter().filter(|one| one["ours"] == true).count()
}

/// Somebody who can write to the ledger adds a device to a run that was planned and approved, by
/// the ledger's own rules, so that none of its triggers stands in the way.
async fn add_a_device(home: &Home, run: &str, plan: &str, device: &str) {
    let folder = home.path().join("practice");
    let notary = Notary::open_or_create(&folder.join("audit.key")).unwrap();
    let ledger = SqliteLedger::open(folder.join("ledger.db"), true)
        .await
        .unwrap()
        .sealed_by(Arc::new(notary));
    let row = NewRow {
        number: 2,
        source: "who.serials[1]".to_owned(),
        selector: "{}".to_owned(),
    };
    ledger.add_rows(run, &[row]).await.unwrap();
    let claim = Claim {
        run: run.to_owned(),
        owner: "somebody".to_owned(),
        stage: Stage::Listed,
        limit: 1,
        lease: Duration::from_secs(60),
    };
    let taken = ledger.claim(&claim).await.unwrap();
    let step = Step {
        number: 2,
        epoch: taken[0].epoch,
        to: Stage::Planned,
        after: Duration::ZERO,
        device: Some(device.to_owned()),
        label: None,
        plan: Some(plan.parse().unwrap()),
        outcome: None,
        code: None,
        message: None,
    };
    let stepped = ledger.step(run, "somebody", &[step]).await.unwrap();
    assert_eq!(stepped, [Stepped::Written]);
}

#[tokio::test]
async fn a_set_that_changed_after_it_was_planned_is_not_carried_out() {
    let home = Home::new();
    let file = home.path().join("sample.run.yaml");
    let text = format!(
        "schema: passcode/run/v1\ntitle: Sample devices\naction: auto\nwho: {{serials: [{COSU}]}}\n"
    );
    std::fs::write(&file, text).unwrap();
    let file = file.display().to_string();
    let planned = practise(&home, &["run", "plan", &file]).expect(0, "run-status");
    let (run, set) = (planned["run"].clone(), planned["set"].clone());
    let (run, set) = (run.as_str().unwrap(), set.as_str().unwrap());
    let approved = practise(&home, &["run", "approve", run, "--set", set]);
    assert_eq!(approved.code, 0, "{approved:?}");

    // A whole plan, which could be carried out by itself.
    let other = practise(&home, &["reset", "--serial", OTHER, "--what-if"]).json();
    let (plan, device) = (
        other["id"].as_str(),
        &other["plan"]["proposal"]["device"]["id"],
    );
    let device = device.as_str().unwrap();
    add_a_device(&home, run, plan.unwrap(), device).await;
    for arguments in [
        &["run", "start", run][..],
        &["run", "resume", run],
        &["run", "start", run, "--yes"],
    ] {
        let failure = practise(&home, arguments).fails(6, "set-changed");
        let message = failure["message"].as_str().unwrap();
        assert!(message.contains("nothing was sent"), "{failure}");
    }
    assert_eq!(ours(&home), 0);
    // Nor can what is there now be approved under the name of what was planned.
    let status = practise(&home, &["run", "list"]).json();
    assert_eq!(status["runs"][0]["state"], "planned");
}
