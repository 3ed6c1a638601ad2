//! What is shipped: small, and importing nothing but its contract.

use wasmparser::{Parser, Payload};

/// The largest the component may be, in bytes.
const LARGEST: usize = 200_000;

#[test]
fn the_component_is_under_200_kb() {
    let size = passcode_builtin::COMPONENT.len();
    assert!(size < LARGEST, "{size} bytes");
}

#[test]
fn the_component_imports_no_wasi_and_nothing_but_its_contract() {
    let mut imports = Vec::new();
    let mut depth = 0;
    for payload in Parser::new(0).parse_all(passcode_builtin::COMPONENT) {
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
    let http = "passcode:action/http@0.1.0";
    assert!(imports.iter().any(|name| name == http), "{imports:?}");
    for import in imports {
        assert!(import.starts_with("passcode:action/"), "{import}");
        assert!(!import.contains("wasi"), "{import}");
    }
}
