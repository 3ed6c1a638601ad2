//! Ledgers of older formats are brought forward, with all that is in them.
