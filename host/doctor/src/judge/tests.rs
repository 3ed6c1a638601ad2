//! Table tests of judgement. What is expected is transcribed by hand from the documents.

use passcode_entra::{Claims, NotSeen, Stage};
use serde_json::{Value, json};
use time::macros::datetime;

use super::judge;
use crate::answer::{Answer, Refusal, Why};
use crate::facts::{
    Disk, Facts, Folder, Inside, Ledger, NotSignedIn, Proxy, Roots, SignIn, Signed, Where,
};
use crate::finding::{Finding, Hindrance, Verdict};
use Verdict::{Block, Pass, Unknown, Warn};

const ACT: &str = "DeviceManagementManagedDevices.PrivilegedOperations.All";
const READ: &str = "DeviceManagementManagedDevices.Read.All";
const RBAC: &str = "DeviceManagementRBAC.Read.All";
const POLICIES: &str = "DeviceManagementConfiguration.Read.All";
const APPS: &str = "DeviceManagementApps.Read.All";
const GROUPS: &str = "GroupMember.Read.All";
const EVERYTHING: &[&str] = &[ACT, READ, RBAC, POLICIES, APPS, GROUPS];

fn texts(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

fn signed(person: bool, permissions: &[&str]) -> SignIn {
    let (scopes, roles) = if person {
        (texts(permissions), Vec::new())
    } else {
        (Vec::new(), texts(permissions))
    };
    SignIn::In(Box::new(Signed {
        kind: "given-token".to_owned(),
        claims: Some(Claims {
            tenant: Some("7e4a0000-0000-4000-8000-00000000c0de".to_owned()),
            scopes,
            roles,
            user: person.then(|| "adele@contoso.example".to_owned()),
            app_name: Some("Sample app".to_owned()),
            identity_type: Some(if person { "user" } else { "app" }.to_owned()),
            ..Claims::default()
        }),
        fits: true,
        expires: None,
    }))
}

fn opaque() -> SignIn {
    SignIn::In(Box::new(Signed {
        kind: "given-token".to_owned(),
        claims: None,
        fits: true,
        expires: None,
    }))
}

fn rights(actions: &[&str]) -> Answer {
    let actions: Vec<String> = actions
        .iter()
        .map(|name| format!("Microsoft.Intune_{name}"))
        .collect();
    Answer::Told(json!({"value": [{"resourceActions": [{"allowedResourceActions": actions}]}]}))
}

const HELP_DESK: &[&str] = &[
    "Organization_Read",
    "ManagedDevices_Read",
    "ManagedDevices_Update",
    "DeviceConfigurations_Read",
    "DeviceCompliancePolices_Read",
    "RemoteTasks_ResetPasscode",
];

fn not_seen(stage: Stage) -> NotSeen {
    NotSeen {
        stage,
        cause: "the cause".to_owned(),
    }
}

fn good_folder() -> Folder {
    Folder {
        path: "/home/sample".into(),
        exists: true,
        writable: Some(true),
        open_to_all: Some(false),
    }
}

/// A person who may do everything, and nothing in the way.
fn good() -> Facts {
    Facts {
        cloud: Where {
            name: "global".to_owned(),
            authority: "https://login.microsoftonline.com".to_owned(),
            graph: "https://graph.microsoft.com".to_owned(),
        },
        sign_in: signed(true, EVERYTHING),
        authority: Ok(200),
        graph: Ok(200),
        inside: None,
        ahead: Some(0),
        devices: Answer::Told(json!({"value": [{"id": "d"}]})),
        rights: rights(HELP_DESK),
        subscription: Answer::Told(json!({"subscriptionState": "active"})),
        approvals: Answer::Told(json!({"value": []})),
        proxy: Proxy::default(),
        roots: Roots {
            system: Some(140),
            ..Roots::default()
        },
        disk: Disk {
            home: good_folder(),
            ledger: Ledger::Works("/home/sample/ledger.db".into()),
            cache: good_folder(),
        },
        now: datetime!(2026-11-20 12:00 UTC),
    }
}

#[track_caller]
fn finding(facts: &Facts, id: &str) -> Finding {
    let report = judge(facts);
    let found = report.findings.iter().find(|finding| finding.id == id);
    found
        .cloned()
        .unwrap_or_else(|| panic!("no {id}: {report:?}"))
}

fn with(change: impl FnOnce(&mut Facts)) -> Facts {
    let mut facts = good();
    change(&mut facts);
    facts
}

#[test]
fn with_everything_in_order_only_the_scope_of_the_role_is_unknown() {
    let report = judge(&good());
    assert_eq!(report.hindrance(), None);
    let others: Vec<_> = report
        .findings
        .iter()
        .filter(|finding| finding.verdict != Pass)
        .map(|finding| (finding.id, finding.verdict))
        .collect();
    assert_eq!(others, [("role-scope", Unknown)]);
}

#[test]
fn a_permission_that_is_missing_is_never_passed_over() {
    // Permissions, then the verdicts on acting, reading, roles, policies, record, audits, groups.
    type Row = (&'static [&'static str], [Verdict; 7]);
    let table: &[Row] = &[
        (EVERYTHING, [Pass; 7]),
        (
            &[ACT, READ, GROUPS],
            [Pass, Pass, Unknown, Unknown, Pass, Unknown, Pass],
        ),
        (
            &[ACT, READ, "Directory.Read.All"],
            [Pass, Pass, Unknown, Unknown, Pass, Unknown, Pass],
        ),
        (
            &[ACT, READ],
            [Pass, Pass, Unknown, Unknown, Pass, Unknown, Unknown],
        ),
        (
            &[READ],
            [Block, Pass, Unknown, Unknown, Pass, Unknown, Unknown],
        ),
        (
            &[ACT],
            [Pass, Block, Unknown, Unknown, Unknown, Unknown, Unknown],
        ),
        (
            &[ACT, POLICIES],
            [Pass, Pass, Unknown, Pass, Pass, Unknown, Unknown],
        ),
        (
            &[],
            [Block, Block, Unknown, Unknown, Unknown, Unknown, Unknown],
        ),
        // What may write devices may not act, and reads them.
        (
            &["DeviceManagementManagedDevices.ReadWrite.All", RBAC, APPS],
            [Block, Pass, Pass, Unknown, Pass, Pass, Unknown],
        ),
        // An old page's spelling, which opens nothing.
        (
            &[
                "DeviceManagementManagedDevices.PriviligedOperation.All",
                READ,
            ],
            [Block, Pass, Unknown, Unknown, Pass, Unknown, Unknown],
        ),
        // Half a name is none.
        (
            &["DeviceManagementManagedDevices.PrivilegedOperations", READ],
            [Block, Pass, Unknown, Unknown, Pass, Unknown, Unknown],
        ),
    ];
    let ids = [
        "may-act",
        "may-read",
        "may-read-roles",
        "may-read-policies",
        "may-read-record",
        "may-read-audits",
        "may-read-groups",
    ];
    for (permissions, expected) in table {
        let facts = with(|facts| facts.sign_in = signed(true, permissions));
        let found = ids.map(|id| finding(&facts, id).verdict);
        assert_eq!(found, *expected, "{permissions:?}");
        let app = with(|facts| {
            facts.sign_in = signed(false, permissions);
            facts.rights = Answer::NotAsked(Why::NotForApplications);
        });
        // An application has no role to be read.
        for at in [0, 1, 3, 4, 5, 6] {
            assert_eq!(
                finding(&app, ids[at]).verdict,
                expected[at],
                "{permissions:?}"
            );
        }
        assert!(
            judge(&app)
                .findings
                .iter()
                .all(|one| one.id != "may-read-roles")
        );
        let blocked = expected.contains(&Block);
        let hindrance = judge(&facts).hindrance();
        assert_eq!(
            hindrance,
            blocked.then_some(Hindrance::Forbidden),
            "{permissions:?}"
        );
        assert_eq!(judge(&app).hindrance(), hindrance, "{permissions:?}");
    }
}

