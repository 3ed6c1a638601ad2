use std::io::{self, Cursor, Read};
use std::path::Path;

use passcode_runfile::{Asked, Fault, Kind, RunFile};

const GUID: &str = "7c1e2a90-3b4d-4f5a-8c6d-1e2f3a4b5c6d";

fn run(rest: &str) -> RunFile {
    let text = format!("schema: passcode/run/v1\ntitle: Kiosks\naction: auto\n{rest}");
    RunFile::parse(&text, "t.run.yaml").unwrap()
}

fn bytes(text: impl Into<Vec<u8>>) -> Box<dyn Read + Send> {
    Box::new(Cursor::new(text.into()))
}

fn of_table(run: &RunFile, table: impl Into<Vec<u8>>) -> Vec<Result<Asked, Fault>> {
    let table = table.into();
    let read = move |path: &Path| {
        assert_eq!(path, Path::new("d.csv"));
        Ok(bytes(table.clone()))
    };
    run.rows(read, None).collect()
}

fn of_stdin(run: &RunFile, text: impl Into<Vec<u8>>) -> Vec<Result<Asked, Fault>> {
    let none = |_: &Path| Err(io::ErrorKind::NotFound.into());
    run.rows(none, Some(bytes(text))).collect()
}

/// A row or fault in one line.
fn shown(rows: Vec<Result<Asked, Fault>>) -> Vec<String> {
    let row = |row: Result<Asked, Fault>| match row {
        Ok(asked) => {
            let expect: Vec<String> = asked
                .expect
                .iter()
                .map(|(kind, value)| format!("{}={value}", kind.word()))
                .collect();
            let texts = asked.texts;
            let texts: Vec<String> = [texts.reason, texts.ticket, texts.verified_by]
                .into_iter()
                .flatten()
                .collect();
            let (kind, value) = (asked.selector.kind.word(), asked.selector.value);
            format!(
                "{} {kind}={value} [{}] [{}]",
                asked.source,
                expect.join(" "),
                texts.join("|")
            )
        }
        Err(fault) => fault.to_string(),
    };
    rows.into_iter().map(row).collect()
}

#[test]
fn what_is_asked_for_has_no_row_to_take_values_from() {
    let run_of = |texts: &str| run(&format!("who: {{filter: a, group: {{name: b}}}}\n{texts}"));
    let texts = run_of("reason: 'for {{ run.title }}'\nticket: INC-1").texts_of_asked();
    let texts = texts.unwrap();
    assert_eq!(texts.reason.as_deref(), Some("for Kiosks"));
    assert_eq!(
        (texts.ticket.as_deref(), texts.verified_by),
        (Some("INC-1"), None)
    );
    let faults = run_of("ticket: '{{ row.T }}'\nreason: '{{ row.R }}'").texts_of_asked();
    let places: Vec<u64> = faults.unwrap_err().iter().map(|fault| fault.line).collect();
    assert_eq!(places.len(), 2, "{places:?}");
    assert!(places[0] != places[1], "{places:?}");
    assert_eq!(
        run_of("")
            .who
            .asked()
            .iter()
            .map(|source| source.key())
            .collect::<Vec<_>>(),
        ["who.filter", "who.group"]
    );
}

#[test]
fn an_export_of_the_admin_center_needs_no_columns() {
    let run = run("who: {csv: {file: d.csv}}");
    let table = format!(
        "\u{FEFF}Device ID,Device name,Managed by,Serial number,IMEI,Primary user UPN,Microsoft Entra Device ID\r\n\
         {GUID},Ghent-1,Intune,C02,,adele@contoso.example,00000000-0000-0000-0000-000000000000\r\n"
    );
    assert_eq!(
        shown(of_table(&run, table)),
        [format!(
            "d.csv:2 id={GUID} [serial=C02 name=Ghent-1 user=adele@contoso.example] []"
        )]
    );
}

