//! Names, values and `$select` lists of a query.

use passcode_tests::Setup;

use super::asks;

const DEVICES: &str = "/beta/deviceManagement/managedDevices";

async fn all_refused(rule: &str, path: &str, queries: &[&[(&str, &str)]]) {
    let bench = Setup::puppet().start().await;
    for query in queries {
        let became = asks(&bench, "GET", path, query).await;
        assert_eq!(became, format!("refused {rule}"), "{query:?}");
    }
    assert_eq!(bench.tenant.journal(), [], "something arrived");
}

#[tokio::test]
async fn a_name_that_is_not_granted_is_refused() {
    let names = [
        "$expand",
        "$skip",
        "$search",
        "$count",
        "$format",
        "api-version",
        "",
        "select",
        "$Select",
        "$SELECT",
        "$select ",
        "%24select",
        "$select&$expand",
        "$skiptoken",
        "$filter\r\n",
    ];
    let queries: Vec<[(&str, &str); 1]> = names.iter().map(|name| [(*name, "id")]).collect();
    let queries: Vec<&[(&str, &str)]> = queries.iter().map(|query| &query[..]).collect();
    all_refused("query-name", DEVICES, &queries).await;
}

#[tokio::test]
async fn a_name_that_stands_twice_is_refused() {
    all_refused(
        "query-name",
        DEVICES,
        &[
            &[("$select", "id"), ("$select", "id")],
            &[("$top", "1"), ("$select", "id"), ("$top", "1")],
            &[("$filter", "id eq 'a'"), ("$filter", "id eq 'b'")],
        ],
    )
    .await;
}

#[tokio::test]
async fn a_property_that_is_not_granted_cannot_be_selected() {
    let values = [
        "notes",
        "id,notes",
        "phoneNumber",
        "activationLockBypassCode",
        "*",
        "id,*",
        "",
        "id,",
        ",id",
        "id, deviceName",
        "ID",
        "id;notes",
        "deviceActionResults($select=passcode)",
        "id,deviceActionResults",
        "id/x",
        "id&$expand=users",
    ];
    let queries: Vec<[(&str, &str); 1]> =
        values.iter().map(|value| [("$select", *value)]).collect();
    let queries: Vec<&[(&str, &str)]> = queries.iter().map(|query| &query[..]).collect();
    all_refused("select", DEVICES, &queries).await;
}

#[tokio::test]
async fn a_count_is_digits() {
    let values = [
        "",
        "-1",
        "+1",
        "1 ",
        "1.0",
        "0x10",
        "\u{0661}",
        "all",
        "1,2",
        "1&$skip=2",
    ];
    let queries: Vec<[(&str, &str); 1]> = values.iter().map(|value| [("$top", *value)]).collect();
    let queries: Vec<&[(&str, &str)]> = queries.iter().map(|query| &query[..]).collect();
    all_refused("query-value", DEVICES, &queries).await;
}

#[tokio::test]
async fn control_characters_in_a_value_are_refused() {
    let values = [
        "a\r\nX-Header: 1",
        "a\nb",
        "a\0b",
        "\u{7f}",
        "\u{85}",
        "a\tb",
        "\u{1b}[2J",
    ];
    let queries: Vec<[(&str, &str); 1]> =
        values.iter().map(|value| [("$filter", *value)]).collect();
    let queries: Vec<&[(&str, &str)]> = queries.iter().map(|query| &query[..]).collect();
    all_refused("query-value", DEVICES, &queries).await;
}

#[tokio::test]
async fn a_value_has_an_end() {
    let long = format!("deviceName eq '{}'", "a".repeat(2_048));
    all_refused("query-value", DEVICES, &[&[("$filter", &long)]]).await;
}

#[tokio::test]
async fn a_value_cannot_break_out_of_its_place() {
    let bench = Setup::puppet().start().await;
    let filter = "deviceName eq 'a&$expand=users#b/../c?d=e%26f+g'";
    assert_eq!(
        asks(
            &bench,
            "GET",
            DEVICES,
            &[("$filter", filter), ("$select", "id")]
        )
        .await,
        "200"
    );
    let journal = bench.tenant.journal();
    assert_eq!(journal.len(), 1);
    assert_eq!(journal[0].path, DEVICES);
    assert_eq!(
        journal[0].query,
        "$filter=deviceName%20eq%20%27a%26$expand%3Dusers%23b%2F..%2Fc%3Fd%3De%2526f%2Bg%27&$select=id"
    );
}
