//! Extensions written by hand, for what no compiler would produce. They compile in no time.

use std::path::Path;

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// Takes what it is given and forgets it: memory is handed out from 64 KiB on.
const REALLOC: &str = r#"
    (memory (export "memory") 32)
    (global $free (mut i32) (i32.const 65536))
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
      (local $at i32)
      (local.set $at (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
      (global.set $free (i32.add (local.get $at) (local.get 3)))
      (local.get $at))"#;

/// A component of a world: the body of its function, after whatever else its module has.
pub(crate) fn component(world: &str, fields: &str, signature: &str, body: &str) -> Vec<u8> {
    let export = match world {
        "reviewer" => "review@0.1.0#review",
        "device-finder" => "finder@0.1.0#search",
        "passcode-courier" => "courier@0.1.0#deliver",
        "watcher" => "observer@0.1.0#notify",
        other => panic!("no world {other}"),
    };
    let text = format!(
        "(module {fields} {REALLOC}
           (func (export \"passcode:action/{export}\") {signature} {body}))"
    );
    let mut module = wat::parse_str(text).expect("a module");
    let mut resolve = Resolve::default();
    let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit");
    let (package, _) = resolve.push_dir(&wit).expect("wit");
    let world = resolve
        .select_world(&[package], Some(world))
        .expect("world");
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).expect("metadata");
    let mut encoder = ComponentEncoder::default();
    let encoder = encoder.module(&module).expect("module").validate(true);
    encoder.encode().expect("component")
}

/// A reviewer with a body that leaves the address of its opinion.
pub(crate) fn reviewer(fields: &str, body: &str) -> Vec<u8> {
    component("reviewer", fields, "(param i32) (result i32)", body)
}

/// A reviewer that always says the same: 0 abstains, 1 requires approval, 2 denies.
pub(crate) fn saying(which: u8, why: &str) -> Vec<u8> {
    // The opinion: which one, then address and length of the reason.
    let fields = format!(
        "(data (i32.const 512) \"\\{which:02x}\\00\\00\\00\\00\\04\\00\\00\\{:02x}\\00\\00\\00\")
         (data (i32.const 1024) \"{why}\")",
        why.len()
    );
    reviewer(&fields, "i32.const 512")
}
