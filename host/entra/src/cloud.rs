//! Which cloud: who issues the token, and the one place it may go.

use passcode_host::credential::CredentialError;
use url::Url;

use crate::error::{refused, shown};
use crate::origin;

/// An authority and the Graph root that its tokens are for, as one value: a token of one cloud
/// is worth nothing in another, and sending it there gives it away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cloud {
    name: &'static str,
    authority: String,
    graph: String,
}

/// Microsoft's own: name, other names, authorities (the first is used), Graph root. The other
/// names are Graph PowerShell's (`Get-MgEnvironment`), Azure CLI's and the Azure SDKs'.
const KNOWN: &[(&str, &[&str], &[&str], &str)] = &[
    (
        "global",
        &[
            "public",
            "azurecloud",
            "azurepublic",
            "azurepubliccloud",
            "gcc",
        ],
        &["https://login.microsoftonline.com"],
        "https://graph.microsoft.com",
    ),
    (
        "usgov",
        &[
            "azureusgovernment",
            "azuregovernment",
            "azureusgovernmentcloud",
            "usgovernment",
            "gcchigh",
            "l4",
        ],
        &["https://login.microsoftonline.us"],
        "https://graph.microsoft.us",
    ),
    (
        "dod",
        &["usgovdod", "l5"],
        &["https://login.microsoftonline.us"],
        "https://dod-graph.microsoft.us",
    ),
    (
        "china",
        &["azurechina", "azurechinacloud", "21vianet"],
        &[
            "https://login.partner.microsoftonline.cn",
            "https://login.chinacloudapi.cn",
        ],
        "https://microsoftgraph.chinacloudapi.cn",
    ),
];

impl Cloud {
    /// The worldwide cloud, GCC included.
    #[must_use]
    pub fn global() -> Self {
        Self::known(0)
    }

    /// US government L4 (GCC High).
    #[must_use]
    pub fn us_gov() -> Self {
        Self::known(1)
    }

    /// US government L5 (DoD).
    #[must_use]
    pub fn us_gov_dod() -> Self {
        Self::known(2)
    }

    /// China, operated by 21Vianet.
    #[must_use]
    pub fn china() -> Self {
        Self::known(3)
    }

    fn known(at: usize) -> Self {
        // The four constructors above are the only callers, and a test calls each.
        let (name, _, authorities, graph) = KNOWN.get(at).copied().unwrap_or(KNOWN[0]);
        Self {
            name,
            authority: authorities.first().copied().unwrap_or_default().into(),
            graph: graph.into(),
        }
    }

    /// Two origins of one's own. See the errors for what is accepted.
    ///
    /// # Errors
    ///
    /// `origin-invalid` for anything but scheme, host and port; `origin-plain-http` for plain
    /// http to anything but a loopback address; `origin-not-allowed` for any other origin that
    /// is not in `allowed_origins`.
    pub fn custom(
        graph: &str,
        authority: &str,
        allowed_origins: &[String],
    ) -> Result<Self, CredentialError> {
        let graph = origin::parse("PASSCODE_GRAPH_URL", graph, allowed_origins)?;
        let authority = origin::parse("PASSCODE_AUTHORITY_URL", authority, allowed_origins)?;
        Ok(Self {
            name: "custom",
            authority: origin::written(&authority),
            graph: origin::written(&graph),
        })
    }

    /// One of Microsoft's clouds by its name (`global`, `usgov`, `dod`, `china`) or by the name
    /// that Graph PowerShell or Azure has for it, in any case. `None` if it is `custom`.
    ///
    /// # Errors
    ///
    /// `cloud-unknown`, with the names there are.
    pub fn named(name: &str) -> Result<Option<Self>, CredentialError> {
        let wanted = name.trim().to_ascii_lowercase();
        if wanted == "custom" {
            return Ok(None);
        }
        let found = KNOWN
            .iter()
            .position(|(name, others, _, _)| *name == wanted || others.contains(&wanted.as_str()));
        match found {
            Some(at) => Ok(Some(Self::known(at))),
            None => Err(refused(
                "cloud-unknown",
                format!("there is no cloud named '{}'", shown(name, 60)),
                "set PASSCODE_CLOUD to global, usgov, dod, china or custom",
            )),
        }
    }

    /// The same cloud with another of its own authorities (China has two).
    ///
    /// # Errors
    ///
    /// `authority-mismatch` if the authority is another cloud's.
    pub fn with_authority(self, host: &str) -> Result<Self, CredentialError> {
        let wanted = authority_origin(host)?;
        let own = KNOWN
            .iter()
            .find(|(name, ..)| *name == self.name)
            .map_or(&[][..], |(_, _, authorities, _)| authorities);
        if own.contains(&wanted.as_str()) || self.authority == wanted {
            return Ok(Self {
                authority: wanted,
                ..self
            });
        }
        Err(refused(
            "authority-mismatch",
            format!(
                "AZURE_AUTHORITY_HOST is {wanted}, and the cloud {} has {}",
                self.name, self.authority
            ),
            "unset AZURE_AUTHORITY_HOST, or set PASSCODE_CLOUD to the cloud it belongs to",
        ))
    }

