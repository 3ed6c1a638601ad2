//! Whatever is read, nothing panics, everything ends, and every fault has a place.

use std::io::{Cursor, Read};
use std::path::Path;

use passcode_runfile::RunFile;
use proptest::prelude::*;

const WHOLE: &str = "schema: passcode/run/v1
title: Kiosks in Ghent
action: reset
who:
  serials: [A1, B2]
  csv: {file: d.csv, columns: {serial: S, ticket: T}}
  stdin: true
reason: 'for {{ row.T }}'
guards:
  maxDevices: 500
  window: {days: [mon, tue], from: 22:00, to: 06:00, offset: +01:00}
  stopWhen: {failureShare: 10%, after: 20}
delivery: {to: terminal}
validFor: 3d
";

fn judge(text: &str) -> Result<(), TestCaseError> {
    match RunFile::parse(text, "t") {
        Ok(run) => {
            let again = RunFile::from_document(&run.document(), "t");
            prop_assert_eq!(again.map(|run| run.document()), Ok(run.document()));
        }
        Err(faults) => {
            prop_assert!(!faults.is_empty());
            let lines = text.split(['\n', '\r']).count() as u64 + 1;
            for fault in faults {
                prop_assert!(
                    (1..=lines).contains(&fault.line) && fault.column > 0,
                    "{}",
                    fault
                );
                prop_assert!(!fault.message.is_empty() && !fault.remedy.is_empty());
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text(text in any::<String>()) {
        judge(&text)?;
    }

    #[test]
    fn what_looks_like_yaml(parts in proptest::collection::vec(prop_oneof![
        Just("who"), Just(": "), Just("\n"), Just("  "), Just("- "), Just("["), Just("]"), Just("{"), Just("}"),
        Just(", "), Just("\""), Just("'"), Just("&a"), Just("*a"), Just("!!x"), Just("|"), Just(">"), Just("---"),
        Just("? "), Just("#"), Just("%YAML 1.2"), Just("\t"), Just("\r"), Just("guards"), Just("<<"), Just("~"),
        Just("\u{85}"), Just("\u{FEFF}"), Just("@"), Just("`"), Just("..."), Just("schema: passcode/run/v1"),
    ], 0..40)) {
        judge(&parts.concat())?;
    }

    #[test]
    fn a_right_file_with_something_else_in_it(
        at in 0..WHOLE.len(),
        cut in 0_usize..20,
        put in prop_oneof![any::<String>(), "[ -~\n]{0,10}"],
    ) {
        let end = (at + cut).min(WHOLE.len());
        judge(&format!("{}{put}{}", &WHOLE[..at], &WHOLE[end..]))?;
    }

    #[test]
    fn any_table_and_any_lines(
        table in proptest::collection::vec(prop_oneof![
            Just("S,T\n".as_bytes().to_vec()), Just("A,1\n".as_bytes().to_vec()), Just(b"\"".to_vec()),
            Just(b",".to_vec()), Just(b"\r\n".to_vec()), proptest::collection::vec(any::<u8>(), 0..8),
        ], 0..12),
        lines in proptest::collection::vec(prop_oneof![
            Just(b"{\"serialNumber\":\"A\",\"T\":\"1\"}\n".to_vec()), Just(b"{\"id\":".to_vec()), Just(b"\n".to_vec()),
            Just(b"[[[[".to_vec()), proptest::collection::vec(any::<u8>(), 0..8),
        ], 0..12),
    ) {
        let run = RunFile::parse(WHOLE, "t").unwrap();
        let table = table.concat();
        let read = |_: &Path| Ok(Box::new(Cursor::new(table.clone())) as Box<dyn Read + Send>);
        let stdin = Box::new(Cursor::new(lines.concat())) as Box<dyn Read + Send>;
        let survey = run.survey(run.rows(read, Some(stdin)));
        prop_assert_eq!(survey.rows, survey.devices + survey.duplicate_count);
        for fault in survey.faults {
            prop_assert!(fault.line > 0 && fault.column > 0 && !fault.remedy.is_empty());
        }
    }
}
