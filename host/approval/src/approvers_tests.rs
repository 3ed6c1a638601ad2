use super::{Approvers, OperatorName};

const ONE: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBUpuPfxpYEoUQ69OsEpILn/s86APT5HEuU8w8SQnFIz";
const TWO: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFGvbxihvMqzmdQU18adwumLxqYIMnzFhVN/qE1y2Z/C";

fn entry(name: &str, operator: &str, key: &str) -> String {
    format!("[[approver]]\nname = \"{name}\"\noperator = \"{operator}\"\nkey = \"{key}\"\n")
}

/// The faults, as `line:column: message; remedy`.
fn faults(text: &str) -> Vec<String> {
    let faults = Approvers::parse(text).unwrap_err();
    faults.iter().map(ToString::to_string).collect()
}

#[test]
fn a_file_of_approvers_is_read() {
    let text = entry("Grace", "Grace@contoso.example", ONE)
        + &entry(
            "Joan",
            "22222222-BBBB-4bbb-8bbb-222222222222",
            &format!("{TWO} joan@host"),
        );
    let approvers = Approvers::parse(&text).unwrap();
    let operators: Vec<_> = approvers.iter().map(|one| one.operator.clone()).collect();
    assert_eq!(
        operators,
        [
            OperatorName::SignIn("grace@contoso.example".to_owned()),
            OperatorName::ObjectId("22222222-bbbb-4bbb-8bbb-222222222222".to_owned()),
        ]
    );
    assert_eq!(approvers.len(), 2);
}

#[test]
fn every_fault_is_named_with_its_line() {
    let grace = entry("Grace", "grace@contoso.example", ONE);
    let cases = [
        (String::new(), "1:1: there is nobody in this file"),
        ("[[approver]\n".to_owned(), "1:12: not TOML"),
        (
            format!("{grace}nmae = \"x\"\n"),
            "5:1: there is no `nmae` here; did you mean `name`?",
        ),
        (
            format!("{grace}until = 1\n"),
            "5:1: there is no `until` here; write name, operator, key",
        ),
        (
            format!("{grace}[[aprover]]\nname = \"x\"\n"),
            "5:3: there is no `aprover` here; did you mean `approver`?",
        ),
        (
            "approver = 1".to_owned(),
            "1:1: `approver` is a list of tables",
        ),
        (
            "[approver]\nname = \"x\"".to_owned(),
            "1:2: `approver` is a list of tables",
        ),
        ("approver = [1]".to_owned(), "1:13: an approver is a table"),
        (
            grace.replace("\"Grace\"", "1"),
            "2:8: the value of `name` is not a text",
        ),
        (
            grace.replace("\"Grace\"", "\" \""),
            "2:8: the value of `name` is not a text of visible",
        ),
        (
            grace.replace("\"Grace\"", "\"a\\u001bb\""),
            "2:8: the value of `name` is not a text of visible",
        ),
        (
            grace.replace("grace@contoso.example", "grace"),
            "3:12: the value of `operator` is neither a sign-in name nor an object id",
        ),
        (
            grace.replace("ssh-", "ssl-"),
            "4:7: the value of `key`: this is no public key",
        ),
        (
            grace.replace("name =", "#"),
            "1:1: this approver has no `name`",
        ),
        (
            grace.replace("operator =", "#"),
            "1:1: this approver has no `operator`",
        ),
        (
            grace.replace("key =", "#"),
            "1:1: this approver has no `key`",
        ),
    ];
    for (text, expected) in cases {
        let found = faults(&text);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with(expected), "{found:?}, not {expected}");
    }
}

#[test]
fn all_faults_are_named_in_the_order_of_the_lines() {
    let text = entry("", "grace", "") + &entry("Joan", "joan@contoso.example", TWO) + "kee = 1\n";
    let lines: Vec<_> = Approvers::parse(&text).unwrap_err();
    let lines: Vec<_> = lines.iter().map(|fault| fault.line).collect();
    assert_eq!(lines, [2, 3, 4, 9]);
}

#[test]
fn nobody_is_in_the_file_twice() {
    let grace = entry("Grace", "grace@contoso.example", ONE);
    let minisign = {
        use base64::Engine as _;
        let engine = base64::engine::general_purpose::STANDARD;
        let point = engine
            .decode(&ONE["ssh-ed25519 ".len()..])
            .unwrap()
            .split_off(19);
        engine.encode([b"Ed12345678", &point[..]].concat())
    };
    for (other, word) in [
        (entry("GRACE", "joan@contoso.example", TWO), "name"),
        (entry("Joan", "GRACE@contoso.example", TWO), "operator"),
        (
            entry("Joan", "joan@contoso.example", &format!("{ONE} again")),
            "key",
        ),
        // The same key, as minisign writes it.
        (entry("Joan", "joan@contoso.example", &minisign), "key"),
    ] {
        let found = faults(&(grace.clone() + &other));
        assert_eq!(found.len(), 1, "{found:?}");
        let expected = format!("5:1: this approver has the `{word}` of the one in line 1");
        assert!(found[0].starts_with(&expected), "{found:?}");
    }
}

#[test]
fn a_private_key_is_refused_and_not_repeated() {
    let key = "-----BEGIN OPENSSH PRIVATE KEY-----\\nb3BlbnNzaC1rZXktdjEA";
    let found = faults(&entry("Grace", "grace@contoso.example", key));
    assert!(found[0].contains("looks like a private key"), "{found:?}");
    assert!(found[0].contains("remove it here"), "{found:?}");
    assert!(!found[0].contains("b3Blbn"), "{found:?}");
}

#[test]
fn the_file_in_the_page_is_read() {
    let page = include_str!("../../../docs/approval.md");
    let (_, rest) = page.split_once("```toml\n").unwrap();
    let (file, _) = rest.split_once("```").unwrap();
    assert_eq!(Approvers::parse(file).unwrap().len(), 2);
}
