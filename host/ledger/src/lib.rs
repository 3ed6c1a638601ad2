//! What was planned, intended, sent, known.
