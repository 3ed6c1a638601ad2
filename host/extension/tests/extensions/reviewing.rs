//! What a reviewer says, and what counts where it says nothing.

use passcode_extension::{ExtensionError, Reviewers};
use passcode_host::Reviewing;
use passcode_host::contract::types::Opinion;

use crate::made::{component, reviewer, saying};
use crate::scene::{Scene, context, plan};

async fn refused(scene: &Scene, name: &str) -> ExtensionError {
    let id = format!("contoso.example/{name}");
    let loaded = Reviewers::load(&scene.host, &scene.catalog, [id.as_str()]).await;
    loaded.expect_err("it was loaded")
}

#[tokio::test]
async fn only_an_opinion_counts_and_everything_else_denies() {
    let not_text = "(data (i32.const 512) \"\\02\\00\\00\\00\\00\\04\\00\\00\\02\\00\\00\\00\\ff\\ff\") (data (i32.const 1024) \"\\ff\\fe\")";
    let outside = "(data (i32.const 512) \"\\02\\00\\00\\00\\ff\\ff\\ff\\7f\\ff\\00\\00\\00\")";
    let recursion =
        "(func $down (param i32) (result i32) (i32.add (call $down (local.get 0)) (i32.const 1)))";
    let lines = "(import \"passcode:action/log@0.1.0\" \"write\" (func $log (param i32 i32 i32)))";
    let cases: [(&str, Vec<u8>, Result<Opinion, &str>); 11] = [
        ("abstains", saying(0, ""), Ok(Opinion::Abstain)),
        (
            "asks",
            saying(1, "too many"),
            Ok(Opinion::RequireApproval("too many".to_owned())),
        ),
        (
            "denies",
            saying(2, "frozen"),
            Ok(Opinion::Deny("frozen".to_owned())),
        ),
        (
            "traps",
            reviewer("", "unreachable"),
            Err("component-failed"),
        ),
        (
            "spins",
            reviewer("", "(loop $on (br $on)) i32.const 0"),
            Err("limit-cpu"),
        ),
        (
            "grows",
            reviewer(
                "",
                "(loop $on (drop (memory.grow (i32.const 64))) (br $on)) i32.const 0",
            ),
            Err("limit-memory"),
        ),
        (
            "recurses",
            reviewer(recursion, "(call $down (i32.const 1))"),
            Err("limit-stack"),
        ),
        (
            "floods",
            reviewer(
                lines,
                "(loop $on (call $log (i32.const 0) (i32.const 0) (i32.const 1)) (br $on)) i32.const 0",
            ),
            Err("limit-log"),
        ),
        ("makes-no-sense", saying(7, ""), Err("component-failed")),
        (
            "says-no-text",
            reviewer(not_text, "i32.const 512"),
            Err("component-failed"),
        ),
        (
            "points-outside",
            reviewer(outside, "i32.const 512"),
            Err("component-failed"),
        ),
    ];
    let mut scene = Scene::new().await;
    for (name, bytes, _) in &cases {
        scene = scene.with(name, bytes);
    }
    let ids: Vec<String> = cases
        .iter()
        .map(|(name, ..)| format!("contoso.example/{name}"))
        .collect();
    let reviewers = Reviewers::load(&scene.host, &scene.catalog, ids.iter().map(String::as_str));
    let reviewers = reviewers.await.expect("they load");
    let records = reviewers.review(&plan(), &context()).await;
    assert_eq!(records.len(), cases.len());
    for ((name, bytes, expected), record) in cases.iter().zip(records) {
        assert_eq!(record.reviewer, format!("contoso.example/{name}"));
        assert_eq!(record.digest, passcode_host::digest(bytes));
        match (expected, record.opinion) {
            (Ok(opinion), said) => assert_eq!(said, *opinion, "{name}"),
            (Err(code), Opinion::Deny(why)) => {
                assert!(
                    why.starts_with(&format!("it gave no opinion ({code})")),
                    "{name}: {why}"
                );
            }
            (Err(_), said) => panic!("{name} counts as {said:?}"),
        }
    }
}

#[tokio::test]
async fn what_is_no_reviewer_is_not_loaded() {
    let http =
        "(import \"passcode:action/http@0.1.0\" \"send-all\" (func (param i32 i32 i32 i32 i32)))";
    let courier = component(
        "passcode-courier",
        http,
        "(param i32) (result i32)",
        "unreachable",
    );
    let watcher = component("watcher", "", "(param i32)", "");
    let wasi = wat::parse_str("(component (import \"wasi:cli/environment@0.2.0\" (instance)) (instance $i) (export \"passcode:action/review@0.1.0\" (instance $i)))").expect("wat");
    let with_http = wat::parse_str("(component (import \"passcode:action/http@0.1.0\" (instance)) (instance $i) (export \"passcode:action/review@0.1.0\" (instance $i)))").expect("wat");
    let later = wat::parse_str(
        "(component (instance $i) (export \"passcode:action/review@0.2.0\" (instance $i)))",
    )
    .expect("wat");
    let empty = wat::parse_str(
        "(component (instance $i) (export \"passcode:action/review@0.1.0\" (instance $i)))",
    )
    .expect("wat");
    let cases: [(&str, &[u8], &str, &str); 8] = [
        (
            "courier",
            &courier,
            "extension-world",
            "is a passcode-courier, not a reviewer",
        ),
        (
            "watcher",
            &watcher,
            "extension-world",
            "is a watcher, not a reviewer",
        ),
        (
            "wasi",
            &wasi,
            "extension-not-loadable",
            "imports `wasi:cli/environment@0.2.0`",
        ),
        (
            "http",
            &with_http,
            "extension-not-loadable",
            "imports `passcode:action/http@0.1.0`, which its world does not have",
        ),
        (
            "later",
            &later,
            "extension-not-loadable",
            "built for contract 0.2.0",
        ),
        (
            "empty",
            &empty,
            "extension-not-loadable",
            "does not fit the world `reviewer`",
        ),
        (
            "garbage",
            b"garbage",
            "extension-not-loadable",
            "not an extension",
        ),
        ("action", b"", "extension-not-loadable", "not an extension"),
    ];
    let mut scene = Scene::new().await;
    for (name, bytes, ..) in &cases {
        scene = scene.with(name, bytes);
    }
    for (name, _, code, says) in cases {
        let error = refused(&scene, name).await;
        assert_eq!(error.code(), code, "{name}: {error}");
        assert!(error.to_string().contains(says), "{name}: {error}");
        assert!(!error.remedy().is_empty(), "{name}");
    }
    assert_eq!(refused(&scene, "nobody").await.code(), "extension-unknown");
}

#[tokio::test]
async fn another_file_than_the_pinned_one_is_refused() {
    let scene = Scene::new().await.with("board", &saying(2, "frozen"));
    std::fs::write(scene.file("board"), saying(0, "")).expect("written");
    let error = refused(&scene, "board").await;
    assert_eq!(error.code(), "extension-digest", "{error}");
    assert!(
        error
            .remedy()
            .contains(&passcode_host::digest(&saying(0, ""))),
        "{}",
        error.remedy()
    );
}
