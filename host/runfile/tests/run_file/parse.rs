use std::time::Duration;

use time::{UtcOffset, Weekday};

use passcode_runfile::{Action, Delivery, Kind, Platform, RunFile};

const HEAD: &str = "schema: passcode/run/v1\ntitle: t\naction: auto\n";
const WHO: &str = "who: {serials: [A]}\n";

/// The faults of a file that has a beginning and devices, as `line:column message; remedy`.
fn faults(rest: &str) -> Vec<String> {
    of(&format!("{HEAD}{WHO}{rest}"))
}

fn of(text: &str) -> Vec<String> {
    match RunFile::parse(text, "t") {
        Ok(_) => Vec::new(),
        Err(faults) => faults
            .iter()
            .map(|fault| {
                let (line, column) = (fault.line, fault.column);
                format!("{line}:{column} {}; {}", fault.message, fault.remedy)
            })
            .collect(),
    }
}

#[test]
fn what_is_left_out_has_the_values_of_the_page() {
    let run = RunFile::parse(&format!("{HEAD}{WHO}"), "t").unwrap();
    assert_eq!(run.action, Action::Auto);
    assert_eq!(run.platform, None);
    assert!(run.reason.is_none() && run.ticket.is_none() && run.verified_by.is_none());
    assert_eq!(run.guards.max_devices, 25);
    assert_eq!(run.guards.two_people_above, None);
    assert!(run.guards.kinds.is_empty() && run.guards.accept.is_empty());
    assert_eq!(run.guards.checked_in_within, None);
    assert_eq!(
        (
            run.guards.stop_when.failure_share,
            run.guards.stop_when.after
        ),
        (10, 20)
    );
    assert_eq!(run.guards.cool_down, None);
    assert_eq!(run.guards.window, None);
    assert!(!run.guards.again);
    assert!(run.reviewers.is_empty());
    assert_eq!(run.delivery, Delivery::None);
    assert_eq!(run.budget.writes_per_20s, 199);
    assert_eq!(run.budget.requests_per_20s, 1990);
    assert_eq!(run.concurrency, 8);
    assert_eq!(run.valid_for, Duration::from_secs(86_400));
    assert_eq!(run.wait, Duration::from_secs(1800));
}

#[test]
fn what_is_written_is_what_is_read() {
    let text = "schema: passcode/run/v1
title: Kiosks
action: remove
who: {users: [adele@contoso.example], stdin: true}
narrow: {platform: ios}
guards:
  twoPeopleAbove: 0
  window: {days: [sat, sun], from: 22:00, to: 06:30, offset: -03:30}
  stopWhen: {after: 5}
  again: true
delivery: {to: terminal}
wait: 0s
";
    let run = RunFile::parse(text, "t").unwrap();
    assert_eq!(run.action, Action::Remove);
    assert_eq!(run.who.lists[&Kind::User][0].value, "adele@contoso.example");
    assert!(run.who.stdin);
    assert_eq!(run.platform, Some(Platform::Ios));
    let window = run.guards.window.as_ref().unwrap();
    assert_eq!(window.days, [Weekday::Saturday, Weekday::Sunday]);
    assert_eq!((window.from, window.to), (22 * 60, 6 * 60 + 30));
    assert_eq!(window.offset, UtcOffset::from_hms(-3, -30, 0).unwrap());
    assert_eq!(
        (
            run.guards.stop_when.failure_share,
            run.guards.stop_when.after
        ),
        (10, 5)
    );
    assert!(run.guards.again);
    assert_eq!(run.delivery, Delivery::Terminal);
    assert_eq!(run.wait, Duration::ZERO);
    let others = [0, 1, 1000].map(|devices| run.guards.others(devices));
    assert_eq!(others, [0, 1, 1]);
}

