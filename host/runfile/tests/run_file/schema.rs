//! The published schema and the reader say the same, and the examples pass both.

use std::path::{Path, PathBuf};

use jsonschema::Validator;
use passcode_runfile::{RunFile, schema};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use serde_json::{Value, json};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn validator() -> Validator {
    jsonschema::validator_for(&schema()).unwrap()
}

/// What a schema cannot say.
const BEYOND: [&str; 2] = ["ends when it begins", "its check sum is wrong"];

/// Whether the reader accepts a document, but for what a schema cannot say.
fn accepted(document: &Value) -> Result<(), String> {
    match RunFile::parse(&document.to_string(), "t") {
        Ok(_) => Ok(()),
        Err(faults) => {
            let within = |message: &str| !BEYOND.iter().any(|beyond| message.ends_with(beyond));
            match faults.iter().find(|fault| within(&fault.message)) {
                Some(fault) => Err(fault.to_string()),
                None => Ok(()),
            }
        }
    }
}

#[test]
fn the_published_schema_is_the_one_of_this_version() {
    let path = root().join("docs/schema/run.schema.json");
    let mut now = serde_json::to_string_pretty(&schema()).unwrap();
    now.push('\n');
    if std::env::var_os("PASSCODE_WRITE_SCHEMA").is_some() {
        std::fs::write(&path, &now).unwrap();
    }
    let published = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        published == now,
        "docs/schema/run.schema.json differs; write it anew with \
         `PASSCODE_WRITE_SCHEMA=1 cargo test -p passcode-runfile --test run_file published`"
    );
    jsonschema::meta::validate(&schema()).unwrap();
}

#[test]
fn every_example_passes_the_schema_and_the_reader() {
    let folder = root().join("examples/runs");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if !path.to_string_lossy().ends_with(".run.yaml") {
            continue;
        }
        count += 1;
        let text = std::fs::read_to_string(&path).unwrap();
        let hint = "# yaml-language-server: $schema=";
        let named = text.lines().next().unwrap().strip_prefix(hint).unwrap();
        let named = path.parent().unwrap().join(named).canonicalize().unwrap();
        assert_eq!(
            named,
            root()
                .join("docs/schema/run.schema.json")
                .canonicalize()
                .unwrap()
        );
        // Another reader of YAML sees the same in it.
        let value: Value = yaml_serde::from_str(&text).unwrap();
        let errors: Vec<String> = validator()
            .iter_errors(&value)
            .map(|e| e.to_string())
            .collect();
        assert!(errors.is_empty(), "{}: {errors:?}", path.display());
        let run = RunFile::parse(&text, "example").unwrap();
        let other = RunFile::parse(&value.to_string(), "example").unwrap();
        assert_eq!(run.document(), other.document(), "{}", path.display());
        assert!(
            validator().is_valid(&with_devices(run.document())),
            "{}",
            path.display()
        );
        rows_of_example(&run, &path);
    }
    assert!(count >= 4, "{count} examples");
}

/// A document leaves the listed devices out, and the schema asks for some.
fn with_devices(mut document: Value) -> Value {
    document["who"]["serials"] = json!(["A"]);
    document
}

fn rows_of_example(run: &RunFile, path: &Path) {
    let folder = path.parent().unwrap().to_owned();
    let read = |file: &Path| {
        let file = std::fs::File::open(folder.join(file))?;
        Ok(Box::new(file) as Box<dyn std::io::Read + Send>)
    };
    let lines = "{\"serialNumber\":\"SAMPLE-1\",\"ticket\":\"INC-1\"}\n";
    let stdin = Box::new(std::io::Cursor::new(lines)) as Box<dyn std::io::Read + Send>;
    let survey = run.survey(run.rows(read, Some(stdin)));
    assert_eq!(survey.faults, [], "{}", path.display());
    let asked = !run.who.asked().is_empty();
    assert!(survey.devices > 0 || asked, "{}", path.display());
    assert!(!asked || run.texts_of_asked().is_ok(), "{}", path.display());
    assert_eq!(run.over_cap(survey.devices), None, "{}", path.display());
}

/// Every key of the schema, with its path.
fn keys(schema: &Value, path: &str, found: &mut Vec<(String, Value)>) {
    let Some(properties) = schema["properties"].as_object() else {
        return;
    };
    for (key, schema) in properties {
        let path = if path.is_empty() {
            key.clone()
        } else {
            format!("{path}.{key}")
        };
        found.push((path.clone(), schema.clone()));
        keys(schema, &path, found);
    }
}

