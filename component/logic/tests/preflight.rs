//! What is read before a plan without being demanded: policies, and what the caller may do.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::result_large_err,
    reason = "a test"
)]

mod common;

use common::{Fake, ID, body, context, iphone, lost, order};
use passcode_logic::contract::*;
use passcode_logic::service::{
    Acting, Failure, Identity, Reason, Request, Response, Sent, Service,
};
use serde_json::{Value, json};

const PRIVILEGED: &str = "DeviceManagementManagedDevices.PrivilegedOperations.All";

/// A tenant: what each of the lists answers.
struct Tenant {
    device: String,
    lists: Vec<(&'static str, u16, Value)>,
    identity: Option<Identity>,
    /// How many requests came at once.
    together: usize,
    seen: Vec<Request>,
}

impl Tenant {
    fn of(device: String) -> Self {
        let list = |name| (name, 200, json!({ "value": [] }));
        Self {
            device,
            lists: [
                "deviceConfigurationStates",
                "deviceCompliancePolicyStates",
                "deviceConfigurations",
                "deviceCompliancePolicies",
                "configurationPolicies",
                "getEffectivePermissions(scope='*')",
            ]
            .map(list)
            .to_vec(),
            identity: None,
            together: 0,
            seen: Vec::new(),
        }
    }

    fn with(mut self, name: &str, status: u16, body: Value) -> Self {
        let list = self.lists.iter_mut().find(|list| list.0 == name);
        let list = list.expect("a list of that name");
        (list.1, list.2) = (status, body);
        self
    }

    fn listing(self, name: &str, items: Value) -> Self {
        self.with(name, 200, json!({ "value": items }))
    }

    fn signed_in(mut self, acting: Acting, permissions: &[&str]) -> Self {
        self.identity = Some(Identity {
            acting,
            permissions: permissions.iter().map(|one| (*one).to_owned()).collect(),
        });
        self
    }

    fn proposal(&mut self) -> Proposal {
        let mut order = order(Verb::Either);
        order.preflight = true;
        passcode_logic::prepare(self, &order, &context()).expect("a proposal")
    }

    fn check(&mut self, id: &str) -> Check {
        let checks = self.proposal().checks;
        let mut found = checks.iter().filter(|check| check.id == id);
        let check = found.next().unwrap_or_else(|| panic!("no {id}")).clone();
        assert!(found.next().is_none(), "{id} stands twice");
        assert!(!check.needs_acceptance && check.verdict != Verdict::Block);
        check
    }
}

impl Service for Tenant {
    fn send(&mut self, destination: &str, request: Request) -> Result<Response, Failure> {
        let mut rules = Fake::default();
        for (name, status, body) in &self.lists {
            let body = body.to_string();
            for version in ["beta", "v1.0"] {
                for place in [
                    "/deviceManagement/",
                    &format!("/deviceManagement/managedDevices/{ID}/"),
                ] {
                    rules = rules.on(&format!("/{version}{place}{name}"), *status, &body);
                }
            }
        }
        rules = rules.on("/beta", 200, &self.device);
        let answer = rules.send(destination, request);
        self.seen.extend(rules.seen);
        answer
    }

    fn send_all(
        &mut self,
        destination: &str,
        requests: Vec<Request>,
    ) -> Vec<Result<Response, Failure>> {
        self.together = requests.len();
        let answers = requests.into_iter();
        answers
            .map(|request| self.send(destination, request))
            .collect()
    }

