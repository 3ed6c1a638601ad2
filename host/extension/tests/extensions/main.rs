//! Extensions of every sort, good and hostile, in a real host.

mod made;
mod reviewing;
mod scene;