#[test]
fn every_key_tells_an_editor_what_it_is_and_what_to_write() {
    let schema = schema();
    let mut found = Vec::new();
    keys(&schema, "", &mut found);
    assert!(found.len() > 50, "{}", found.len());
    for (path, schema) in &found {
        assert!(schema["description"].is_string(), "{path}");
        assert!(
            schema["examples"].is_array() || !schema["const"].is_null(),
            "{path}"
        );
        let valid = jsonschema::validator_for(schema).unwrap();
        let examples = schema["examples"].as_array().cloned().unwrap_or_default();
        for value in examples.iter().chain(schema.get("default")) {
            assert!(valid.is_valid(value), "{path}: {value}");
        }
    }
}

#[test]
fn the_page_has_every_key_and_every_default() {
    let page = std::fs::read_to_string(root().join("docs/run-files.md")).unwrap();
    let schema = schema();
    let mut found = Vec::new();
    keys(&schema, "", &mut found);
    for (path, schema) in &found {
        let row = page
            .lines()
            .find(|line| line.starts_with(&format!("| `{path}` |")));
        let row = row.unwrap_or_else(|| panic!("docs/run-files.md has no row for `{path}`"));
        let default = match &schema["default"] {
            Value::Null => continue,
            Value::String(text) => text.clone(),
            Value::Array(list) if list.len() == 7 => "every day".to_owned(),
            Value::Array(_) => "none".to_owned(),
            Value::Object(map) => map["to"].as_str().unwrap().to_owned(),
            other => other.to_string(),
        };
        let cell = row.split('|').nth(2).unwrap();
        assert!(
            cell.contains(&default),
            "`{path}`: {default} is not in {cell}"
        );
    }
}

