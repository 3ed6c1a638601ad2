//! End to end: hostile components, a hostile service, and what the host guarantees.
mod smoke;
