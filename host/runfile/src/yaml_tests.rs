use super::{What, read};

fn words(what: &What) -> String {
    match what {
        What::Null => "null".to_owned(),
        What::YesNo(yes) => format!("{yes}"),
        What::Number(number) => format!("#{number}"),
        What::Text(text) => format!("'{text}'"),
        What::List(nodes) => {
            let nodes: Vec<String> = nodes.iter().map(|node| words(&node.what)).collect();
            format!("[{}]", nodes.join(" "))
        }
        What::Map(entries) => {
            let entries: Vec<String> = entries
                .iter()
                .map(|entry| format!("{}={}", entry.key, words(&entry.value.what)))
                .collect();
            format!("({})", entries.join(" "))
        }
    }
}

#[test]
fn values_are_what_the_core_schema_says() {
    for (text, expected) in [
        ("a: 1", "(a=#1)"),
        ("a: 0x1F", "(a=#0x1F)"),
        ("a: -1.5e+3", "(a=#-1.5e+3)"),
        ("a: .5", "(a=#.5)"),
        ("a: 5.", "(a=#5.)"),
        ("a: .", "(a='.')"),
        ("a: 1e", "(a='1e')"),
        ("a: 08:00", "(a='08:00')"),
        ("a: +01:00", "(a='+01:00')"),
        ("a: no", "(a='no')"),
        ("a: yes", "(a='yes')"),
        ("a: True", "(a=true)"),
        ("a: 'true'", "(a='true')"),
        ("a: \"1\"", "(a='1')"),
        ("a:", "(a=null)"),
        ("a: ~", "(a=null)"),
        ("a: [b, {c: d}]", "(a=['b' (c='d')])"),
        ("a: 10%", "(a='10%')"),
        (
            "{\"a\": [\"\\u00e4\", 1, true, null]}",
            "(a=['ä' #1 true null])",
        ),
        ("{\n\t\"a\": [\n\t\t\"b\"\n\t]\n}", "(a=['b'])"),
        ("\u{FEFF}a: b\r\nc: d\r\n", "(a='b' c='d')"),
        ("---\na: b\n...\n", "(a='b')"),
    ] {
        let read = read(text, "t").map(|node| words(&node.what));
        assert_eq!(read.as_deref(), Ok(expected), "{text:?}");
    }
}

#[test]
fn what_two_readers_could_read_differently_is_refused_with_its_place() {
    for (text, line, column, message) in [
        ("a: &x 1\nb: *x", 1, 4, "an anchor (`&…`) or alias (`*…`)"),
        ("b: *x", 1, 4, "not YAML: "),
        ("a: !!str 1", 1, 4, "a tag (`!…`)"),
        ("a: 1\n---\nb: 2", 2, 1, "a second document begins"),
        ("? [a]\n: b", 1, 3, "a key is a list or a map"),
        ("1: b", 1, 1, "a key is not a text"),
        ("", 1, 1, "the file is empty"),
        ("# only a comment\n", 1, 1, "the file is empty"),
        ("a: b\n c: d", 2, 3, "not YAML: "),
        ("a: \"b", 1, 4, "not YAML: "),
        ("a: [b", 1, 6, "not YAML: "),
    ] {
        let fault = read(text, "t").unwrap_err();
        assert!(fault.message.starts_with(message), "{text:?}: {fault}");
        assert_eq!(
            (fault.line, fault.column),
            (line, column),
            "{text:?}: {fault}"
        );
    }
}

#[test]
fn a_file_too_deep_or_too_large_is_refused() {
    let deep = format!("a: {}", "[".repeat(40));
    assert_eq!(read(&deep, "t").unwrap_err().message, "more than 16 levels");
    // The scanner gives up before the first bracket is reported.
    let deeper = format!("a: {}", "[".repeat(1_000_000));
    assert!(read(&deeper, "t").is_err());
    let deep = format!("{}a: b", "- ".repeat(17));
    assert_eq!(read(&deep, "t").unwrap_err().message, "more than 16 levels");
    let large = format!("a: {}", "b".repeat(8 * 1024 * 1024));
    assert_eq!(
        read(&large, "t").unwrap_err().message,
        "the file is larger than 8 MiB"
    );
}

#[test]
fn whole_numbers_are_counts() {
    for (text, count) in [
        ("25", Some(25)),
        ("25.0", Some(25)),
        ("2.5e1", Some(25)),
        ("0x19", Some(25)),
        ("0o31", Some(25)),
        ("025", Some(25)),
        ("+25", Some(25)),
        ("0", Some(0)),
        ("-0.0", Some(0)),
        ("-1", None),
        ("2.5", None),
        (".inf", None),
        (".nan", None),
        ("1e300", None),
        ("99999999999999999999999", None),
        ("'25'", None),
    ] {
        assert_eq!(read(text, "t").unwrap().count(), count, "{text}");
    }
}

#[test]
fn places_count_characters_from_one() {
    let node = read("ä: b\nü:\n  - 'ö'\n  -   é\n", "t").unwrap();
    let What::Map(entries) = &node.what else {
        panic!()
    };
    assert_eq!((entries[1].at.line, entries[1].at.column), (2, 1));
    let What::List(nodes) = &entries[1].value.what else {
        panic!()
    };
    assert_eq!((nodes[0].at.line, nodes[0].at.column), (3, 5));
    assert_eq!((nodes[1].at.line, nodes[1].at.column), (4, 7));
}
