//! A practice tenant.
