//! A table's text to its cells, each with its place.
//!
//! RFC 4180, with commas, semicolons or tabs, line ends of any system, and a byte order mark. Read
//! byte by byte, with bounds, so that a file of any size takes the memory of its longest row. A
//! table that means something only to a lenient reader is a fault: a quotation mark that is not
//! closed would make the rest of the file one cell.

use std::io::{BufRead, BufReader, Chain, Cursor, Read};

use crate::fault::At;

/// Bytes of one cell.
const CELL: usize = 32 * 1024;
/// Bytes and cells of one row.
const ROW: usize = 1024 * 1024;
const CELLS: usize = 4096;
/// Bytes looked at to find out what separates cells.
const HEAD: u64 = 16 * 1024;

/// A row of cells.
#[derive(Debug, Default)]
pub(super) struct Record {
    pub(super) line: u64,
    pub(super) cells: Vec<Cell>,
}

/// One cell.
#[derive(Debug)]
pub(super) struct Cell {
    pub(super) bytes: Vec<u8>,
    pub(super) at: At,
}

/// What is wrong with a table's text.
#[derive(Debug)]
pub(super) struct Wrong {
    pub(super) at: At,
    pub(super) message: String,
    pub(super) remedy: &'static str,
    /// Whether nothing that follows can be read.
    pub(super) ends: bool,
}

/// What was looked at, and then the rest.
type Input = Chain<Cursor<Vec<u8>>, Box<dyn Read + Send>>;

pub(super) struct Records {
    input: BufReader<Input>,
    delimiter: u8,
    at: At,
}

