//! What passes of an answer, as a component sees it.

use passcode_tests::{Reply, Script, Service, Setup, grant};
use serde_json::{Value, json};

use crate::support::word;

const ID: &str = "d0000029-0000-4000-8000-000000000029";
const DEVICE: &str = "/beta/deviceManagement/managedDevices/d0000029-0000-4000-8000-000000000029";
const SECRET: &str = "Sealed-4711";

fn looks(select: &str) -> Script {
    Script::new().send("find", "GET", DEVICE, &[("$select", select)])
}

#[tokio::test]
async fn a_passcode_is_a_seal() {
    let bench = Setup::puppet().start().await;
    let (_, passcode) = bench.tenant.resets("RESET-BEFORE-0029").expect("resets")[0].clone();
    let passcode = passcode.expect("the shipped device lists one");
    let seen = bench
        .find(&looks("id,deviceName,deviceActionResults"))
        .await
        .expect("find");
    let result = &seen[0]["body"]["deviceActionResults"][0];
    assert_eq!(result["passcode"], json!({ "$sealed": 1 }));
    assert_eq!(result["actionState"], "done");
    assert!(!seen[0].to_string().contains(&passcode));
    assert!(!bench.tap.heard().contains(&passcode));
}

#[tokio::test]
async fn a_passcode_in_another_property_keeps_the_answer_outside() {
    let bench = Setup::puppet().start().await;
    bench
        .tenant
        .inject_named("passcode-in-device-name")
        .expect("fault");
    let seen = bench
        .find(&looks("id,deviceName,deviceActionResults"))
        .await
        .expect("find");
    assert_eq!(
        (word(&seen[0]), seen[0]["sent"].as_str()),
        ("withheld".into(), Some("no"))
    );

    let bench = Setup::puppet().start().await;
    bench
        .tenant
        .inject_named("passcode-in-notes")
        .expect("fault");
    let seen = bench
        .find(&looks("id,deviceActionResults"))
        .await
        .expect("find");
    assert_eq!(word(&seen[0]), "200", "notes do not pass, so nothing leaks");
    assert_eq!(seen[0]["body"]["notes"], Value::Null);

    let notes = grant(&[(
        "pass = [\"@device\", \"hardwareInformation",
        "pass = [\"@device\", \"notes\", \"hardwareInformation",
    )]);
    let bench = Setup::puppet().grant(notes).start().await;
    bench
        .tenant
        .inject_named("passcode-in-notes")
        .expect("fault");
    let seen = bench
        .find(&looks("id,deviceActionResults"))
        .await
        .expect("find");
    assert_eq!(word(&seen[0]), "withheld");
}

#[tokio::test]
async fn an_answer_that_two_readers_could_read_differently_does_not_pass() {
    for fault in [
        "duplicate-keys",
        "sealed-object",
        "wrong-content-type",
        "truncated-body",
        "invalid-json",
    ] {
        let bench = Setup::puppet().start().await;
        bench.tenant.inject_named(fault).expect("fault");
        let script = looks("id,deviceName").send("find", "GET", DEVICE, &[("$select", "id")]);
        let seen = bench.find(&script).await.expect("find");
        // An answer that breaks off early enough looks like a broken connection.
        let broken_off = fault == "truncated-body" && word(&seen[0]) == "interrupted";
        assert!(
            broken_off || word(&seen[0]) == "unreadable",
            "{fault}: {}",
            seen[0]
        );
        assert_eq!(seen[0]["sent"], "no", "{fault}");
        assert_eq!(word(&seen[1]), "200", "{fault} struck once");
    }
}

/// A service whose device lists a passcode, and whose other answer is `second`.
async fn beside(second: Reply) -> (Value, String) {
    let service = Service::start(move |request| match request.target.contains("deviceActionResults") {
        true => Reply::json(200, &json!({ "id": ID, "deviceActionResults": [{ "actionName": "resetPasscode", "passcode": SECRET }] })),
        false => second.clone(),
    })
    .await
    .expect("service");
    let bench = Setup::puppet().service(service.url()).start().await;
    let script = looks("id,deviceActionResults").send("find", "GET", DEVICE, &[("$select", "id")]);
    let seen = bench.find(&script).await.expect("find");
    assert_eq!(
        seen[0]["body"]["deviceActionResults"][0]["passcode"],
        json!({ "$sealed": 1 })
    );
    (seen[1].clone(), bench.tap.heard())
}

