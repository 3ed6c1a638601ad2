//! Whatever is written is, to the byte, what another implementation of RFC 8785 writes.

#![expect(
    clippy::unwrap_used,
    reason = "what cannot be written has no canonical form to compare"
)]

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

fn judged(value: &impl Serialize) -> String {
    let written = passcode_canonical::to_string(value).unwrap();
    assert_eq!(written, serde_json_canonicalizer::to_string(value).unwrap());
    written
}

/// Members in the order in which they are given, which a map of `serde_json` does not keep.
struct Members(Vec<(String, Given)>);

#[derive(Clone, Debug)]
enum Given {
    Leaf(Value),
    Items(Vec<Given>),
    Members(Vec<(String, Given)>),
}

impl Serialize for Members {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

impl Serialize for Given {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Leaf(value) => value.serialize(serializer),
            Self::Items(items) => items.serialize(serializer),
            Self::Members(members) => {
                serializer.collect_map(members.iter().map(|(name, value)| (name, value)))
            }
        }
    }
}

/// Names that sort differently as bytes, as escapes and as UTF-16, and ordinary ones.
fn name() -> impl Strategy<Value = String> {
    let odd = prop::sample::select(vec![
        "",
        "\"",
        "\\",
        "!",
        " ",
        "a",
        "aa",
        "a\"",
        "a!",
        "\n",
        "\u{1}",
        "\u{7f}",
        "\u{80}",
        "\u{e9}",
        "\u{d7ff}",
        "\u{e000}",
        "\u{ffff}",
        "\u{10000}",
        "\u{1f600}",
        "Z",
        "z",
        "@odata.type",
    ]);
    prop_oneof![
        odd.prop_map(str::to_owned),
        "[a-zA-Z@.$]{1,12}",
        any::<String>()
    ]
}

fn leaf() -> impl Strategy<Value = Value> {
    let whole = prop_oneof![
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-1000_i64..1000).prop_map(Value::from),
        (-3_i64..3).prop_map(|by| Value::from((1_i64 << 53) + by)),
        (-3_i64..3).prop_map(|by| Value::from(-(1_i64 << 53) + by)),
    ];
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        whole,
        any::<f64>()
            .prop_filter("JSON has no such number", |number| number.is_finite())
            .prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        name().prop_map(Value::from),
    ]
}

fn given() -> impl Strategy<Value = Given> {
    leaf()
        .prop_map(Given::Leaf)
        .prop_recursive(4, 64, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Given::Items),
                prop::collection::btree_map(name(), inner, 0..8)
                    .prop_map(|members| members.into_iter().collect::<Vec<_>>())
                    .prop_shuffle()
                    .prop_map(Given::Members),
            ]
        })
}

proptest! {
    #[test]
    fn it_is_what_another_implementation_writes(value in given()) {
        let written = judged(&value);
        let read: Value = serde_json::from_str(&written).unwrap();
        prop_assert_eq!(judged(&read), written);
    }
}

/// A tree without what is in the lists of that name.
fn without(value: &mut Value, name: &str) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| without(item, name)),
        Value::Object(members) => {
            for (own, value) in members {
                match value {
                    Value::Array(items) if own == name => items.clear(),
                    other => without(other, name),
                }
            }
        }
        _ => {}
    }
}

proptest! {
    #[test]
    fn lists_of_a_name_are_empty_within_a_member_and_nothing_else_is(
        members in prop::collection::btree_map(name(), given(), 0..5),
        member in name(),
        name in name(),
    ) {
        let whole = judged(&Members(members.into_iter().collect()));
        let mut expected: Value = serde_json::from_str(&whole).unwrap();
        if let Some(value) = expected.get_mut(&member) {
            without(value, &name);
        }
        // A name that is written with an escape is never looked for.
        prop_assume!(serde_json::to_string(&name).unwrap() == format!("\"{name}\""));
        prop_assume!(serde_json::to_string(&member).unwrap() == format!("\"{member}\""));
        prop_assert_eq!(passcode_canonical::emptied(&whole, &member, &name), judged(&expected));
    }
}

