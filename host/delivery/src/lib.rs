//! Where passcodes go when nobody sits at the terminal: a file that only its readers can open.
//!
//! The file is encrypted to [age] recipients before anything of it is written, line by line as
//! the passcodes come. It appears under its name whole or not at all, and never in the place of
//! another.
//!
//! [age]: https://age-encryption.org/v1

mod ascii;
mod delivered;
mod error;
mod file;
mod recipients;

pub use delivered::Delivered;
pub use error::{BadRecipient, DeliveryError, Fault};
pub use file::AgeFile;
pub use recipients::Recipients;