/// The titles of an export of *All devices*, all of them and in their order, as programs that read such
/// exports list them. Only a few name a device; a name of a person or a mail address does not.
#[test]
fn every_column_of_an_export_is_known_or_passed_over() {
    const TITLES: &str = "Device ID,Device name,Enrollment date,Last check-in,Azure AD Device ID,\
        OS version,Azure AD registered,EAS activation ID,Serial number,Manufacturer,Model,\
        EAS activated,IMEI,Last EAS sync time,EAS reason,EAS status,\
        Compliance grace period expiration,Security patch level,Wi-Fi MAC,MEID,Subscriber carrier,\
        Total storage,Free storage,Management name,Category,UserId,Primary user UPN,\
        Primary user email address,Primary user display name,WiFiIPv4Address,WiFiSubnetID,\
        Compliance,Managed by,Ownership,Device state,Intune registered,Supervised,Encrypted,OS,\
        SkuFamily,JoinType,Phone number,Jailbroken,ICCID,EthernetMAC,CellularTechnology,\
        ProcessorArchitecture,EID,SystemManagementBIOSVersion,TPMManufacturerId,\
        TPMManufacturerVersion,ProductName,Management certificate expiration date";
    let run = run("who: {csv: {file: d.csv}}");
    let values = TITLES.split(',').map(|title| match title {
        "Device ID" => GUID,
        "Device name" => "KIOSK-0001",
        "Azure AD Device ID" => "0b2c3d4e-5f60-4a7b-8c9d-0e1f2a3b4c5d",
        "Serial number" => "SAMPLE-0001",
        "IMEI" => "350000000000006",
        "Primary user UPN" => "adele@contoso.example",
        "Primary user email address" => "another@contoso.example",
        _ => "x",
    });
    let values: Vec<&str> = values.collect();
    let table = format!("{TITLES}\r\n{}\r\n", values.join(","));
    let [row] = &shown(of_table(&run, table))[..] else {
        panic!("one row");
    };
    let rest = [
        "entraDeviceId=0b2c3d4e-5f60-4a7b-8c9d-0e1f2a3b4c5d",
        "serial=SAMPLE-0001",
        "imei=350000000000006",
        "name=KIOSK-0001",
        "user=adele@contoso.example",
    ];
    assert!(row.contains(&format!("id={GUID} [")), "{row}");
    assert!(rest.iter().all(|part| row.contains(part)), "{row}");
    assert!(!row.contains("another@contoso.example"), "{row}");
}

#[test]
fn the_first_that_names_a_device_for_certain_selects() {
    let cases = [
        (
            "Azure AD Device ID;serial NUMBER",
            format!("{GUID};C02"),
            "entraDeviceId",
        ),
        (
            "Serial number\tIMEI",
            "C02\t352099001761481".to_owned(),
            "serial",
        ),
        (
            "IMEI,Device name",
            "352099001761481,Ghent".to_owned(),
            "imei",
        ),
        (
            "UPN,DeviceName",
            "adele@contoso.example,Ghent".to_owned(),
            "name",
        ),
        (
            "UserPrincipalName",
            "adele@contoso.example".to_owned(),
            "user",
        ),
        ("UPN,Id", format!("adele@contoso.example,{GUID}"), "id"),
    ];
    for (titles, row, kind) in cases {
        let rows = of_table(
            &run("who: {csv: {file: d.csv}}"),
            format!("{titles}\n{row}\n"),
        );
        let asked = rows[0].as_ref().unwrap();
        assert_eq!(asked.selector.kind.word(), kind, "{titles}");
        assert!(!asked.expect.contains_key(&asked.selector.kind));
    }
}

#[test]
fn columns_are_taken_by_their_titles_and_texts_of_a_row_go_first() {
    let run = run(
        "who: {csv: {file: d.csv, columns: {serial: Asset, name: Label, ticket: T, reason: Why}}}
reason: 'from {{ row.Where }} ({{ run.title }})'
ticket: INC-0
verifiedBy: '{{ row.How }}'
",
    );
    let table = "Asset;Label;T;Why;Where;How\n\
                 A1;Ghent;INC-1;\"line\r\nbreak\";x;callback\n\
                 A2;;;;Bruges;manager\n";
    assert_eq!(
        shown(of_table(&run, table)),
        [
            "d.csv:2 serial=A1 [name=Ghent] [line break|INC-1|callback]",
            "d.csv:4 serial=A2 [] [from Bruges (Kiosks)|INC-0|manager]",
        ]
    );
}

