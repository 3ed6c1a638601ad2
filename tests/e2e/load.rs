//! What cannot be loaded says why, and what to do.

use std::sync::Arc;

use passcode_host::{HostBuilder, HostError, MANIFEST_SECTION};
use passcode_ledger::SqliteLedger;
use passcode_tests::{Bench, FaultyLedger, PUPPET, Setup, grant, with_section};

use crate::modules::{self, MANIFEST};

/// Message and remedy of what is not loaded.
fn refused(bench: &Bench, bytes: &[u8]) -> (String, String) {
    match bench.host.load(bytes, &grant(&[])) {
        Err(HostError::Load { message, remedy }) => (message, remedy),
        other => panic!("loaded, or refused otherwise: {other:?}"),
    }
}

fn with_manifest(bytes: &[u8], manifest: &str) -> Vec<u8> {
    with_section(bytes, MANIFEST_SECTION, manifest.as_bytes())
}

/// The puppet without its manifest, which is its last section.
fn bare() -> Vec<u8> {
    let name = MANIFEST_SECTION.as_bytes();
    let at = PUPPET
        .windows(name.len())
        .rposition(|window| window == name)
        .expect("a manifest");
    let manifest = &PUPPET[at + name.len()..];
    let bare = (1..8).map(|back| &PUPPET[..at - back]);
    let bare = bare
        .into_iter()
        .find(|bytes| with_section(bytes, MANIFEST_SECTION, manifest) == PUPPET);
    bare.expect("the manifest is its last section").to_vec()
}

#[tokio::test]
async fn what_is_no_component_is_refused_with_a_reason_and_a_remedy() {
    let bench = Setup::puppet().start().await;
    let module = with_manifest(&wat::parse_str("(module)").expect("wat"), MANIFEST);
    let truncated = &PUPPET[..PUPPET.len() / 2];
    let flipped = {
        let mut bytes = PUPPET.to_vec();
        bytes[100..140].fill(0xff);
        bytes
    };
    let nothing = modules::text("(component)");
    for (name, bytes, says, remedy) in [
        (
            "nothing",
            &b""[..],
            "not a WebAssembly component",
            "wasm-tools component new",
        ),
        (
            "garbage",
            &b"garbage, and nothing but garbage"[..],
            "not a WebAssembly component",
            "wasm-tools component new",
        ),
        (
            "an ELF file",
            &b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0"[..],
            "not a WebAssembly component",
            "wasm-tools component new",
        ),
        (
            "a core module",
            &module[..],
            "a WebAssembly module, not a component",
            "wasm-tools component new",
        ),
        (
            "half a component",
            truncated,
            "not a WebAssembly component",
            "wasm-tools component new",
        ),
        ("a damaged component", &flipped[..], "not a", ""),
        (
            "a component without exports",
            &nothing[..],
            "does not fit the world `passcode-action`",
            "contract 0.1.0",
        ),
    ] {
        let (message, what_to_do) = refused(&bench, bytes);
        assert!(message.contains(says), "{name}: {message}");
        assert!(
            what_to_do.contains(remedy) && !what_to_do.is_empty(),
            "{name}: {what_to_do}"
        );
    }
    bench.still_works().await;
}

#[tokio::test]
async fn an_unknown_import_is_named() {
    let bench = Setup::puppet().start().await;
    for (import, says, remedy) in [
        (
            "wasi:cli/environment@0.2.0",
            "imports `wasi:cli/environment@0.2.0`",
            "without WASI",
        ),
        (
            "wasi:http/outgoing-handler@0.2.6",
            "imports `wasi:http/outgoing-handler@0.2.6`",
            "without WASI",
        ),
        ("other", "imports `other`", "without WASI"),
        (
            "passcode:action/review@0.1.0",
            "imports `passcode:action/review@0.1.0`",
            "passcode-action",
        ),
        (
            "passcode:action/vault@0.1.0",
            "imports `passcode:action/vault@0.1.0`",
            "passcode-action",
        ),
        (
            "passcode:action/http@0.2.0",
            "built for contract 0.2.0, this host speaks 0.1.0",
            "contract",
        ),
        (
            "passcode:action/http@1.0.0",
            "built for contract 1.0.0",
            "contract",
        ),
    ] {
        let component = modules::text(&format!("(component (import \"{import}\" (instance)))"));
        let (message, what_to_do) = refused(&bench, &component);
        assert!(message.contains(says), "{import}: {message}");
        assert!(what_to_do.contains(remedy), "{import}: {what_to_do}");
    }
    let function = modules::text("(component (import \"exit\" (func)))");
    assert!(refused(&bench, &function).0.contains("imports `exit`"));
}

#[tokio::test]
async fn a_function_that_its_interface_does_not_have_is_refused() {
    let bench = Setup::puppet().start().await;
    let component = modules::text(
        "(component (import \"passcode:action/http@0.1.0\" (instance (export \"open\" (func (param \"seal\" u32) (result string))))))",
    );
    let (message, _) = refused(&bench, &component);
    assert!(message.contains("does not fit the world"), "{message}");
}

#[tokio::test]
async fn another_contracts_exports_are_refused() {
    let bench = Setup::puppet().start().await;
    let component = modules::text(
        "(component (instance $action) (export \"passcode:action/action@0.2.0\" (instance $action)))",
    );
    let (message, _) = refused(&bench, &component);
    assert!(message.contains("contract 0.1.0"), "{message}");
}

