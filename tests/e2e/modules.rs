//! Components made of modules written by hand, for what no compiler would produce.

use passcode_tests::with_section;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// The puppet's manifest: it asks for everything.
pub(crate) const MANIFEST: &str = include_str!("../puppet/manifest.toml");

/// A component of the world `passcode-action` whose functions do nothing but trap, with the
/// given fields in its core module.
pub(crate) fn component(fields: &str) -> Vec<u8> {
    build(fields, "unreachable")
}

/// A component that can say its name and nothing else. It compiles in no time.
pub(crate) fn named(name: &str) -> Vec<u8> {
    // The description: six pairs of address and length, the first one the name's.
    let record = format!(
        "(data (i32.const 512) \"\\00\\04\\00\\00\\{:02x}\\00\\00\\00\")",
        name.len()
    );
    build(
        &format!("{record} (data (i32.const 1024) \"{name}\")"),
        "i32.const 512",
    )
}

fn build(fields: &str, describe: &str) -> Vec<u8> {
    let functions = [
        ("matrix", 0),
        ("addresses", 0),
        ("find", 13),
        ("prepare", 1),
        ("commit", 1),
        ("observe", 1),
        ("results", 10),
        ("history", 15),
    ];
    let functions: String = functions
        .iter()
        .map(|(name, arguments)| {
            let parameters = "i32 ".repeat(*arguments);
            format!("(func (export \"passcode:action/action@0.1.0#{name}\") (param {parameters}) (result i32) unreachable)\n")
        })
        .collect();
    let text = format!(
        "(module (memory (export \"memory\") 1)
           (func (export \"cabi_realloc\") (param i32 i32 i32 i32) (result i32) unreachable)
           (func (export \"passcode:action/action@0.1.0#describe\") (result i32) {describe})
           {functions} {fields})"
    );
    let mut module = wat::parse_str(text).expect("a module");
    let mut resolve = Resolve::default();
    let (package, _) = resolve
        .push_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../wit"))
        .expect("wit");
    let world = resolve
        .select_world(&[package], Some("passcode-action"))
        .expect("world");
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).expect("metadata");
    let mut encoder = ComponentEncoder::default();
    let component = encoder
        .module(&module)
        .expect("module")
        .validate(true)
        .encode()
        .expect("component");
    with_section(&component, "passcode-manifest", MANIFEST.as_bytes())
}

/// A component in text form, with the puppet's manifest.
pub(crate) fn text(component: &str) -> Vec<u8> {
    let component = wat::parse_str(component).expect("a component");
    with_section(&component, "passcode-manifest", MANIFEST.as_bytes())
}
