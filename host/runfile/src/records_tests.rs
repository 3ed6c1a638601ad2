use std::io::{Cursor, Read};

use proptest::prelude::*;

use super::Records;

fn open(bytes: &[u8]) -> Records {
    Records::open(Box::new(Cursor::new(bytes.to_vec())) as Box<dyn Read + Send>).unwrap()
}

/// Every row as `line: cell@line:column|…`, every fault as `!line:column message`.
fn read(bytes: &[u8]) -> Vec<String> {
    let mut records = open(bytes);
    let mut found = Vec::new();
    while let Some(next) = records.next() {
        match next {
            Ok(record) => {
                let cells: Vec<String> = record
                    .cells
                    .iter()
                    .map(|cell| {
                        let text = String::from_utf8_lossy(&cell.bytes);
                        format!(
                            "{}@{}:{}",
                            text.escape_debug(),
                            cell.at.line,
                            cell.at.column
                        )
                    })
                    .collect();
                found.push(format!("{}: {}", record.line, cells.join("|")));
            }
            Err(wrong) => {
                found.push(format!(
                    "!{}:{} {}",
                    wrong.at.line, wrong.at.column, wrong.message
                ));
                if wrong.ends {
                    break;
                }
            }
        }
    }
    found
}

#[test]
fn tables_of_every_system_are_read_and_places_are_counted() {
    for (text, expected) in [
        ("a,b\n1,2\n", &["1: a@1:1|b@1:3", "2: 1@2:1|2@2:3"][..]),
        ("a;b\r\n1,5;2\r\n", &["1: a@1:1|b@1:3", "2: 1,5@2:1|2@2:5"]),
        ("a\tb\r1\t2", &["1: a@1:1|b@1:3", "2: 1@2:1|2@2:3"]),
        ("\u{FEFF}a,b\nä,ö\n", &["1: a@1:1|b@1:3", "2: ä@2:1|ö@2:3"]),
        ("\u{FEFF}\"a\",b\n", &["1: a@1:1|b@1:5"]),
        ("a\n\n\n1\n", &["1: a@1:1", "4: 1@4:1"]),
        ("\n\na,b\n,\n1,2\n", &["3: a@3:1|b@3:3", "5: 1@5:1|2@5:3"]),
        (
            "a,b\n\"1\n2\",3\n4,5\n",
            &["1: a@1:1|b@1:3", "2: 1\\n2@2:1|3@3:4", "4: 4@4:1|5@4:3"],
        ),
        (
            "a,b\n\"x\"\"y\",\"\"\n",
            &["1: a@1:1|b@1:3", "2: x\\\"y@2:1|@2:8"],
        ),
        (
            "a,b\n5\" wide,2\n",
            &["1: a@1:1|b@1:3", "2: 5\\\" wide@2:1|2@2:9"],
        ),
        ("\"a;b\",c\n1,2", &["1: a;b@1:1|c@1:7", "2: 1@2:1|2@2:3"]),
        ("a,b\n1,\n", &["1: a@1:1|b@1:3", "2: 1@2:1|@2:3"]),
        ("", &[]),
        ("\n\r\n", &[]),
    ] {
        assert_eq!(read(text.as_bytes()), expected, "{text:?}");
    }
}

#[test]
fn what_only_a_lenient_reader_would_read_is_named() {
    for (text, expected) in [
        (
            "a,b\n1,\"2\n3,4\n",
            &[
                "1: a@1:1|b@1:3",
                "!2:3 a quotation mark is opened here and never closed",
            ][..],
        ),
        (
            "a,b\n\"1\"x,2\n3,4\n",
            &[
                "1: a@1:1|b@1:3",
                "!2:3 a quoted cell goes on after its closing quotation mark",
                "3: 3@3:1|4@3:3",
            ],
        ),
    ] {
        assert_eq!(read(text.as_bytes()), expected, "{text:?}");
    }
    let long = format!("a\n\"{}\"\n", "x".repeat(40_000));
    assert_eq!(
        read(long.as_bytes())[1],
        "!2:1 a quoted cell that begins here has more than 32 KiB"
    );
    let long = format!("a\n{}\n", "x".repeat(40_000));
    assert_eq!(read(long.as_bytes())[1], "!2:1 a cell has more than 32 KiB");
    let wide = format!("a\n{}\n", ",".repeat(5000));
    assert!(read(wide.as_bytes())[1].contains("a row has more than 1 MiB or 4096 cells"));
}

