//! Every form of a report, with texts of others that want to be more than texts.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "../../runtime/src/text.rs"]
#[expect(unreachable_pub, reason = "the rule itself, where it lives")]
mod text;

use std::collections::BTreeMap;

use passcode_report::{
    ApprovalView, COLUMNS, JsonReport, Keep, RowView, RunView, Sheet, SheetOptions, Summary, inert,
    row_line, write_html,
};
use proptest::prelude::*;
use serde_json::{Value, json};
use text::plain;
use time::macros::datetime;

const HOSTILE: &str =
    "</td></table><script>alert(1)</script>\u{202e}\u{1b}[2J\"'><img src=x onerror=y>&lt;";

/// A row in which every text is `text`. Named by a literal without a rest, so that a field that
/// is added later is filled here too.
fn row_of(number: u64, text: &str) -> RowView {
    let some = || Some(text.to_owned());
    RowView {
        number,
        source: text.to_owned(),
        device_id: some(),
        device_name: some(),
        serial: some(),
        user: some(),
        kind: some(),
        level: some(),
        plan: some(),
        client_request_id: some(),
        request_id: some(),
        state: text.to_owned(),
        code: some(),
        message: some(),
        planned_at: Some(datetime!(2026-03-04 05:00:00 UTC)),
        sent_at: Some(datetime!(2026-03-04 06:00:00 UTC)),
        ended_at: Some(datetime!(2026-03-04 06:00:09.5 UTC)),
        delivered_at: Some(datetime!(2026-03-04 06:00:10 UTC)),
        delivered_to: some(),
    }
}

fn run_of(text: &str) -> RunView {
    let own = || text.to_owned();
    RunView {
        id: own(),
        key: Some(own()),
        title: own(),
        tenant: own(),
        practice: true,
        action: own(),
        digest: Some(own()),
        set: Some(own()),
        state: own(),
        planner: own(),
        planner_proof: own(),
        approvals: vec![ApprovalView {
            who: own(),
            key: Some(own()),
            at: Some(datetime!(2026-03-04 05:30:00 UTC)),
            expires: Some(datetime!(2026-03-05 05:30:00 UTC)),
            statement: Some(own()),
            assurance: own(),
            why: Some(own()),
        }],
        assurance: own(),
        created: Some(datetime!(2026-03-04 05:00:00 UTC)),
        started: Some(datetime!(2026-03-04 06:00:00 UTC)),
        ended: Some(datetime!(2026-03-04 06:01:00 UTC)),
        audit_head: Some(own()),
        component_digest: Some(own()),
        version: own(),
        tally: BTreeMap::from([(own(), 1)]),
        reason: Some(own()),
        ticket: Some(own()),
    }
}

fn page(run: &RunView, rows: &[RowView], keep: Keep) -> String {
    let mut summary = Summary::new(keep);
    rows.iter().for_each(|row| summary.add(row));
    let mut out = Vec::new();
    write_html(&mut out, run, &summary, plain).unwrap();
    String::from_utf8(out).unwrap()
}

fn sheet(rows: &[RowView], options: SheetOptions) -> Vec<u8> {
    let mut sheet = Sheet::begin(Vec::new(), "r1", options, plain).unwrap();
    rows.iter().for_each(|row| sheet.row(row).unwrap());
    sheet.finish().unwrap()
}

/// The names of all tags in a page, in order.
fn tags(page: &str) -> Vec<&str> {
    page.split('<')
        .skip(1)
        .map(|rest| {
            let end = rest.find([' ', '>', '\n', '/']).unwrap_or(rest.len());
            if end == 0 {
                &rest[..=rest[1..].find('>').unwrap_or(0)]
            } else {
                &rest[..end]
            }
        })
        .collect()
}

