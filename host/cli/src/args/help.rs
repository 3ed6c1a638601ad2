//! The first page of the help: the three commands people need, then the rest in groups.

use clap::{Command, CommandFactory as _};

use super::Cli;
use super::nearest::nearest;

/// The verbs, by what one wants.
const GROUPS: &[(&str, &[&str])] = &[
    ("Look", &["devices", "explain", "status", "matrix"]),
    ("Act", &["reset", "remove", "execute", "reveal"]),
    ("Many devices", &["run"]),
    (
        "Two people, and records",
        &["plans", "approve", "deny", "audit"],
    ),
    ("Practise", &["practice"]),
    ("Sign in", &["login", "logout", "auth"]),
    (
        "Set up",
        &["doctor", "config", "extension", "completions", "man"],
    ),
];

pub(crate) const FIRST: &str = "\
The three commands people need first; they run as they stand:
  passcode explain --practice --serial SAMPLE-COSU-0001   what can be done, and why
  passcode reset --practice --serial SAMPLE-COSU-0001     reset an Android passcode
                                                          (iPhone, iPad: `passcode remove`)
  passcode reveal --practice --serial SAMPLE-COSU-0001    show the temporary passcode again

Nothing real happens with --practice. Without it they go to the tenant that the environment or the
config file names: AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, or PASSCODE_ACCESS_TOKEN,
or `passcode login`; see `passcode auth setup`.
";

const EXIT_CODES: &str = "\
Exit codes: 0 done, 1 our fault, 2 usage, 3 not signed in, 4 forbidden, 5 no such device or several,
6 refused, 7 outcome unknown, 8 approval needed, 9 still pending, 10 failed,
11 of many some failed, 12 unavailable, 130 interrupted. `passcode COMMAND --help` has examples.";

/// The definitions, with the first page of the help.
pub(crate) fn command() -> Command {
    let command = Cli::command();
    let page = format!(
        "{{about-with-newline}}\n{{usage-heading}} {{usage}}\n\n{FIRST}\n{}Options:\n{{options}}\n\n{EXIT_CODES}\n",
        groups(&command)
    );
    command.help_template(page)
}

fn groups(command: &Command) -> String {
    let mut text = String::new();
    for (title, verbs) in GROUPS {
        text.push_str(&format!("{title}:\n"));
        for verb in *verbs {
            let about = command.find_subcommand(verb).and_then(Command::get_about);
            let about = about.map(ToString::to_string).unwrap_or_default();
            text.push_str(&format!("  {verb:<12} {about}\n"));
        }
        text.push('\n');
    }
    text
}

/// Words that people bring from elsewhere, and what they are here.
const ELSEWHERE: &[(&[&str], &str)] = &[
    (
        &["wipe", "erase", "retire", "delete", "lock", "remote-lock"],
        "there is no such verb here, on purpose: this tool cannot wipe, retire, delete or lock",
    ),
    (
        &[
            "unlock",
            "clear",
            "clear-passcode",
            "reset-passcode",
            "resetpasscode",
        ],
        "`passcode reset` for Android, `passcode remove` for an iPhone or iPad",
    ),
    (&["remove-passcode", "removepasscode"], "`passcode remove`"),
    (
        &["list", "ls", "find", "search", "device", "get"],
        "`passcode devices`",
    ),
    (
        &["check", "plan", "why", "can", "dry-run", "what-if"],
        "`passcode explain`, or `--what-if`",
    ),
    (&["apply", "run", "commit", "send"], "`passcode execute`"),
    (
        &["show", "passcode", "password", "pin"],
        "`passcode reveal`",
    ),
    (
        &["history", "log", "audit", "watch", "wait"],
        "`passcode status`",
    ),
    (&["rules", "docs", "grant"], "`passcode matrix`"),
    (
        &[
            "diagnose",
            "permissions",
            "preflight",
            "health",
            "role",
            "roles",
        ],
        "`passcode doctor`",
    ),
    (
        &["signin", "sign-in", "connect", "authenticate"],
        "`passcode login`",
    ),
    (&["whoami", "token", "me"], "`passcode auth status`"),
    (
        &["configure", "profile", "settings"],
        "`passcode config show`",
    ),
    (&["completion", "complete"], "`passcode completions`"),
    (&["version"], "`passcode --version`"),
    (
        &["demo", "simulate", "test", "fleet", "faults"],
        "`passcode practice`",
    ),
];

/// What somebody meant who wrote a verb that there is not, where it is not the spelling.
pub(crate) fn meant(verb: &str) -> Option<&'static str> {
    let verb = verb.to_ascii_lowercase();
    let exact = ELSEWHERE
        .iter()
        .find(|(words, _)| words.contains(&verb.as_str()));
    exact.map(|(_, advice)| *advice).or_else(|| {
        let verbs = GROUPS.iter().flat_map(|(_, verbs)| *verbs).copied();
        // Nearer to a verb of ours: clap says so.
        if nearest(&verb, verbs).is_some() {
            return None;
        }
        let words = ELSEWHERE.iter().flat_map(|(words, _)| *words).copied();
        let near = nearest(&verb, words)?;
        let found = ELSEWHERE.iter().find(|(words, _)| words.contains(&near));
        found.map(|(_, advice)| *advice)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verb_is_in_one_group() {
        let command = Cli::command();
        let mut verbs: Vec<&str> = command.get_subcommands().map(Command::get_name).collect();
        let mut grouped: Vec<&str> = GROUPS
            .iter()
            .flat_map(|(_, verbs)| *verbs)
            .copied()
            .collect();
        verbs.sort_unstable();
        grouped.sort_unstable();
        assert_eq!(grouped, verbs);
    }

    #[test]
    fn every_verb_has_examples_that_parse() {
        fn visit(command: &Command, path: &str) {
            let help = command
                .get_after_help()
                .map(ToString::to_string)
                .unwrap_or_default();
            assert!(help.starts_with("Example"), "{path} has no examples");
            assert!(
                help.contains(&format!("{path} ")) || help.contains(path),
                "{path}"
            );
            for inner in command.get_subcommands() {
                visit(inner, &format!("{path} {}", inner.get_name()));
            }
        }
        for verb in command().get_subcommands() {
            visit(verb, &format!("passcode {}", verb.get_name()));
        }
        command().debug_assert();
    }

    #[test]
    fn a_word_from_elsewhere_leads_to_the_verb() {
        for (word, expected) in [
            ("wipe", Some("cannot wipe")),
            ("Retire", Some("cannot wipe")),
            ("unlock", Some("passcode reset")),
            ("unlok", Some("passcode reset")),
            ("list", Some("passcode devices")),
            ("history", Some("passcode status")),
            ("diagnose", Some("passcode doctor")),
            ("signin", Some("passcode login")),
            ("whoami", Some("auth status")),
            ("settings", Some("config show")),
            // Spelling: clap's own hint.
            ("rest", None),
            ("explian", None),
            ("frobnicate", None),
        ] {
            let found = meant(word);
            assert_eq!(found.is_some(), expected.is_some(), "{word}: {found:?}");
            assert!(
                found
                    .unwrap_or_default()
                    .contains(expected.unwrap_or_default()),
                "{word}"
            );
        }
    }
}
