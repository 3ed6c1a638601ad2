//! Everything that can be configured, once: the parser, `config show`, the schema and the
//! documentation's table all come from here.

/// One setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Key {
    Cloud,
    GraphUrl,
    AuthorityUrl,
    Tenant,
    ClientId,
    Auth,
    CaFile,
    Practice,
    Output,
    Color,
    Delivery,
    Timeout,
    Preflight,
    Approvers,
    TwoPeople,
    Planner,
    Reviewers,
    WritesPer20s,
    RequestsPer20s,
}

/// What a value looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Some text, not empty.
    Text,
    /// One of these.
    Words(&'static [&'static str]),
    /// A cloud's name, or one of its other names.
    Cloud,
    /// The name of a way to sign in, or one of its other names.
    SignIn,
    /// Scheme, host and port.
    Origin,
    /// A file; a relative one is looked for beside the config file.
    File,
    /// A time such as `2m`.
    Time,
    /// A number from 1 to this.
    Count(u32),
    /// `true` or `false`.
    YesNo,
    /// Names of extensions that stand in the file; kept with commas between them.
    Extensions,
}

/// What there is to know of a setting.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setting {
    pub(crate) key: Key,
    /// In the file.
    pub(crate) name: &'static str,
    pub(crate) environment: Option<&'static str>,
    pub(crate) flag: Option<&'static str>,
    pub(crate) shape: Shape,
    /// What holds if nobody says otherwise; empty for nothing.
    pub(crate) built_in: &'static str,
    pub(crate) about: &'static str,
}

/// The settings, in the order they are shown.
pub(crate) const SETTINGS: &[Setting] = &[
    Setting {
        key: Key::Cloud,
        name: "cloud",
        environment: Some("PASSCODE_CLOUD"),
        flag: None,
        shape: Shape::Cloud,
        built_in: "global",
        about: "global, usgov, dod, china or custom",
    },
    Setting {
        key: Key::GraphUrl,
        name: "graph_url",
        environment: Some("PASSCODE_GRAPH_URL"),
        flag: None,
        shape: Shape::Origin,
        built_in: "",
        about: "the Graph root of a custom cloud",
    },
    Setting {
        key: Key::AuthorityUrl,
        name: "authority_url",
        environment: Some("PASSCODE_AUTHORITY_URL"),
        flag: None,
        shape: Shape::Origin,
        built_in: "",
        about: "the authority of a custom cloud",
    },
    Setting {
        key: Key::Tenant,
        name: "tenant",
        environment: Some("AZURE_TENANT_ID"),
        flag: None,
        shape: Shape::Text,
        built_in: "",
        about: "the tenant's id or domain",
    },
    Setting {
        key: Key::ClientId,
        name: "client_id",
        environment: Some("AZURE_CLIENT_ID"),
        flag: None,
        shape: Shape::Text,
        built_in: "",
        about: "the application's id",
    },
    Setting {
        key: Key::Auth,
        name: "auth",
        environment: Some("PASSCODE_AUTH"),
        flag: None,
        shape: Shape::SignIn,
        built_in: "",
        about: "the way to sign in; else the one that the environment names",
    },
    Setting {
        key: Key::CaFile,
        name: "ca_file",
        environment: Some("PASSCODE_CA_FILE"),
        flag: None,
        shape: Shape::File,
        built_in: "",
        about: "certificate authorities (PEM) to trust beside the system's",
    },
    Setting {
        key: Key::Practice,
        name: "practice",
        environment: None,
        flag: Some("--practice"),
        shape: Shape::YesNo,
        built_in: "false",
        about: "use the practice tenant, where nothing real happens",
    },
    Setting {
        key: Key::Output,
        name: "output",
        environment: None,
        flag: Some("--output"),
        shape: Shape::Words(&["table", "json", "jsonl", "csv", "tsv", "yaml", "none"]),
        built_in: "",
        about: "how answers are written; else a table on a terminal, and JSON otherwise",
    },
    Setting {
        key: Key::Color,
        name: "color",
        environment: None,
        flag: Some("--color"),
        shape: Shape::Words(&["auto", "always", "never"]),
        built_in: "auto",
        about: "whether to use colour",
    },
    Setting {
        key: Key::Delivery,
        name: "delivery",
        environment: None,
        flag: None,
        shape: Shape::Words(&["terminal", "none"]),
        built_in: "terminal",
        about: "after a reset: show the passcode on the terminal, or leave it to `passcode reveal`",
    },
    Setting {
        key: Key::Timeout,
        name: "timeout",
        environment: None,
        flag: Some("--timeout"),
        shape: Shape::Time,
        built_in: "2m",
        about: "how long to wait for a device",
    },
    Setting {
        key: Key::Preflight,
        name: "preflight",
        environment: None,
        flag: None,
        shape: Shape::YesNo,
        built_in: "true",
        about: "before a plan, read which policies reached the device and what the caller may do",
    },
    Setting {
        key: Key::Approvers,
        name: "approvers",
        environment: Some("PASSCODE_APPROVERS"),
        flag: None,
        shape: Shape::File,
        built_in: "",
        about: "who may approve, and with which keys; see docs/approval.md",
    },
    Setting {
        key: Key::TwoPeople,
        name: "two_people",
        // What a file demands no variable takes back.
        environment: None,
        flag: None,
        shape: Shape::Words(&["runs", "always"]),
        built_in: "runs",
        about: "what another person has to approve: runs, if `approvers` names a file, or always",
    },
    Setting {
        key: Key::Planner,
        name: "planner_key",
        environment: Some("PASSCODE_PLANNER_KEY"),
        flag: None,
        shape: Shape::Text,
        built_in: "",
        about: "the planner's own public key, which never approves",
    },
    Setting {
        key: Key::Reviewers,
        name: "reviewers",
        environment: None,
        flag: None,
        shape: Shape::Extensions,
        built_in: "",
        about: "extensions that are asked about every plan, by name; see docs/extensions.md",
    },
    Setting {
        key: Key::WritesPer20s,
        name: "writes_per_20s",
        environment: None,
        flag: None,
        shape: Shape::Count(199),
        built_in: "199",
        about: "requests that change something, in any 20 seconds; Intune's own limit is 200",
    },
    Setting {
        key: Key::RequestsPer20s,
        name: "requests_per_20s",
        environment: None,
        flag: None,
        shape: Shape::Count(1_990),
        built_in: "1990",
        about: "requests of any kind, in any 20 seconds; Intune's own limit is 2,000",
    },
];