#[test]
fn a_persons_token_counts_by_its_scopes_and_an_applications_by_its_roles() {
    let swap = |person| {
        let SignIn::In(mut signed) = signed(person, EVERYTHING) else {
            panic!("signed in")
        };
        let claims = signed.claims.as_mut().expect("claims");
        std::mem::swap(&mut claims.scopes, &mut claims.roles);
        with(|facts| facts.sign_in = SignIn::In(signed))
    };
    for person in [true, false] {
        assert_eq!(finding(&swap(person), "may-act").verdict, Block, "{person}");
    }
}

#[test]
fn a_token_that_says_nothing_is_unknown_and_not_passed() {
    let facts = with(|facts| facts.sign_in = opaque());
    for (id, verdict) in [
        ("signed-in", Unknown),
        ("audience", Unknown),
        ("may-act", Unknown),
        // They were listed.
        ("may-read", Pass),
        ("role-acts", Pass),
    ] {
        assert_eq!(finding(&facts, id).verdict, verdict, "{id}");
    }
    let silent = with(|facts| {
        facts.sign_in = opaque();
        facts.devices = Answer::NotSeen(not_seen(Stage::Time));
        // It may be an application's.
        facts.rights = rights(&[]);
    });
    assert_eq!(finding(&silent, "may-read").verdict, Unknown);
    assert_eq!(finding(&silent, "role-acts").verdict, Unknown);
}