#[test]
fn every_bad_row_is_named_and_the_others_are_read() {
    let run = run(
        "who: {csv: {file: d.csv, columns: {serial: Serial, user: User, ticket: T}}}\nreason: 'for {{ row.User }}'",
    );
    let rows: [(&[u8], &str); 15] = [
        (
            b"A,adele@contoso.example,1",
            "d.csv:2 serial=A [user=adele@contoso.example] [for adele@contoso.example|1]",
        ),
        (
            b"B,adele@contoso.example",
            "d.csv:3:1: the row has 2 cells, and the table 3 columns",
        ),
        (
            b"C,adele@contoso.example,1,x",
            "d.csv:4:27: the row has 4 cells, and the table 3 columns",
        ),
        (
            b",adele@contoso.example,1",
            "d.csv:5:1: the row has no serial number, by which",
        ),
        (
            b"D,,1",
            "d.csv:6:1: the row has no value `User`, which `reason` takes",
        ),
        (
            b"E,adele,1",
            "d.csv:7:3: the primary user is not a sign-in name",
        ),
        (
            b"F,ad\xE9le@contoso.example,1",
            "d.csv:8:3: the cell is not UTF-8",
        ),
        (
            b"\"=\"\"012\"\"\",a@contoso.example,1",
            "d.csv:9:1: the serial number is a spreadsheet's formula",
        ),
        (
            b"3.52E+14,a@contoso.example,1",
            "d.csv:10:1: the serial number is a number that a spreadsheet has rounded",
        ),
        (
            b"G,a@contoso.example,=1+1",
            "d.csv:11:21: the row's ticket is a spreadsheet's formula",
        ),
        (
            b"H\0,a@contoso.example,1",
            "d.csv:12:1: the serial number has a character that does not show",
        ),
        (
            b"\"I\nJ\",a@contoso.example,1",
            "d.csv:13:1: the serial number has a character that does not show",
        ),
        (
            b"\"K\"L,a@contoso.example,1",
            "d.csv:15:3: a quoted cell goes on",
        ),
        (
            b" M ,\ta@contoso.example,+1",
            "d.csv:16 serial=M [user=a@contoso.example] [for a@contoso.example|+1]",
        ),
        (
            b"N,\"a@contoso.example,1",
            "d.csv:17:3: a quotation mark is opened here and never closed",
        ),
    ];
    let mut table = b"Serial,User,T\r\n".to_vec();
    for (row, _) in &rows {
        table.extend_from_slice(row);
        table.extend_from_slice(b"\r\n");
    }
    // A line break within quotation marks is one line more, also as a bare line feed.
    let found = shown(of_table(&run, table));
    assert_eq!(found.len(), rows.len(), "{found:#?}");
    for (found, (_, expected)) in found.iter().zip(rows) {
        assert!(found.starts_with(expected), "{found}\n{expected}");
    }
}

#[test]
fn a_table_that_cannot_be_understood_is_named_once() {
    let recognised = "who: {csv: {file: d.csv}}";
    let serial = "who: {csv: {file: d.csv, columns: {serial: Serial}}}";
    let cases: [(&str, &[u8], &str); 9] = [
        (
            recognised,
            b"",
            "d.csv:1:1: the table is empty; its first line has the columns' titles",
        ),
        (
            recognised,
            b"A,B\n1,2\n",
            "d.csv:1:1: no column is known to name devices",
        ),
        (
            recognised,
            b"\n0123\n4567\n",
            "d.csv:2:1: no column is known to name devices",
        ),
        (
            recognised,
            b"Serial number,serialNumber\n1,2\n",
            "d.csv:1:15: a second column is the serial number",
        ),
        (
            recognised,
            b"\xFF\xFEs\0e\0",
            "d.csv:1:1: the file is UTF-16",
        ),
        (
            recognised,
            b"S\xE9rie\n",
            "d.csv:1:1: the cell is not UTF-8",
        ),
        (
            serial,
            b"Seriel,x\n1,2\n",
            "d.csv:1:1: no column has the title `Seriel",
        ),
        (
            serial,
            b"Serial,Serial\n1,2\n",
            "d.csv:1:1: 2 columns have the title `Serial`, which `who.csv.columns.serial` names",
        ),
        (
            serial,
            b"a,b\n1,2\n",
            "d.csv:1:1: no column has the title `Serial`, which `who.csv.columns.serial` names; there are: a, b",
        ),
    ];
    for (who, table, expected) in cases {
        let found = shown(of_table(&run(who), table));
        assert_eq!(found.len(), 1, "{found:?}");
        let expected = expected.replace(
            "`Seriel",
            "`Serial`, which `who.csv.columns.serial` names; did you mean `Seriel",
        );
        assert!(found[0].starts_with(&expected), "{}\n{expected}", found[0]);
    }
    let templated = run("who: {csv: {file: d.csv}}\nticket: '{{ row.Tiket }}'");
    let found = shown(of_table(&templated, "Serial number,Ticket\nA,1\nB,2\n"));
    assert_eq!(
        found,
        [
            "d.csv:1:1: no column has the title `Tiket`, which `ticket` takes; did you mean `Ticket`?"
        ]
    );
}