#[test]
fn what_is_emptied_is_a_list_of_that_name_within_that_member() {
    for (whole, expected) in [
        (
            r#"{"b":{"a":[1,[2]],"c":[{"a":["]\"}"]}]}}"#,
            r#"{"b":{"a":[],"c":[{"a":[]}]}}"#,
        ),
        (
            r#"{"b":[{"a":[{"a":[1]}]}],"c":{"a":[1]}}"#,
            r#"{"b":[{"a":[]}],"c":{"a":[1]}}"#,
        ),
        // Not within it, though it is called so; no list; no name.
        (
            r#"{"a":[1],"c":{"b":{"a":[1]}}}"#,
            r#"{"a":[1],"c":{"b":{"a":[1]}}}"#,
        ),
        (
            r#"{"b":{"a":{"x":[1]},"c":"a","d":["a",[1]]}}"#,
            r#"{"b":{"a":{"x":[1]},"c":"a","d":["a",[1]]}}"#,
        ),
        (r#"{"b":{"c":"\"a\":[1]"}}"#, r#"{"b":{"c":"\"a\":[1]"}}"#),
        // What is no JSON does not become any.
        (r#"{"b":{"a":[1"#, r#"{"b":{"a":["#),
        (r#"{"b":{"a":["]"#, r#"{"b":{"a":["#),
        (r#"{"b":{"a"#, r#"{"b":{"a"#),
        ("]]}é", "]]}é"),
    ] {
        assert_eq!(passcode_canonical::emptied(whole, "b", "a"), expected);
    }
}

#[test]
fn every_kind_of_value_is_written_like_that() {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Late<'a> {
        zebra: Option<u32>,
        #[serde(skip_serializing_if = "Option::is_none")]
        left_out: Option<u32>,
        yak: (i8, i16, i32, i64, u8, u16, u32, u64, f32, char),
        #[serde(flatten)]
        inner: Inner<'a>,
        newtype: Newtype,
        aardvark: Kind,
    }
    #[derive(Serialize)]
    struct Inner<'a> {
        name: &'a str,
        beta: BTreeMap<u8, &'a str>,
        unit: (),
    }
    #[derive(Serialize)]
    struct Newtype(Vec<Kind>);
    #[derive(Serialize)]
    #[serde(rename_all = "kebab-case")]
    enum Kind {
        Unit,
        New(bool),
        Pair(u8, u8),
        Named { z: u8, a: u8 },
    }
    let late = Late {
        zebra: Some(1),
        left_out: None,
        yak: (-1, -2, -3, i64::MIN, 1, 2, 3, u64::MAX, 0.1, '\u{1f600}'),
        inner: Inner {
            name: "tab\t, quote\", backslash\\, solidus/, bell\u{7}, delete\u{7f}",
            beta: BTreeMap::from([(9, "nine"), (10, "ten")]),
            unit: (),
        },
        newtype: Newtype(vec![
            Kind::Unit,
            Kind::New(true),
            Kind::Pair(1, 2),
            Kind::Named { z: 1, a: 2 },
        ]),
        aardvark: Kind::New(false),
    };
    let written = judged(&late);
    assert!(
        written.starts_with(r#"{"aardvark":{"new":false},"beta":{"10":"ten","9":"nine"},"name":"#),
        "{written}"
    );
    for alone in [
        json!(null),
        json!("text"),
        json!([]),
        json!({}),
        json!(-0.0),
        json!(1e21),
        json!(1e-7),
        json!(u64::MAX),
    ] {
        judged(&alone);
    }
    judged(&u128::MAX);
    judged(&i128::MIN);
}

#[test]
fn members_are_sorted_as_utf16_whatever_order_they_come_in() {
    let members = |names: &[&str]| {
        let leaf = Given::Leaf(Value::Null);
        Members(
            names
                .iter()
                .map(|name| ((*name).to_owned(), leaf.clone()))
                .collect(),
        )
    };
    // As bytes U+E000 comes first, as UTF-16 U+10000 does; and `"` is written as `\"`.
    assert_eq!(
        judged(&members(&["\u{e000}", "\u{10000}", "a", "\"", "#"])),
        "{\"\\\"\":null,\"#\":null,\"a\":null,\"\u{10000}\":null,\"\u{e000}\":null}"
    );
    assert_eq!(judged(&members(&["b", "a"])), r#"{"a":null,"b":null}"#);
    assert_eq!(judged(&members(&["a", "b"])), r#"{"a":null,"b":null}"#);
}

#[test]
fn what_has_no_one_form_is_refused() {
    let leaf = Given::Leaf(json!(1));
    for names in [["a", "a"], ["\u{e9}", "\u{e9}"], ["\"", "\""]] {
        let twice = Members(names.map(|name| (name.to_owned(), leaf.clone())).into());
        assert!(passcode_canonical::to_string(&twice).is_err());
        let apart = Given::Members(vec![
            (names[0].to_owned(), leaf.clone()),
            ("m".to_owned(), leaf.clone()),
            (names[1].to_owned(), leaf.clone()),
        ]);
        assert!(passcode_canonical::to_string(&apart).is_err());
    }
    assert!(passcode_canonical::to_string(&BTreeMap::from([((1, 2), 3)])).is_err());
}