#[test]
fn utf_16_is_named_and_not_guessed_at() {
    for bytes in [b"\xFF\xFEa\0,\0b\0", b"\xFE\xFF\0a\0,\0b"] {
        let input = Box::new(Cursor::new(bytes.to_vec())) as Box<dyn Read + Send>;
        let Err(wrong) = Records::open(input) else {
            panic!()
        };
        assert_eq!(wrong.message, "the file is UTF-16");
    }
}

/// Gives one byte at a time, and an interruption before each.
struct Slow(Cursor<Vec<u8>>, bool);

impl Read for Slow {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        self.1 = !self.1;
        if self.1 {
            return Err(std::io::ErrorKind::Interrupted.into());
        }
        let end = into.len().min(1);
        self.0.read(&mut into[..end])
    }
}

#[test]
fn a_slow_source_is_read_like_any_other() {
    let text = format!("a,b\r\n{}", "1,\"2\r\n3\"\r\n".repeat(2000));
    let slow = Slow(Cursor::new(text.clone().into_bytes()), false);
    let mut records = Records::open(Box::new(slow)).unwrap();
    let mut rows = 0;
    while let Some(record) = records.next() {
        assert_eq!(record.unwrap().cells.len(), 2);
        rows += 1;
    }
    assert_eq!(rows, 2001);
    assert_eq!(read(text.as_bytes()).len(), 2001);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the csv crate writes is read as it was written.
    #[test]
    fn a_table_is_read_as_it_was_written(
        rows in proptest::collection::vec(proptest::collection::vec("[a-z,;\t\"\n ä']{0,6}", 2..3), 1..8),
        crlf in any::<bool>(),
        delimiter in prop_oneof![Just(b','), Just(b';'), Just(b'\t')],
    ) {
        let terminator = if crlf { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') };
        let mut writer = csv::WriterBuilder::new()
            .delimiter(delimiter)
            .terminator(terminator)
            .from_writer(Vec::new());
        writer.write_record(["first", "second"]).unwrap();
        for row in &rows {
            writer.write_record(row).unwrap();
        }
        let bytes = writer.into_inner().unwrap();
        let mut records = open(&bytes);
        let mut found: Vec<Vec<String>> = Vec::new();
        while let Some(record) = records.next() {
            let cells = record.unwrap().cells.into_iter();
            found.push(cells.map(|cell| String::from_utf8(cell.bytes).unwrap()).collect());
        }
        let mut expected = vec![vec!["first".to_owned(), "second".to_owned()]];
        // A row without anything in it is passed over.
        expected.extend(rows.into_iter().filter(|row| row.iter().any(|cell| !cell.is_empty())));
        prop_assert_eq!(found, expected);
    }

    /// Any bytes end, and every place is in the text.
    #[test]
    fn any_bytes_are_read_to_their_end(bytes in proptest::collection::vec(prop_oneof![
        Just(b'"'), Just(b','), Just(b'\n'), Just(b'\r'), Just(b'a'), any::<u8>()
    ], 0..200)) {
        let input = Box::new(Cursor::new(bytes.clone())) as Box<dyn Read + Send>;
        if let Ok(mut records) = Records::open(input) {
            let lines = 1 + bytes.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count();
            let mut before = 0;
            while let Some(next) = records.next() {
                let (line, ends) = match next {
                    Ok(record) => (record.line, false),
                    Err(wrong) => (wrong.at.line, wrong.ends),
                };
                prop_assert!(line > before && line <= lines as u64, "{} of {}", line, lines);
                before = line;
                if ends {
                    break;
                }
            }
        }
    }
}