    fn whoami(&mut self, destination: &str) -> Option<Identity> {
        assert_eq!(destination, "graph");
        self.identity.clone()
    }
}

/// A device of a kind.
fn of_kind(kind: &str) -> String {
    let enrolled = |enrolment: &str| body(json!({ "deviceEnrollmentType": enrolment }));
    match kind {
        "android-dedicated" => body(json!({})),
        "android-fully-managed" => enrolled("androidEnterpriseFullyManaged"),
        "android-corporate-work-profile" => enrolled("androidEnterpriseCorporateWorkProfile"),
        "android-personal-work-profile" => body(
            json!({ "deviceEnrollmentType": "userEnrollment", "deviceType": "androidForWork" }),
        ),
        "aosp-user-associated" => enrolled("androidAOSPUserOwnedDeviceEnrollment"),
        "aosp-userless" => enrolled("androidAOSPUserlessDeviceEnrollment"),
        "android-device-administrator" => body(
            json!({ "deviceEnrollmentType": "userEnrollment", "deviceType": "android", "osVersion": "6.0.1" }),
        ),
        "ios-corporate" => iphone(json!({})),
        "ios-personal" => iphone(json!({ "managedDeviceOwnerType": "personal" })),
        other => panic!("no such kind: {other}"),
    }
}

fn state(id: &str, name: &str, state: &str) -> Value {
    json!({ "id": id, "displayName": name, "state": state, "platformType": "all" })
}

/// What a check says, in the table's words.
fn said(check: &Check) -> String {
    let rungs = [
        ("forbids changing", "warn frozen"),
        ("of the device, and none one", "warn other-lock"),
        ("only a compliance policy", "warn only-compliance"),
        ("not in effect", "warn inert"),
        ("no policy that Intune records", "warn none"),
        ("which demands a passcode reached", "pass"),
        ("it cannot be told", "unknown"),
    ];
    let found = rungs
        .iter()
        .find(|(words, _)| check.summary.contains(words));
    let said = found.map_or("?", |(_, said)| *said);
    let verdict = match check.verdict {
        Verdict::Pass => "pass",
        Verdict::Warn => "warn",
        Verdict::Unknown => "unknown",
        Verdict::Block => "block",
    };
    assert!(said.starts_with(verdict), "{check:?}");
    assert!(!check.citations.is_empty());
    assert_eq!(check.remedy.is_none(), check.verdict == Verdict::Pass);
    said.to_owned()
}

#[test]
fn each_type_and_property_of_the_documents_counts_as_it_should() {
    let table = include_str!("tables/policies.txt");
    let rows = table.lines().map(str::trim);
    let rows = rows.filter(|row| !row.is_empty() && !row.starts_with('#'));
    let mut tried = 0;
    for row in rows {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let [kind, sort, type_name, properties, expected] = cells[..] else {
            panic!("not a row: {row}");
        };
        let mut policy = json!({ "@odata.type": format!("#microsoft.graph.{type_name}"), "id": "p1", "displayName": "Rule" });
        for pair in properties.split(' ').filter(|pair| *pair != "-") {
            let (name, value) = pair.split_once('=').expect("a pair");
            policy[name] = serde_json::from_str(value).unwrap_or_else(|_| json!(value));
        }
        let (states, policies) = match sort {
            "configuration" => ("deviceConfigurationStates", "deviceConfigurations"),
            _ => ("deviceCompliancePolicyStates", "deviceCompliancePolicies"),
        };
        // By its id, and by its name alone.
        for id in ["p1", "p1_device", "another"] {
            let mut tenant = Tenant::of(of_kind(kind))
                .listing(states, json!([state(id, "Rule", "compliant")]))
                .listing(policies, json!([policy]));
            let check = tenant.check("passcode-policy");
            assert_eq!(said(&check), expected, "{row}, {id}");
            if expected == "pass" {
                let evidence = check.evidence.expect("evidence");
                assert!(evidence.contains("Rule") && evidence.contains("compliant"));
            }
        }
        tried += 1;
    }
    assert!(tried > 45, "{tried}");
}

fn rule(id: &str, name: &str, value: &str) -> Value {
    json!({
        "@odata.type": "#microsoft.graph.androidDeviceOwnerGeneralDeviceConfiguration",
        "id": id, "displayName": name, "passwordRequiredType": value,
    })
}

fn dedicated(states: Value, policies: Value) -> Tenant {
    Tenant::of(of_kind("android-dedicated"))
        .listing("deviceConfigurationStates", states)
        .listing("deviceConfigurations", policies)
}

#[test]
fn what_intune_records_of_a_policy_decides_whether_it_counts() {
    for (place, expected) in [
        ("compliant", "pass"),
        ("remediated", "pass"),
        ("nonCompliant", "warn inert"),
        ("error", "warn inert"),
        ("conflict", "warn inert"),
        ("unknown", "unknown"),
        ("", "unknown"),
        ("somethingNew", "unknown"),
        ("notApplicable", "warn none"),
        ("notAssigned", "warn none"),
    ] {
        let states = json!([state("p1", "Rule", place)]);
        let mut tenant = dedicated(states, json!([rule("p1", "Rule", "numeric")]));
        assert_eq!(said(&tenant.check("passcode-policy")), expected, "{place}");
    }
}

#[test]
fn a_name_that_several_policies_have_decides_only_if_they_agree() {
    let wifi = json!({ "@odata.type": "#microsoft.graph.androidDeviceOwnerWiFiConfiguration", "id": "p3", "displayName": "Rule" });
    let (demands, not) = (
        rule("p1", "Rule", "numeric"),
        rule("p2", "Rule", "deviceDefault"),
    );
    for (id, policies, expected) in [
        ("other", json!([demands, not]), "unknown"),
        ("other", json!([demands, wifi]), "unknown"),
        (
            "other",
            json!([demands, rule("p4", "Rule", "alphabetic")]),
            "pass",
        ),
        ("other", json!([not, wifi]), "warn none"),
        ("p1", json!([demands, not]), "pass"),
        ("p2", json!([demands, not]), "warn none"),
        // It reached the device, and is not in the list: a scope tag, or the settings catalog.
        (
            "other",
            json!([rule("p1", "Another", "numeric")]),
            "unknown",
        ),
    ] {
        let mut tenant = dedicated(json!([state(id, "Rule", "compliant")]), policies.clone());
        let found = said(&tenant.check("passcode-policy"));
        assert_eq!(found, expected, "{id} {policies}");
    }
}

#[test]
fn what_is_recorded_for_another_platform_is_another_devices() {
    let mut other = state("p1", "Rule", "compliant");
    other["platformType"] = json!("iOS");
    let mut tenant = dedicated(json!([other]), json!([rule("p1", "Rule", "numeric")]));
    assert_eq!(said(&tenant.check("passcode-policy")), "warn none");
}

#[test]
fn what_cannot_be_read_is_unknown_with_why_and_stops_nothing() {
    let reached = json!([state("p1", "Rule", "compliant")]);
    let lists = ["deviceConfigurationStates", "deviceConfigurations"];
    for (status, body, why) in [
        (400, json!({}), "400"),
        (401, json!({}), "401"),
        (403, json!({ "error": { "code": "Forbidden" } }), "403"),
        (404, json!({}), "404"),
        (429, json!({}), "429"),
        (500, json!({}), "500"),
        (200, json!({}), "unreadable"),
        (200, json!([]), "unreadable"),
        (200, json!({ "value": {} }), "unreadable"),
        (200, json!({ "value": null }), "unreadable"),
    ] {
        for list in lists {
            let mut tenant = dedicated(reached.clone(), json!([rule("p1", "Rule", "numeric")]))
                .with(list, status, body.clone());
            let check = tenant.check("passcode-policy");
            assert_eq!(said(&check), "unknown", "{list} {status} {body}");
            assert!(
                check.evidence.expect("why").contains(why),
                "{list} {status}"
            );
            assert!(
                check
                    .remedy
                    .expect("a remedy")
                    .contains("DeviceManagementConfiguration.Read.All")
            );
        }
    }
    // The settings catalog and compliance add nothing to a policy that is known to be there.
    for list in [
        "configurationPolicies",
        "deviceCompliancePolicies",
        "deviceCompliancePolicyStates",
    ] {
        let mut tenant = dedicated(reached.clone(), json!([rule("p1", "Rule", "numeric")])).with(
            list,
            403,
            json!({}),
        );
        assert_eq!(said(&tenant.check("passcode-policy")), "pass", "{list}");
    }
}

#[test]
fn further_pages_leave_it_open_unless_the_first_shows_one() {
    let page = |items: Value| json!({ "value": items, "@odata.nextLink": "page:1" });
    for list in [
        "deviceConfigurationStates",
        "deviceConfigurations",
        "configurationPolicies",
    ] {
        let mut tenant = dedicated(json!([]), json!([])).with(list, 200, page(json!([])));
        assert_eq!(said(&tenant.check("passcode-policy")), "unknown", "{list}");
    }
    let mut tenant = dedicated(json!([state("p1", "Rule", "compliant")]), json!([])).with(
        "deviceConfigurations",
        200,
        page(json!([rule("p1", "Rule", "numeric")])),
    );
    assert_eq!(said(&tenant.check("passcode-policy")), "pass");
}

#[test]
fn a_policy_of_the_settings_catalog_for_the_platform_leaves_it_open() {
    for (platforms, assigned, expected) in [
        ("androidEnterprise", json!(true), "unknown"),
        ("iOS,androidEnterprise", json!(true), "unknown"),
        ("iOS, androidEnterprise", json!(true), "unknown"),
        // Without a header that nobody may set, newer platforms are written like this.
        ("unknownFutureValue", json!(true), "unknown"),
        ("", json!(true), "unknown"),
        ("androidEnterprise", Value::Null, "unknown"),
        ("androidEnterprise", json!(false), "warn none"),
        ("windows10", json!(true), "warn none"),
        ("aosp", json!(true), "warn none"),
    ] {
        let policy = json!({ "id": "c1", "name": "Catalog", "platforms": platforms, "isAssigned": assigned });
        let mut tenant =
            dedicated(json!([]), json!([])).listing("configurationPolicies", json!([policy]));
        let check = tenant.check("passcode-policy");
        assert_eq!(said(&check), expected, "{platforms} {assigned}");
    }
}

#[test]
fn nothing_is_proven_by_a_device_that_no_document_gives_a_type_for() {
    let vision =
        json!({ "operatingSystem": "visionOS", "deviceType": "visionOS", "osVersion": "2.5" });
    let mut tenant = Tenant::of(iphone(vision))
        .listing("deviceConfigurationStates", json!([state("p1", "Rule", "compliant")]))
        .listing("deviceConfigurations", json!([{ "@odata.type": "#microsoft.graph.iosGeneralDeviceConfiguration", "id": "p1", "displayName": "Rule", "passcodeRequired": true }]));
    assert_ne!(tenant.check("passcode-policy").verdict, Verdict::Pass);
}

fn rights(actions: &[&str]) -> Value {
    json!([{ "resourceActions": [{ "allowedResourceActions": actions }] }])
}

/// A name, how the credential acts, its permissions, the status and the list of rights, and the
/// verdict.
type Row<'a> = (&'a str, Option<Acting>, &'a [&'a str], u16, Value, Verdict);