#[tokio::test]
async fn a_component_carries_one_manifest_that_can_be_read() {
    let bench = Setup::puppet().start().await;
    let bare = bare();
    let (message, remedy) = refused(&bench, &bare);
    assert!(
        message.contains("no manifest") && remedy.contains(MANIFEST_SECTION),
        "{message}; {remedy}"
    );

    let (message, _) = refused(&bench, &with_manifest(PUPPET, MANIFEST));
    assert!(message.contains("two manifests"), "{message}");

    let binary = with_section(&bare, MANIFEST_SECTION, &[0xff, 0xfe]);
    assert!(refused(&bench, &binary).0.contains("not text"));

    for (manifest, says) in [
        ("", "manifest"),
        ("nonsense", "manifest"),
        ("contract = \"0.2.0\"", "written for contract 0.2.0"),
        ("contract = \"0.1.0\"\nwildcard = true", "manifest"),
        (
            "contract = \"0.1.0\"\n[[route]]\nname = \"a\"\ndestination = \"graph\"\nmethod = \"POST\"\npath = \"/a\"\nphases = [\"find\"]",
            "outside `commit`",
        ),
        (
            "contract = \"0.1.0\"\n[[route]]\nname = \"a\"\ndestination = \"graph\"\nmethod = \"GET\"\npath = \"/a/*\"\nphases = [\"find\"]",
            "path",
        ),
    ] {
        let (message, remedy) = refused(&bench, &with_manifest(&bare, manifest));
        assert!(
            message.contains(says) && !remedy.is_empty(),
            "{manifest}: {message}; {remedy}"
        );
    }
}

#[tokio::test]
async fn a_manifest_inside_a_nested_component_does_not_count() {
    let bench = Setup::puppet().start().await;
    let text =
        "(component (component (@custom \"passcode-manifest\" \"contract = \\\"0.1.0\\\"\")))";
    let nested = wat::parse_str(text).expect("wat");
    assert!(refused(&bench, &nested).0.contains("no manifest"));
}

#[tokio::test]
async fn an_unknown_manifest_or_grant_gives_no_authority() {
    let bench = Setup::puppet().start().await;
    let component = with_manifest(&bare(), "contract = \"0.1.0\"");
    let action = bench
        .host
        .load(&component, &grant(&[]))
        .expect("it asks for nothing");
    assert!(action.authority().routes().is_empty());
    let empty = passcode_host::Authority::parse("contract = \"0.1.0\"").expect("grant");
    let action = bench
        .host
        .load(PUPPET, &empty)
        .expect("it is granted nothing");
    assert!(action.authority().routes().is_empty());
}

#[tokio::test]
async fn a_destination_is_an_origin_that_may_be_reached() {
    use passcode_host::Destination;
    let credential = || std::sync::Arc::new(passcode_tests::Fixed::always("t"));
    for root in [
        "http://graph.microsoft.com",
        "http://10.0.0.1",
        "https://10.0.0.1",
        "https://192.168.1.1",
        "https://169.254.169.254",
        "https://[fd00::1]",
        "https://[::ffff:169.254.169.254]",
        "https://0.0.0.0",
        "https://user:word@graph.microsoft.com",
        "https://graph.microsoft.com/beta",
        "https://graph.microsoft.com?x",
        "https://graph.microsoft.com#x",
        "ftp://graph.microsoft.com",
        "file:///etc",
        "graph.microsoft.com",
        "",
        "https://",
        "http://localhost.elsewhere.example",
        "http://127.0.0.1.elsewhere.example",
        "https://2130706433.1",
        "https://0xa9fea9fe",
    ] {
        let refused = Destination::new("graph", root, credential()).expect_err(root);
        assert!(
            !refused.message.is_empty() && !refused.remedy.is_empty(),
            "{root}"
        );
    }
    for root in [
        "https://graph.microsoft.com",
        "https://graph.microsoft.us/",
        "http://127.0.0.1:8080",
        "http://[::1]:1",
        "http://localhost:1",
        "https://dod-graph.microsoft.us:443",
    ] {
        assert!(
            Destination::new("graph", root, credential()).is_ok(),
            "{root}"
        );
    }
}

#[tokio::test]
async fn a_real_host_counts_its_requests() {
    let inner = SqliteLedger::in_memory().await.expect("ledger");
    let ledger = Arc::new(FaultyLedger::disguised(Arc::new(inner)));
    let host = |change: fn(HostBuilder) -> HostBuilder| {
        change(passcode_host::Host::builder(ledger.clone())).build()
    };
    assert!(host(|builder| builder).is_ok());
    let refused = host(|builder| builder.unpaced("7e4a0000-0000-4000-8000-00000000c0de"));
    assert_eq!(crate::support::code(refused), "setup");
}

#[tokio::test]
async fn a_practice_host_reaches_this_machine_only() {
    let bench = Setup::puppet().start().await;
    let real = passcode_host::Destination::new(
        "graph",
        "https://graph.microsoft.com",
        bench.credential.clone(),
    )
    .expect("destination");
    let host = passcode_host::Host::builder(bench.ledger.clone())
        .destination(real)
        .practice()
        .build();
    assert_eq!(crate::support::code(host), "setup");
}
