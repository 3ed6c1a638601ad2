//! Run files: what is read, what is refused and where, and what the schema says about it.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod any_text;
mod guards;
mod parse;
mod rows;
mod schema;
mod survey;
