//! The contract's nouns in Rust, and the bindings of its worlds.
//!
//! The nouns are written out and not generated, because they are this crate's public face:
//! they carry documentation, and they are what plan documents and the command line's JSON are
//! made of. wasmtime compares them with each component's own types when it is loaded, so they
//! cannot drift from `wit/` unnoticed.

/// The version of the contract this host speaks.
pub const CONTRACT: &str = "0.1.0";

pub mod caller;
pub mod device;
pub mod effect;
pub mod evidence;
pub(crate) mod exports;
mod names;
pub mod plan;
pub mod problem;
pub mod progress;

/// Every noun under one roof, as the bindings expect them.
pub mod types {
    pub use super::caller::*;
    pub use super::device::*;
    pub use super::effect::*;
    pub use super::evidence::*;
    pub use super::plan::*;
    pub use super::problem::*;
    pub use super::progress::*;

    /// The interface has no functions, so there is nothing to implement.
    pub(crate) trait Host {}

    impl<T: ?Sized> Host for T {}

    /// As `Host`, for functions that want the store. There are none.
    pub(crate) trait HostWithStore<T> {}

    impl<T, D: ?Sized> HostWithStore<T> for D {}

    /// The interface has no functions, so there is nothing to link.
    pub(crate) fn add_to_linker<T: 'static, D: wasmtime::component::HasData>(
        _linker: &mut wasmtime::component::Linker<T>,
        _get: fn(&mut T) -> D::Data<'_>,
    ) -> wasmtime::Result<()> {
        Ok(())
    }
}

pub(crate) mod bindings {
    //! Generated; the documentation is in `wit/`.

    wasmtime::component::bindgen!({
        world: "passcode-action",
        path: "../../wit",
        imports: {
            "passcode:action/http.send": async | trappable,
            "passcode:action/http.send-all": async | trappable,
            default: trappable,
        },
        exports: { default: async },
        with: { "passcode:action/types": crate::contract::types },
    });
}
