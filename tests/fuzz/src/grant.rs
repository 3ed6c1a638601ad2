//! Whatever a manifest and a grant say: one that is read can be written down again, and what both
//! allow is no more than either.
//!
//! Input: two grants, parted by a rule; or one, which stands for both.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use passcode_host::authority::Route;
use passcode_host::{Authority, Phase};

use crate::Target;
use crate::input::parts;

pub(crate) const TARGET: Target = Target { name: "grant", run };

fn run(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return false;
    };
    let parts = parts(text);
    let asked = Authority::parse(parts[0]);
    let grant = Authority::parse(parts.get(1).unwrap_or(&parts[0]));
    for read in [&asked, &grant] {
        match read {
            Ok(authority) => enforceable(authority),
            Err(error) => {
                assert!(!error.message.is_empty() && !error.remedy.is_empty());
            }
        }
    }
    let (Ok(asked), Ok(grant)) = (asked, grant) else {
        return false;
    };
    let both = Authority::granted(&asked, &grant);
    narrower(&both, &asked, &grant);
    // It is a settled thing: neither a second time nor the other way round does it grow.
    assert_eq!(Authority::granted(&asked, &both), both);
    assert_eq!(Authority::granted(&both, &both), both);
    let other_way = Authority::granted(&grant, &asked);
    assert_eq!(other_way.routes().len(), both.routes().len());
    if asked.routes() == grant.routes() {
        assert_eq!(both.digest(), grant.digest());
    }
    !both.routes().is_empty()
}

/// What the door relies on is so in every authority that was read, and writing it down loses nothing.
fn enforceable(authority: &Authority) {
    for route in authority.routes() {
        let path = route.path.to_string();
        assert!(path.starts_with('/') && !path.contains("//"));
        if route.mutates() {
            assert!(route.phases.iter().all(|phase| *phase == Phase::Commit));
            assert_eq!(route.names_device, path.split('/').any(|s| s == "{device}"));
        }
        if let (Some(results), Some(opens)) = (&route.results, &route.opens) {
            assert!(!route.pass.passes(&format!("{results}.{opens}")));
        }
    }
    let text = written(authority);
    let again = Authority::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert_eq!(&again, authority, "{text}");
    assert_eq!(again.digest(), authority.digest());
}

fn narrower(both: &Authority, asked: &Authority, grant: &Authority) {
    for route in both.routes() {
        let in_either = [asked, grant].map(|authority| {
            authority
                .routes()
                .iter()
                .find(|other| {
                    other.destination == route.destination
                        && other.method == route.method
                        && other.path == route.path
                })
                .unwrap_or_else(|| panic!("a route that only one of them has: {route:?}"))
        });
        for other in in_either {
            assert!(route.query.is_subset(&other.query));
            assert!(route.select.is_subset(&other.select));
            assert!(route.phases.is_subset(&other.phases));
            for name in listed(&route.pass) {
                assert!(
                    other.pass.passes(&name),
                    "{name} passes, and is in one only"
                );
            }
        }
        let [_, granted] = in_either;
        // How answers are judged is the grant's word alone.
        assert_eq!(route.identity, granted.identity);
        assert_eq!(route.results, granted.results);
        assert_eq!(route.opens, granted.opens);
        assert_eq!(route.names_device, granted.names_device);
    }
}

fn listed(pass: &passcode_host::authority::PassList) -> BTreeSet<String> {
    pass.names().map(str::to_owned).collect()
}

/// The authority as a text of its own form. Every set becomes a list, because a name that begins
/// with `@` would be taken for one.
fn written(authority: &Authority) -> String {
    let (mut lists, mut routes) = (String::new(), String::new());
    for (index, route) in authority.routes().iter().enumerate() {
        let mut set = |what: &str, names: BTreeSet<String>| {
            let names: Vec<String> = names.iter().map(|name| quoted(name)).collect();
            let _ = writeln!(lists, "{what}-{index} = [{}]", names.join(", "));
            format!("{what} = [\"@{what}-{index}\"]\n")
        };
        let sets = [
            set("query", route.query.clone()),
            set("select", route.select.clone()),
            set("pass", listed(&route.pass)),
            set("identity", route.identity.clone()),
            set("shows", route.shows.clone()),
        ];
        let _ = writeln!(routes, "[[route]]\n{}{}", scalars(route), sets.concat());
    }
    format!("contract = \"0.1.0\"\n[lists]\n{lists}{routes}")
}

fn scalars(route: &Route) -> String {
    let phases: Vec<String> = route
        .phases
        .iter()
        .map(|phase| serde_json::to_string(phase).expect("a word"))
        .collect();
    let mut out = format!(
        "name = {}\ndestination = {}\nmethod = \"{}\"\npath = {}\nphases = [{}]\ncollection = {}\nnames-device = {}\n",
        quoted(&route.name),
        quoted(&route.destination),
        route.method,
        quoted(&route.path.to_string()),
        phases.join(", "),
        route.collection,
        route.names_device,
    );
    for (what, value) in [("results", &route.results), ("opens", &route.opens)] {
        if let Some(value) = value {
            let _ = writeln!(out, "{what} = {}", quoted(value));
        }
    }
    out
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        if c.is_ascii_alphanumeric() {
            out.push(c);
        } else {
            let _ = write!(out, "\\U{:08X}", u32::from(c));
        }
    }
    out.push('"');
    out
}