#[test]
fn schema_and_reader_refuse_and_accept_the_same() {
    let validator = validator();
    let base = json!({
        "schema": "passcode/run/v1", "title": "t", "action": "auto", "who": { "serials": ["A"] },
    });
    let guid = "7c1e2a90-3b4d-4f5a-8c6d-1e2f3a4b5c6d";
    let age = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";
    let long = |count: usize| "x".repeat(count);
    let cases = [
        ("/title", json!(long(200)), true),
        ("/title", json!(long(201)), false),
        ("/title", json!("  "), false),
        ("/title", json!("{{ row.a }}"), false),
        ("/title", json!("a { b"), true),
        ("/title", json!("😀 ä"), true),
        ("/title", json!("a\u{200B}b"), false),
        ("/title", json!("a\u{E0041}b"), false),
        ("/schema", json!("passcode/run/v2"), false),
        ("/action", json!("Reset"), false),
        ("/who", json!({}), false),
        ("/who", json!({ "stdin": false }), false),
        ("/who", json!({ "ids": [guid], "stdin": true }), true),
        (
            "/who",
            json!({ "ids": ["00000000-0000-0000-0000-000000000000"] }),
            false,
        ),
        ("/who", json!({ "ids": [guid.to_uppercase()] }), true),
        ("/who", json!({ "ids": [guid, guid] }), true),
        ("/who", json!({ "serials": [long(256)] }), true),
        ("/who", json!({ "serials": [long(257)] }), false),
        ("/who", json!({ "serials": ["a b"] }), true),
        ("/who", json!({ "serials": ["a "] }), false),
        ("/who", json!({ "serials": ["=a"] }), false),
        ("/who", json!({ "serials": ["1.5E+3"] }), false),
        ("/who", json!({ "serials": ["12.5E+3"] }), true),
        ("/who", json!({ "names": ["1.5E+3"] }), true),
        ("/who", json!({ "users": ["a@b"] }), true),
        ("/who", json!({ "users": ["a@b@c"] }), false),
        ("/who", json!({ "users": ["@b"] }), false),
        ("/who", json!({ "imeis": ["35209900176148"] }), true),
        ("/who", json!({ "imeis": ["3520990017614"] }), false),
        (
            "/who",
            json!({ "csv": { "file": "d.csv", "columns": { "id": "ID", "ticket": "T" } } }),
            true,
        ),
        (
            "/who",
            json!({ "csv": { "file": "d.csv", "columns": { "ticket": "T" } } }),
            false,
        ),
        ("/who", json!({ "filter": "a eq 'b'" }), true),
        ("/who", json!({ "filter": "  " }), false),
        ("/who", json!({ "filter": "a\nb" }), false),
        ("/who", json!({ "filter": ["a"] }), false),
        ("/who", json!({ "filter": long(1500) }), true),
        ("/who", json!({ "filter": long(1501) }), false),
        ("/who", json!({ "group": { "id": guid } }), true),
        ("/who", json!({ "group": { "name": "Sales" } }), true),
        (
            "/who",
            json!({ "group": { "name": "Sales", "id": guid } }),
            false,
        ),
        ("/who", json!({ "group": { "id": "Sales" } }), false),
        ("/who", json!({ "group": {} }), false),
        ("/who", json!({ "group": "Sales" }), false),
        (
            "/who",
            json!({ "finder": { "extension": "a/b", "query": "c" } }),
            true,
        ),
        ("/who", json!({ "finder": { "extension": "a/b" } }), false),
        (
            "/who",
            json!({ "finder": { "extension": "a/b", "query": "" } }),
            false,
        ),
        ("/reason", json!(long(1000)), true),
        ("/reason", json!(long(1001)), false),
        ("/reason", json!("x {{row.a b}}{{ run.title }}"), true),
        ("/reason", json!("{{ row.a"), false),
        ("/reason", json!("{{ row.}}"), false),
        ("/reason", json!("a}b"), false),
        ("/ticket", json!(" "), false),
        (
            "/guards",
            json!({ "twoPeopleAbove": 0, "maxDevices": 1e6 }),
            true,
        ),
        ("/guards", json!({ "maxDevices": 1_000_001 }), false),
        ("/guards", json!({ "maxDevices": "25" }), false),
        ("/guards", json!({ "checkedInWithin": "365d" }), true),
        ("/guards", json!({ "checkedInWithin": "366d" }), false),
        ("/guards", json!({ "coolDown": "8760h" }), true),
        ("/guards", json!({ "coolDown": "8761h" }), false),
        (
            "/guards",
            json!({ "stopWhen": { "failureShare": "100%" } }),
            true,
        ),
        (
            "/guards",
            json!({ "stopWhen": { "failureShare": "05%" } }),
            false,
        ),
        (
            "/guards",
            json!({ "window": { "from": "23:59", "to": "24:00", "offset": "-14:00" } }),
            true,
        ),
        (
            "/guards",
            json!({ "window": { "from": "24:00", "to": "06:00" } }),
            false,
        ),
        (
            "/guards",
            json!({ "window": { "from": "08:00", "to": "18:00", "days": [] } }),
            false,
        ),
        (
            "/guards",
            json!({ "window": { "from": "08:00", "to": "18:00", "offset": "+14:30" } }),
            false,
        ),
        ("/guards", json!({ "accept": [] }), true),
        ("/guards", json!({ "kinds": [] }), false),
        ("/guards", json!({ "kinds": ["a", "a"] }), false),
        (
            "/delivery",
            json!({ "to": "age", "recipients": [age], "file": "x" }),
            true,
        ),
        (
            "/delivery",
            json!({ "to": "age", "recipients": [age] }),
            false,
        ),
        ("/delivery", json!({ "to": "terminal", "file": "x" }), false),
        ("/delivery", json!({ "file": "x" }), false),
        (
            "/delivery",
            json!({ "to": "courier", "courier": "contoso.example/vault" }),
            true,
        ),
        ("/delivery", json!({ "to": "courier" }), false),
        (
            "/delivery",
            json!({ "to": "courier", "courier": "contoso.example/vault", "file": "x" }),
            false,
        ),
        (
            "/delivery",
            json!({ "to": "none", "courier": "contoso.example/vault" }),
            false,
        ),
        (
            "/delivery",
            json!({ "to": "courier", "courier": "vault" }),
            false,
        ),
        (
            "/delivery",
            json!({ "to": "courier", "courier": "Contoso.example/vault" }),
            false,
        ),
        ("/budget", json!({ "writesPer20s": 200 }), false),
        ("/budget", json!({ "writesPer20s": 199.0 }), true),
        ("/concurrency", json!(64), true),
        ("/concurrency", json!(-0.0), false),
        ("/validFor", json!("604800s"), true),
        ("/validFor", json!("604801s"), false),
        ("/wait", json!("0s"), true),
        ("/wait", json!("0m"), false),
        ("/wait", Value::Null, false),
        ("/nope", json!(1), false),
    ];
    for (at, value, expected) in cases {
        let mut document = base.clone();
        document[&at[1..]] = value;
        let reader = accepted(&document);
        assert_eq!(reader.is_ok(), expected, "{document}: {reader:?}");
        assert_eq!(validator.is_valid(&document), expected, "{document}");
    }
    for key in ["schema", "title", "action", "who"] {
        let mut document = base.clone();
        document.as_object_mut().unwrap().remove(key);
        assert!(
            accepted(&document).is_err() && !validator.is_valid(&document),
            "{key}"
        );
    }
}

