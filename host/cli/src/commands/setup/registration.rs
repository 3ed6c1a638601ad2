//! What is registered for each who signs in: the app, and whom it trusts.

use passcode_entra::Cloud;
use serde_json::{Value, json};

use super::permissions::{GRAPH, SIGN_IN, wanted};
use crate::args::For;

/// GitHub's issuer of assertions for workflows.
const GITHUB: &str = "https://token.actions.githubusercontent.com";

/// All of them, in the order in which they are shown.
pub(super) const ALL: [For; 5] = [
    For::People,
    For::App,
    For::Github,
    For::Aks,
    For::ManagedIdentity,
];

/// A registration for one of them, in a cloud.
pub(super) struct Registration<'a> {
    pub(super) who: For,
    pub(super) cloud: &'a Cloud,
    /// The tenant, if it is known.
    pub(super) tenant: Option<&'a str>,
    /// The app's id, if it is there already.
    pub(super) client_id: Option<&'a str>,
    /// Whether the optional permissions are asked for, too.
    pub(super) optional: bool,
    pub(super) issuer: Option<&'a str>,
    pub(super) subject: Option<&'a str>,
}

impl Registration<'_> {
    /// Its name, as in `--for`.
    pub(super) fn word(&self) -> &'static str {
        match self.who {
            For::People => "people",
            For::App => "app",
            For::Github => "github",
            For::Aks => "aks",
            For::ManagedIdentity => "managed-identity",
        }
    }

    pub(super) fn title(&self) -> &'static str {
        match self.who {
            For::People => "People, with `passcode login`",
            For::App => "A program, with a certificate or a secret",
            For::Github => "A workflow of GitHub's, without a secret",
            For::Aks => "A pod of Azure Kubernetes Service, without a secret",
            For::ManagedIdentity => "What runs in Azure, without a secret",
        }
    }

    /// The way to sign in (`PASSCODE_AUTH`).
    pub(super) fn auth(&self) -> &'static str {
        match self.who {
            For::People => "kept-sign-in",
            For::App => "client-certificate",
            For::Github => "github-oidc",
            For::Aks => "workload-identity",
            For::ManagedIdentity => "managed-identity-federated",
        }
    }

    pub(super) fn is_for_people(&self) -> bool {
        self.who == For::People
    }

    /// Whether the app trusts somebody else's assertions.
    pub(super) fn is_federated(&self) -> bool {
        matches!(self.who, For::Github | For::Aks | For::ManagedIdentity)
    }

    /// The app's name.
    pub(super) fn name(&self) -> String {
        format!("passcode ({})", self.word())
    }

    pub(super) fn redirects(&self) -> &'static [&'static str] {
        // RFC 8252: with any port, which is chosen when somebody signs in.
        if self.is_for_people() {
            &["http://localhost"]
        } else {
            &[]
        }
    }

    /// The ids of what is asked for, and of which type they are.
    pub(super) fn access(&self) -> Vec<Value> {
        let people = self.is_for_people();
        let graph = wanted(self.optional).map(move |one| {
            if people {
                json!({ "id": one.scope, "type": "Scope" })
            } else {
                json!({ "id": one.role, "type": "Role" })
            }
        });
        let own = SIGN_IN
            .iter()
            .filter(move |_| people)
            .map(|(_, id)| json!({ "id": id, "type": "Scope" }));
        graph.chain(own).collect()
    }

    /// `requiredResourceAccess`.
    pub(super) fn required(&self) -> Value {
        json!([{ "resourceAppId": GRAPH, "resourceAccess": self.access() }])
    }

    /// The manifest, in the form of Graph's `application`, which the portal takes and
    /// `POST /applications`, too.
    pub(super) fn manifest(&self) -> Value {
        let people = self.is_for_people();
        json!({
            "displayName": self.name(),
            "signInAudience": "AzureADMyOrg",
            "isFallbackPublicClient": people,
            "publicClient": { "redirectUris": self.redirects() },
            "requiredResourceAccess": self.required(),
        })
    }

    /// Who issues the assertions that the app trusts, as far as it is known.
    pub(super) fn issuer(&self) -> Option<String> {
        match self.who {
            For::Github => Some(GITHUB.to_owned()),
            For::ManagedIdentity => {
                let tenant = self.tenant.filter(|tenant| crate::args::is_guid(tenant))?;
                Some(format!("{}/{tenant}/v2.0", self.cloud.authority()))
            }
            _ => self.issuer.map(str::to_owned),
        }
    }

    /// What a subject looks like.
    pub(super) fn subject_form(&self) -> &'static str {
        match self.who {
            For::Github => "repo:OWNER/REPOSITORY:environment:ENVIRONMENT",
            For::Aks => "system:serviceaccount:NAMESPACE:SERVICE-ACCOUNT",
            _ => "the object (principal) id of a user-assigned identity",
        }
    }

    /// The credential that makes the app trust them; nothing for an app that trusts nobody.
    pub(super) fn credential(&self) -> Option<Value> {
        self.is_federated().then(|| {
            json!({
                "name": self.word(),
                "issuer": self.issuer().unwrap_or_else(|| "ISSUER".to_owned()),
                "subject": self.subject.unwrap_or("SUBJECT"),
                "audiences": [self.cloud.exchange_audience()],
            })
        })
    }

    /// Where an administrator consents.
    pub(super) fn consent(&self) -> String {
        format!(
            "{}/{}/adminconsent?client_id={}",
            self.cloud.authority(),
            self.tenant.unwrap_or("TENANT"),
            self.client_id.unwrap_or("CLIENT-ID")
        )
    }

    /// What `passcode` is told afterwards.
    pub(super) fn environment(&self) -> Vec<(&'static str, String)> {
        let mut environment = vec![
            ("PASSCODE_AUTH", self.auth().to_owned()),
            (
                "AZURE_TENANT_ID",
                self.tenant.unwrap_or("TENANT").to_owned(),
            ),
            (
                "AZURE_CLIENT_ID",
                self.client_id.unwrap_or("CLIENT-ID").to_owned(),
            ),
        ];
        if self.cloud.name() != "global" {
            environment.push(("PASSCODE_CLOUD", self.cloud.name().to_owned()));
        }
        if self.who == For::App {
            let file = "passcode-app.pem".to_owned();
            environment.push(("AZURE_CLIENT_CERTIFICATE_PATH", file));
        }
        environment
    }

    /// What else it takes.
    pub(super) fn notes(&self) -> &'static [&'static str] {
        match self.who {
            For::People => &[
                "authentication: platform `Mobile and desktop applications`, redirect address http://localhost, and `Allow public client flows` for codes that are typed elsewhere",
                "each person needs an Intune role with `Remote tasks: Reset passcode` and the device in its scope, such as Help Desk Operator or School Administrator",
                "many tenants block codes that are typed elsewhere by Conditional Access: use `passcode login --browser` there",
            ],
            For::App => &[
                "upload the certificate's public part; a secret works, too (AZURE_CLIENT_SECRET), and is more easily lost",
                "whoever has the key can act on every device of the tenant: that Intune's roles narrow an app is not documented",
            ],
            For::Github => &[
                "the workflow needs `permissions: id-token: write`; name an environment with reviewers in the subject, not `pull_request`",
            ],
            For::Aks => &[
                "the cluster needs its OIDC issuer and workload identity, the pod the label azure.workload.identity/use: \"true\"; the webhook sets the variables",
            ],
            For::ManagedIdentity => &[
                "only user-assigned identities can be trusted by an app, and only by one in their own tenant",
                "or without an app: give the identity the permissions itself, and use PASSCODE_AUTH=managed-identity (a system-assigned one will do)",
            ],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(who: For, cloud: &Cloud) -> Registration<'_> {
        Registration {
            who,
            cloud,
            tenant: Some("7e4a0000-0000-4000-8000-00000000c0de"),
            client_id: None,
            optional: false,
            issuer: None,
            subject: None,
        }
    }

    #[test]
    fn people_get_scopes_and_everything_else_gets_roles() {
        let cloud = Cloud::global();
        for who in ALL {
            let registration = of(who, &cloud);
            let kind = if who == For::People { "Scope" } else { "Role" };
            let access = registration.access();
            assert!(access.iter().all(|one| one["type"] == kind), "{who:?}");
            assert_eq!(access.len(), if who == For::People { 5 } else { 2 });
            let all = Registration {
                optional: true,
                ..of(who, &cloud)
            };
            assert_eq!(all.access().len(), access.len() + 3);
            let manifest = registration.manifest();
            assert_eq!(manifest["isFallbackPublicClient"], who == For::People);
            let redirects = manifest["publicClient"]["redirectUris"].as_array();
            assert_eq!(redirects.unwrap().is_empty(), who != For::People);
            // The way that is named is one that there is.
            assert_eq!(
                passcode_entra::SignIn::known(registration.auth()),
                Some(registration.auth())
            );
        }
    }

    #[test]
    fn each_cloud_has_its_own_addresses_and_audience() {
        for (cloud, consent, audience) in [
            (
                Cloud::global(),
                "https://login.microsoftonline.com/7e4a",
                "api://AzureADTokenExchange",
            ),
            (
                Cloud::us_gov(),
                "https://login.microsoftonline.us/7e4a",
                "api://AzureADTokenExchangeUSGov",
            ),
            (
                Cloud::china(),
                "https://login.partner.microsoftonline.cn/7e4a",
                "api://AzureADTokenExchangeChina",
            ),
        ] {
            let identity = of(For::ManagedIdentity, &cloud);
            assert!(identity.consent().starts_with(consent));
            assert!(
                identity
                    .consent()
                    .ends_with("/adminconsent?client_id=CLIENT-ID")
            );
            let credential = identity.credential().unwrap();
            assert_eq!(credential["audiences"][0], audience);
            let issuer = credential["issuer"].as_str().unwrap();
            assert!(issuer.starts_with(consent) && issuer.ends_with("/v2.0"));
            assert!(of(For::People, &cloud).credential().is_none());
        }
    }
}