#[tokio::test]
async fn a_passcode_in_a_later_answer_keeps_it_outside() {
    let told = format!("reset to {SECRET}, done");
    for second in [
        Reply::json(200, &json!({ "id": ID, "deviceName": told })),
        Reply::json(200, &json!({ "deviceName": SECRET })),
        Reply::raw(
            200,
            &format!("{{\"deviceName\": \"\\u0053{}\"}}", &SECRET[1..]),
        ),
        Reply::json(
            200,
            &json!({ "hardwareInformation": { "isSharedDevice": SECRET } }),
        ),
        Reply::json(
            400,
            &json!({ "error": { "code": "BadRequest", "message": told } }),
        ),
        Reply::json(500, &json!({ "error": { "code": SECRET, "message": "" } })),
        Reply::json(
            403,
            &json!({ "error": { "code": "x", "message": "", "innerError": { "message": told } } }),
        ),
        Reply::json(
            404,
            &json!({ "error": { "code": "x", "message": json!({ "m": json!({ "m": told }).to_string() }).to_string() } }),
        ),
    ] {
        let (seen, heard) = beside(second.clone()).await;
        assert_eq!(word(&seen), "withheld", "{second:?}");
        assert!(!heard.contains(SECRET), "{second:?}");
    }
}

/// What passes of an answer that shows no device is remembered; a step that knows a passcode does not
/// go by what others were told.
#[tokio::test]
async fn what_passed_before_does_not_pass_beside_a_passcode() {
    let list = json!({ "value": [{ "id": ID, "deviceName": SECRET }] });
    let service = Service::start(move |request| {
        let device = json!({ "id": ID, "deviceActionResults": [{ "actionName": "resetPasscode", "passcode": SECRET }] });
        match request.target.contains("deviceActionResults") {
            true => Reply::json(200, &device),
            false => Reply::json(200, &list),
        }
    })
    .await
    .expect("service");
    let bench = Setup::puppet().service(service.url()).start().await;
    let devices = "/beta/deviceManagement/managedDevices";
    let lists = |script: Script| script.send("find", "GET", devices, &[("$select", "deviceName")]);
    let names = |seen: &Value| seen["body"]["value"][0]["deviceName"].clone();
    for _ in 0..3 {
        let seen = bench.find(&lists(Script::new())).await.expect("find");
        assert_eq!(names(&seen[0]), SECRET, "nobody there knows that it is one");
    }
    let script = lists(lists(looks("id,deviceActionResults")));
    let seen = bench.find(&script).await.expect("find");
    assert_eq!(
        (word(&seen[1]), word(&seen[2])),
        ("withheld".into(), "withheld".into())
    );
    let seen = bench.find(&lists(Script::new())).await.expect("find");
    assert_eq!(names(&seen[0]), SECRET);
}

#[tokio::test]
async fn a_passcode_in_a_header_takes_the_header_away() {
    let second = Reply::json(200, &json!({ "id": ID }))
        .header("request-id", SECRET)
        .header("retry-after", "3")
        .header("x-passcode", SECRET);
    let (seen, heard) = beside(second).await;
    assert_eq!(seen["headers"], json!([["retry-after", "3"]]));
    assert!(!heard.contains(SECRET));
}

#[tokio::test]
async fn only_four_headers_pass() {
    let second = Reply::json(200, &json!({ "id": ID }))
        .header("set-cookie", "a=b")
        .header("location", "https://scale-unit.elsewhere.example")
        .header("www-authenticate", "Bearer realm")
        .header("x-ms-ags-diagnostic", "{}")
        .header("request-id", "r");
    let (seen, _) = beside(second).await;
    assert_eq!(seen["headers"], json!([["request-id", "r"]]));
}