#[test]
fn what_each_page_asks_of_a_role_is_looked_for_verb_by_verb() {
    const RESET: &str = "RemoteTasks_ResetPasscode";
    const SEE: &str = "ManagedDevices_Read";
    const UPDATE: &str = "ManagedDevices_Update";
    const ORGANIZATION: &str = "Organization_Read";
    // Actions; devices listed; verdicts on acting, remove, reset.
    type Row = (&'static [&'static str], bool, [Verdict; 3]);
    let table: &[Row] = &[
        (HELP_DESK, true, [Pass, Pass, Pass]),
        // Remove, 2025-08-27 and 2026-04-21; reset, 2025-10-27. Reset of 2025-08-27 has Update as well.
        (&[RESET, SEE, ORGANIZATION], true, [Pass, Pass, Warn]),
        // Reset, 2025-08-27.
        (&[RESET, SEE, UPDATE], true, [Pass, Warn, Warn]),
        (&[RESET], true, [Pass, Warn, Warn]),
        (&[RESET, ORGANIZATION], false, [Pass, Block, Block]),
        (&[SEE, ORGANIZATION, UPDATE], true, [Block, Pass, Pass]),
        (
            &["RemoteTasks_Wipe", SEE, ORGANIZATION, UPDATE],
            true,
            [Block, Pass, Pass],
        ),
        (
            &[
                "REMOTETASKS_RESETPASSCODE",
                "manageddevices_read",
                "organization_READ",
                UPDATE,
            ],
            true,
            [Pass, Pass, Pass],
        ),
    ];
    for (actions, listed, expected) in table {
        let facts = with(|facts| {
            facts.rights = rights(actions);
            if !listed {
                facts.devices = Answer::Refused(Refusal::Forbidden);
            }
        });
        let found =
            ["role-acts", "role-remove", "role-reset"].map(|id| finding(&facts, id).verdict);
        assert_eq!(found, *expected, "{actions:?}");
    }
}

#[test]
fn a_disagreement_between_pages_is_shown_with_both_dates() {
    let facts = with(|facts| {
        facts.rights = rights(&[
            "RemoteTasks_ResetPasscode",
            "ManagedDevices_Read",
            "Organization_Read",
        ]);
    });
    let reset = finding(&facts, "role-reset");
    let dates: Vec<_> = reset.citations.iter().map(|one| one.date).collect();
    assert_eq!(dates, ["2025-10-27", "2025-08-27"]);
    for date in ["2025-08-27", "2025-10-27"] {
        assert!(reset.sentence.contains(date), "{}", reset.sentence);
    }
}

#[test]
fn rights_that_contradict_each_other_are_unknown() {
    let both = json!({"value": [{"resourceActions": [{
        "allowedResourceActions": ["Microsoft.Intune_RemoteTasks_ResetPasscode", "Microsoft.Intune_ManagedDevices_Read"],
        "notAllowedResourceActions": ["Microsoft.Intune_RemoteTasks_ResetPasscode", "Microsoft.Intune_ManagedDevices_Read"],
    }]}]});
    let facts = with(|facts| facts.rights = Answer::Told(both));
    for id in ["role-acts", "role-remove", "role-reset"] {
        assert_eq!(finding(&facts, id).verdict, Unknown, "{id}");
    }
}