#[test]
fn a_courier_is_named_by_its_extension_and_read_back() {
    let text = format!("{HEAD}{WHO}delivery: {{to: courier, courier: contoso.example/vault}}");
    let run = RunFile::parse(&text, "t").unwrap();
    let courier = Delivery::Courier {
        courier: "contoso.example/vault".to_owned(),
    };
    assert_eq!(run.delivery, courier);
    let again = RunFile::from_document(&run.document(), "t").unwrap();
    assert_eq!(again.delivery, courier);
}

#[test]
fn two_people_are_needed_above_the_number_and_not_at_it() {
    let guards = |text: &str| {
        RunFile::parse(&format!("{HEAD}{WHO}{text}"), "t")
            .unwrap()
            .guards
    };
    let above = guards("guards: {twoPeopleAbove: 100}");
    assert_eq!([100, 101].map(|devices| above.others(devices)), [0, 1]);
    assert_eq!(guards("").others(1_000_000), 0);
}

#[test]
fn each_wrong_value_is_named_with_its_place_and_what_to_write() {
    for (text, expected) in [
        (
            "concurency: 4",
            "5:1 there is no key `concurency`; did you mean `concurrency`?",
        ),
        (
            "guards: {max-devices: 4}",
            "5:10 there is no key `guards.max-devices`; did you mean `maxDevices`?",
        ),
        (
            "guards: {group: x}",
            "5:10 there is no key `guards.group`; remove it; there are maxDevices, ",
        ),
        (
            "title: again",
            "5:1 `title` stands twice; keep one of the two",
        ),
        (
            "concurrency: 0",
            "5:14 `concurrency` is not a number from 1 to 128; write a number from 1 to 128",
        ),
        (
            "concurrency: '8'",
            "5:14 `concurrency` is not a number from 1 to 128",
        ),
        (
            "concurrency: 129",
            "5:14 `concurrency` is not a number from 1 to 128",
        ),
        (
            "concurrency: 1.5",
            "5:14 `concurrency` is not a number from 1 to 128",
        ),
        (
            "concurrency:",
            "5:1 `concurrency` has no value; write a number from 1 to 128, or remove the key",
        ),
        (
            "validFor: 8d",
            "5:11 `validFor` is not a time from 1s to 7d, such as",
        ),
        (
            "validFor: 0s",
            "5:11 `validFor` is not a time from 1s to 7d",
        ),
        (
            "validFor: 24",
            "5:11 `validFor` is not a time from 1s to 7d",
        ),
        ("wait: 25h", "5:7 `wait` is not a time from 0s to 1d"),
        (
            "budget: {writesPer20s: 200}",
            "5:24 `budget.writesPer20s` is not a number from 1 to 199",
        ),
        (
            "budget: {requestsPer20s: 2000}",
            "5:26 `budget.requestsPer20s` is not a number from 1 to 1990",
        ),
        (
            "narrow: {platform: windows}",
            "5:20 `narrow.platform` is not one of ios, android; write one of ios, android",
        ),
        (
            "narrow: {platform: andriod}",
            "5:20 `narrow.platform` is not one of ios, android; did you mean `android`?",
        ),
        (
            "narrow: {}",
            "5:9 `narrow.platform` is missing; write `narrow: {platform: ios}`",
        ),
        ("narrow: ios", "5:9 `narrow` is not keys with values"),
        ("reason: ''", "5:9 `reason` is empty"),
        (
            "reason: 12",
            "5:9 `reason` is not a text; put it in quotation marks",
        ),
        (
            "ticket: '{{ env.HOME }}'",
            "5:9 `ticket` has a template that is neither `row.NAME` nor `run.title`",
        ),
        (
            "verifiedBy: \"a\\tb\"",
            "5:13 `verifiedBy` has a character that does not show",
        ),
        (
            "reviewers: ['{{ row.a }}']",
            "5:13 `reviewers[0]` takes no template; templates are for",
        ),
        ("reviewers: [a, a]", "5:16 `reviewers[1]` stands twice"),
        ("delivery: {}", "5:11 `delivery.to` is missing"),
        (
            "delivery: {to: mail}",
            "5:16 `delivery.to` is not one of none, terminal, age, courier",
        ),
        (
            "delivery: {to: none, file: x}",
            "5:28 `delivery.file` is for `to: age`",
        ),
        (
            "delivery: {to: courier}",
            "5:11 `delivery.courier` is missing; name the extension",
        ),
        (
            "delivery: {to: courier, courier: vault}",
            "5:34 `delivery.courier` is no extension's name; write it as in the config file",
        ),
        (
            "delivery: {to: courier, courier: contoso.example/-vault}",
            "5:34 `delivery.courier` is no extension's name",
        ),
        (
            "delivery: {to: courier, courier: contoso.example/vault, file: x}",
            "5:63 `delivery.file` is for `to: age`",
        ),
        (
            "delivery: {to: none, courier: contoso.example/vault}",
            "5:31 `delivery.courier` is for `to: courier`",
        ),
        (
            "delivery: {to: age, file: x}",
            "5:11 `delivery.recipients` is missing",
        ),
        (
            "delivery: {to: age, recipients: [], file: x}",
            "5:33 `delivery.recipients` is empty",
        ),
        (
            "delivery: {to: age, recipients: [age1x], file: x}",
            "5:34 `delivery.recipients[0]` is no age recipient; write the public key",
        ),
        (
            "delivery: {to: age, recipients: [age1qq3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p], file: x}",
            "5:34 `delivery.recipients[0]` has a typing error: its check sum is wrong; copy",
        ),
        (
            "delivery: {to: age, recipients: [AGE-SECRET-KEY-1QQ], file: x}",
            "5:34 `delivery.recipients[0]` is a secret key, and whoever reads this file has it now",
        ),
        ("guards: 5", "5:9 `guards` is not keys with values"),
        (
            "guards: {maxDevices: 0}",
            "5:22 `guards.maxDevices` is not a number from 1 to 1000000",
        ),
        (
            "guards: {maxDevices: -5}",
            "5:22 `guards.maxDevices` is not a number",
        ),
        (
            "guards: {twoPeopleAbove: many}",
            "5:26 `guards.twoPeopleAbove` is not a number from 0",
        ),
        ("guards: {kinds: []}", "5:17 `guards.kinds` is empty"),
        (
            "guards: {kinds: [Android]}",
            "5:18 `guards.kinds[0]` is not a name of small letters",
        ),
        (
            "guards: {kinds: ios-corporate}",
            "5:17 `guards.kinds` is not a list",
        ),
        (
            "guards: {stopWhen: {failureShare: 10}}",
            "5:35 `guards.stopWhen.failureShare` is not a share from 1% to 100%",
        ),
        (
            "guards: {stopWhen: {failureShare: 0%}}",
            "5:35 `guards.stopWhen.failureShare` is not a share",
        ),
        (
            "guards: {stopWhen: {failureShare: 101%}}",
            "5:35 `guards.stopWhen.failureShare` is not a share",
        ),
        (
            "guards: {stopWhen: {after: 0}}",
            "5:28 `guards.stopWhen.after` is not a number from 1",
        ),
        (
            "guards: {window: {from: 08:00}}",
            "5:18 `guards.window.to` is missing",
        ),
        (
            "guards: {window: {from: 24:00, to: 06:00}}",
            "5:25 `guards.window.from` is not a text from \"00:00\" to \"23:59\"",
        ),
        (
            "guards: {window: {from: 8:00, to: 18:00}}",
            "5:25 `guards.window.from` is not a text from",
        ),
        (
            "guards: {window: {from: 08:00, to: 08:00}}",
            "5:36 `guards.window` ends when it begins; for whole days",
        ),
        (
            "guards: {window: {from: 08:00, to: 24:01}}",
            "5:36 `guards.window.to` is not a text from",
        ),
        (
            "guards: {window: {from: 08:00, to: 18:00, days: [monday]}}",
            "5:50 `guards.window.days[0]` is not one of mon, ",
        ),
        (
            "guards: {window: {from: 08:00, to: 18:00, days: [mon, mon]}}",
            "5:55 `guards.window.days[1]` stands twice",
        ),
        (
            "guards: {window: {from: 08:00, to: 18:00, offset: CET}}",
            "5:51 `guards.window.offset` is not a text such as",
        ),
        (
            "guards: {window: {from: 08:00, to: 18:00, offset: +14:01}}",
            "5:51 `guards.window.offset` is not a text such as",
        ),
        (
            "guards: {again: yes}",
            "5:17 `guards.again` is not `true` or `false`",
        ),
    ] {
        let found = faults(text);
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        assert!(
            found[0].starts_with(expected),
            "{text}\n {}\n {expected}",
            found[0]
        );
    }
}