#[test]
fn the_callers_right_is_in_the_token_and_for_a_person_in_intune() {
    const RESET: &str = "Microsoft.Intune_RemoteTasks_ResetPasscode";
    let person = Acting::Person;
    let rows: [Row<'_>; 14] = [
        ("nobody", None, &[], 200, json!([]), Verdict::Unknown),
        (
            "opaque",
            Some(Acting::Opaque),
            &[],
            200,
            json!([]),
            Verdict::Unknown,
        ),
        (
            "app",
            Some(Acting::Application),
            &[PRIVILEGED],
            500,
            json!([]),
            Verdict::Pass,
        ),
        (
            "app without",
            Some(Acting::Application),
            &["DeviceManagementManagedDevices.ReadWrite.All"],
            500,
            json!([]),
            Verdict::Warn,
        ),
        (
            "app with nothing",
            Some(Acting::Application),
            &[],
            200,
            rights(&[RESET]),
            Verdict::Warn,
        ),
        (
            "person",
            Some(person),
            &[PRIVILEGED, "User.Read"],
            200,
            rights(&["a", RESET]),
            Verdict::Pass,
        ),
        (
            "other letters",
            Some(person),
            &[PRIVILEGED],
            200,
            rights(&["microsoft.intune_remotetasks_resetpasscode"]),
            Verdict::Pass,
        ),
        (
            "person without scope",
            Some(person),
            &["User.Read"],
            200,
            rights(&[RESET]),
            Verdict::Warn,
        ),
        (
            "person without right",
            Some(person),
            &[PRIVILEGED],
            200,
            rights(&["Microsoft.Intune_RemoteTasks_Wipe"]),
            Verdict::Warn,
        ),
        (
            "person without rights",
            Some(person),
            &[PRIVILEGED],
            200,
            json!([]),
            Verdict::Warn,
        ),
        (
            "not readable",
            Some(person),
            &[PRIVILEGED],
            403,
            json!([]),
            Verdict::Unknown,
        ),
        (
            "no such thing",
            Some(person),
            &[PRIVILEGED],
            404,
            json!([]),
            Verdict::Unknown,
        ),
        (
            "nonsense",
            Some(person),
            &[PRIVILEGED],
            200,
            json!([{ "resourceActions": 7 }]),
            Verdict::Unknown,
        ),
        (
            "half of it",
            Some(person),
            &[PRIVILEGED],
            200,
            json!([{ "resourceActions": [{}] }]),
            Verdict::Unknown,
        ),
    ];
    for (name, acting, permissions, status, list, expected) in rows {
        let mut tenant = Tenant::of(body(json!({}))).with(
            "getEffectivePermissions(scope='*')",
            status,
            json!({ "value": list }),
        );
        if let Some(acting) = acting {
            tenant = tenant.signed_in(acting, permissions);
        }
        let check = tenant.check("caller-right");
        assert_eq!(check.verdict, expected, "{name}: {check:?}");
        assert!(!check.citations.is_empty());
        let asked = tenant
            .seen
            .iter()
            .any(|request| request.path.contains("getEffective"));
        assert_eq!(asked, acting == Some(person), "{name}");
    }
}