#[test]
fn rights_that_could_not_be_read_are_unknown_and_none_at_all_is_a_block() {
    let forbidden = Answer::Refused(Refusal::Forbidden);
    for (answer, expected) in [
        (forbidden, Unknown),
        (Answer::Refused(Refusal::NotThere(400)), Unknown),
        (Answer::Refused(Refusal::Unavailable(503)), Unknown),
        (Answer::Refused(Refusal::Throttled), Unknown),
        (Answer::NotSeen(not_seen(Stage::Time)), Unknown),
        (Answer::NotAsked(Why::NoToken), Unknown),
        (Answer::Unreadable, Unknown),
        (Answer::Told(json!({"value": "everything"})), Unknown),
        (Answer::Told(json!({"allowed": true})), Unknown),
        (rights(&[]), Block),
        (Answer::Told(json!({"value": []})), Block),
        (Answer::Refused(Refusal::NoIntuneRole), Block),
    ] {
        let facts = with(|facts| facts.rights = answer.clone());
        assert_eq!(finding(&facts, "role-acts").verdict, expected, "{answer:?}");
    }
    // Whoever may not read roles still learns that there is none, by the devices.
    let facts = with(|facts| {
        facts.rights = Answer::Refused(Refusal::Forbidden);
        facts.devices = Answer::Refused(Refusal::NoIntuneRole);
    });
    assert_eq!(finding(&facts, "role-acts").verdict, Block);
    assert_eq!(judge(&facts).hindrance(), Some(Hindrance::Forbidden));
}

#[test]
fn nothing_is_said_for_certain_of_an_applications_role() {
    let facts = with(|facts| {
        facts.sign_in = signed(false, EVERYTHING);
        facts.rights = Answer::NotAsked(Why::NotForApplications);
    });
    let role = finding(&facts, "role-of-an-app");
    assert_eq!(role.verdict, Unknown);
    let ids: Vec<_> = judge(&facts).findings.iter().map(|one| one.id).collect();
    assert!(!ids.contains(&"role-acts"), "{ids:?}");
    assert_eq!(judge(&facts).hindrance(), None);
}

/// Facts in which as much as possible is wrong, each way once.
fn everything_wrong() -> Vec<Facts> {
    let mut all = vec![good()];
    let forbidden = || Answer::Refused(Refusal::Forbidden);
    for refusal in [
        Refusal::NoIntuneRole,
        Refusal::Token,
        Refusal::ConditionalAccess,
        Refusal::Forbidden,
        Refusal::Throttled,
        Refusal::Unavailable(503),
        Refusal::NotThere(404),
        Refusal::Other(302),
    ] {
        let refused = Answer::Refused(refusal);
        all.push(with(|facts| {
            facts.devices = refused.clone();
            facts.rights = refused.clone();
            facts.subscription = refused.clone();
            facts.approvals = refused.clone();
        }));
        all.push(with(|facts| facts.rights = refused.clone()));
    }
    for actions in [
        &[][..],
        &["ManagedDevices_Read"],
        &["RemoteTasks_ResetPasscode"],
    ] {
        all.push(with(|facts| {
            facts.rights = rights(actions);
            facts.devices = forbidden();
        }));
    }
    for permissions in [&[][..], &[ACT], &[READ]] {
        for person in [true, false] {
            all.push(with(|facts| facts.sign_in = signed(person, permissions)));
        }
    }
    for stage in [
        Stage::Name,
        Stage::Connection,
        Stage::Proxy,
        Stage::Encryption,
        Stage::Time,
        Stage::Answer,
    ] {
        all.push(with(|facts| {
            facts.authority = Err(not_seen(stage));
            facts.graph = Err(not_seen(stage));
            facts.devices = Answer::NotSeen(not_seen(stage));
            facts.ahead = None;
        }));
    }
    all
}

#[test]
fn global_administrator_is_never_the_remedy() {
    for facts in everything_wrong() {
        for finding in judge(&facts).findings {
            let told = format!("{:?} {}", finding.remedy, finding.sentence).to_lowercase();
            for never in ["global admin", "company admin", "intune administrator"] {
                assert!(!told.contains(never), "{finding:?}");
            }
        }
    }
}