#[test]
fn each_way_to_name_nobody_or_nothing_is_named() {
    for (who, expected) in [
        ("{}", "4:6 `who` names nobody"),
        ("all", "4:6 `who` is not keys with values"),
        ("{ids: []}", "4:12 `who.ids` is empty"),
        (
            "{ids: [17]}",
            "4:13 `who.ids[0]` is not a text; put it in quotation marks",
        ),
        (
            "{ids: [7c1e2a90-3b4d-4f5a-8c6d]}",
            "4:13 `who.ids[0]` is not a GUID",
        ),
        (
            "{entraDeviceIds: [00000000-0000-0000-0000-000000000000]}",
            "4:24 `who.entraDeviceIds[0]` is all zeros",
        ),
        (
            "{serials: [00123]}",
            "4:17 `who.serials[0]` is not a text; put it in quotation marks",
        ),
        (
            "{serials: ['=\"00123\"']}",
            "4:17 `who.serials[0]` is a spreadsheet's formula",
        ),
        (
            "{serials: ['3.5E+14']}",
            "4:17 `who.serials[0]` is a number that a spreadsheet has rounded",
        ),
        (
            "{serials: [' A']}",
            "4:17 `who.serials[0]` begins or ends with a space",
        ),
        (
            "{imeis: ['35 209900 176148 1']}",
            "4:15 `who.imeis[0]` is not an IMEI",
        ),
        (
            "{users: [adele]}",
            "4:15 `who.users[0]` is not a sign-in name",
        ),
        (
            "{names: [\"a\\u202Eb\"]}",
            "4:15 `who.names[0]` has a character that does not show",
        ),
        ("{stdin: false}", "4:14 `who.stdin` is not `true`"),
        ("{filter: 7}", "4:15 `who.filter` is not a text"),
        ("{filter: ' '}", "4:15 `who.filter` is empty"),
        (
            "{filter: \"a eq '{{ row.A }}'\"}",
            "4:15 `who.filter` takes no template",
        ),
        (
            "{group: {}}",
            "4:14 `who.group` does not say which group, or says it twice",
        ),
        (
            "{group: {id: Sales}}",
            "4:19 `who.group.id` is not the id of a group",
        ),
        (
            "{group: {nam: Sales}}",
            "4:15 there is no key `who.group.nam`",
        ),
        (
            "{finder: {query: a}}",
            "4:15 `who.finder.extension` is missing",
        ),
        (
            "{csv: devices.csv}",
            "4:12 `who.csv` is not keys with values",
        ),
        ("{csv: {}}", "4:12 `who.csv.file` is missing"),
        (
            "{csv: {file: d.csv, columns: {}}}",
            "4:35 `who.csv.columns` does not say which column names the device",
        ),
        (
            "{csv: {file: d.csv, columns: {ticket: T}}}",
            "4:35 `who.csv.columns` does not say",
        ),
        (
            "{csv: {file: d.csv, columns: {serialNumber: S}}}",
            "4:36 there is no key `who.csv.columns.serialNumber`",
        ),
        ("{filters: x}", "4:7 there is no key `who.filters`"),
    ] {
        let found = of(&format!("{HEAD}who: {who}\n"));
        let named = found.iter().any(|fault| fault.starts_with(expected));
        assert!(named, "{who}\n {found:?}\n {expected}");
    }
}