#[test]
fn at_most_six_requests_are_made_together_and_only_where_a_plan_is_possible() {
    let mut tenant = Tenant::of(body(json!({}))).signed_in(Acting::Person, &[PRIVILEGED]);
    tenant.proposal();
    assert_eq!((tenant.together, tenant.seen.len()), (6, 7));
    assert!(
        tenant.seen[1..]
            .iter()
            .all(|request| request.path.starts_with("/beta/"))
    );
    let mut tenant = Tenant::of(body(json!({}))).signed_in(Acting::Application, &[PRIVILEGED]);
    tenant.proposal();
    assert_eq!((tenant.together, tenant.seen.len()), (5, 6));
    for refused in [
        json!({ "managementState": "wipePending" }),
        json!({ "operatingSystem": "Windows", "deviceType": "desktop" }),
    ] {
        let mut tenant = Tenant::of(body(refused));
        let mut order = order(Verb::Reset);
        order.preflight = true;
        passcode_logic::prepare(&mut tenant, &order, &context()).expect_err("a refusal");
        assert_eq!(tenant.seen.len(), 1);
    }
}

#[test]
fn where_v1_told_about_the_device_it_is_asked_about_the_policies() {
    let mut fake = Fake::default().on("/beta", 400, "");
    let at = |path: &str| format!("/v1.0/deviceManagement/{path}");
    let reached = json!({ "value": [state("p1", "Rule", "compliant")] }).to_string();
    let rules = json!({ "value": [{ "@odata.type": "#microsoft.graph.iosGeneralDeviceConfiguration", "id": "p1", "displayName": "Rule", "passcodeRequired": true }] });
    let empty = r#"{"value":[]}"#;
    fake = fake
        .on(
            &at(&format!("managedDevices/{ID}/deviceConfigurationStates")),
            200,
            &reached,
        )
        .on(
            &at(&format!("managedDevices/{ID}/deviceCompliance")),
            200,
            empty,
        )
        .on(&at("deviceConfigurations"), 200, &rules.to_string())
        .on(&at("deviceCompliancePolicies"), 200, empty)
        .on(
            &at("managedDevices"),
            200,
            &iphone(json!({ "deviceType": null, "hardwareInformation": null })),
        );
    let mut order = order(Verb::Remove);
    order.preflight = true;
    let proposal = passcode_logic::prepare(&mut fake, &order, &context()).expect("a proposal");
    let check = proposal
        .checks
        .iter()
        .find(|check| check.id == "passcode-policy");
    assert_eq!(check.map(|check| check.verdict), Some(Verdict::Pass));
    assert!(
        !fake
            .seen
            .iter()
            .any(|request| request.path.contains("configurationPolicies"))
    );
    // Without such a policy the settings catalog, which v1.0 lacks, leaves it open.
    fake.rules
        .retain(|rule| !rule.1.contains("deviceConfigurationStates"));
    fake.rules.insert(
        0,
        (
            Method::Get,
            at(&format!("managedDevices/{ID}/deviceConfigurationStates")),
            Ok(common::answer(200, empty)),
        ),
    );
    let proposal = passcode_logic::prepare(&mut fake, &order, &context()).expect("a proposal");
    let check = proposal
        .checks
        .iter()
        .find(|check| check.id == "passcode-policy");
    assert_eq!(check.map(|check| check.verdict), Some(Verdict::Unknown));
}

