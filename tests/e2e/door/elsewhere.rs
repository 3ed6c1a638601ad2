//! Addresses that name no device: the door asks in the same commit which device they lead to.

use passcode_host::Authority;
use passcode_host::contract::types::Verb;
use passcode_tests::{Bench, Script, Setup};
use serde_json::json;

use crate::support::{changes, seen, word};

const EVERY: &str = include_str!("../../../examples/grants/every-address.toml");
const SCRIPTS: [(&str, &str, &str, &str); 3] = [
    (
        "health-script",
        "deviceHealthScripts",
        "b0000001-0000-4000-8000-000000000001",
        "c0000001-0000-4000-8000-000000000001",
    ),
    (
        "management-script",
        "deviceManagementScripts",
        "b0000002-0000-4000-8000-000000000002",
        "c0000002-0000-4000-8000-000000000002",
    ),
    (
        "compliance-script",
        "deviceComplianceScripts",
        "b0000003-0000-4000-8000-000000000003",
        "c0000003-0000-4000-8000-000000000003",
    ),
];

fn every() -> Authority {
    Authority::parse(EVERY).expect("the example is a grant")
}

/// Plans with the real component and carries out, for `device`, by an address that leads to
/// COBO-0002.
async fn by(
    bench: &Bench,
    device: &str,
    address: &str,
    values: &[(&str, &str)],
) -> Result<passcode_host::Committed, passcode_host::HostError> {
    let mut wanted = bench.wanted(device, Verb::Reset);
    wanted.address = Some(address.to_owned());
    wanted.address_values = values
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let mut plan = bench.action.prepare(&wanted).await?;
    let open: Vec<String> = plan
        .plan
        .proposal
        .checks
        .iter()
        .filter(|check| check.needs_acceptance)
        .map(|check| check.id.clone())
        .collect();
    if !open.is_empty() {
        wanted.accepted_checks = open;
        plan = bench.action.prepare(&wanted).await?;
    }
    bench.action.commit(&plan.id).await
}

#[tokio::test]
async fn an_address_that_leads_to_the_plans_device_is_used() {
    for (address, folder, script, state) in SCRIPTS {
        let bench = Setup::real().grant(every()).start().await;
        let committed = by(
            &bench,
            "COBO-0002",
            address,
            &[("script", script), ("state", state)],
        )
        .await
        .expect("commit");
        assert!(committed.progress.is_ok(), "{committed:?}");
        let navigation = format!(
            "/beta/deviceManagement/{folder}/{script}/deviceRunStates/{state}/managedDevice"
        );
        assert_eq!(
            changes(&bench),
            [format!("POST {navigation}/resetPasscode")]
        );
        let journal = bench.tenant.journal();
        let post = journal
            .iter()
            .position(|entry| entry.method == "POST")
            .expect("post");
        assert_eq!(journal[post - 1].path, navigation, "asked just before");
        assert_eq!(journal[post - 1].query, "$select=id");
    }
}

#[tokio::test]
async fn an_address_that_leads_to_another_device_is_not_used() {
    for (address, _, script, state) in SCRIPTS {
        let bench = Setup::real().grant(every()).start().await;
        let committed = by(
            &bench,
            "KIOSK-0001",
            address,
            &[("script", script), ("state", state)],
        )
        .await
        .expect("commit");
        assert_eq!(committed.sent, None, "{address}");
        assert!(committed.progress.is_err(), "{address}");
        assert_eq!(changes(&bench), Vec::<String>::new(), "{address}");
    }
}

#[tokio::test]
async fn an_address_that_leads_nowhere_is_not_used() {
    let bench = Setup::real().grant(every()).start().await;
    let committed = by(
        &bench,
        "COBO-0002",
        "health-script",
        &[("script", "none"), ("state", "none")],
    )
    .await
    .expect("commit");
    assert_eq!(committed.sent, None);
    assert_eq!(changes(&bench), Vec::<String>::new());
}

#[tokio::test]
async fn a_component_hears_that_the_address_leads_elsewhere() {
    let bench = Setup::puppet().grant(every()).start().await;
    let (_, folder, script, state) = SCRIPTS[0];
    let path = format!(
        "/beta/deviceManagement/{folder}/{script}/deviceRunStates/{state}/managedDevice/resetPasscode"
    );
    let script = Script::new()
        .looks("prepare")
        .then("prepare", json!({ "propose": { "path": path } }))
        .looks("commit")
        .send("commit", "POST", &path, &[]);
    let committed = bench.commit("KIOSK-0001", &script).await.expect("commit");
    assert_eq!(word(&seen(&committed)[1]), "refused leads-elsewhere");
    assert_eq!(changes(&bench), Vec::<String>::new());
    let committed = bench.commit("COBO-0002", &script).await.expect("commit");
    assert_eq!(word(&seen(&committed)[1]), "204");
}

#[tokio::test]
async fn an_address_that_is_not_granted_is_not_planned() {
    let bench = Setup::real().start().await;
    let (address, _, script, state) = SCRIPTS[0];
    let refused = by(
        &bench,
        "COBO-0002",
        address,
        &[("script", script), ("state", state)],
    )
    .await;
    let error = refused.expect_err("not granted");
    assert!(error.to_string().contains("not granted"), "{error}");
    assert_eq!(changes(&bench), Vec::<String>::new());
}

#[tokio::test]
async fn addresses_that_name_the_device_are_bound_to_it() {
    let app = "a0000001-0000-4000-8000-000000000001";
    let user = "bruno@contoso.example";
    let (_, _, script, state) = SCRIPTS[1];
    for (address, values) in [
        ("user-managed-devices", vec![("user", user)]),
        ("comanaged-devices", vec![]),
        ("detected-app-managed-devices", vec![("app", app)]),
        (
            "management-script-user",
            vec![("script", script), ("state", state), ("user", user)],
        ),
        (
            "management-script-detected-app",
            vec![("script", script), ("state", state), ("app", app)],
        ),
    ] {
        let bench = Setup::real().grant(every()).start().await;
        let committed = by(&bench, "COBO-0002", address, &values)
            .await
            .expect("commit");
        assert!(committed.progress.is_ok(), "{address}: {committed:?}");
        let sent = changes(&bench);
        assert_eq!(sent.len(), 1);
        assert!(
            sent[0].ends_with("/d0000002-0000-4000-8000-000000000002/resetPasscode"),
            "{sent:?}"
        );
    }
}