#[test]
fn no_text_in_a_page_is_markup() {
    let hostile = page(&run_of(HOSTILE), &[row_of(1, HOSTILE)], Keep::default());
    let tame = page(&run_of("tame"), &[row_of(1, "tame")], Keep::default());
    assert_eq!(
        tags(&hostile),
        tags(&tame),
        "the texts changed the page's structure"
    );
    for active in ["<script", "<img", "\u{202e}", "\u{1b}", "onerror=y>"] {
        assert!(!hostile.contains(active), "{active:?}");
    }
    assert!(hostile.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    // Attributes are all our own: none of them holds a quote that ends it early.
    assert!(!hostile.contains("\"'>"));
}

#[test]
fn a_page_needs_nothing_else_and_forbids_it() {
    let page = page(&run_of("x"), &[row_of(1, "done")], Keep::default());
    for from_elsewhere in [
        "<script", "<link", "<img", "<iframe", "src=", "href=", "url(", "@import", " style=",
        " onclick",
    ] {
        assert!(!page.contains(from_elsewhere), "{from_elsewhere}");
    }
    assert!(page.contains("default-src 'none'; style-src 'sha256-"));
    assert!(!page.contains("unsafe"));
}

#[test]
fn a_page_can_be_read_without_eyes() {
    let rows = ["done", "failed", "unknown", "refused"].map(|state| RowView {
        state: state.to_owned(),
        ..row_of(1, "x")
    });
    let page = page(&run_of("x"), &rows, Keep::default());
    assert!(page.starts_with("<!doctype html>\n<html lang=\"en\">"));
    let count = |what: &str| page.matches(what).count();
    assert_eq!(count("<h1>"), 1);
    assert_eq!(
        count("<table"),
        count("<caption"),
        "every table says what it is"
    );
    assert_eq!(count("<th"), count("<th scope=\"") + count("<thead"));
    // A drawing says in words what it shows, or is hidden because a cell beside it says it.
    assert_eq!(
        count("<svg"),
        count("<desc id=") + count("aria-hidden=\"true\"><rect")
    );
    for of in page.split("aria-labelledby=\"").skip(1) {
        for id in of.split('"').next().unwrap().split(' ') {
            assert_eq!(count(&format!(" id=\"{id}\"")), 1, "{id}");
        }
    }
}

#[test]
fn a_page_that_does_not_show_all_rows_says_so_and_counts_all() {
    let rows: Vec<_> = (1..=50)
        .map(|number| RowView {
            state: "failed".to_owned(),
            ..row_of(number, "x")
        })
        .collect();
    let few = Keep {
        rows: 10,
        troubled: 5,
        slowest: 2,
    };
    let page_of_few = page(&run_of("x"), &rows, few);
    assert!(page_of_few.contains("The first 10 of 50 rows are shown here."));
    assert!(page_of_few.contains("5 of 50 are shown here"));
    assert!(page_of_few.contains("<strong>0 of 50</strong> devices are done."));
    assert!(!page(&run_of("x"), &rows, Keep::default()).contains("are shown here"));
}

#[test]
fn a_long_name_is_cut_in_a_page_and_whole_elsewhere() {
    let row = row_of(1, &"Ä".repeat(10_000));
    let page = page(&run_of("x"), std::slice::from_ref(&row), Keep::default());
    assert!(page.len() < 60_000, "{}", page.len());
    let csv =
        String::from_utf8(sheet(std::slice::from_ref(&row), SheetOptions::default())).unwrap();
    assert!(csv.contains(&"Ä".repeat(10_000)));
    assert!(row_line("r", false, &row, plain).contains(&"Ä".repeat(10_000)));
}

#[test]
fn an_approval_that_is_only_a_checksum_is_not_shown_as_four_eyes() {
    for (word, shown) in [
        ("four-eyes", true),
        ("checksum", false),
        ("not-counted", false),
        ("not-enough", false),
        ("denied", false),
        ("", false),
        ("eyes", false),
    ] {
        let mut run = run_of("x");
        run.assurance = word.to_owned();
        run.approvals[0].assurance = word.to_owned();
        let page = page(&run, &[], Keep::default());
        assert_eq!(page.contains(">four eyes</span>"), shown, "{word}");
        assert_eq!(page.contains("badge strong"), shown, "{word}");
    }
}

#[test]
fn the_practice_tenant_is_named_and_only_then() {
    let mut run = run_of("x");
    assert!(page(&run, &[], Keep::default()).contains("Practice tenant"));
    assert!(row_line("r", true, &row_of(1, "done"), plain).contains("\"practice\":true"));
    run.practice = false;
    assert!(!page(&run, &[], Keep::default()).contains("Practice tenant"));
    assert!(!row_line("r", false, &row_of(1, "done"), plain).contains("practice"));
}

#[test]
fn no_cell_is_a_formula() {
    for (cell, expected) in [
        ("=HYPERLINK(\"http://x\")", "'=HYPERLINK(\"http://x\")"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        (" =1", "' =1"),
        ("\u{a0}=1", "'\u{a0}=1"),
        ("\"=1", "'\"=1"),
        ("'=1", "''=1"),
        ("“=1", "'“=1"),
        ("\t=1", "'\u{FFFD}=1"),
        ("\tx", "'\u{FFFD}x"),
        ("\rx", "'\u{FFFD}x"),
        ("\u{feff}=1", "'\u{FFFD}=1"),
        ("\u{200b}=1", "'\u{FFFD}=1"),
        ("＝1", "'＝1"),
        ("＋1", "'＋1"),
        ("－1", "'－1"),
        ("＠x", "'＠x"),
        ("KIOSK-0001", "KIOSK-0001"),
        ("a=1", "a=1"),
        ("", ""),
    ] {
        assert_eq!(inert(cell, plain), expected, "{cell:?}");
    }
}

#[test]
fn a_sheet_is_as_rfc_4180_has_it() {
    let row = RowView {
        message: Some("a,b \"c\"".to_owned()),
        ..row_of(7, "done")
    };
    let text = String::from_utf8(sheet(&[row], SheetOptions::default())).unwrap();
    assert!(text.starts_with("number,state,class,deviceName,"));
    assert_eq!(text.matches("\r\n").count(), 2);
    assert_eq!(text.matches('\n').count(), 2);
    assert!(text.contains(",\"a,b \"\"c\"\"\","));
    assert!(text.contains(",2026-03-04T06:00:09.500Z,"));
    let bom = sheet(&[], SheetOptions { bom: true });
    assert!(bom.starts_with(b"\xEF\xBB\xBFnumber,"));
}

/// Texts of all sorts, and those that begin as formulas do.
fn texts() -> impl Strategy<Value = Vec<String>> {
    let text = prop_oneof![any::<String>(), "[ \t\r\"'=+@＝-]{1,3}[a-z,\"\n]{0,4}"];
    proptest::collection::vec(text, 1..6)
}

proptest! {
    #[test]
    fn a_sheet_comes_back_as_it_was_written(texts in texts()) {
        let rows: Vec<_> = (1..).zip(&texts).map(|(number, text)| row_of(number, text)).collect();
        let bytes = sheet(&rows, SheetOptions::default());
        let mut reader = csv::Reader::from_reader(bytes.as_slice());
        prop_assert_eq!(reader.headers().unwrap(), &csv::StringRecord::from(COLUMNS.to_vec()));
        let records: Vec<_> = reader.records().map(Result::unwrap).collect();
        prop_assert_eq!(records.len(), rows.len());
        for (record, text) in records.iter().zip(&texts) {
            let clean = plain(text);
            for (column, cell) in COLUMNS.iter().zip(record) {
                let quoted = |c: char| c.is_whitespace() || "\"'\u{fffd}".contains(c);
                let begins = clean.trim_start_matches(quoted).chars().next();
                let formula = matches!(begins, Some('=' | '+' | '-' | '@' | '＝'));
                if ["deviceName", "message", "source", "requestId"].contains(column) {
                    let marked = cell.strip_prefix('\'') == Some(&clean);
                    prop_assert!(marked || cell == clean, "{}: {:?} of {:?}", column, cell, text);
                    prop_assert!(marked || !formula, "{}: {:?}", column, cell);
                }
                prop_assert!(!cell.starts_with(['=', '+', '-', '@']), "{}: {:?}", column, cell);
            }
        }
    }
}

#[test]
fn a_document_is_json_and_has_everything() {
    let run = run_of(HOSTILE);
    let rows = [row_of(1, "done"), row_of(2, HOSTILE)];
    let mut summary = Summary::default();
    let mut report = JsonReport::begin(Vec::new(), &run, plain).unwrap();
    for row in &rows {
        summary.add(row);
        report.row(row).unwrap();
    }
    let text = String::from_utf8(report.finish(&summary).unwrap()).unwrap();
    assert!(!text.contains('\u{202e}') && text.contains("\\u202e"));
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["schema"], "passcode/run-report/v1");
    assert_eq!(document["practice"], true);
    assert_eq!(document["run"]["title"], HOSTILE);
    assert_eq!(
        document["run"]["approvals"][0]["at"],
        "2026-03-04T05:30:00.000Z"
    );
    let approval = &document["run"]["approvals"][0];
    assert_eq!(approval["expires"], "2026-03-05T05:30:00.000Z");
    for field in ["who", "key", "statement", "why"] {
        assert_eq!(approval[field], HOSTILE, "{field}");
    }
    assert_eq!(
        document["rows"][1]["deviceName"], HOSTILE,
        "nothing is lost"
    );
    assert_eq!(document["rows"][0]["class"], "done");
    assert_eq!(document["summary"]["rows"], 2);
    assert_eq!(document["summary"]["classes"]["unsure"], 1);
    assert_eq!(
        document["summary"]["secondsFromSentToEnded"]["longest"],
        json!(9.5)
    );

    let empty = JsonReport::begin(Vec::new(), &run, plain).unwrap();
    let empty = empty.finish(&Summary::default()).unwrap();
    let empty: Value = serde_json::from_slice(&empty).unwrap();
    assert_eq!(
        (&empty["rows"], &empty["summary"]["secondsFromSentToEnded"]),
        (&json!([]), &Value::Null)
    );

    let line = row_line("r1", false, &rows[1], plain);
    assert_eq!(line.matches('\n').count(), 1);
    let line: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(
        (&line["schema"], &line["run"]),
        (&json!("passcode/run-row/v1"), &json!("r1"))
    );
    for field in document["rows"][0].as_object().unwrap().keys() {
        assert!(line.get(field).is_some(), "{field}");
    }
}

#[test]
fn a_hundred_thousand_rows_make_a_page_no_larger_than_its_limit() {
    let mut summary = Summary::default();
    let start = datetime!(2026-03-04 05:00:00 UTC);
    for number in 1..=100_000_u32 {
        let sent = start + time::Duration::milliseconds(i64::from(number) * 120);
        summary.add(&RowView {
            number: number.into(),
            state: if number % 50 == 0 {
                "failed"
            } else {
                "delivered"
            }
            .to_owned(),
            device_name: Some(format!("KIOSK-{number:06}")),
            planned_at: Some(start),
            sent_at: Some(sent),
            ended_at: Some(sent + time::Duration::seconds(9)),
            ..RowView::default()
        });
    }
    let mut out = Vec::new();
    write_html(&mut out, &run_of("x"), &summary, plain).unwrap();
    let page = String::from_utf8(out).unwrap();
    assert!(page.len() < 2_000_000, "{}", page.len());
    assert!(page.contains("<strong>98,000 of 100,000</strong> devices are done."));
    assert!(page.matches("class=\"col\"").count() <= 200);
    assert!(page.contains("The first 2,000 of 100,000 rows are shown here."));
}