#[test]
fn all_faults_are_named_at_once_in_the_order_of_the_lines() {
    let text = "
title: ''
wait: never
who:
  serials: [A, 1, '']
  csv: {file: x, colums: {}}
action: wipe
guards:
  maxDevices: lots
  window: {from: 25:00, to: 6}
delivery: {to: age}
conc: 1
schema: passcode/run/v1
";
    let found = of(text);
    let places: Vec<&str> = found
        .iter()
        .filter_map(|fault| fault.split(' ').next())
        .collect();
    let expected = [
        "2:8", "3:7", "5:16", "5:19", "6:18", "7:9", "9:15", "10:18", "10:29", "11:11", "11:11",
        "12:1",
    ];
    assert_eq!(places, expected, "{found:#?}");
}

#[test]
fn a_file_of_another_version_is_told_so_and_nothing_else() {
    let found = of("schema: passcode/run/v2\nnew: thing\n");
    assert_eq!(found.len(), 1);
    assert!(found[0].contains("of another version"), "{found:?}");
    let found = of("schema: passcode/plan/v1\n");
    assert_eq!(found.len(), 1);
    let found = of("schema: 1\ntitle: t\naction: auto\nwho: {stdin: true}");
    assert_eq!(
        found,
        ["1:9 `schema` is not `passcode/run/v1`; write `passcode/run/v1`"]
    );
    let found = of("[1]");
    assert!(
        found[0].starts_with("1:1 a run file is keys with values, not a list"),
        "{found:?}"
    );
    assert_eq!(of("{}").len(), 4);
}