#[test]
fn every_block_says_what_to_do_and_nothing_else_hinders() {
    let mut blocks = 0;
    for facts in everything_wrong() {
        for finding in judge(&facts).findings {
            assert_eq!(
                finding.hindrance.is_some(),
                finding.verdict == Block,
                "{finding:?}"
            );
            if finding.verdict == Block {
                blocks += 1;
                let remedy = finding.remedy.clone().unwrap_or_default();
                assert!(remedy.len() > 10, "{finding:?}");
            }
            for citation in &finding.citations {
                assert!(!citation.date.is_empty() && !citation.document.is_empty());
            }
        }
    }
    assert!(blocks > 25, "{blocks}");
}

#[test]
fn what_was_not_answered_is_never_a_pass() {
    for answer in [
        Answer::NotAsked(Why::NoToken),
        Answer::NotSeen(not_seen(Stage::Connection)),
        Answer::Unreadable,
        Answer::Told(Value::Null),
        Answer::Told(json!({"value": 1})),
        Answer::Refused(Refusal::Forbidden),
        Answer::Refused(Refusal::NotThere(400)),
        Answer::Refused(Refusal::Other(418)),
    ] {
        let facts = with(|facts| {
            facts.devices = answer.clone();
            facts.rights = answer.clone();
            facts.subscription = answer.clone();
            facts.approvals = answer.clone();
        });
        for id in ["devices", "role-acts", "licence", "approval"] {
            let found = finding(&facts, id);
            assert_ne!(found.verdict, Pass, "{id}: {answer:?}");
            assert_ne!(found.verdict, Warn, "{id}: {answer:?}");
        }
    }
    let silent = with(|facts| facts.ahead = None);
    assert_eq!(finding(&silent, "clock").verdict, Unknown);
    let elsewhere = with(|facts| {
        facts.disk.home.writable = None;
        facts.disk.cache.writable = None;
    });
    assert_eq!(finding(&elsewhere, "home").verdict, Unknown);
    assert_eq!(finding(&elsewhere, "cache").verdict, Unknown);
}

#[test]
fn what_answers_in_graphs_place_decides_the_way_out() {
    use Hindrance::{Forbidden, NotSignedIn, Unreachable};
    for (answer, hindrance) in [
        (Answer::Refused(Refusal::NoIntuneRole), Forbidden),
        (Answer::Refused(Refusal::Forbidden), Forbidden),
        (Answer::Refused(Refusal::ConditionalAccess), Forbidden),
        (Answer::Refused(Refusal::Token), NotSignedIn),
        (Answer::Refused(Refusal::Throttled), Unreachable),
        (Answer::Refused(Refusal::Unavailable(503)), Unreachable),
        (Answer::Refused(Refusal::Other(302)), Unreachable),
        // A page on which a proxy wants somebody to sign in.
        (Answer::Unreadable, Unreachable),
    ] {
        let facts = with(|facts| facts.devices = answer.clone());
        assert_eq!(judge(&facts).hindrance(), Some(hindrance), "{answer:?}");
    }
    let empty = with(|facts| facts.devices = Answer::Told(json!({"value": []})));
    assert_eq!(finding(&empty, "devices").verdict, Warn);
}

#[test]
fn a_subscription_is_judged_by_its_state() {
    for (state, expected) in [
        ("active", Pass),
        ("pending", Warn),
        ("warning", Warn),
        ("disabled", Block),
        ("deleted", Block),
        ("blocked", Block),
        ("lockedOut", Block),
        ("Active", Unknown),
        ("unknownFutureValue", Unknown),
        ("", Unknown),
    ] {
        let told = Answer::Told(json!({"subscriptionState": state}));
        let facts = with(|facts| facts.subscription = told);
        let found = finding(&facts, "licence");
        assert_eq!(found.verdict, expected, "{state}");
        if expected == Block {
            assert_eq!(judge(&facts).hindrance(), Some(Hindrance::NotReady));
        }
    }
}

