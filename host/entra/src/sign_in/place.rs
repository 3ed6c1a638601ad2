//! Which cloud the environment names.

use passcode_host::credential::CredentialError;

use crate::cloud::Cloud;
use crate::error::refused;

/// The cloud, from `PASSCODE_CLOUD`, `PASSCODE_GRAPH_URL`, `PASSCODE_AUTHORITY_URL` and
/// `AZURE_AUTHORITY_HOST`.
pub(super) fn cloud(
    get: &impl Fn(&str) -> Option<String>,
    allowed_origins: &[String],
) -> Result<Cloud, CredentialError> {
    let host = get("AZURE_AUTHORITY_HOST");
    let named = get("PASSCODE_CLOUD");
    let own = |name: &&str| get(name).is_some();
    let addresses: Vec<&str> = ["PASSCODE_GRAPH_URL", "PASSCODE_AUTHORITY_URL"]
        .into_iter()
        .filter(own)
        .collect();
    let known = match (&named, &host) {
        (Some(name), _) => Cloud::named(name)?,
        (None, Some(host)) if addresses.is_empty() => return Cloud::of_authority(host),
        (None, _) => Some(Cloud::global()),
    };
    if let Some(known) = known {
        if !addresses.is_empty() {
            return Err(refused(
                "cloud-not-custom",
                format!(
                    "{} set, and the cloud is {}",
                    addresses.join(" and "),
                    known.name()
                ),
                "set PASSCODE_CLOUD=custom, or unset the addresses",
            ));
        }
        return match host {
            Some(host) => known.with_authority(&host),
            None => Ok(known),
        };
    }
    let missing = |name: &str| {
        refused(
            "cloud-incomplete",
            format!("the cloud is custom, and {name} is not set"),
            format!("set {name}, for instance to https://graph.microsoft.com"),
        )
    };
    let graph = get("PASSCODE_GRAPH_URL").ok_or_else(|| missing("PASSCODE_GRAPH_URL"))?;
    let authority =
        get("PASSCODE_AUTHORITY_URL").ok_or_else(|| missing("PASSCODE_AUTHORITY_URL"))?;
    let custom = Cloud::custom(graph.trim(), authority.trim(), allowed_origins)?;
    match host {
        Some(host) => custom.with_authority(&host),
        None => Ok(custom),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALLOWED: &[&str] = &["https://graph.corp.example", "https://login.corp.example"];

    #[test]
    fn the_cloud_is_one_value_from_several_variables() {
        const GRAPH: &str = "PASSCODE_GRAPH_URL";
        const AUTHORITY: &str = "PASSCODE_AUTHORITY_URL";
        const CLOUD: &str = "PASSCODE_CLOUD";
        const HOST: &str = "AZURE_AUTHORITY_HOST";
        let (graph, login) = (ALLOWED[0], ALLOWED[1]);
        let allowed: Vec<String> = ALLOWED.iter().map(|&origin| origin.into()).collect();
        type Row<'a> = (
            &'a [(&'a str, &'a str)],
            Result<(&'a str, &'a str), &'a str>,
        );
        let table: &[Row<'_>] = &[
            (&[], Ok(("global", "https://login.microsoftonline.com"))),
            (
                &[(CLOUD, "USGovDoD")],
                Ok(("dod", "https://login.microsoftonline.us")),
            ),
            (
                &[(CLOUD, "dod"), (HOST, "https://login.microsoftonline.us/")],
                Ok(("dod", "https://login.microsoftonline.us")),
            ),
            (
                &[(HOST, "https://login.microsoftonline.us/")],
                Err("cloud-ambiguous"),
            ),
            (
                &[(HOST, "login.chinacloudapi.cn")],
                Ok(("china", "https://login.chinacloudapi.cn")),
            ),
            (
                &[(CLOUD, "global"), (HOST, "login.chinacloudapi.cn")],
                Err("authority-mismatch"),
            ),
            (&[(CLOUD, "mars")], Err("cloud-unknown")),
            (
                &[(CLOUD, "custom"), (GRAPH, graph), (AUTHORITY, login)],
                Ok(("custom", login)),
            ),
            (
                &[
                    (CLOUD, "custom"),
                    (GRAPH, graph),
                    (AUTHORITY, login),
                    (HOST, login),
                ],
                Ok(("custom", login)),
            ),
            (
                &[
                    (CLOUD, "custom"),
                    (GRAPH, graph),
                    (AUTHORITY, login),
                    (HOST, "https://evil.example"),
                ],
                Err("authority-mismatch"),
            ),
            (
                &[
                    (CLOUD, "custom"),
                    (GRAPH, "http://127.0.0.1:9"),
                    (AUTHORITY, "http://[::1]:9"),
                ],
                Ok(("custom", "http://[::1]:9")),
            ),
            (
                &[(CLOUD, "custom"), (GRAPH, graph)],
                Err("cloud-incomplete"),
            ),
            (
                &[(CLOUD, "custom"), (AUTHORITY, login)],
                Err("cloud-incomplete"),
            ),
            (
                &[
                    (CLOUD, "custom"),
                    (GRAPH, "https://evil.example"),
                    (AUTHORITY, login),
                ],
                Err("origin-not-allowed"),
            ),
            (
                &[
                    (CLOUD, "custom"),
                    (GRAPH, graph),
                    (AUTHORITY, "http://10.0.0.1"),
                ],
                Err("origin-plain-http"),
            ),
            (&[(GRAPH, graph)], Err("cloud-not-custom")),
            (
                &[(CLOUD, "global"), (AUTHORITY, login)],
                Err("cloud-not-custom"),
            ),
            (
                &[(HOST, "login.microsoftonline.com"), (GRAPH, graph)],
                Err("cloud-not-custom"),
            ),
        ];
        for (variables, expected) in table {
            let get = |name: &str| {
                let (_, value) = variables.iter().find(|(set, _)| *set == name)?;
                Some((*value).to_owned())
            };
            let found = cloud(&get, &allowed);
            let found = found
                .as_ref()
                .map(|cloud| (cloud.name(), cloud.authority()))
                .map_err(|error| error.code.as_str());
            assert_eq!(found, *expected, "{variables:?}");
        }
    }
}
