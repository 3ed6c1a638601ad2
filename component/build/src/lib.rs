//! Builds a guest crate into a component, for build scripts.
