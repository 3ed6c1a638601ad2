//! Guarantee 2: a path is plain segments, or it is no path.

use passcode_tests::{Bench, Setup};

use super::asks;

const DEVICES: &str = "/beta/deviceManagement/managedDevices";

async fn all_refused(bench: &Bench, rule: &str, paths: &[String]) {
    for path in paths {
        let became = asks(bench, "GET", path, &[]).await;
        assert_eq!(became, format!("refused {rule}"), "{path:?}");
    }
    assert_eq!(bench.tenant.journal(), [], "something arrived");
}

fn below(ends: &[&str]) -> Vec<String> {
    ends.iter().map(|end| format!("{DEVICES}{end}")).collect()
}

#[tokio::test]
async fn dot_segments_are_refused() {
    let bench = Setup::puppet().start().await;
    let paths = below(&[
        "/.",
        "/..",
        "/../managedDevices",
        "/./x",
        "/x/..",
        "/../../../v1.0/users",
    ]);
    all_refused(&bench, "path", &paths).await;
}

#[tokio::test]
async fn percent_escapes_are_refused_and_not_decoded() {
    let bench = Setup::puppet().start().await;
    let paths = below(&[
        "/%2e%2e",
        "/%2E%2E",
        "/.%2e",
        "/%2e",
        "/a%2Fwipe",
        "/a%2fwipe",
        "/a%5cwipe",
        "/%252e%252e",
        "/a%00",
        "/a%0d%0aHost:%20elsewhere",
        "/%",
        "/a%20b",
        "/%u002e",
    ]);
    all_refused(&bench, "path", &paths).await;
}

#[tokio::test]
async fn empty_segments_are_refused() {
    let bench = Setup::puppet().start().await;
    let mut paths = below(&["/", "//", "//a", "/a/", "/a//"]);
    paths.extend([
        "/".to_owned(),
        "//".to_owned(),
        format!("/{DEVICES}"),
        "//graph.elsewhere.example/beta/deviceManagement/managedDevices".to_owned(),
    ]);
    all_refused(&bench, "path", &paths).await;
}

#[tokio::test]
async fn separators_and_control_characters_are_refused() {
    let bench = Setup::puppet().start().await;
    let paths = below(&[
        "?$select=id",
        "/a?x=y",
        "/a#b",
        "#",
        "/a;b=c",
        "/a\\b",
        "\\..\\users",
        "/a b",
        "/a\tb",
        "/a\r\nX-Header: 1",
        "/a\nb",
        "/a\0b",
        "/a:b",
        "/a,b",
        "/a'b",
        "/a(b)",
        "/a*b",
        "/a+b",
        "/a~b",
        "/a$b",
        "/a&b",
        "/a=b",
        "/a|b",
        "/a\"b",
    ]);
    all_refused(&bench, "path", &paths).await;
}

#[tokio::test]
async fn look_alikes_are_refused() {
    let bench = Setup::puppet().start().await;
    let mut paths = below(&[
        "\u{2215}a",
        "\u{ff0f}a",
        "/\u{ff0e}\u{ff0e}",
        "/\u{2024}\u{2024}",
        "/a\u{200b}",
        "/\u{202e}a",
        "/\u{0430}",
        "/a\u{0301}",
        "/\u{ff05}2e",
        "/\u{3002}",
    ]);
    paths.push("/beta/deviceManagement/m\u{0430}nagedDevices".to_owned());
    paths.push("/beta/deviceManagement/managed\u{ad}Devices".to_owned());
    all_refused(&bench, "path", &paths).await;
}

#[tokio::test]
async fn a_path_starts_with_a_slash_and_names_no_origin() {
    let bench = Setup::puppet().start().await;
    let paths = [
        "",
        "beta/deviceManagement/managedDevices",
        "https://graph.elsewhere.example/beta/deviceManagement/managedDevices",
        "http:/beta/deviceManagement/managedDevices",
        "@elsewhere.example/beta/deviceManagement/managedDevices",
        "data:,x",
        "file:///etc/passwd",
        "PAGE:1",
        " page:1",
        "\u{feff}/beta/deviceManagement/managedDevices",
    ];
    all_refused(&bench, "path", &paths.map(str::to_owned)).await;
}

#[tokio::test]
async fn a_segment_has_an_end() {
    let bench = Setup::puppet().start().await;
    let paths = below(&[
        &format!("/{}", "a".repeat(129)),
        &format!("/{}", "a".repeat(100_000)),
    ]);
    all_refused(&bench, "path", &paths).await;
}

#[tokio::test]
async fn a_version_is_one_of_two() {
    let bench = Setup::puppet().start().await;
    let versions = [
        "v2.0", "v1", "v1.00", "BETA", "Beta", "betas", "v1.0beta", "me", "users", "...", "v1.0.",
        "-",
    ];
    let paths = versions.map(|version| format!("/{version}/deviceManagement/managedDevices"));
    all_refused(&bench, "route", &paths).await;
}

#[tokio::test]
async fn a_route_matches_whole_and_letter_by_letter() {
    let bench = Setup::puppet().start().await;
    let mut paths = below(&["/a/b", "/a/users", "/a/wipe", "x"]);
    paths.extend(
        [
            "/beta",
            "/beta/deviceManagement",
            "/beta/deviceManagement/ManagedDevices",
            "/beta/devicemanagement/managedDevices",
            "/beta/users",
            "/v1.0/users",
            "/v1.0/me",
            "/beta/deviceManagement/remoteActionAudits/a",
            "/v1.0/deviceManagement/remoteActionAudits",
            "/beta/batch",
            "/beta/deviceManagement/deviceCompliancePolicies",
        ]
        .map(str::to_owned),
    );
    all_refused(&bench, "route", &paths).await;
}