/// Without a licence every read is refused somehow; that is no riddle where the state is known.
#[test]
fn a_lapsed_subscription_explains_why_devices_are_not_shown() {
    for (state, refusal, expected) in [
        ("disabled", Refusal::NotThere(400), Hindrance::NotReady),
        ("disabled", Refusal::Forbidden, Hindrance::NotReady),
        ("active", Refusal::NotThere(400), Hindrance::Unreachable),
        ("active", Refusal::Forbidden, Hindrance::Forbidden),
    ] {
        let facts = with(|facts| {
            facts.subscription = Answer::Told(json!({"subscriptionState": state}));
            facts.devices = Answer::Refused(refusal.clone());
        });
        let found = finding(&facts, "devices");
        assert_eq!(found.hindrance, Some(expected), "{state} {refusal:?}");
        assert_eq!(judge(&facts).hindrance(), Some(expected));
    }
}

#[test]
fn an_approval_policy_of_a_kind_nobody_knows_is_not_passed_over() {
    for (types, expected) in [
        (json!([]), Pass),
        (
            json!([{"policyType": "deviceWipe"}, {"policyType": "script"}]),
            Pass,
        ),
        (
            json!([{"policyType": "deviceWipe"}, {"policyType": "deviceResetPasscode"}]),
            Warn,
        ),
        (json!([{"policyType": "unknownFutureValue"}]), Warn),
        (json!([{}]), Unknown),
        (json!("none"), Unknown),
    ] {
        let told = Answer::Told(json!({"value": types}));
        let facts = with(|facts| facts.approvals = told);
        let found = finding(&facts, "approval");
        assert_eq!(found.verdict, expected, "{types}");
        assert_eq!(found.citations[0].date, "2026-05-26");
    }
}

#[test]
fn without_a_sign_in_only_the_way_to_it_is_judged() {
    let out = |transient| {
        with(|facts| {
            facts.sign_in = SignIn::Out(NotSignedIn {
                code: "not-signed-in".to_owned(),
                message: "nothing is set".to_owned(),
                remedy: "set something first".to_owned(),
                transient,
            });
            facts.devices = Answer::NotAsked(Why::NoToken);
            facts.rights = Answer::NotAsked(Why::NoToken);
        })
    };
    assert_eq!(judge(&out(false)).hindrance(), Some(Hindrance::NotSignedIn));
    assert_eq!(judge(&out(true)).hindrance(), Some(Hindrance::Unreachable));
    let ids: Vec<_> = judge(&out(false))
        .findings
        .iter()
        .map(|one| one.id)
        .collect();
    assert!(
        ids.contains(&"authority") && ids.contains(&"ledger"),
        "{ids:?}"
    );
    assert!(
        !ids.contains(&"may-act") && !ids.contains(&"devices"),
        "{ids:?}"
    );
}

#[test]
fn a_token_for_something_else_is_in_the_way() {
    let SignIn::In(mut signed) = signed(true, EVERYTHING) else {
        panic!("signed in")
    };
    signed.fits = false;
    let facts = with(|facts| facts.sign_in = SignIn::In(signed));
    assert_eq!(finding(&facts, "audience").verdict, Block);
    assert_eq!(judge(&facts).hindrance(), Some(Hindrance::NotSignedIn));
}

#[test]
fn a_personal_account_is_told_so() {
    let SignIn::In(mut signed) = signed(true, EVERYTHING) else {
        panic!("signed in")
    };
    if let Some(claims) = &mut signed.claims {
        claims.tenant = Some("9188040d-6c67-4c5b-b112-36a304b66dad".to_owned());
    }
    let facts = with(|facts| facts.sign_in = SignIn::In(signed));
    let found = finding(&facts, "signed-in");
    assert_eq!(found.verdict, Block);
    assert!(found.sentence.contains("personal"), "{found:?}");
}

#[test]
fn each_way_to_fail_on_the_way_to_a_host_has_its_words() {
    let mut seen = std::collections::BTreeSet::new();
    for (stage, word) in [
        (Stage::Name, "no address"),
        (Stage::Connection, "nobody takes"),
        (Stage::Proxy, "proxy does not let"),
        (Stage::Encryption, "encryption"),
        (Stage::Time, "in time"),
        (Stage::Answer, "ended before"),
    ] {
        let facts = with(|facts| {
            facts.graph = Err(not_seen(stage));
            facts.authority = Err(not_seen(stage));
            facts.proxy.graph = Some("http://proxy.corp.example:3128".to_owned());
        });
        let graph = finding(&facts, "graph");
        assert_eq!(graph.verdict, Block, "{stage:?}");
        assert!(graph.sentence.contains(word), "{}", graph.sentence);
        assert!(
            graph
                .sentence
                .contains("through http://proxy.corp.example:3128")
        );
        assert!(graph.sentence.contains("the cause"));
        // There is a token already.
        assert_eq!(finding(&facts, "authority").verdict, Warn);
        assert_eq!(judge(&facts).hindrance(), Some(Hindrance::Unreachable));
        seen.insert(graph.sentence);
    }
    assert_eq!(seen.len(), 6);
    let broken = with(|facts| facts.graph = Ok(503));
    assert_eq!(finding(&broken, "graph").verdict, Block);
    let refusing = with(|facts| facts.graph = Ok(401));
    assert_eq!(finding(&refusing, "graph").verdict, Pass);
}