    /// The cloud that an authority alone stands for, where it is one.
    ///
    /// # Errors
    ///
    /// `cloud-ambiguous` for the two US government clouds, which share an authority and not a
    /// Graph root; `cloud-unknown` for an authority that is not Microsoft's.
    pub fn of_authority(host: &str) -> Result<Self, CredentialError> {
        let wanted = authority_origin(host)?;
        let found: Vec<usize> = (0..KNOWN.len())
            .filter(|at| {
                KNOWN
                    .get(*at)
                    .is_some_and(|known| known.2.contains(&wanted.as_str()))
            })
            .collect();
        match found.as_slice() {
            [one] => Self::known(*one).with_authority(&wanted),
            [] => Err(refused(
                "cloud-unknown",
                format!("AZURE_AUTHORITY_HOST is {wanted}, which belongs to no cloud known here"),
                "set PASSCODE_CLOUD=custom, PASSCODE_GRAPH_URL and PASSCODE_AUTHORITY_URL",
            )),
            _ => Err(refused(
                "cloud-ambiguous",
                format!("AZURE_AUTHORITY_HOST is {wanted}, which two clouds share"),
                "set PASSCODE_CLOUD to usgov (GCC High) or dod",
            )),
        }
    }

    /// `global`, `usgov`, `dod`, `china` or `custom`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The authority's origin, without a trailing slash.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// The Graph root's origin, without a trailing slash: the one place a token may go.
    #[must_use]
    pub fn graph_root(&self) -> &str {
        &self.graph
    }

    /// The scope to ask for: the root and `/.default`.
    #[must_use]
    pub fn scope(&self) -> String {
        format!("{}/.default", self.graph)
    }

    /// Whether a token's audience is the Graph root of one of Microsoft's clouds.
    pub(crate) fn is_a_root(audience: &str) -> bool {
        let bare = audience.trim_end_matches('/');
        KNOWN.iter().any(|(_, _, _, root)| *root == bare)
    }

    /// Whether an issuer is another cloud's. Of an issuer that is not known, or that clouds share
    /// (`sts.windows.net`), nothing is said.
    pub(crate) fn is_foreign_issuer(&self, issuer: &str) -> bool {
        let family = |host: &str| {
            let under = |suffix: &str| host.ends_with(suffix);
            if under(".microsoftonline.us") {
                Some("us")
            } else if under(".chinacloudapi.cn") || under(".microsoftonline.cn") {
                Some("china")
            } else if under(".microsoftonline.com") {
                Some("global")
            } else {
                None
            }
        };
        let host = Url::parse(issuer).ok();
        let theirs = host.as_ref().and_then(Url::host_str).and_then(family);
        let ours = match self.name {
            "global" => Some("global"),
            "usgov" | "dod" => Some("us"),
            "china" => Some("china"),
            _ => None,
        };
        theirs.is_some() && ours.is_some() && theirs != ours
    }

    /// The audience of assertions that this cloud exchanges for tokens (federated credentials).
    ///
    /// Those of the US government's clouds and of China are from memory of their portals and are
    /// unconfirmed; an app registration may name another one.
    #[must_use]
    pub fn exchange_audience(&self) -> &'static str {
        match self.name {
            "usgov" | "dod" => "api://AzureADTokenExchangeUSGov",
            "china" => "api://AzureADTokenExchangeChina",
            _ => "api://AzureADTokenExchange",
        }
    }

    /// Whether its Graph root is a loopback address.
    pub(crate) fn is_on_this_machine(&self) -> bool {
        Url::parse(&self.graph).is_ok_and(|root| origin::is_loopback(&root))
    }

    /// Whether a token's audience is this cloud's Graph.
    #[must_use]
    pub fn is_audience(&self, audience: &str) -> bool {
        /// Microsoft Graph's application id, the same in every cloud of Microsoft's.
        const GRAPH_APP: &str = "00000003-0000-0000-c000-000000000000";
        let bare = audience.strip_suffix('/').unwrap_or(audience);
        bare.eq_ignore_ascii_case(&self.graph) || audience.eq_ignore_ascii_case(GRAPH_APP)
    }
}

