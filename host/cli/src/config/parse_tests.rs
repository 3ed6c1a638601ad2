//! Files that are read, and files that are refused with their place.

use std::path::Path;

use super::*;

fn read(text: &str) -> Result<ConfigFile, Vec<Trouble>> {
    parse(text, Path::new("/home/sample"))
}

#[test]
fn a_whole_file_is_read() {
    let file = read(
        r#"
default_profile = "help-desk"
allowed_origins = ["https://graph.corp.example"]
timeout = "5m"
writes_per_20s = 50

[profile.help-desk]
cloud = "AzureUSGovernment"
tenant = "contoso.example"
ca_file = "proxy.pem"
output = "table"

[profile.lab]
cloud = "custom"
graph_url = "https://graph.lab.example:8443"
authority_url = "https://login.lab.example"
practice = false
"#,
    )
    .unwrap();
    assert_eq!(file.default_profile.as_deref(), Some("help-desk"));
    assert_eq!(file.allowed_origins, ["https://graph.corp.example"]);
    assert_eq!(file.defaults[&Key::Timeout], "5m");
    assert_eq!(file.defaults[&Key::WritesPer20s], "50");
    let desk = &file.profiles["help-desk"];
    assert_eq!(desk[&Key::Cloud], "AzureUSGovernment");
    assert_eq!(
        Path::new(&desk[&Key::CaFile]),
        Path::new("/home/sample/proxy.pem")
    );
    assert_eq!(file.profiles["lab"][&Key::Practice], "false");
    assert_eq!(read("").unwrap(), ConfigFile::default());
}