#[test]
fn without_preflight_nothing_is_asked_and_nothing_passes() {
    let mut tenant = Tenant::of(body(json!({}))).signed_in(Acting::Application, &[PRIVILEGED]);
    let proposal = passcode_logic::prepare(&mut tenant, &order(Verb::Reset), &context());
    let checks = proposal.expect("a proposal").checks;
    assert_eq!((tenant.together, tenant.seen.len()), (0, 1));
    for id in ["caller-right", "passcode-policy"] {
        let check = checks.iter().find(|check| check.id == id);
        assert_eq!(
            check.map(|check| check.verdict),
            Some(Verdict::Unknown),
            "{id}"
        );
    }
}

/// Nothing but the device can be read.
struct Silent(Option<Failure>);

impl Service for Silent {
    fn send(&mut self, _: &str, request: Request) -> Result<Response, Failure> {
        match (request.path.ends_with(ID), &self.0) {
            (true, _) => Ok(common::answer(200, &body(json!({})))),
            (false, Some(failure)) => Err(failure.clone()),
            (false, None) => Ok(common::answer(200, "not JSON")),
        }
    }

    fn whoami(&mut self, _: &str) -> Option<Identity> {
        Some(Identity {
            acting: Acting::Person,
            permissions: vec![PRIVILEGED.to_owned()],
        })
    }
}

