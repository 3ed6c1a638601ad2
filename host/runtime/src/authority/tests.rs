use super::*;

const GRANT: &str = include_str!("../../../builtin/grant.toml");
const MANIFEST: &str = include_str!("../../../../component/skin/manifest.toml");
const EVERY_ADDRESS: &str = include_str!("../../../../examples/grants/every-address.toml");

fn path(text: &str) -> Path {
    Path::parse(text).unwrap()
}

#[test]
fn path_tricks_are_not_paths() {
    let table = [
        ("", PathError::NotRooted),
        ("beta/devices", PathError::NotRooted),
        ("https://graph.microsoft.com/beta", PathError::NotRooted),
        ("/", PathError::EmptySegment),
        ("//graph.microsoft.com/beta", PathError::EmptySegment),
        ("/beta/", PathError::EmptySegment),
        ("/beta//x", PathError::EmptySegment),
        ("/beta/../v1.0", PathError::DotSegment),
        ("/beta/./x", PathError::DotSegment),
        ("/beta/%2e%2e/x", PathError::Character),
        ("/beta/a%2Fb", PathError::Character),
        ("/beta/x?y=1", PathError::Character),
        ("/beta/x#y", PathError::Character),
        ("/beta/x\r\nHost: y", PathError::Character),
        ("/beta/x y", PathError::Character),
        ("/beta\\x", PathError::Character),
        ("/beta/x;y", PathError::Character),
        ("/beta/x'y", PathError::Character),
        ("/beta/x(y)", PathError::Character),
        ("/beta/x('y')", PathError::Character),
        ("/beta/x()", PathError::Character),
        ("/beta/x(y='')", PathError::Character),
        ("/beta/x(='y')", PathError::Character),
        ("/beta/(y='z')", PathError::Character),
        ("/beta/x(y='z'')", PathError::Character),
        ("/beta/x(y='z',a='b')", PathError::Character),
        ("/beta/x(y='a/b')", PathError::Character),
        ("/beta/x(y='a b')", PathError::Character),
        ("/beta/x(y='z')a", PathError::Character),
        ("/beta/x(y='.')", PathError::Character),
        ("/beta/x%28y='z')", PathError::Character),
        ("/beta/m\u{0430}nagedDevices", PathError::Character),
        ("/beta/x\u{2044}wipe", PathError::Character),
    ];
    for (text, why) in table {
        assert_eq!(Path::parse(text), Err(why), "{text:?}");
    }
    assert_eq!(
        Path::parse(&format!("/{}", "a".repeat(129))),
        Err(PathError::TooLong)
    );
    assert_eq!(
        path("/beta/x.y_z-1@contoso.example").to_string(),
        "/beta/x.y_z-1@contoso.example"
    );
}

#[test]
fn a_call_is_matched_by_the_very_words_of_a_grant() {
    let call = "/beta/deviceManagement/getEffectivePermissions(scope='*')";
    assert_eq!(path(call).to_string(), call);
    let granted = Template::parse(call).unwrap();
    assert!(granted.matches(&path(call)).is_some());
    let other = "/beta/deviceManagement/getEffectivePermissions(scope='0')";
    assert!(granted.matches(&path(other)).is_none());
    let variable = Template::parse("/beta/deviceManagement/{device}").unwrap();
    assert!(variable.matches(&path(call)).is_none(), "it is nobody's id");
    assert!(Template::parse("/beta/{x(y='z')}").is_err());
}

#[test]
fn a_template_matches_whole_segments_only() {
    let template = Template::parse("/{version}/deviceManagement/managedDevices/{device}").unwrap();
    let bindings = template
        .matches(&path("/beta/deviceManagement/managedDevices/d1"))
        .unwrap();
    assert_eq!(bindings.get("device").map(String::as_str), Some("d1"));
    for other in [
        "/v2.0/deviceManagement/managedDevices/d1",
        "/beta/devicemanagement/managedDevices/d1",
        "/beta/deviceManagement/managedDevices",
        "/beta/deviceManagement/managedDevices/d1/wipe",
    ] {
        assert!(template.matches(&path(other)).is_none(), "{other}");
    }
}

