//! Who is signed in, and to which cloud.

use passcode_host::rfc3339;
use time::{Duration, OffsetDateTime};

use crate::documents::{CHINA_LACKS, CLOUD_HAS, CLOUD_PAIRS, NO_PERSONAL_ACCOUNTS};
use crate::facts::{Facts, Person, SignIn, Signed};
use crate::finding::{Area, Finding, Hindrance};

pub(super) fn judge(facts: &Facts) -> Vec<Finding> {
    const AREA: Area = Area::SignIn;
    let mut findings = match &facts.sign_in {
        SignIn::Out(out) => {
            let hindrance = if out.transient {
                Hindrance::Unreachable
            } else {
                Hindrance::NotSignedIn
            };
            let sentence = format!("not signed in: {}", out.message);
            vec![Finding::block(AREA, "signed-in", hindrance, sentence).remedy(&out.remedy)]
        }
        SignIn::In(signed) => vec![signed_in(facts, signed), fits(facts, signed)],
    };
    findings.push(cloud(facts));
    findings
}

/// An action and the waiting for it take minutes, and a token that was given is not renewed.
const SHORT: Duration = Duration::minutes(5);

fn signed_in(facts: &Facts, signed: &Signed) -> Finding {
    let until = signed
        .expires
        .map_or_else(String::new, |at| format!(", until {}", rfc3339(at)));
    let kind = &signed.kind;
    let Some(claims) = &signed.claims else {
        let sentence = format!(
            "signed in ({kind}{until}), with a token that does not say who that is, in which tenant, or what it may do"
        );
        return Finding::unknown(Area::SignIn, "signed-in", sentence);
    };
    let name = |text: &Option<String>| text.clone().unwrap_or_else(|| "(not named)".to_owned());
    let who = match signed.person() {
        Person::No => format!(
            "the application {}",
            name(&claims.app_name.clone().or_else(|| claims.app_id.clone()))
        ),
        _ => format!(
            "{} through the application {}",
            name(&claims.user),
            name(&claims.app_name.clone().or_else(|| claims.app_id.clone()))
        ),
    };
    let tenant = name(&claims.tenant);
    // The tenant in which personal accounts live.
    if tenant == "9188040d-6c67-4c5b-b112-36a304b66dad" {
        let sentence = format!("{who} is signed in with a personal Microsoft account ({kind})");
        return Finding::block(Area::SignIn, "signed-in", Hindrance::NotSignedIn, sentence)
            .remedy("sign in with a work or school account")
            .citing(&[NO_PERSONAL_ACCOUNTS]);
    }
    let sentence = format!("{who} is signed in to tenant {tenant} ({kind}{until})");
    let ends = |at: OffsetDateTime| at - facts.now < SHORT;
    if signed.kind == "given-token" && signed.expires.is_some_and(ends) {
        return Finding::warn(
            Area::SignIn,
            "signed-in",
            sentence + "; it ends before an action may",
        )
        .remedy("get a new token first");
    }
    Finding::pass(Area::SignIn, "signed-in", sentence)
}

fn fits(facts: &Facts, signed: &Signed) -> Finding {
    let (area, id) = (Area::SignIn, "audience");
    let graph = &facts.cloud.graph;
    match (&signed.claims, signed.fits) {
        (_, false) => {
            let sentence = format!("the token is not for {graph}, so it was not sent there");
            Finding::block(area, id, Hindrance::NotSignedIn, sentence)
                .remedy(format!(
                    "sign in for the scope {graph}/.default, or set PASSCODE_CLOUD to the cloud that the token is for"
                ))
                .citing(&[CLOUD_PAIRS])
        }
        (None, true) => Finding::unknown(
            area,
            id,
            format!("the token does not say that it is for {graph}; the config file does"),
        ),
        (Some(_), true) => Finding::pass(
            area,
            id,
            format!("the token is for {graph}, and goes nowhere else"),
        )
        .citing(&[CLOUD_PAIRS]),
    }
}

fn cloud(facts: &Facts) -> Finding {
    let (area, id) = (Area::SignIn, "cloud");
    let place = &facts.cloud;
    let pair = format!("{}, and sign-in at {}", place.graph, place.authority);
    match place.name.as_str() {
        "china" => Finding::warn(
            area,
            id,
            format!("the cloud is China's: {pair}; an Android device may not be resettable there"),
        )
        .citing(&[CHINA_LACKS, CLOUD_HAS]),
        "custom" => Finding::pass(area, id, format!("the cloud is one of your own: {pair}")),
        name => {
            Finding::pass(area, id, format!("the cloud is {name}: {pair}")).citing(&[CLOUD_HAS])
        }
    }
}