/// An authority as Azure's tools accept it, with or without a scheme or a slash at the end.
fn authority_origin(host: &str) -> Result<String, CredentialError> {
    let host = host.trim();
    let with_scheme = if host.contains("://") {
        host.to_owned()
    } else {
        format!("https://{host}")
    };
    let url = Url::parse(&with_scheme)
        .ok()
        .filter(|url| url.host().is_some() && url.path() == "/" && url.username().is_empty());
    match url {
        Some(url) => Ok(origin::written(&url)),
        None => Err(refused(
            "origin-invalid",
            "AZURE_AUTHORITY_HOST is not a host name",
            "set it to a host such as login.microsoftonline.com, or unset it",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Transcribed from Graph's page on national cloud deployments.
    #[test]
    fn each_cloud_pairs_its_own_authority_and_root() {
        let table = [
            (
                Cloud::global(),
                "global",
                "https://login.microsoftonline.com",
                "https://graph.microsoft.com",
            ),
            (
                Cloud::us_gov(),
                "usgov",
                "https://login.microsoftonline.us",
                "https://graph.microsoft.us",
            ),
            (
                Cloud::us_gov_dod(),
                "dod",
                "https://login.microsoftonline.us",
                "https://dod-graph.microsoft.us",
            ),
            (
                Cloud::china(),
                "china",
                "https://login.partner.microsoftonline.cn",
                "https://microsoftgraph.chinacloudapi.cn",
            ),
        ];
        for (cloud, name, authority, root) in table {
            assert_eq!(
                (cloud.name(), cloud.authority(), cloud.graph_root()),
                (name, authority, root)
            );
            assert_eq!(cloud.scope(), format!("{root}/.default"));
        }
    }

    #[test]
    fn clouds_answer_to_graph_powershells_and_azures_names() {
        let table = [
            ("global", Some(Cloud::global())),
            ("Global", Some(Cloud::global())),
            ("AzureCloud", Some(Cloud::global())),
            ("AzurePublic", Some(Cloud::global())),
            ("AzurePublicCloud", Some(Cloud::global())),
            ("USGov", Some(Cloud::us_gov())),
            ("AzureUSGovernment", Some(Cloud::us_gov())),
            ("AzureGovernment", Some(Cloud::us_gov())),
            ("dod", Some(Cloud::us_gov_dod())),
            ("USGovDoD", Some(Cloud::us_gov_dod())),
            ("China", Some(Cloud::china())),
            ("AzureChinaCloud", Some(Cloud::china())),
            ("AzureChina", Some(Cloud::china())),
            ("custom", None),
        ];
        for (name, expected) in table {
            assert_eq!(Cloud::named(name).unwrap(), expected, "{name}");
        }
        for name in ["", "Germany", "globa", "https://graph.microsoft.com"] {
            assert_eq!(
                Cloud::named(name).unwrap_err().code,
                "cloud-unknown",
                "{name}"
            );
        }
    }

    #[test]
    fn an_authority_stands_for_a_cloud_only_where_it_is_one() {
        let table = [
            ("https://login.microsoftonline.com/", Ok("global")),
            ("login.microsoftonline.com", Ok("global")),
            ("https://login.partner.microsoftonline.cn", Ok("china")),
            ("https://login.chinacloudapi.cn/", Ok("china")),
            ("https://login.microsoftonline.us", Err("cloud-ambiguous")),
            ("https://login.example.com", Err("cloud-unknown")),
            ("http://login.microsoftonline.com", Err("cloud-unknown")),
            (
                "https://login.microsoftonline.com/tenant",
                Err("origin-invalid"),
            ),
            ("", Err("origin-invalid")),
        ];
        for (host, expected) in table {
            let found = Cloud::of_authority(host).map(|cloud| cloud.name());
            assert_eq!(
                found.map_err(|error| error.code),
                expected.map_err(str::to_owned),
                "{host}"
            );
        }
        let older = Cloud::china()
            .with_authority("login.chinacloudapi.cn")
            .unwrap();
        assert_eq!(older.authority(), "https://login.chinacloudapi.cn");
        assert_eq!(older.graph_root(), Cloud::china().graph_root());
        let foreign = Cloud::global().with_authority("login.microsoftonline.us");
        assert_eq!(foreign.unwrap_err().code, "authority-mismatch");
    }

    #[test]
    fn an_audience_is_the_root_or_graphs_application_id() {
        let cloud = Cloud::global();
        for own in [
            "https://graph.microsoft.com",
            "https://graph.microsoft.com/",
            "00000003-0000-0000-c000-000000000000",
        ] {
            assert!(cloud.is_audience(own), "{own}");
        }
        for foreign in [
            "https://graph.microsoft.us",
            "https://graph.microsoft.com//",
            "https://graph.microsoft.com.evil.example",
            "https://management.azure.com",
            "00000002-0000-0000-c000-000000000000",
            "",
        ] {
            assert!(!cloud.is_audience(foreign), "{foreign}");
        }
    }
}
