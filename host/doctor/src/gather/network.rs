//! Proxies and certificate authorities, as the connections see them.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use hyper_util::client::proxy::matcher::Matcher;
use passcode_entra::Cloud;
use passcode_host::reachable;

use crate::facts::{Inside, Proxy, Roots};

const VARIABLES: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];

/// How long a name may take to be resolved.
const NAMING: Duration = Duration::from_secs(5);

/// What the environment, or on some systems the system, says of proxies. The same code decides
/// it that the connections use.
pub(super) fn proxy(cloud: &Cloud) -> Proxy {
    let matcher = Matcher::from_system();
    let set = |name: &&str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    Proxy {
        authority: on_the_way(&matcher, cloud.authority()),
        graph: on_the_way(&matcher, cloud.graph_root()),
        variables: VARIABLES
            .iter()
            .filter(|name| set(name))
            .map(|name| (*name).to_owned())
            .collect(),
        past: ["NO_PROXY", "no_proxy"]
            .iter()
            .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty())),
    }
}

/// The proxy on the way to an origin: host and port, and never who signs in to it.
fn on_the_way(matcher: &Matcher, origin: &str) -> Option<String> {
    let origin: http::Uri = origin.parse().ok()?;
    if is_here(&origin) {
        // Never asked of a proxy.
        return None;
    }
    let proxy = matcher.intercept(&origin)?;
    let uri = proxy.uri();
    let port = uri
        .port_u16()
        .map_or_else(String::new, |port| format!(":{port}"));
    let named = if proxy.basic_auth().is_some() {
        " (with a user name and password)"
    } else {
        ""
    };
    let scheme = uri.scheme_str().unwrap_or("http");
    let host = uri.host().unwrap_or_default();
    Some(format!("{scheme}://{host}{port}{named}"))
}

fn is_here(origin: &http::Uri) -> bool {
    let host = origin.host().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let address = bare.parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// Whether Graph's name leads nowhere but inside: an action would not go there. Where there is a proxy, it resolves the
/// name, and may itself be inside.
pub(super) async fn inside(cloud: &Cloud) -> Option<Inside> {
    let origin: http::Uri = cloud.graph_root().parse().ok()?;
    if is_here(&origin) {
        return None;
    }
    if Matcher::from_system().intercept(&origin).is_some() {
        return None;
    }
    let bare = origin.host()?.trim_start_matches('[').trim_end_matches(']');
    if bare.parse::<IpAddr>().is_ok() {
        // No name, so nobody resolves it.
        return None;
    }
    let found = tokio::time::timeout(NAMING, tokio::net::lookup_host((bare, 0))).await;
    let found = found.ok()?.ok()?.map(|address| address.ip());
    only_inside(found).then(|| Inside {
        name: bare.to_owned(),
    })
}

/// Whether there are addresses, and none of them is one that the door connects to.
fn only_inside(addresses: impl Iterator<Item = IpAddr>) -> bool {
    let mut addresses = addresses.peekable();
    addresses.peek().is_some() && addresses.all(|address| !reachable(address, false))
}

/// How many certificate authorities there are; nobody counts where nothing is encrypted.
pub(super) async fn roots(cloud: &Cloud, beside: Option<PathBuf>) -> Roots {
    let plain = [cloud.authority(), cloud.graph_root()]
        .iter()
        .all(|origin| origin.starts_with("http://"));
    let system = if plain {
        None
    } else {
        // Some hundred files, or a large one.
        let counted =
            tokio::task::spawn_blocking(|| rustls_native_certs::load_native_certs().certs.len());
        Some(counted.await.unwrap_or(0))
    };
    // Both count, if both are set.
    let set: Vec<String> = ["SSL_CERT_FILE", "SSL_CERT_DIR"]
        .iter()
        .filter_map(|name| {
            let value = std::env::var(name).ok().filter(|value| !value.is_empty())?;
            Some(format!("{name}={value}"))
        })
        .collect();
    let instead = (!set.is_empty()).then(|| set.join(" and "));
    Roots {
        system,
        instead,
        beside,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_inside_if_it_leads_nowhere_else() {
        for (addresses, expected) in [
            (&[][..], false),
            (&["127.0.0.1"], true),
            (&["10.0.0.1", "fd00::1"], true),
            (&["10.0.0.1", "20.190.151.7"], false),
            (&["20.190.151.7"], false),
        ] {
            let found = addresses.iter().map(|address| address.parse().unwrap());
            assert_eq!(only_inside(found), expected, "{addresses:?}");
        }
    }

    #[test]
    fn a_proxys_password_is_not_kept() {
        let matcher = Matcher::builder()
            .https("http://operator:hunter2@proxy.corp.example:3128")
            .no("graph.microsoft.us")
            .build();
        let found = on_the_way(&matcher, "https://graph.microsoft.com").unwrap();
        assert_eq!(
            found,
            "http://proxy.corp.example:3128 (with a user name and password)"
        );
        assert_eq!(on_the_way(&matcher, "https://graph.microsoft.us"), None);
        for here in [
            "https://localhost:1",
            "https://127.0.0.1:1",
            "https://[::1]:1",
        ] {
            assert_eq!(on_the_way(&matcher, here), None, "{here}");
        }
    }
}
