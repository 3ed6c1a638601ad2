//! Hosts, proxy, certificate authorities, clock.

use passcode_entra::{NotSeen, Stage};

use crate::facts::{Facts, SignIn};
use crate::finding::{Area, Finding, Hindrance};

const AREA: Area = Area::Network;
/// Signed assertions and tokens last from five minutes on; a minute is nobody's trouble.
const NOTABLE: u64 = 60;
const SERIOUS: u64 = 300;

pub(super) fn judge(facts: &Facts) -> Vec<Finding> {
    let mut findings = vec![authority(facts), graph(facts), clock(facts)];
    findings.push(proxy(facts));
    findings.push(roots(facts));
    findings
}

fn authority(facts: &Facts) -> Finding {
    let (id, host) = ("authority", &facts.cloud.authority);
    match &facts.authority {
        Ok(_) => Finding::pass(AREA, id, format!("{host} answers")),
        Err(not_seen) => {
            let (sentence, remedy) = words(host, facts.proxy.authority.as_deref(), not_seen);
            let finding = match &facts.sign_in {
                // There is a token already; it may be all that is needed.
                SignIn::In(_) => {
                    let more = "; the token that is there works until it expires";
                    Finding::warn(AREA, id, sentence + more)
                }
                SignIn::Out(_) => Finding::block(AREA, id, Hindrance::Unreachable, sentence),
            };
            finding.remedy(remedy)
        }
    }
}

fn graph(facts: &Facts) -> Finding {
    let (id, host) = ("graph", &facts.cloud.graph);
    if let Some(inside) = &facts.inside {
        let remedy =
            "check the name service of this machine: no public service has such an address";
        let sentence = format!(
            "{host} is not asked: its name ({}) leads only to addresses inside this machine or network, and actions do not go there",
            inside.name
        );
        return Finding::block(AREA, id, Hindrance::Unreachable, sentence).remedy(remedy);
    }
    match &facts.graph {
        Ok(status) if *status >= 500 => {
            let sentence = format!("{host} is out of order ({status})");
            Finding::block(AREA, id, Hindrance::Unreachable, sentence)
                .remedy("try again in a few minutes; if it stays so, see the service health page")
        }
        Ok(_) => Finding::pass(AREA, id, format!("{host} answers")),
        Err(not_seen) => {
            let (sentence, remedy) = words(host, facts.proxy.graph.as_deref(), not_seen);
            Finding::block(AREA, id, Hindrance::Unreachable, sentence).remedy(remedy)
        }
    }
}

/// What happened on the way to a host, and what to do.
fn words(host: &str, proxy: Option<&str>, not_seen: &NotSeen) -> (String, &'static str) {
    let (what, remedy) = match not_seen.stage {
        Stage::Name => (
            "its name has no address",
            "check the name service of this machine, or set HTTPS_PROXY if everything goes through a proxy here",
        ),
        Stage::Connection => (
            "nobody takes a connection",
            "open the way to port 443, or set HTTPS_PROXY if everything goes through a proxy here",
        ),
        Stage::Proxy => (
            "the proxy does not let it through",
            "allow the host in the proxy, check its user name and password, or name the host in NO_PROXY",
        ),
        Stage::Encryption => (
            "there is a connection, and no encryption that can be trusted",
            "if a proxy opens encrypted connections here, trust its certificate authority: `ca_file` in the config file, or SSL_CERT_FILE",
        ),
        Stage::Time => (
            "no answer came in time",
            "check the firewall and the proxy (HTTPS_PROXY), and try again",
        ),
        Stage::Answer => (
            "the connection ended before an answer came",
            "check the firewall and the proxy (HTTPS_PROXY), and try again",
        ),
    };
    let through = proxy.map_or_else(String::new, |proxy| format!(" through {proxy}"));
    let cause = &not_seen.cause;
    (
        format!("{host} cannot be reached{through}: {what} ({cause})"),
        remedy,
    )
}

fn clock(facts: &Facts) -> Finding {
    let id = "clock";
    let Some(ahead) = facts.ahead else {
        return Finding::unknown(AREA, id, "nobody answered who could say what time it is");
    };
    let by = ahead.unsigned_abs();
    let way = if ahead > 0 { "behind" } else { "ahead of" };
    let mend = "let this machine's clock be set from the network";
    if by <= NOTABLE {
        Finding::pass(AREA, id, "this machine's clock agrees with the service's")
    } else if by <= SERIOUS {
        let sentence = format!("this machine's clock is {by} seconds {way} the service's");
        Finding::warn(AREA, id, sentence).remedy(mend)
    } else {
        let sentence = format!(
            "this machine's clock is {by} seconds {way} the service's: signing in with a certificate may be refused, and tokens seem to begin or end at the wrong time"
        );
        Finding::warn(AREA, id, sentence).remedy(mend)
    }
}

fn proxy(facts: &Facts) -> Finding {
    let id = "proxy";
    let proxy = &facts.proxy;
    let past = proxy
        .past
        .as_deref()
        .map_or_else(String::new, |past| format!("; NO_PROXY is {past}"));
    let sentence = match (&proxy.authority, &proxy.graph) {
        (None, None) if proxy.variables.is_empty() => "no proxy is set".to_owned(),
        (None, None) => format!(
            "no proxy is used, although {} is set{past}",
            proxy.variables.join(", ")
        ),
        (Some(one), Some(other)) if one == other => {
            format!("sign-in and Graph go through {one}{past}")
        }
        (Some(one), Some(other)) => {
            format!("sign-in goes through {one}, Graph through {other}{past}")
        }
        (Some(one), None) => {
            let sentence = format!("sign-in goes through {one}, and Graph through no proxy{past}");
            return Finding::warn(AREA, id, sentence);
        }
        (None, Some(other)) => {
            let sentence =
                format!("Graph goes through {other}, and sign-in through no proxy{past}");
            return Finding::warn(AREA, id, sentence);
        }
    };
    Finding::pass(AREA, id, sentence)
}

fn roots(facts: &Facts) -> Finding {
    let id = "certificates";
    let roots = &facts.roots;
    let beside = roots.beside.as_ref().map_or_else(String::new, |file| {
        format!(", and {} beside them", file.display())
    });
    let of = roots.instead.as_deref().unwrap_or("the system");
    match roots.system {
        None => Finding::pass(
            AREA,
            id,
            "nothing is encrypted on the way to this machine itself",
        ),
        Some(0) if roots.beside.is_none() => {
            let sentence = format!("no certificate authority is trusted: {of} has none");
            Finding::block(AREA, id, Hindrance::Unreachable, sentence)
                .remedy("install the system's CA certificates, or name a file with SSL_CERT_FILE")
        }
        Some(count) => Finding::pass(
            AREA,
            id,
            format!("{count} certificate authorities of {of} are trusted{beside}"),
        ),
    }
}