#[test]
fn a_door_that_lets_nothing_else_through_makes_it_unknown() {
    let reasons = [
        Reason::Refused("route".to_owned()),
        Reason::Exhausted("requests".to_owned()),
        Reason::NoCredential,
        Reason::Unreachable,
        Reason::Interrupted,
        Reason::Unreadable,
        Reason::Withheld,
        Reason::Other("new".to_owned()),
    ];
    let failures = reasons.map(|reason| lost(Sent::No, reason).err());
    for failure in failures.into_iter().chain([None]) {
        let mut order = order(Verb::Reset);
        order.preflight = true;
        let mut silent = Silent(failure.clone());
        let proposal = passcode_logic::prepare(&mut silent, &order, &context());
        let checks = proposal.expect("a proposal").checks;
        for id in ["caller-right", "passcode-policy"] {
            let check = checks.iter().find(|check| check.id == id);
            let verdict = check.map(|check| check.verdict);
            assert_eq!(verdict, Some(Verdict::Unknown), "{id} {failure:?}");
        }
    }
}

#[test]
fn in_china_android_has_a_check_and_nothing_else_has() {
    for (kind, cloud, expected) in [
        ("android-dedicated", "china", true),
        ("android-personal-work-profile", "china", true),
        ("aosp-userless", "china", true),
        ("android-device-administrator", "china", true),
        ("ios-corporate", "china", false),
        ("android-dedicated", "global", false),
        ("android-dedicated", "usgov", false),
        ("android-dedicated", "dod", false),
        ("android-dedicated", "custom", false),
    ] {
        let mut tenant = Tenant::of(of_kind(kind));
        let mut context = context();
        context.cloud = cloud.to_owned();
        let proposal = passcode_logic::prepare(&mut tenant, &order(Verb::Either), &context);
        let proposal = proposal.expect("a proposal");
        let check = proposal.checks.iter().find(|check| check.id == "cloud");
        assert_eq!(check.is_some(), expected, "{kind} {cloud}");
        if let Some(check) = check {
            assert_eq!(check.verdict, Verdict::Warn);
            assert_eq!(check.citations[0].date, "2025-10-16");
            assert!(check.remedy.is_some());
        }
    }
}
