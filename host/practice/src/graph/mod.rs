//! The Graph side: addresses, answers, and Intune's way of saying no.

pub(crate) mod actions;
pub(crate) mod approval;
pub(crate) mod audits;
pub(crate) mod batch;
pub(crate) mod devices;
pub(crate) mod groups;
pub(crate) mod management;
pub(crate) mod permissions;
pub(crate) mod policies;
pub(crate) mod refusal;
pub(crate) mod route;
pub(crate) mod service;
