//! The embeddable host.
