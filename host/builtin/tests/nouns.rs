//! The component's own reading and writing of the contract's nouns against the contract.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

use std::collections::BTreeMap;
use std::path::Path;

use wit_parser::{Resolve, Type, TypeDefKind};

/// Each type in nouns.rs: its fields or cases in order, a colon and the type behind those that have one.
fn written() -> BTreeMap<String, Vec<String>> {
    let text = include_str!("../../../component/skin/src/nouns.rs");
    let mut written = BTreeMap::new();
    for item in text.split(");") {
        let Some((_, item)) = item.split_once("!(") else {
            continue;
        };
        let (name, fields) = item.split_once('{').unwrap();
        let fields = fields.trim().strip_suffix('}').unwrap();
        written.insert(name.trim().to_owned(), top_level(fields));
    }
    written
}

/// Split at the commas that stand in no brackets.
fn top_level(fields: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut depth = 0;
    for letter in fields.chars().filter(|letter| !letter.is_whitespace()) {
        match letter {
            '(' | '<' => depth += 1,
            ')' | '>' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        parts.last_mut().unwrap().push(letter);
    }
    parts.retain(|part| !part.is_empty());
    parts
}

/// The same, by the contract.
fn contract() -> BTreeMap<String, Vec<String>> {
    let mut resolve = Resolve::default();
    let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit");
    resolve.push_dir(&wit).unwrap();
    let types = resolve
        .interfaces
        .iter()
        .find(|(_, interface)| interface.name.as_deref() == Some("types"))
        .unwrap()
        .1;
    let mut contract = BTreeMap::new();
    for (name, id) in &types.types {
        let parts = match &resolve.types[*id].kind {
            TypeDefKind::Record(record) => record
                .fields
                .iter()
                .map(|field| {
                    format!(
                        "{}:{}",
                        field.name.replace('-', "_"),
                        rust(&resolve, &field.ty)
                    )
                })
                .collect(),
            TypeDefKind::Enum(cases) => cases.cases.iter().map(|case| camel(&case.name)).collect(),
            TypeDefKind::Variant(variant) => variant
                .cases
                .iter()
                .map(|case| {
                    let of = case.ty.map(|ty| format!("({})", rust(&resolve, &ty)));
                    camel(&case.name) + &of.unwrap_or_default()
                })
                .collect(),
            _ => continue,
        };
        contract.insert(camel(name), parts);
    }
    contract
}

fn camel(name: &str) -> String {
    let words = name.split('-');
    words
        .map(|word| word[..1].to_uppercase() + &word[1..])
        .collect()
}

/// A type as Rust writes it.
fn rust(resolve: &Resolve, ty: &Type) -> String {
    match ty {
        Type::Bool => "bool".into(),
        Type::U16 => "u16".into(),
        Type::U32 => "u32".into(),
        Type::S64 => "i64".into(),
        Type::String => "String".into(),
        Type::Id(id) => match &resolve.types[*id].kind {
            TypeDefKind::Option(of) => format!("Option<{}>", rust(resolve, of)),
            TypeDefKind::List(of) => format!("Vec<{}>", rust(resolve, of)),
            TypeDefKind::Tuple(tuple) => {
                let parts: Vec<_> = tuple.types.iter().map(|of| rust(resolve, of)).collect();
                format!("({})", parts.join(","))
            }
            TypeDefKind::Type(of) => rust(resolve, of),
            _ => camel(resolve.types[*id].name.as_deref().unwrap()),
        },
        other => panic!("no noun of the contract has a {other:?}"),
    }
}

#[test]
fn nouns_are_read_and_written_in_the_order_of_the_contract() {
    let (written, contract) = (written(), contract());
    assert!(written.len() > 30, "{}", written.len());
    for (name, parts) in &written {
        assert_eq!(contract.get(name), Some(parts), "{name}");
    }
}
