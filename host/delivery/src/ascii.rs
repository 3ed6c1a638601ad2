//! JSON in ASCII alone: whoever decrypts the file onto a terminal must not have the cursor moved
//! or the text turned around by a device's name, and a program reads the same.

use std::io::{self, Write};

use serde_json::ser::Formatter;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Ascii;

impl Formatter for Ascii {
    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        for c in fragment.chars() {
            if c.is_ascii() && c != '\u{7f}' {
                writer.write_all(&[c as u8])?;
            } else {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    write!(writer, "\\u{unit:04x}")?;
                }
            }
        }
        Ok(())
    }
}
