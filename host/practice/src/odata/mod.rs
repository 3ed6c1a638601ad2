//! The part of OData that Intune's device reads use, as pure functions.

pub(crate) mod eval;
pub(crate) mod filter;
pub(crate) mod lexer;
pub(crate) mod page;
pub(crate) mod query;
