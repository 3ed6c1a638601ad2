//! From bytes to something that can be called: is it a component, of this contract, importing
//! nothing but what its world has?

use wasmtime::Engine;
use wasmtime::component::{Component, HasSelf, Linker};

use crate::authority::Authority;
use crate::cache::Cache;
use crate::contract::CONTRACT;
use crate::contract::bindings::passcode::action::{auth, http, log};
use crate::contract::bindings::{PasscodeAction, PasscodeActionPre};
use crate::contract::exports::Callable;
use crate::digest::digest;
use crate::error::{HostError, Limit};
use crate::limits::Limits;

/// The custom section that holds a component's manifest.
pub const MANIFEST_SECTION: &str = "passcode-manifest";

/// The largest component, in bytes.
const LARGEST: usize = 64 << 20;

/// A component, ready for as many steps as wanted.
pub(crate) struct Loaded<T: 'static> {
    pub(crate) callable: Callable<T>,
    pub(crate) digest: String,
    pub(crate) manifest: Authority,
}

pub(crate) fn load_error(message: impl Into<String>, remedy: impl Into<String>) -> HostError {
    HostError::Load {
        message: message.into(),
        remedy: remedy.into(),
    }
}

pub(crate) fn load<T>(
    engine: &Engine,
    limits: &Limits,
    cache: Option<&Cache>,
    bytes: &[u8],
) -> Result<Loaded<T>, HostError>
where
    T: http::Host + auth::Host + log::Host + Send + 'static,
{
    let opened = open(engine, limits, cache, bytes, &ACTION)?;
    let manifest = opened.manifest.ok_or_else(|| {
        load_error(
            "the component carries no manifest",
            format!("embed one in a custom section named `{MANIFEST_SECTION}`; see wit/README.md"),
        )
    })?;
    let component = opened.component;
    let mut linker: Linker<T> = Linker::new(engine);
    PasscodeAction::add_to_linker::<_, HasSelf<T>>(&mut linker, |state| state)
        .map_err(|error| HostError::Component(error.to_string()))?;
    // The linker has the world's imports and nothing else, so whatever else a component wants
    // keeps it from loading.
    let callable = linker
        .instantiate_pre(&component)
        .and_then(PasscodeActionPre::new)
        .map(|pre| Callable::new(pre.instance_pre().clone()))
        .and_then(|found| found.ok_or_else(|| wasmtime::Error::msg("a function is missing")))
        .map_err(|error| {
            load_error(
                format!("the component does not fit the world `passcode-action` of contract {CONTRACT}: {error:#}"),
                format!("build it against wit/ of contract {CONTRACT}"),
            )
        })?;
    Ok(Loaded {
        callable,
        digest: opened.digest,
        manifest,
    })
}

/// A world that components are loaded for: its name, and the interfaces it imports.
#[derive(Debug)]
pub(crate) struct Shape {
    pub(crate) world: &'static str,
    pub(crate) imports: &'static [&'static str],
}

const ACTION: Shape = Shape {
    world: "passcode-action",
    imports: &["types", "http", "auth", "log"],
};

/// A component that was compiled, whatever its world.
pub(crate) struct Opened {
    pub(crate) component: Component,
    pub(crate) digest: String,
    /// What it asks for, if it says anything.
    pub(crate) manifest: Option<Authority>,
}

/// Judge the bytes, and compile them.
pub(crate) fn open(
    engine: &Engine,
    limits: &Limits,
    cache: Option<&Cache>,
    bytes: &[u8],
    shape: &Shape,
) -> Result<Opened, HostError> {
    let facts = inspect(bytes, shape)?;
    let manifest = facts.manifest.map(|text| Authority::parse(&text));
    let manifest = manifest.transpose().map_err(|error| {
        load_error(
            format!("the component's manifest: {}", error.message),
            error.remedy,
        )
    })?;
    // What can never fit is not compiled. The limits of a step count it again, all together.
    if facts.largest_memory > limits.memory_bytes as u64
        || facts.largest_table > limits.table_elements as u64
    {
        return Err(HostError::Limit(Limit::Memory));
    }
    let digest = digest(bytes);
    let component = match cache {
        Some(cache) => cache.component(engine, bytes, &digest),
        None => Component::from_binary(engine, bytes),
    }
    .map_err(|error| {
        load_error(
            format!("not a component that can be compiled: {error:#}"),
            "build it again for this contract",
        )
    })?;
    Ok(Opened {
        component,
        digest,
        manifest,
    })
}

