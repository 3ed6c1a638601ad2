//! What is shipped: small, and importing nothing but its contract.

#![allow(
    clippy::unwrap_used,
    reason = "the helper of a test fails it by panicking"
)]

use wasmparser::{Parser, Payload};

/// The largest the component may be, in bytes.
const LARGEST: usize = 200_000;

#[test]
fn the_component_is_under_200_kb() {
    let size = passcode_builtin::COMPONENT.len();
    assert!(size < LARGEST, "{size} bytes");
}

#[test]
fn the_finder_is_under_150_kb_and_reaches_nothing_but_http() {
    let size = passcode_builtin::FINDER.len();
    assert!(size < 150_000, "{size} bytes");
    for import in imports(passcode_builtin::FINDER) {
        let name = import.strip_prefix("passcode:action/");
        let name = name.and_then(|name| name.strip_suffix("@0.1.0"));
        assert!(matches!(name, Some("http" | "types")), "{import}");
    }
}

#[test]
fn the_component_imports_no_wasi_and_nothing_but_its_contract() {
    let imports = imports(passcode_builtin::COMPONENT);
    let http = "passcode:action/http@0.1.0";
    assert!(imports.iter().any(|name| name == http), "{imports:?}");
    for import in imports {
        assert!(import.starts_with("passcode:action/"), "{import}");
        assert!(!import.contains("wasi"), "{import}");
    }
}

fn imports(component: &[u8]) -> Vec<String> {
    let mut imports = Vec::new();
    let mut depth = 0;
    for payload in Parser::new(0).parse_all(component) {
        match payload.unwrap() {
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            Payload::ComponentImportSection(section) if depth == 1 => {
                imports.extend(
                    section
                        .into_iter()
                        .map(|import| import.unwrap().name.name.to_owned()),
                );
            }
            _ => {}
        }
    }
    imports.sort();
    imports
}