#[test]
fn a_table_that_is_not_there_is_named_where_the_run_file_names_it() {
    let run = run("who:\n  csv: {file: d.csv}\n  serials: [A]\n");
    let none = |_: &Path| Err(io::Error::other("no such file"));
    let found = shown(run.rows(none, None).collect());
    assert_eq!(
        found,
        [
            "who.serials[0] serial=A [] []",
            "t.run.yaml:5:15: `d.csv` cannot be opened: no such file; \
             it is looked for beside the run file; look whether it is there",
        ]
    );
}

/// Gives so many rows, half a row, and then breaks.
struct Broken {
    rest: Cursor<Vec<u8>>,
}

impl Broken {
    fn after(beginning: &str, row: &str, rows: usize) -> Box<dyn Read + Send> {
        let (half, _) = row.split_at(row.len() / 2);
        let text = format!("{beginning}{}{half}", row.repeat(rows));
        Box::new(Self {
            rest: Cursor::new(text.into_bytes()),
        })
    }
}

impl Read for Broken {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self.rest.read(into)? {
            0 => Err(io::Error::other("the disk is gone")),
            some => Ok(some),
        }
    }
}

#[test]
fn a_source_that_breaks_is_never_taken_for_one_that_ended() {
    let table = run("who: {csv: {file: d.csv}}");
    let stdin = run("who: {stdin: true}");
    // The beginning of a table is read at once, to see what separates; the rest later.
    for rows in [0, 3, 10_000] {
        let broken = |_: &Path| Ok(Broken::after("Serial number\n", "A12\n", rows));
        let found = shown(table.rows(broken, None).collect());
        let last = found.last().unwrap();
        assert!(
            last.contains("it cannot be read: the disk is gone"),
            "{rows}: {last}"
        );
        assert!(found.len() <= rows + 1, "{rows}: half a row is no row");
        let line = "{\"serialNumber\":\"A\"}\n";
        let none = |_: &Path| Err(io::ErrorKind::NotFound.into());
        let found = stdin.rows(none, Some(Broken::after("", line, rows)));
        let found = shown(found.collect());
        let last = found.last().unwrap();
        assert!(
            last.contains("it cannot be read: the disk is gone"),
            "{rows}: {last}"
        );
        assert_eq!(found.len(), rows + 1);
    }
}

