//! Prints the report of a run that never was, so that the page can be looked at:
//! `cargo run -p passcode-report --example sample > report.html`. A number asks for so many
//! devices; `csv`, `json` and `jsonl` for the other forms, `bars` for the bars on a terminal.

#[path = "../../runtime/src/text.rs"]
#[expect(unreachable_pub, reason = "the rule itself, where it lives")]
mod text;

use std::error::Error;
use std::io::{BufWriter, Write as _};
use std::time::{Duration as Time, Instant};

use passcode_report::{
    ApprovalView, Bars, Event, JsonReport, Progress, RowView, RunView, Sheet, SheetOptions,
    Summary, row_line, word, write_html,
};
use text::plain;
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

const SENDING: OffsetDateTime = datetime!(2026-03-04 13:40:12 UTC);
const PLANNING: OffsetDateTime = datetime!(2026-03-04 09:12:30 UTC);

fn main() -> Result<(), Box<dyn Error>> {
    let mut rows = 1_000;
    let mut form = "html".to_owned();
    for argument in std::env::args().skip(1) {
        match argument.parse() {
            Ok(number) => rows = number,
            Err(_) => form = argument,
        }
    }
    let rows = (1..=rows).map(sample_row);
    let mut out = BufWriter::new(std::io::stdout().lock());
    let run = sample_run();
    match form.as_str() {
        "csv" => {
            let mut sheet = Sheet::begin(&mut out, &run.id, SheetOptions::default(), plain)?;
            for row in rows {
                sheet.row(&row)?;
            }
            sheet.finish()?;
        }
        "json" => {
            let mut summary = Summary::default();
            let mut report = JsonReport::begin(&mut out, &run, plain)?;
            for row in rows {
                summary.add(&row);
                report.row(&row)?;
            }
            report.finish(&summary)?;
        }
        "jsonl" => {
            for row in rows {
                out.write_all(row_line(&run.id, run.practice, &row, plain).as_bytes())?;
            }
        }
        "bars" => bars(rows.collect()),
        _ => {
            let mut summary = Summary::default();
            for row in rows {
                summary.add(&row);
            }
            write_html(&mut out, &run, &summary, plain)?;
        }
    }
    Ok(out.flush()?)
}

fn sample_run() -> RunView {
    RunView {
        id: "5f0c9a34-7d1e-4b62-9c55-2f1d0c7be802".to_owned(),
        key: Some("nightly-2026-03-04".to_owned()),
        title: "Kiosks of the Lisbon warehouses after the move".to_owned(),
        tenant: "contoso.example".to_owned(),
        practice: true,
        action: "reset".to_owned(),
        digest: Some("9b1f3c57e2a84d60b7c1f09ad35e8846f1b2c3d4e5f60718293a4b5c6d7e8f90".to_owned()),
        set: Some("c7a1d94e0b83f625ad17c0be4498f3d25e6071829304a5b6c7d8e9f0a1b2c3d4".to_owned()),
        state: "finished".to_owned(),
        planner: "Adele Vance <adele@contoso.example>".to_owned(),
        planner_proof: "proven".to_owned(),
        approvals: vec![ApprovalView {
            who: "Lee Gu <lee@contoso.example>".to_owned(),
            key: Some("SHA256:3q2+7wAAAAC+rb7vAAAAAKvN7wEjRWeJq83vASNFZ4k".to_owned()),
            at: Some(datetime!(2026-03-04 13:31:05 UTC)),
            expires: Some(datetime!(2026-03-05 13:02:00 UTC)),
            statement: Some(
                "1d0c2b3a4958677d0e1c2b3a4958677d0e1c2b3a4958677d0e1c2b3a4958677f".to_owned(),
            ),
            assurance: "four-eyes".to_owned(),
            why: None,
        }],
        assurance: "four-eyes".to_owned(),
        created: Some(PLANNING),
        started: Some(SENDING),
        ended: Some(SENDING + Duration::seconds(402)),
        audit_head: Some(
            "4213:77d0e1c2b3a4958677d0e1c2b3a4958677d0e1c2b3a4958677d0e1c2b3a49586".to_owned(),
        ),
        component_digest: Some(
            "1e5d2c3b4a5968778695a4b3c2d1e0f1e5d2c3b4a5968778695a4b3c2d1e0f12".to_owned(),
        ),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        reason: Some(
            "The kiosks were locked for the move, and nobody has the old passcodes.".to_owned(),
        ),
        ticket: Some("CHG0040117".to_owned()),
        ..RunView::default()
    }
}

