//! What is asked: reads, side by side.

use passcode_entra::{Cloud, Http, NotSeen, Seen};
use passcode_host::credential::AccessToken;
use time::OffsetDateTime;

use super::clock::ahead;
use crate::answer::{Answer, Refusal, Why};
use crate::facts::Person;

/// One device's id: whether devices are listed at all.
const DEVICES: &str = "/v1.0/deviceManagement/managedDevices?$select=id&$top=1";
const SUBSCRIPTION: &str = "/v1.0/deviceManagement?$select=subscriptionState";
/// Which scopes it takes is written nowhere; `*` is in use elsewhere.
const RIGHTS: &str = "/v1.0/deviceManagement/getEffectivePermissions(scope='*')";
/// For where v1.0 does not take that scope.
const RIGHTS_ELSE: &str = "/beta/deviceManagement/getEffectivePermissions()";
const APPROVALS: &str =
    "/beta/deviceManagement/operationApprovalPolicies/retrieveOperationsRequiringApproval()";

/// What came of it.
pub(super) struct Asked {
    pub(super) authority: Result<u16, NotSeen>,
    pub(super) graph: Result<u16, NotSeen>,
    pub(super) ahead: Option<i64>,
    pub(super) devices: Answer,
    pub(super) rights: Answer,
    pub(super) subscription: Answer,
    pub(super) approvals: Answer,
}

pub(super) async fn ask(
    http: &Http,
    cloud: &Cloud,
    tenant: Option<&str>,
    asking: Result<(&AccessToken, Person), Why>,
) -> Asked {
    let known = discovery(tenant);
    let authority = http.look(cloud.authority(), &known);
    let (token, person) = match asking {
        Ok(asking) => asking,
        Err(why) => {
            let before = OffsetDateTime::now_utc();
            let (authority, graph) =
                tokio::join!(authority, http.look(cloud.graph_root(), "/v1.0/"));
            return Asked {
                authority: authority.map(|seen| seen.status),
                ahead: difference(before, &graph),
                graph: graph.map(|seen| seen.status),
                devices: Answer::NotAsked(why),
                rights: Answer::NotAsked(why),
                subscription: Answer::NotAsked(why),
                approvals: Answer::NotAsked(why),
            };
        }
    };
    let devices = async {
        let before = OffsetDateTime::now_utc();
        let seen = http.look_with(cloud, DEVICES, token).await;
        let ahead = difference(before, &seen);
        (seen, ahead)
    };
    let (authority, (devices, ahead), rights, subscription, approvals) = tokio::join!(
        authority,
        devices,
        rights(http, cloud, token, person),
        subscription(http, cloud, token),
        http.look_with(cloud, APPROVALS, token),
    );
    Asked {
        authority: authority.map(|seen| seen.status),
        graph: match &devices {
            Ok(seen) => Ok(seen.status),
            Err(not_seen) => Err(not_seen.clone()),
        },
        ahead,
        devices: Answer::of(devices),
        rights,
        subscription,
        approvals: Answer::of(approvals),
    }
}

/// How the tenant's Intune subscription stands.
pub(super) async fn subscription(http: &Http, cloud: &Cloud, token: &AccessToken) -> Answer {
    Answer::of(http.look_with(cloud, SUBSCRIPTION, token).await)
}

async fn rights(http: &Http, cloud: &Cloud, token: &AccessToken, person: Person) -> Answer {
    if person == Person::No {
        return Answer::NotAsked(Why::NotForApplications);
    }
    match Answer::of(http.look_with(cloud, RIGHTS, token).await) {
        Answer::Refused(Refusal::NotThere(_)) => {
            Answer::of(http.look_with(cloud, RIGHTS_ELSE, token).await)
        }
        answer => answer,
    }
}

fn difference(before: OffsetDateTime, seen: &Result<Seen, NotSeen>) -> Option<i64> {
    let date = seen.as_ref().ok()?.date.as_deref()?;
    ahead(before, OffsetDateTime::now_utc(), date)
}

/// What an authority publishes about a tenant. The tenant's name comes out of a token, and is
/// used only if it is one.
fn discovery(tenant: Option<&str>) -> String {
    let named = tenant.filter(|tenant| {
        let letter = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
        !tenant.is_empty() && tenant.chars().all(letter) && !tenant.contains("..")
    });
    let tenant = named.unwrap_or("organizations");
    format!("/{tenant}/v2.0/.well-known/openid-configuration")
}

#[cfg(test)]
mod tests {
    use super::discovery;

    #[test]
    fn only_a_tenants_name_becomes_part_of_an_address() {
        for (tenant, expected) in [
            (Some("7e4a0000-0000-4000-8000-00000000c0de"), true),
            (Some("contoso.example"), true),
            (Some("../x"), false),
            (Some("a/b"), false),
            (Some("a?b"), false),
            (Some(""), false),
            (None, false),
        ] {
            let path = discovery(tenant);
            let own = format!("/{}/v2.0", tenant.unwrap_or_default());
            assert_eq!(path.starts_with(&own), expected, "{tenant:?}: {path}");
            assert_eq!(path.starts_with("/organizations/"), !expected, "{tenant:?}");
        }
    }
}