/// The three that are one value: a token of one cloud must not go to another's Graph.
pub(crate) const CLOUD: [Key; 3] = [Key::Cloud, Key::GraphUrl, Key::AuthorityUrl];

/// The setting of that name in the file.
pub(crate) fn named(name: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.name == name)
}

/// Words that a key of ours never has. A secret in a file is copied, synchronised and backed up
/// with it.
pub(crate) fn looks_secret(name: &str) -> bool {
    let bare: String = name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|letter| letter.to_ascii_lowercase())
        .collect();
    [
        "secret",
        "password",
        "passwd",
        "passphrase",
        "pwd",
        "token",
        "apikey",
        "privatekey",
        "credential",
    ]
    .iter()
    .any(|word| bare.contains(word))
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum as _;

    use super::*;
    use crate::args::{Color, Format, nearest};

    #[test]
    fn words_are_those_of_the_flags() {
        let names = |values: Vec<Option<clap::builder::PossibleValue>>| -> Vec<String> {
            let named = values.into_iter().flatten();
            named.map(|value| value.get_name().to_owned()).collect()
        };
        let formats = Format::value_variants().iter();
        let colors = Color::value_variants().iter();
        for (name, expected) in [
            (
                "output",
                names(formats.map(|one| one.to_possible_value()).collect()),
            ),
            (
                "color",
                names(colors.map(|one| one.to_possible_value()).collect()),
            ),
        ] {
            let Some(Shape::Words(words)) = named(name).map(|setting| setting.shape) else {
                panic!("{name} has no words");
            };
            assert_eq!(words, expected, "{name}");
        }
    }

    #[test]
    fn keys_that_look_like_secrets_are_told_from_ours() {
        for secret in [
            "client_secret",
            "clientSecret",
            "CLIENT-SECRET",
            "password",
            "access_token",
            "api_key",
            "private-key",
            "credentials",
            "sharedSecret",
        ] {
            assert!(looks_secret(secret), "{secret}");
        }
        for setting in SETTINGS {
            assert!(!looks_secret(setting.name), "{}", setting.name);
        }
    }

    #[test]
    fn a_slip_of_the_pen_is_recognised() {
        for (word, expected) in [
            ("tennant", Some("tenant")),
            ("client-id", Some("client_id")),
            ("clientId", Some("client_id")),
            ("time_out", Some("timeout")),
            ("ouput", Some("output")),
            ("colour", Some("color")),
            ("favourite_fruit", None),
        ] {
            let names = SETTINGS.iter().map(|setting| setting.name);
            assert_eq!(nearest(word, names), expected, "{word}");
        }
    }
}