#[tokio::test]
async fn an_error_that_is_not_json_does_not_pass_at_all() {
    for body in [
        format!("<html>{SECRET}"),
        SECRET.to_owned(),
        format!("{{\"error\": \"{SECRET}"),
        String::new(),
    ] {
        let (seen, heard) = beside(Reply::raw(502, &body)).await;
        assert_eq!(
            (seen["status"].clone(), seen["body"].clone()),
            (502.into(), Value::Null)
        );
        assert!(!heard.contains(SECRET));
    }
}

#[tokio::test]
async fn an_error_passes_as_its_envelope_only() {
    let (seen, _) = beside(Reply::json(
        400,
        &json!({ "error": { "code": "c", "message": "m", "target": "https://scale-unit", "details": [{ "x": 1 }], "innerError": { "request-id": "r", "stack": "s" } }, "also": 1 }),
    ))
    .await;
    assert_eq!(
        seen["body"],
        json!({ "error": { "code": "c", "message": "m", "innerError": { "request-id": "r" } } })
    );
}

async fn one_answer(body: &Value) -> Value {
    let reply = Reply::json(200, body);
    let service = Service::start(move |_| reply.clone())
        .await
        .expect("service");
    let bench = Setup::puppet().service(service.url()).start().await;
    bench.find(&looks("id")).await.expect("find").remove(0)
}

#[tokio::test]
async fn in_an_action_result_every_other_text_is_sealed_and_everything_else_dropped() {
    let seen = one_answer(&json!({
        "id": ID,
        "deviceActionResults": [
            { "actionName": "remoteLock", "unlockPin": "1234", "errorCode": 0, "note": "n", "keys": ["k"], "inner": { "passcode": "p" }, "pin": 12_345_678, "none": null, "blank": "" },
            "a string", 7, null, ["x"],
        ],
    }))
    .await;
    assert_eq!(
        seen["body"]["deviceActionResults"],
        json!([{ "actionName": "remoteLock", "errorCode": 0, "note": { "$sealed": 1 }, "unlockPin": { "$sealed": 2 } }])
    );
}

#[tokio::test]
async fn what_no_list_names_does_not_pass() {
    let seen = one_answer(&json!({
        "id": ID, "phoneNumber": "+1", "notes": "n", "activationLockBypassCode": "b", "@odata.context": "https://x", "@odata.nextLink": "https://x",
        "deviceName": { "nested": "n" }, "model": ["m", { "x": "y" }], "hardwareInformation": { "isSharedDevice": true, "serialNumber": "s" },
    }))
    .await;
    assert_eq!(
        seen["body"],
        json!({ "id": ID, "model": ["m"], "hardwareInformation": { "isSharedDevice": true } })
    );
}

#[tokio::test]
async fn data_that_looks_like_a_seal_is_refused_wherever_it_stands() {
    for body in [
        json!({ "id": { "$sealed": 1 } }),
        json!({ "id": ID, "unlisted": { "deep": [{ "$sealed": 1 }] } }),
        json!({ "id": ID, "deviceName": "{\"$sealed\":1}" }),
        json!({ "id": ID, "deviceActionResults": [{ "actionName": "x", "passcode": { "$sealed": 1 } }] }),
    ] {
        assert_eq!(word(&one_answer(&body).await), "unreadable", "{body}");
    }
    for escaped in [
        r#"{"deviceName":{"\u0024sealed":1}}"#,
        r#"{"deviceName":"sealed by $s\u0065aled"}"#,
    ] {
        let (seen, _) = beside(Reply::raw(200, escaped)).await;
        assert_eq!(word(&seen), "unreadable", "{escaped}");
    }
    let reply = Reply::json(
        400,
        &json!({ "error": { "code": "c", "message": "{\"$sealed\":1}" } }),
    );
    assert_eq!(word(&beside(reply).await.0), "unreadable");
}

