//! The first-party component and its grant.