#[test]
fn a_fault_never_repeats_a_value() {
    let secret = "hunter2-hunter2";
    for text in [
        format!("reason: '{{{{ {secret} }}}}'"),
        format!("concurrency: {secret}"),
        format!("delivery: {{to: age, recipients: [{secret}], file: x}}"),
        format!("delivery: {{to: {secret}}}"),
        format!("guards: {{kinds: [{secret}=]}}"),
        format!("guards: {{window: {{from: {secret}, to: {secret}}}}}"),
        format!("reviewers: {secret}"),
    ] {
        let found = faults(&text);
        assert!(!found.is_empty(), "{text}");
        assert!(
            !found.iter().any(|fault| fault.contains(secret)),
            "{found:?}"
        );
    }
}

#[test]
fn words_that_only_the_caller_knows_are_named_where_they_stand() {
    let text = format!(
        "{HEAD}{WHO}guards:\n  maxDevices: 3\n  kinds: [ios-corporate, android-dedicatd]\n  accept: [what]\n"
    );
    let run = RunFile::parse(&text, "t").unwrap();
    let found = run.unknown_words(
        &["ios-corporate", "android-dedicated"],
        &["android-version"],
    );
    let found: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert_eq!(
        found,
        [
            "t:7:26: there is no kind of device `android-dedicatd`; did you mean `android-dedicated`?",
            "t:8:12: there is no check `what`; write one of android-version",
        ]
    );
    assert_eq!(run.over_cap(3), None);
    assert_eq!(
        run.over_cap(4).unwrap().to_string(),
        "t:6:15: the run has 4 devices, and `guards.maxDevices` allows 3; \
         if all of them are meant, set `guards.maxDevices` to 4"
    );
    let bare = RunFile::parse(&format!("{HEAD}{WHO}"), "t").unwrap();
    assert!(bare.over_cap(25).is_none());
    assert_eq!(bare.over_cap(26).unwrap().line, 1);
}