#[test]
fn a_clock_is_judged_both_ways() {
    for (ahead, expected, word) in [
        (0, Pass, "agrees"),
        (60, Pass, "agrees"),
        (-60, Pass, "agrees"),
        (61, Warn, "61 seconds behind"),
        (-61, Warn, "61 seconds ahead of"),
        (3_600, Warn, "certificate"),
        (i64::MIN, Warn, "ahead of"),
    ] {
        let facts = with(|facts| facts.ahead = Some(ahead));
        let found = finding(&facts, "clock");
        assert_eq!(found.verdict, expected, "{ahead}");
        assert!(found.sentence.contains(word), "{}", found.sentence);
    }
}

#[test]
fn what_a_cloud_lacks_is_said() {
    let china = with(|facts| facts.cloud.name = "china".to_owned());
    assert_eq!(finding(&china, "cloud").verdict, Warn);
    for name in ["global", "usgov", "dod", "custom"] {
        let facts = with(|facts| facts.cloud.name = name.to_owned());
        assert_eq!(finding(&facts, "cloud").verdict, Pass, "{name}");
    }
}

#[test]
fn this_machine_is_judged() {
    for (change, id, expected) in [
        (
            (|facts: &mut Facts| facts.disk.home.writable = Some(false)) as fn(&mut Facts),
            "home",
            Block,
        ),
        (
            |facts| facts.disk.home.open_to_all = Some(true),
            "home",
            Warn,
        ),
        (
            |facts| {
                facts.disk.ledger =
                    Ledger::Unusable("it is not a ledger".into(), "move it away".into())
            },
            "ledger",
            Block,
        ),
        (
            |facts| facts.disk.ledger = Ledger::NotThere("/l".into()),
            "ledger",
            Pass,
        ),
        (
            |facts| facts.disk.cache.writable = Some(false),
            "cache",
            Warn,
        ),
        (|facts| facts.roots.system = Some(0), "certificates", Block),
        (|facts| facts.roots.system = None, "certificates", Pass),
        (
            |facts| facts.proxy.graph = Some("http://p:1".to_owned()),
            "proxy",
            Warn,
        ),
    ] {
        let facts = with(change);
        let found = finding(&facts, id);
        assert_eq!(found.verdict, expected, "{id}: {found:?}");
    }
}

#[test]
fn a_name_that_leads_inside_is_in_the_way_whoever_answers() {
    let facts = with(|facts| {
        facts.inside = Some(Inside {
            name: "graph.sample".to_owned(),
        });
    });
    let graph = finding(&facts, "graph");
    assert_eq!(graph.verdict, Block);
    assert!(graph.sentence.contains("its name"), "{}", graph.sentence);
    assert_eq!(judge(&facts).hindrance(), Some(Hindrance::Unreachable));
}

#[test]
fn a_given_token_that_is_about_to_end_is_told() {
    for (kind, seconds, expected) in [
        ("given-token", 299, Warn),
        ("given-token", 300, Pass),
        // It is renewed.
        ("client-secret", 10, Pass),
    ] {
        let SignIn::In(mut signed) = signed(true, EVERYTHING) else {
            panic!("signed in")
        };
        signed.kind = kind.to_owned();
        let facts = with(|facts| {
            signed.expires = Some(facts.now + time::Duration::seconds(seconds));
            facts.sign_in = SignIn::In(signed);
        });
        assert_eq!(
            finding(&facts, "signed-in").verdict,
            expected,
            "{kind} {seconds}"
        );
    }
}