#[tokio::test]
async fn repeated_keys_refuse_an_answer_at_any_depth() {
    // None of them says which device it shows: that would be refused for itself.
    for body in [
        "{\"deviceName\":\"a\",\"deviceName\":\"b\"}",
        "{\"deviceName\":\"a\",\"device\\u004eame\":\"b\"}",
        "{\"deviceName\":\"a\",\"deviceActionResults\":[{\"passcode\":\"x\",\"passcode\":\"y\"}]}",
        "{\"deviceName\":\"a\"} {\"deviceName\":\"b\"}",
        "[{\"deviceName\":\"a\"}]",
        "\"a\"",
        "null",
    ] {
        let (seen, _) = beside(Reply::raw(200, body)).await;
        assert_eq!(word(&seen), "unreadable", "{body}");
    }
}

#[tokio::test]
async fn the_answer_to_the_one_request_carries_nothing() {
    let id = "d0000029-0000-4000-8000-000000000029";
    let device = json!({ "id": id, "deviceName": "n", "deviceActionResults": [] });
    let service = Service::start(move |request| match request.method.as_str() {
        "POST" => Reply::json(
            200,
            &json!({ "passcode": SECRET, "value": [{ "passcode": SECRET }] }),
        ),
        _ => Reply::json(200, &device),
    })
    .await
    .expect("service");
    let bench = Setup::puppet().service(service.url()).start().await;
    let script = Script::ordinary().looks("commit").resets("commit");
    let committed = bench
        .commit("RESET-BEFORE-0029", &script)
        .await
        .expect("commit");
    let seen = crate::support::seen(&committed);
    assert_eq!(
        (word(&seen[1]), seen[1]["body"].clone()),
        ("200".into(), json!({}))
    );
    assert!(!bench.tap.heard().contains(SECRET));
}

#[tokio::test]
async fn a_device_whose_results_are_null_has_none() {
    let id = "d0000029-0000-4000-8000-000000000029";
    let device = json!({ "id": id, "deviceName": "n", "deviceActionResults": null });
    let service = Service::start(move |request| match request.method.as_str() {
        "POST" => Reply::raw(204, ""),
        _ => Reply::json(200, &device),
    })
    .await
    .expect("service");
    let bench = Setup::puppet().service(service.url()).start().await;
    let script = Script::ordinary().looks("commit").resets("commit");
    let committed = bench
        .commit("RESET-BEFORE-0029", &script)
        .await
        .expect("commit");
    assert_eq!(word(&crate::support::seen(&committed)[1]), "204");
}

/// What passes of a device as some service shows it.
async fn of_device(device: Value) -> Value {
    let service = Service::start(move |_| Reply::json(200, &device))
        .await
        .expect("service");
    let bench = Setup::puppet().service(service.url()).start().await;
    let seen = bench.find(&looks("id,deviceName")).await.expect("find");
    seen[0].clone()
}

#[tokio::test]
async fn a_key_with_a_dot_is_not_the_property_of_a_property() {
    let seen = of_device(json!({
        "id": ID,
        "hardwareInformation.isSharedDevice": true,
        "deviceActionResults.actionState": SECRET,
        "hardwareInformation": { "isSharedDevice": true },
        "deviceActionResults": [{ "@odata.type": "x", "@odata": { "type": "y" } }],
    }))
    .await;
    assert_eq!(
        seen["body"],
        json!({
            "id": ID,
            "hardwareInformation": { "isSharedDevice": true },
            "deviceActionResults": [{ "@odata.type": "x" }],
        })
    );
}

#[tokio::test]
async fn a_text_deep_inside_an_action_result_passes_nowhere_else() {
    let results = json!([{ "actionName": "resetPasscode", "passcode": { "value": [SECRET] } }]);
    let seen = of_device(json!({ "id": ID, "deviceActionResults": results })).await;
    assert_eq!(
        seen["body"]["deviceActionResults"],
        json!([{ "actionName": "resetPasscode" }])
    );
    let named = json!({ "id": ID, "deviceName": SECRET, "deviceActionResults": results });
    assert_eq!(word(&of_device(named).await), "withheld");
}