/// Values that some key takes, values that look like it, and others.
fn leaf() -> impl Strategy<Value = Value> {
    let words = prop_oneof![
        Just("passcode/run/v1"),
        Just("reset"),
        Just("auto"),
        Just("ios"),
        Just("age"),
        Just("none"),
        Just("mon"),
        Just("sun"),
        Just("08:00"),
        Just("24:00"),
        Just("6:00"),
        Just("Z"),
        Just("+05:30"),
        Just("7d"),
        Just("0s"),
        Just("400d"),
        Just("10%"),
        Just("0%"),
        Just("ios-corporate"),
        Just("A1"),
        Just("a@contoso.example"),
        Just("352099001761481"),
        Just("=x"),
        Just("{{ row.T }}"),
        Just("{{x}}"),
        Just("7c1e2a90-3b4d-4f5a-8c6d-1e2f3a4b5c6d"),
        Just("00000000-0000-0000-0000-000000000000"),
        Just("age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"),
        Just(""),
        Just(" a "),
    ];
    prop_oneof![
        6 => words.prop_map(|word| json!(word)),
        2 => "[ -~äß\u{200b}\u{2028}😀]{0,12}".prop_map(|text| json!(text)),
        1 => "\\PC{0,8}".prop_map(|text| json!(text)),
        2 => (0_u64..300).prop_map(|number| json!(number)),
        1 => any::<f64>().prop_map(|number| json!(number)),
        1 => any::<bool>().prop_map(|yes| json!(yes)),
        1 => Just(Value::Null),
    ]
}

/// A value for a part of the schema: mostly of its shape, with leaves that may not fit.
fn of_shape(schema: Value) -> BoxedStrategy<Value> {
    let examples = schema["examples"].as_array().cloned().unwrap_or_default();
    let made = made_of_shape(schema);
    match examples.is_empty() {
        true => made,
        false => prop_oneof![2 => proptest::sample::select(examples), 1 => made].boxed(),
    }
}

fn made_of_shape(schema: Value) -> BoxedStrategy<Value> {
    if let Some(properties) = schema["properties"].as_object() {
        let entries: Vec<_> = properties
            .iter()
            .filter(|(_, schema)| schema.is_object())
            .map(|(key, part)| {
                let required = schema["required"]
                    .as_array()
                    .is_some_and(|r| r.contains(&json!(key)));
                let key = key.clone();
                let present = proptest::bool::weighted(if required { 0.99 } else { 0.25 });
                (present, of_shape(part.clone()))
                    .prop_map(move |(there, value)| there.then(|| (key.clone(), value)))
            })
            .collect();
        let map =
            entries.prop_map(|entries| Value::Object(entries.into_iter().flatten().collect()));
        return prop_oneof![200 => map, 1 => leaf()].boxed();
    }
    if schema["items"].is_object() {
        let items = proptest::collection::vec(of_shape(schema["items"].clone()), 0..4);
        return prop_oneof![100 => items.prop_map(Value::from), 1 => leaf()].boxed();
    }
    let mut right: Vec<Value> = schema["examples"].as_array().cloned().unwrap_or_default();
    right.extend(schema.get("const").cloned());
    right.extend(schema.get("default").cloned());
    right.extend(schema["enum"].as_array().cloned().unwrap_or_default());
    if right.is_empty() {
        return leaf().boxed();
    }
    prop_oneof![60 => proptest::sample::select(right), 1 => leaf()].boxed()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn schema_and_reader_agree_on_any_document(document in of_shape(schema())) {
        thread_local!(static VALIDATOR: Validator = validator());
        let valid = VALIDATOR.with(|validator| validator.is_valid(&document));
        let reader = accepted(&document);
        prop_assert_eq!(valid, reader.is_ok(), "{}: {:?}", document, reader);
        // As another program writes YAML it is the same run as in JSON.
        if let Ok(run) = RunFile::parse(&document.to_string(), "t") {
            let yaml = yaml_serde::to_string(&document).unwrap();
            let other = RunFile::parse(&yaml, "t").map(|run| (run.document(), run.who));
            prop_assert_eq!(other.as_ref().map(|(document, _)| document), Ok(&run.document()), "{}", yaml);
            let values = |who: &passcode_runfile::Who| -> Vec<String> {
                who.lists.values().flatten().map(|listed| listed.value.clone()).collect()
            };
            prop_assert_eq!(other.map(|(_, who)| values(&who)), Ok(values(&run.who)));
        }
    }
}

/// The property above says nothing if one side is never seen.
#[test]
fn documents_of_both_sorts_are_tried() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let strategy = of_shape(schema());
    let validator = validator();
    let valid = (0..400)
        .filter(|_| validator.is_valid(&strategy.new_tree(&mut runner).unwrap().current()))
        .count();
    assert!((40..360).contains(&valid), "{valid} of 400 are right");
}