impl Records {
    /// Look at the beginning: which encoding, what separates.
    pub(super) fn open(mut input: Box<dyn Read + Send>) -> Result<Self, Wrong> {
        let mut head = Vec::new();
        let read = input.by_ref().take(HEAD).read_to_end(&mut head);
        read.map_err(|error| unreadable(At::START, &error))?;
        if head.starts_with(&[0xFF, 0xFE]) || head.starts_with(&[0xFE, 0xFF]) {
            return Err(Wrong {
                at: At::START,
                message: "the file is UTF-16".to_owned(),
                remedy: "save it as UTF-8: in Excel as \"CSV UTF-8\", in PowerShell with `-Encoding utf8`",
                ends: true,
            });
        }
        let text = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&head).to_vec();
        let delimiter = delimiter(&text);
        Ok(Self {
            input: BufReader::new(Cursor::new(text).chain(input)),
            delimiter,
            at: At::START,
        })
    }

    /// The next row that has anything in it.
    pub(super) fn next(&mut self) -> Option<Result<Record, Wrong>> {
        loop {
            match self.record() {
                Ok(None) => return None,
                Ok(Some(record)) if record.cells.iter().all(|cell| cell.bytes.is_empty()) => {}
                Ok(Some(record)) => return Some(Ok(record)),
                Err(wrong) => return Some(Err(wrong)),
            }
        }
    }

    fn record(&mut self) -> Result<Option<Record>, Wrong> {
        if self.peek()?.is_none() {
            return Ok(None);
        }
        let mut record = Record {
            line: self.at.line,
            cells: Vec::new(),
        };
        let mut size = 0;
        loop {
            let cell = self.cell()?;
            size += cell.bytes.len();
            if size > ROW || record.cells.len() >= CELLS {
                let at = cell.at;
                return Err(too_large(
                    at,
                    format!("a row has more than 1 MiB or {CELLS} cells"),
                ));
            }
            record.cells.push(cell);
            match self.bump()? {
                Some(byte) if byte == self.delimiter => {}
                _ => return Ok(Some(record)),
            }
        }
    }

    /// A cell, up to what ends it.
    fn cell(&mut self) -> Result<Cell, Wrong> {
        let at = self.at;
        let mut bytes = Vec::new();
        if self.peek()? == Some(b'"') {
            self.bump()?;
            self.quoted(at, &mut bytes)?;
        }
        while let Some(byte) = self.peek()? {
            if self.ends_cell(byte) {
                break;
            }
            self.bump()?;
            bytes.push(byte);
            if bytes.len() > CELL {
                return Err(too_large(at, "a cell has more than 32 KiB".to_owned()));
            }
        }
        Ok(Cell { bytes, at })
    }

    fn quoted(&mut self, at: At, bytes: &mut Vec<u8>) -> Result<(), Wrong> {
        loop {
            let here = self.at;
            let Some(byte) = self.bump()? else {
                return Err(Wrong {
                    at,
                    message: "a quotation mark is opened here and never closed".to_owned(),
                    remedy: "close it; a quotation mark within a quoted cell is written twice",
                    ends: true,
                });
            };
            match (byte, self.peek()?) {
                (b'"', Some(b'"')) => _ = self.bump()?,
                (b'"', None) => return Ok(()),
                (b'"', Some(next)) if self.ends_cell(next) => return Ok(()),
                (b'"', Some(_)) => {
                    self.skip_line()?;
                    return Err(Wrong {
                        at: here,
                        message: "a quoted cell goes on after its closing quotation mark"
                            .to_owned(),
                        remedy: "write a quotation mark within a quoted cell twice",
                        ends: false,
                    });
                }
                _ => {}
            }
            bytes.push(byte);
            if bytes.len() > CELL {
                let message = "a quoted cell that begins here has more than 32 KiB";
                return Err(too_large(at, message.to_owned()));
            }
        }
    }

    fn ends_cell(&self, byte: u8) -> bool {
        byte == self.delimiter || matches!(byte, b'\r' | b'\n')
    }

    fn skip_line(&mut self) -> Result<(), Wrong> {
        while let Some(byte) = self.bump()? {
            if matches!(byte, b'\r' | b'\n') {
                break;
            }
        }
        Ok(())
    }

    fn peek(&mut self) -> Result<Option<u8>, Wrong> {
        loop {
            match self.input.fill_buf() {
                Ok(bytes) => return Ok(bytes.first().copied()),
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(unreadable(self.at, &error)),
            }
        }
    }

    /// The next byte; `\r\n` is one, and comes as `\n`.
    fn bump(&mut self) -> Result<Option<u8>, Wrong> {
        let Some(byte) = self.peek()? else {
            return Ok(None);
        };
        self.input.consume(1);
        if byte == b'\r' && self.peek()? == Some(b'\n') {
            self.input.consume(1);
            self.new_line();
            return Ok(Some(b'\n'));
        }
        match byte {
            b'\r' | b'\n' => self.new_line(),
            // The bytes of one character after its first.
            0x80..=0xBF => {}
            _ => self.at.column += 1,
        }
        Ok(Some(byte))
    }

    fn new_line(&mut self) {
        self.at.line += 1;
        self.at.column = 1;
    }
}

fn too_large(at: At, message: String) -> Wrong {
    Wrong {
        at,
        message,
        remedy: "is it a table? a quotation mark may not be closed",
        ends: true,
    }
}

fn unreadable(at: At, error: &std::io::Error) -> Wrong {
    Wrong {
        at,
        message: format!("it cannot be read: {error}"),
        remedy: "look whether it is there, and yours to read",
        ends: true,
    }
}

/// What stands most often between the cells of the first row that has any.
fn delimiter(head: &[u8]) -> u8 {
    let mut counts = [(b',', 0_u32), (b';', 0), (b'\t', 0)];
    let mut quoted = false;
    let mut begun = false;
    for byte in head {
        match byte {
            b'"' => quoted = !quoted,
            b'\r' | b'\n' if !quoted && begun => break,
            b'\r' | b'\n' => continue,
            _ => {}
        }
        begun = true;
        if let Some((_, count)) = counts
            .iter_mut()
            .find(|(known, _)| known == byte && !quoted)
        {
            *count += 1;
        }
    }
    // Of equals the first: a single column is separated by nothing.
    let mut best = counts[0];
    for count in counts {
        if count.1 > best.1 {
            best = count;
        }
    }
    best.0
}

#[cfg(test)]
#[path = "../records_tests.rs"]
mod tests;
