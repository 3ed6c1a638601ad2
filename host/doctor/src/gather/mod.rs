//! Gathering: a token, a handful of reads side by side, and a look around on this machine.

mod clock;
mod disk;
mod network;
mod requests;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use passcode_entra::{Cloud, Http, claims};
use passcode_host::credential::{AccessToken, Credential, TokenRequest};
use time::OffsetDateTime;

use crate::answer::Why;
use crate::facts::{Facts, NotSignedIn, SignIn, Signed, Where};
use crate::judge::lapsed;

/// Whoever signs in on our behalf has limits of its own; this is for those that have none.
const PATIENCE: Duration = Duration::from_secs(60);

/// What is examined.
#[derive(Debug)]
pub struct Subject {
    /// The cloud.
    pub cloud: Cloud,
    /// How to sign in, without asking anybody; or why that cannot be.
    pub credential: Result<Arc<dyn Credential>, NotSignedIn>,
    /// The connection. Its time limits should be short.
    pub http: Http,
    /// What is trusted beside the system's certificate authorities.
    pub ca_file: Option<PathBuf>,
    /// The home folder.
    pub home: PathBuf,
    /// The ledger's file.
    pub ledger: PathBuf,
    /// Where compiled components are.
    pub cache: PathBuf,
    /// Whether the ledger is a practice tenant's.
    pub practice: bool,
}

/// Find out what there is to know. Sends GETs and nothing else, at most seven, to the authority
/// and to Graph; the token goes to the cloud's Graph root only, and only if it is for it.
///
/// A ledger of an earlier version is brought up to date, as every command does.
pub async fn examine(subject: &Subject) -> Facts {
    let cloud = &subject.cloud;
    let (sign_in, token) = sign_in(subject).await;
    let tenant = match &sign_in {
        SignIn::In(signed) => signed
            .claims
            .as_ref()
            .and_then(|claims| claims.tenant.clone()),
        SignIn::Out(_) => None,
    };
    let inside = network::inside(cloud).await;
    let asking = match (&sign_in, &token) {
        _ if inside.is_some() => Err(Why::LeadsInside),
        (SignIn::In(signed), Some(token)) if signed.fits => Ok((token, signed.person())),
        _ => Err(Why::NoToken),
    };
    let (seen, proxy, roots, disk) = tokio::join!(
        requests::ask(&subject.http, cloud, tenant.as_deref(), asking),
        async { network::proxy(cloud) },
        network::roots(cloud, subject.ca_file.clone()),
        disk::look(subject),
    );
    Facts {
        cloud: Where {
            name: cloud.name().to_owned(),
            authority: cloud.authority().to_owned(),
            graph: cloud.graph_root().to_owned(),
        },
        sign_in,
        authority: seen.authority,
        graph: seen.graph,
        inside,
        ahead: seen.ahead,
        devices: seen.devices,
        rights: seen.rights,
        subscription: seen.subscription,
        approvals: seen.approvals,
        proxy,
        roots,
        disk,
        now: OffsetDateTime::now_utc(),
    }
}

/// The state of the tenant's Intune subscription, if it is one in which the Graph API for Intune
/// does not answer. One GET, with the credential's token, to the cloud's Graph root only; `None`
/// if the state is another, or cannot be read.
pub async fn lapsed_subscription(
    http: &Http,
    cloud: &Cloud,
    credential: &dyn Credential,
) -> Option<String> {
    let request = TokenRequest {
        scope: cloud.scope(),
        claims: None,
        renew: false,
    };
    let token = tokio::time::timeout(PATIENCE, credential.token(&request)).await;
    let token = token.ok()?.ok()?;
    let fits = claims(token.secret())
        .is_none_or(|claims| claims.audience.iter().any(|one| cloud.is_audience(one)));
    if !fits || network::inside(cloud).await.is_some() {
        return None;
    }
    let answer = requests::subscription(http, cloud, &token).await;
    lapsed(&answer).map(str::to_owned)
}

async fn sign_in(subject: &Subject) -> (SignIn, Option<AccessToken>) {
    let credential = match &subject.credential {
        Ok(credential) => credential,
        Err(why) => return (SignIn::Out(why.clone()), None),
    };
    let request = TokenRequest {
        scope: subject.cloud.scope(),
        claims: None,
        renew: false,
    };
    let token = match tokio::time::timeout(PATIENCE, credential.token(&request)).await {
        Ok(Ok(token)) => token,
        Ok(Err(error)) => {
            let out = NotSignedIn {
                code: error.code,
                message: error.message,
                remedy: error.remedy,
                transient: error.transient,
            };
            return (SignIn::Out(out), None);
        }
        Err(_) => {
            let out = NotSignedIn {
                code: "sign-in-timeout".to_owned(),
                message: format!("{} gave no token within a minute", credential.kind()),
                remedy: "try again".to_owned(),
                transient: true,
            };
            return (SignIn::Out(out), None);
        }
    };
    let claims = claims(token.secret());
    let fits = claims.as_ref().is_none_or(|claims| {
        let cloud = &subject.cloud;
        claims.audience.iter().any(|one| cloud.is_audience(one))
    });
    let expires = token
        .expires()
        .or_else(|| claims.as_ref().and_then(|claims| claims.expires));
    let signed = Signed {
        kind: credential.kind().to_owned(),
        claims,
        fits,
        expires,
    };
    (SignIn::In(Box::new(signed)), Some(token))
}