#[test]
fn json_lines_are_read_and_every_bad_one_is_named() {
    let run = run("who: {stdin: true}\nticket: '{{ row.case }}'");
    let cases: [(&[u8], &str); 17] = [
        (b"\xEF\xBB\xBF{\"serialNumber\":\"A\",\"case\":7,\"other\":{\"x\":1}}", "stdin:1 serial=A [] [7]"),
        (br#"{"deviceName":"Ghent","id":"7c1e2a90-3b4d-4f5a-8c6d-1e2f3a4b5c6d","imei":null,"case":"c","reason":"r"}"#, "stdin:2 id=7c1e2a90-3b4d-4f5a-8c6d-1e2f3a4b5c6d [name=Ghent] [r|c]"),
        (br#"{"serialNumber":"A","ticket":"own"}"#, "stdin:3 serial=A [] [own]"),
        (br#"{"serialNumber":"A"}"#, "stdin:4:1: the row has no value `case`, which `ticket` takes"),
        (br#"{"serialNumber":12,"case":"c"}"#, "stdin:5:1: `serialNumber` is not a text; put it in quotation marks"),
        (br#"{"case":"c"}"#, "stdin:6:1: the object names no device; give it one of id, "),
        (br#"{"serialNumber":"A","serialNumber":"B","case":"c"}"#, "stdin:7:38: a property stands twice"),
        (br#"{"serialNumber":"A" "#, "stdin:8:"),
        (br#"[{"serialNumber":"A"}]"#, "stdin:9:1: the line is no JSON object"),
        (b"A", "stdin:10:1: the line is no JSON object"),
        (b"{\"serialNumber\":\"\xE9\"}", "stdin:11:18: the line is not UTF-8"),
        (br#"{"serialNumber":"a\nb","case":"c"}"#, "stdin:12:1: the serial number has a character that does not show"),
        (br#"{"serialNumber":"  ","case":"c"}"#, "stdin:13:1: the object names no device"),
        (br#"{"userPrincipalName":"adele","case":"c"}"#, "stdin:14:1: the primary user is not a sign-in name"),
        (br#"{"serialNumber":"A","case":["c"]}"#, "stdin:15:1: the row has no value `case`"),
        (br#"{"serialNumber":"A","case":" "}"#, "stdin:16:1: the row has no value `case`"),
        (br#"{"serialNumber":"Z","case":"c"}"#, "stdin:18 serial=Z [] [c]"),
    ];
    let mut text = Vec::new();
    for (number, (line, _)) in cases.iter().enumerate() {
        if number == cases.len() - 1 {
            text.extend_from_slice(b"\r\n");
        }
        text.extend_from_slice(line);
        text.extend_from_slice(b"\r\n");
    }
    let found = shown(of_stdin(&run, text));
    assert_eq!(found.len(), cases.len(), "{found:#?}");
    for (found, (_, expected)) in found.iter().zip(cases) {
        assert!(found.starts_with(expected), "{found}\n{expected}");
    }
}

#[test]
fn a_line_without_end_and_a_missing_input_are_named() {
    let run = run("who: {stdin: true}");
    let endless = format!("{{\"serialNumber\":\"{}", "A".repeat(300_000));
    let found = shown(of_stdin(&run, endless));
    assert_eq!(
        found,
        ["stdin:1:1: the line is longer than 256 KiB; write one small JSON object a line"]
    );
    let none = |_: &Path| Err(io::ErrorKind::NotFound.into());
    let found = shown(run.rows(none, None).collect());
    assert!(
        found[0].starts_with("t.run.yaml:4:14: the devices are to come from standard input"),
        "{found:?}"
    );
}

#[test]
fn a_listed_device_has_no_row_to_take_values_from() {
    let run = run("who:\n  serials:\n    - A\n    - B\nticket: '{{ row.Ticket }}'");
    let found = shown(of_stdin(&run, ""));
    assert_eq!(found.len(), 2);
    assert!(
        found[1].starts_with("t.run.yaml:7:7: the row has no value `Ticket`"),
        "{found:?}"
    );
}

#[test]
fn what_a_template_takes_is_judged_like_what_is_written() {
    let run = run("who: {stdin: true}\nreason: '{{ row.a }}'");
    for (value, wrong) in [
        ("=cmd", Some("is a spreadsheet's formula")),
        ("\\u202Ex", Some("has a character that does not show")),
        ("{{ run.title }}", None),
        ("two\\nlines", None),
    ] {
        let line = format!("{{\"serialNumber\":\"A\",\"a\":\"{value}\"}}");
        let row = of_stdin(&run, line).remove(0);
        match wrong {
            Some(wrong) => assert!(row.unwrap_err().message.contains(wrong), "{value}"),
            None => _ = row.unwrap(),
        }
    }
    let long = format!("{{\"serialNumber\":\"A\",\"a\":\"{}\"}}", "x".repeat(1001));
    assert!(of_stdin(&run, long)[0].is_err());
}

#[test]
fn a_selector_is_written_as_the_contract_writes_it() {
    for kind in Kind::ALL {
        let selector = passcode_runfile::Selector {
            kind,
            value: "v".to_owned(),
        };
        let json = selector.to_json().to_string();
        assert_eq!(json, format!("{{\"{}\":\"v\"}}", kind.contract()));
    }
    assert_eq!(Kind::User.contract(), "user-principal-name");
}

#[test]
fn a_row_can_be_kept_and_read_again() {
    let run = run("who: {stdin: true}\nreason: r");
    let line = "{\"serialNumber\":\"A\",\"deviceName\":\"Ghent\",\"verifiedBy\":\"callback\"}";
    let asked = of_stdin(&run, line).remove(0).unwrap();
    let kept = serde_json::to_string(&asked).unwrap();
    assert_eq!(
        kept,
        "{\"source\":\"stdin:1\",\"selector\":{\"kind\":\"serial\",\"value\":\"A\"},\
         \"expect\":{\"name\":\"Ghent\"},\"texts\":{\"reason\":\"r\",\"verifiedBy\":\"callback\"}}"
    );
    assert_eq!(serde_json::from_str::<Asked>(&kept).unwrap(), asked);
}

/// A run is begun and its rows are written by code that waits in between.
#[test]
fn rows_can_go_from_thread_to_thread() {
    fn check<T: Send>(_: &T) {}
    let run = run("who: {csv: {file: d.csv}, stdin: true}");
    check(&run.rows(|_: &Path| Ok(bytes("")), None));
}
