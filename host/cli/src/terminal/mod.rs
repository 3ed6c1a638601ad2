//! What a person sees.

mod ask;
mod called;
mod card;
mod checks;
mod hidden;
mod letters;
mod screen;
mod spelling;
mod spinner;
mod text;

pub(crate) use ask::{Answer, Turn, ask, pick, turn};
pub(crate) use called::called;
pub(crate) use card::card;
pub(crate) use checks::{checks, expectations, failure};
pub(crate) use hidden::hidden;
pub(crate) use screen::{Showing, show};
pub(crate) use spinner::Spinner;
pub(crate) use text::{indented, width};