#[test]
fn what_is_not_understood_is_refused_where_it_stands() {
    let mut wrong = Vec::new();
    for (text, line, column, says, remedy) in [
        ("tenant = ", 1, 10, "not TOML", "docs/configuration.md"),
        ("a b = 1", 1, 3, "not TOML", ""),
        (
            "\n  tennant = \"x\"",
            2,
            3,
            "no setting `tennant`",
            "did you mean `tenant`?",
        ),
        (
            "frobnicate = 1",
            1,
            1,
            "no setting `frobnicate`",
            "config schema",
        ),
        (
            "default_profil = \"x\"",
            1,
            1,
            "no setting",
            "did you mean `default_profile`?",
        ),
        ("tenant = 5", 1, 10, "is not a text", "write a text"),
        ("tenant = \"\"", 1, 10, "visible characters", ""),
        (
            "output = \"tabel\"",
            1,
            10,
            "not one of table, json",
            "did you mean `table`?",
        ),
        ("timeout = \"soon\"", 1, 11, "not a time", "15s"),
        ("timeout = 5", 1, 11, "not a text", ""),
        ("writes_per_20s = 200", 1, 18, "from 1 to 199", ""),
        ("writes_per_20s = 0", 1, 18, "from 1 to 199", ""),
        ("writes_per_20s = -1", 1, 18, "from 1 to 199", ""),
        ("requests_per_20s = \"9\"", 1, 20, "from 1 to 1990", ""),
        ("practice = \"yes\"", 1, 12, "`true` or `false`", ""),
        (
            "cloud = \"mars\"",
            1,
            9,
            "names no cloud",
            "write global, usgov",
        ),
        (
            "auth = \"kept-signin\"",
            1,
            8,
            "no way to sign in",
            "did you mean `kept-sign-in`?",
        ),
        (
            "auth = \"prayer\"",
            1,
            8,
            "no way to sign in",
            "client-secret,",
        ),
        (
            "graph_url = \"http://graph.example\"",
            1,
            13,
            "not encrypted",
            "https",
        ),
        (
            "graph_url = \"https://u:hunter2@g.example\"",
            1,
            13,
            "not scheme",
            "host",
        ),
        (
            "authority_url = \"https://l.example/tenant\"",
            1,
            17,
            "not scheme",
            "",
        ),
        ("allowed_origins = \"x\"", 1, 19, "list of origins", ""),
        ("allowed_origins = [5]", 1, 20, "not a text", ""),
        ("allowed_origins = [\"ftp://x\"]", 1, 20, "not scheme", ""),
        ("profile = \"x\"", 1, 1, "is a table", "default_profile"),
        (
            "default_profile = \"x\"",
            1,
            19,
            "not in this file",
            "[profile.NAME]",
        ),
        (
            "default_profile = \"prd\"\n[profile.prod]",
            1,
            19,
            "not in",
            "did you mean `prod`?",
        ),
        ("[profile]\nx = 5", 2, 1, "`x` is a table", "[profile.x]"),
        ("[profile.\"a b\"]", 1, 10, "letters, digits", "rename"),
        (
            "[profile.p]\nallowed_origins = []",
            2,
            1,
            "whole file",
            "move it to the top",
        ),
        ("[profile.p]\nö = 1", 2, 1, "not TOML", ""),
        ("[profile.p]\n\"ö\" = 1", 2, 1, "no setting", ""),
        ("[profile.p.q]\ntenant = \"x\"", 1, 12, "no setting `q`", ""),
    ] {
        let troubles = read(text).unwrap_err();
        let first = &troubles[0];
        let fits = (first.line, first.column) == (line, column)
            && first.message.contains(says)
            && first.remedy.contains(remedy)
            && first.code == "config-invalid";
        if !fits {
            wrong.push(format!("{text:?}: {first:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_secret_is_refused_by_name_and_never_repeated() {
    for text in [
        "client_secret = \"hunter2\"",
        "[profile.p]\naccessToken = \"hunter2\"",
        "[profile.p.password]\nvalue = \"hunter2\"",
        "tenant = \"eyJhunter2\"",
        "graph_url = \"https://x:hunter2@host\"",
        "tenant = \"hunter2",
        "output = \"hunter2\"",
    ] {
        let troubles = read(text).unwrap_err();
        assert!(!format!("{troubles:?}").contains("hunter2"), "{troubles:?}");
    }
    for text in [
        "client_secret = 1",
        "tenant = \"eyJ0.x.y\"",
        "[profile.p]\ntoken = \"x\"",
    ] {
        assert_eq!(read(text).unwrap_err()[0].code, "config-secret", "{text}");
    }
}

#[test]
fn everything_wrong_is_told_at_once_in_order() {
    let troubles = read("zzz = 1\ntenant = 2\n[profile.a]\nyyy = 3").unwrap_err();
    let lines: Vec<usize> = troubles.iter().map(|trouble| trouble.line).collect();
    assert_eq!(lines, [1, 2, 4]);
}

#[test]
fn extensions_are_read_with_their_pins_and_named_ones_must_be_there() {
    let digest = format!("sha256:{}", "0f".repeat(32));
    let whole = format!(
        r#"
reviewers = ["contoso.example/freeze"]

[extensions."contoso.example/freeze"]
component = "freeze.wasm"
digest = "{digest}"
settings = {{ ticket = "CHG#######", most = 3, strict = true }}

[extensions."contoso.example/desk"]
component = "/opt/desk.wasm"
digest = "{digest}"
grant = "desk.toml"

[profile.lab]
reviewers = []
"#
    );
    let file = read(&whole).unwrap();
    assert_eq!(file.defaults[&Key::Reviewers], "contoso.example/freeze");
    assert_eq!(file.profiles["lab"][&Key::Reviewers], "");
    let each: Vec<_> = file.extensions.iter().collect();
    let (desk, freeze) = (each[0].1, each[1].1);
    assert_eq!(freeze.component, Path::new("/home/sample/freeze.wasm"));
    assert_eq!(freeze.digest.to_string(), digest);
    assert_eq!(freeze.grant, None);
    let told = [("most", "3"), ("strict", "true"), ("ticket", "CHG#######")];
    let told = told.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(freeze.settings, told);
    assert_eq!(desk.component, Path::new("/opt/desk.wasm"));
    assert_eq!(
        desk.grant.as_deref(),
        Some(Path::new("/home/sample/desk.toml"))
    );

    let head = "[extensions.\"contoso.example/freeze\"]\n";
    let pinned = format!("{head}component = \"a\"\ndigest = \"{digest}\"\n");
    for (text, line, says) in [
        (
            "reviewers = \"x/y\"".to_owned(),
            1,
            "not a list of extensions",
        ),
        ("reviewers = [1]".to_owned(), 1, "not a list of extensions"),
        ("reviewers = [\"x/y\"]".to_owned(), 1, "not in this file"),
        (
            format!("[profile.a]\nreviewers = [\"x/y\"]\n{pinned}"),
            2,
            "not in this file",
        ),
        (
            format!(
                "reviewers = [\"contoso.example/freeze\", \"contoso.example/freeze\"]\n{pinned}"
            ),
            1,
            "twice",
        ),
        ("extensions = 1".to_owned(), 1, "`extensions` is a table"),
        (
            "[extensions.\"Freeze\"]".to_owned(),
            1,
            "is named `OWNER/NAME`",
        ),
        (
            "[extensions]\n\"x/y\" = 1".to_owned(),
            2,
            "the extension `x/y` is a table",
        ),
        (
            format!("{head}component = \"a\""),
            1,
            "needs `component` and `digest`",
        ),
        (
            format!("{head}digest = \"{digest}\""),
            1,
            "needs `component` and `digest`",
        ),
        (
            format!("{head}component = \"a\"\ndigest = \"0f\""),
            3,
            "a digest is `sha256:`",
        ),
        (
            format!("{pinned}grants = \"b\""),
            4,
            "an extension has no `grants`",
        ),
        (
            format!("{pinned}settings = 1"),
            4,
            "not a table of names and values",
        ),
        (
            format!("{pinned}settings = {{ a = [] }}"),
            4,
            "not texts, whole numbers",
        ),
        (
            format!("[profile.a]\nextensions = {{}}\n{pinned}"),
            2,
            "for the whole file",
        ),
    ] {
        let troubles = read(&text).unwrap_err();
        let first = &troubles[0];
        assert_eq!(
            (first.line, first.message.contains(says)),
            (line, true),
            "{text}\n{troubles:?}"
        );
        assert!(!first.remedy.is_empty(), "{text}");
    }
    for settings in ["api_token = \"hunter2\"", "a = \"eyJhunter2\""] {
        let troubles = read(&format!("{pinned}settings = {{ {settings} }}")).unwrap_err();
        assert_eq!(troubles[0].code, "config-secret", "{settings}");
        assert!(!format!("{troubles:?}").contains("hunter2"), "{troubles:?}");
    }
}