/// Numbers that look like chance, and are the same each time.
fn chance(number: u64, salt: u64) -> u64 {
    let mut x = (number ^ (salt << 32)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    x ^= x >> 29;
    x = x.wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x ^ (x >> 32)
}

fn sample_row(number: u64) -> RowView {
    let (state, code, message) = match chance(number, 1) % 1_000 {
        0..3 => (
            "unknown",
            Some("outcome-unknown"),
            Some(
                "the connection broke after the request was sent; no newer result appeared within 15 min",
            ),
        ),
        3..14 => (
            "failed",
            Some("ended-failed"),
            Some("Intune reports: failed, error code -2016281112"),
        ),
        14..20 => (
            "rejected",
            Some("service-rejected"),
            Some("400 BadRequest: the device has no reset token"),
        ),
        20..23 => (
            "not-supported",
            Some("ended-not-supported"),
            Some("Intune reports: not supported"),
        ),
        23..29 => (
            "not-found",
            Some("not-found"),
            Some("no device has this serial number"),
        ),
        29..34 => (
            "refused",
            Some("reviewer-denied"),
            Some("checked in longer ago than 30 days"),
        ),
        34..37 => (
            "duplicate",
            Some("duplicate"),
            Some("row 12 has the same device"),
        ),
        37..47 => ("pending", None, None),
        47..90 => ("done", None, None),
        _ => ("delivered", None, None),
    };
    let planned = !["not-found", "refused", "duplicate"].contains(&state);
    let ended = planned && !["pending", "unknown"].contains(&state);
    // Just under 200 in 20 s, with a pause that the service asked for.
    let wait = i64::try_from(number * 320).unwrap_or(0) + if number > 430 { 45_000 } else { 0 };
    let sent = SENDING + Duration::milliseconds(wait);
    let mut took = 3_000 + i64::try_from(chance(number, 2) % 9_000).unwrap_or(0);
    if chance(number, 3).is_multiple_of(17) {
        took *= 4;
    }
    let planned_at = PLANNING + Duration::milliseconds(i64::try_from(number * 41).unwrap_or(0));
    let names = ["KIOSK-LIS", "SCANNER-LIS", "DOCK-TAB", "FORKLIFT"];
    let name = names[(chance(number, 4) % 4) as usize];
    let word = word(state);
    let id = |salt| {
        format!(
            "{:08x}-{:04x}-4{:03x}-9{:03x}-{:012x}",
            chance(number, salt) & 0xffff_ffff,
            chance(number, salt + 1) & 0xffff,
            number & 0xfff,
            chance(number, salt + 2) & 0xfff,
            chance(number, salt + 3) & 0xffff_ffff_ffff
        )
    };
    RowView {
        number,
        source: format!("devices.csv:{}", number + 1),
        device_id: Some(id(10)),
        device_name: Some(match number {
            7 => "<script>alert('kiosk')</script>".to_owned(),
            8 => "Zoë’s \u{202e}daPi".to_owned(),
            9 => "=HYPERLINK(\"https://contoso.example\")".to_owned(),
            11 => "מחסן-042".to_owned(),
            _ => format!("{name}-{number:04}"),
        }),
        serial: Some(format!("SAMPLE-{:06}", 104_000 + number)),
        user: number
            .is_multiple_of(5)
            .then(|| format!("shift{}@contoso.example", number % 40)),
        kind: Some("android-dedicated".to_owned()),
        level: Some("device".to_owned()),
        plan: planned.then(|| id(20)),
        client_request_id: planned.then(|| id(30)),
        request_id: (planned && state != "unknown").then(|| id(40)),
        state: word.state.to_owned(),
        code: code.map(str::to_owned),
        message: message.map(str::to_owned),
        planned_at: planned.then_some(planned_at),
        sent_at: planned.then_some(sent),
        ended_at: ended.then_some(sent + Duration::milliseconds(took)),
        delivered_at: (state == "delivered").then_some(sent + Duration::milliseconds(took + 400)),
        delivered_to: (state == "delivered").then(|| "age1lis…q8f2".to_owned()),
    }
}

/// The same run on a terminal, a hundred times as fast.
fn bars(rows: Vec<RowView>) {
    let bars = Bars::stderr();
    let start = Instant::now();
    let mut progress = Progress::new(rows.len() as u64);
    let (mut planned, mut sent, mut ended) = (0, 0, 0);
    loop {
        let at = start.elapsed() * 20;
        let until = |from: OffsetDateTime, lead: Time| from + at.saturating_sub(lead);
        for row in &rows[planned..] {
            let outcome = row.state.clone();
            match row.planned_at {
                Some(when) if when > until(PLANNING, Time::ZERO) => break,
                Some(_) => progress.note(at, &Event::Planned { row: row.number }),
                None => progress.note(
                    at,
                    &Event::SetAside {
                        row: row.number,
                        outcome,
                    },
                ),
            }
            planned += 1;
        }
        let lead = Time::from_secs(42);
        for row in &rows[sent..] {
            if row.sent_at.is_some_and(|when| when > until(SENDING, lead)) {
                break;
            }
            if row.sent_at.is_some() && planned == rows.len() {
                progress.note(at, &Event::Sent { row: row.number });
                let used = (chance(row.number, 5) % 60) as u32 + 120;
                progress.note(at, &Event::Budget { used, of: 200 });
            } else if planned < rows.len() {
                break;
            }
            sent += 1;
        }
        for row in &rows[ended..sent] {
            if row
                .sent_at
                .is_some_and(|when| when + Time::from_secs(8) > until(SENDING, lead))
            {
                break;
            }
            let outcome = row.state.clone();
            if row.sent_at.is_some() {
                progress.note(
                    at,
                    &Event::Ended {
                        row: row.number,
                        outcome,
                    },
                );
            }
            ended += 1;
        }
        let now = progress.snapshot(at);
        bars.show(&now);
        if ended == rows.len() || start.elapsed() > Time::from_secs(30) {
            eprintln!();
            return;
        }
        std::thread::sleep(Time::from_millis(100));
    }
}