#[test]
fn the_shipped_texts_parse_and_the_ordinary_grant_reaches_no_wipe() {
    let asked = Authority::parse(MANIFEST).unwrap();
    let grant = Authority::parse(GRANT).unwrap();
    let both = Authority::granted(&asked, &grant);
    assert_eq!(both.routes().len(), grant.routes().len());
    let changing: Vec<String> = both
        .routes()
        .iter()
        .filter(|r| r.mutates())
        .map(|r| format!("{} {}", r.method, r.path))
        .collect();
    assert_eq!(
        changing,
        ["POST /{version}/deviceManagement/managedDevices/{device}/resetPasscode"]
    );
    let all = Authority::granted(&asked, &Authority::parse(EVERY_ADDRESS).unwrap());
    assert_eq!(all.routes().iter().filter(|r| r.mutates()).count(), 10);
    assert!(
        all.routes()
            .iter()
            .filter(|r| r.mutates())
            .all(|r| r.path.to_string().ends_with("/resetPasscode"))
    );
}

fn one(path: &str, more: &str) -> String {
    format!(
        "contract = \"0.1.0\"\n[[route]]\nname = \"r\"\ndestination = \"graph\"\nmethod = \"GET\"\npath = \"{path}\"\nphases = [\"find\"]\n{more}"
    )
}

#[test]
fn authority_is_what_both_name() {
    let asked = Authority::parse(&one(
        "/beta/x",
        "query = [\"$top\", \"$select\"]\nselect = [\"a\", \"b\"]\npass = [\"a\", \"b\"]",
    ))
    .unwrap();
    let grant = Authority::parse(&one(
        "/beta/x",
        "query = [\"$select\"]\nselect = [\"b\", \"c\"]\npass = [\"b\", \"c\"]",
    ))
    .unwrap();
    let both = Authority::granted(&asked, &grant);
    let route = &both.routes()[0];
    assert_eq!(route.query.iter().collect::<Vec<_>>(), ["$select"]);
    assert_eq!(route.select.iter().collect::<Vec<_>>(), ["b"]);
    assert!(route.pass.passes("b") && !route.pass.passes("a") && !route.pass.passes("c"));
    let other = Authority::parse(&one("/beta/y", "")).unwrap();
    assert!(Authority::granted(&asked, &other).routes().is_empty());
    assert_ne!(asked.digest(), grant.digest());
    assert_eq!(asked.digest(), asked.clone().digest());
}

#[test]
fn a_grant_that_could_not_be_kept_is_refused_when_it_is_read() {
    let table = [
        ("contract = \"0.1.0\"\n[[rout]]", "not a grant"),
        ("contract = \"9.0.0\"", "contract 9.0.0"),
        (&one("/beta/x?y", ""), "path"),
        (&one("beta/x", ""), "path"),
        (&one("/beta/x", "pass = [\"@nosuch\"]"), "no list"),
        (&one("/beta/x", "identity = [\"id\"]"), "does not name"),
        (
            &one("/beta/{device}", "identity = [\"name\"]"),
            "does not name",
        ),
        (
            &one("/beta/{device}", "opens = \"passcode\""),
            "no action result",
        ),
        (
            &one(
                "/beta/{device}",
                "results = \"r\"\nopens = \"passcode\"\npass = [\"r.passcode\"]",
            ),
            "unsealed",
        ),
        (
            &one("/beta/x", "").replace("GET", "POST"),
            "outside `commit`",
        ),
        (&one("/beta/x", "").replace("GET", "BREW"), "no method"),
        (
            &one("/beta/x", "")
                .replace("GET", "POST")
                .replace("find", "commit"),
            "names-device",
        ),
    ];
    for (text, why) in table {
        let error = Authority::parse(text).unwrap_err();
        assert!(error.message.contains(why), "{text}\n{}", error.message);
        assert!(!error.remedy.is_empty());
    }
    let twice = format!(
        "{}\n{}",
        one("/beta/x", ""),
        one("/beta/x", "").replace("contract = \"0.1.0\"\n", "")
    );
    assert!(
        Authority::parse(&twice)
            .unwrap_err()
            .message
            .contains("twice")
    );
}