#[derive(Default)]
struct Facts {
    manifest: Option<String>,
    /// Bytes that the largest memory has at least.
    largest_memory: u64,
    /// Elements that the largest table has at least.
    largest_table: u64,
}

/// Look at the bytes before anything is compiled: the errors a person can act on.
fn inspect(bytes: &[u8], shape: &Shape) -> Result<Facts, HostError> {
    use wasmparser::{Encoding, Parser, Payload};

    if bytes.len() > LARGEST {
        return Err(load_error(
            "the component is larger than 64 MiB",
            "build it smaller",
        ));
    }
    let broken = |error: wasmparser::BinaryReaderError| {
        load_error(
            format!("not a WebAssembly component: {}", error.message()),
            "give a component (`wasm-tools component new` makes one of a module)",
        )
    };
    let mut facts = Facts::default();
    let mut depth = 0_u32;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.map_err(broken)? {
            Payload::Version { encoding, .. } => {
                if depth == 0 && encoding != Encoding::Component {
                    return Err(load_error(
                        "a WebAssembly module, not a component",
                        "make a component of it with `wasm-tools component new`",
                    ));
                }
                depth += 1;
            }
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(imports) if depth == 1 => {
                for import in imports {
                    known_import(import.map_err(broken)?.name.name, shape)?;
                }
            }
            Payload::MemorySection(memories) => {
                for memory in memories {
                    let memory = memory.map_err(broken)?;
                    let page = 1_u64 << memory.page_size_log2.unwrap_or(16);
                    let bytes = memory.initial.saturating_mul(page);
                    facts.largest_memory = facts.largest_memory.max(bytes);
                }
            }
            Payload::TableSection(tables) => {
                for table in tables {
                    let elements = table.map_err(broken)?.ty.initial;
                    facts.largest_table = facts.largest_table.max(elements);
                }
            }
            Payload::CustomSection(section) if depth == 1 && section.name() == MANIFEST_SECTION => {
                let text = std::str::from_utf8(section.data());
                let text = text.map_err(|_| {
                    load_error("the component's manifest is not text", "write it as TOML")
                })?;
                if facts.manifest.replace(text.to_owned()).is_some() {
                    return Err(load_error(
                        "the component carries two manifests",
                        "embed one",
                    ));
                }
            }
            _ => {}
        }
    }
    Ok(facts)
}

/// Say which import is unknown, and why, before wasmtime says it less clearly.
fn known_import(name: &str, shape: &Shape) -> Result<(), HostError> {
    let Some(rest) = name.strip_prefix("passcode:action/") else {
        return Err(load_error(
            format!("the component imports `{name}`, which no component gets here"),
            "build it without WASI (target wasm32-unknown-unknown), using only the imports of its world",
        ));
    };
    let (interface, version) = rest.split_once('@').unwrap_or((rest, ""));
    if !same_contract(version) {
        return Err(load_error(
            format!("the component was built for contract {version}, this host speaks {CONTRACT}"),
            "use a host of that contract, or build the component against this one",
        ));
    }
    if !shape.imports.contains(&interface) {
        return Err(load_error(
            format!("the component imports `{name}`, which its world does not have"),
            format!("use only the imports of the world `{}`", shape.world),
        ));
    }
    Ok(())
}

/// The interfaces of the contract that a component exports, each with its version. Nothing is
/// compiled.
pub(crate) fn exports(bytes: &[u8]) -> Vec<(String, String)> {
    use wasmparser::{Parser, Payload};

    let mut found = Vec::new();
    let mut depth = 0_u32;
    for payload in Parser::new(0).parse_all(bytes).map_while(Result::ok) {
        match payload {
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentExportSection(exports) if depth == 1 => {
                for export in exports.into_iter().map_while(Result::ok) {
                    let name = export.name.name.strip_prefix("passcode:action/");
                    if let Some((interface, version)) = name.and_then(|name| name.split_once('@')) {
                        found.push((interface.to_owned(), version.to_owned()));
                    }
                }
            }
            _ => {}
        }
    }
    found
}

/// Before 1.0 every minor version is another contract.
pub(crate) fn same_contract(version: &str) -> bool {
    let minor = |version: &str| {
        let mut parts = version.split('.');
        (
            parts.next().map(str::to_owned),
            parts.next().map(str::to_owned),
        )
    };
    minor(version) == minor(CONTRACT)
}
