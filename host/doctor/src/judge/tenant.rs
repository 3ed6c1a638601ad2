//! What the tenant has: devices to be seen, a subscription, rules of its own.

use passcode_entra::NotSeen;
use serde_json::Value;

use super::unread;
use crate::answer::{Answer, Refusal};
use crate::documents::{APPROVAL_COVERS, APPROVAL_TYPES, LICENCE, READS, SUBSCRIPTION};
use crate::facts::Facts;
use crate::finding::{Area, Finding, Hindrance};
use crate::roles::advice;

const AREA: Area = Area::Tenant;

pub(super) fn judge(facts: &Facts) -> Vec<Finding> {
    vec![
        devices(&facts.devices, &facts.subscription),
        subscription(&facts.subscription, facts.devices.is_told()),
        approval(&facts.approvals),
    ]
}

fn devices(answer: &Answer, subscription: &Answer) -> Finding {
    let id = "devices";
    let block = |hindrance, sentence: &str| Finding::block(AREA, id, hindrance, sentence);
    let refusal = match answer {
        Answer::Told(body) => {
            return match body["value"].as_array().map(Vec::len) {
                Some(0) => Finding::warn(
                    AREA,
                    id,
                    "no device is listed: none is enrolled, or none that this account may see",
                )
                .remedy("look into the admin center with an account that sees all devices"),
                Some(_) => Finding::pass(AREA, id, "devices are listed"),
                None => unread(AREA, id, answer, "whether devices are listed"),
            };
        }
        Answer::NotAsked(_) | Answer::NotSeen(NotSeen { .. }) => {
            return unread(AREA, id, answer, "whether devices are listed");
        }
        Answer::Unreadable => {
            return block(Hindrance::Unreachable, "what answers in Graph's place does not answer like Graph")
                .remedy("check the cloud (PASSCODE_CLOUD), and whether a proxy asks for a sign-in of its own");
        }
        Answer::Refused(refusal) => refusal,
    };
    if let Some(state) = lapsed(subscription) {
        return block(
            Hindrance::NotReady,
            &format!(
                "devices are not shown: the tenant's Intune subscription is in the state `{state}`"
            ),
        )
        .remedy(RENEW)
        .citing(&[SUBSCRIPTION, LICENCE]);
    }
    match refusal {
        Refusal::NoIntuneRole => block(
            Hindrance::Forbidden,
            "devices are not shown: Intune knows no role of this account",
        )
        .remedy(advice()),
        Refusal::Forbidden => block(Hindrance::Forbidden, "Graph does not let devices be read")
            .remedy("compare the permissions above with those that were granted, and sign in again; a person also needs an Intune role that may read devices")
            .citing(&[READS]),
        Refusal::ConditionalAccess => block(
            Hindrance::Forbidden,
            "Conditional Access asks for a stronger sign-in before devices are shown",
        )
        .remedy("sign in again and answer the additional request, or use an account that meets the policy"),
        Refusal::Token => block(Hindrance::NotSignedIn, "Graph did not accept the sign-in")
            .remedy("sign in again"),
        Refusal::Throttled => block(Hindrance::Unreachable, "Graph is throttling this application or tenant")
            .remedy("wait a minute, and try again"),
        Refusal::Unavailable(status) => block(
            Hindrance::Unreachable,
            &format!("Intune is out of order ({status})"),
        )
        .remedy("try again in a few minutes; if it stays so, see the service health page"),
        Refusal::NotThere(status) | Refusal::Other(status) => block(
            Hindrance::Unreachable,
            &format!("asked for devices, Graph answered {status}, which no document mentions"),
        )
        .remedy("check the cloud (PASSCODE_CLOUD) and the proxy"),
    }
}

const RENEW: &str = "renew the subscription in the Microsoft 365 admin center";

/// The state of the subscription, if it is one in which the Graph API for Intune does not answer.
pub(crate) fn lapsed(answer: &Answer) -> Option<&str> {
    let Answer::Told(body) = answer else {
        return None;
    };
    let state = body["subscriptionState"].as_str()?;
    ["disabled", "deleted", "blocked", "lockedOut"]
        .contains(&state)
        .then_some(state)
}

fn subscription(answer: &Answer, listed: bool) -> Finding {
    let id = "licence";
    let Answer::Told(body) = answer else {
        let otherwise = if listed {
            "how the Intune subscription of the tenant stands (devices are listed, so there is one)"
        } else {
            "how the Intune subscription of the tenant stands"
        };
        return unread(AREA, id, answer, otherwise).citing(&[LICENCE]);
    };
    let state = body["subscriptionState"].as_str().unwrap_or_default();
    let cited = &[SUBSCRIPTION, LICENCE];
    match state {
        "active" => Finding::pass(AREA, id, "the tenant's Intune subscription is active"),
        "pending" | "warning" => Finding::warn(
            AREA,
            id,
            format!("the tenant's Intune subscription is in the state `{state}`"),
        )
        .remedy("look at the subscription in the Microsoft 365 admin center"),
        _ if lapsed(answer).is_some() => Finding::block(
            AREA,
            id,
            Hindrance::NotReady,
            format!("the tenant's Intune subscription is in the state `{state}`; the Graph API for Intune takes an active one"),
        )
        .remedy(RENEW),
        _ => unread(AREA, id, answer, "how the Intune subscription of the tenant stands"),
    }
    .citing(cited)
}

/// What documents know of. None of them is about passcodes.
const KNOWN: &[&str] = &[
    "deviceWipe",
    "deviceRetire",
    "deviceDelete",
    "app",
    "script",
    "role",
    "tenantConfiguration",
];

fn approval(answer: &Answer) -> Finding {
    let id = "approval";
    let cited = &[APPROVAL_COVERS, APPROVAL_TYPES];
    let types = match answer {
        Answer::Told(body) => types(body),
        _ => None,
    };
    let Some(types) = types else {
        let otherwise = "by the documents, passcode actions take no other administrator's approval (Multi Admin Approval); what this tenant has set";
        return unread(AREA, id, answer, otherwise).citing(cited);
    };
    let strange: Vec<&str> = types
        .iter()
        .map(String::as_str)
        .filter(|own| !KNOWN.iter().any(|known| known.eq_ignore_ascii_case(own)))
        .collect();
    if !strange.is_empty() {
        let sentence = format!(
            "by the documents, passcode actions take no other administrator's approval; but this tenant has a policy of a kind that they do not know: {}",
            strange.join(", ")
        );
        return Finding::warn(AREA, id, sentence)
            .remedy("if an action ends with exit code 8, have another administrator approve it, and execute the plan again")
            .citing(cited);
    }
    let here = if types.is_empty() {
        "this tenant has no such policy".to_owned()
    } else {
        format!("this tenant has policies for {}", types.join(", "))
    };
    let sentence = format!(
        "passcode actions take no other administrator's approval (Multi Admin Approval covers wipe, retire and delete); {here}"
    );
    Finding::pass(AREA, id, sentence).citing(cited)
}

fn types(body: &Value) -> Option<Vec<String>> {
    let mut found = Vec::new();
    for policy in body["value"].as_array()? {
        found.push(policy["policyType"].as_str()?.to_owned());
    }
    Some(found)
}
