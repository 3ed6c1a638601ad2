//! What a platform answered. Their formats differ, above all in how they tell the token's end.

use passcode_host::credential::CredentialError;
use serde::Deserialize;
use serde_json::Value;
use time::{Date, Month, OffsetDateTime, Time, UtcOffset};
use zeroize::Zeroizing;

use super::platform::Platform;
use crate::answer::without;
use crate::error::{later, refused, shown};
use crate::http::Answer;

#[derive(Deserialize)]
struct Given {
    access_token: String,
    #[serde(default)]
    token_type: Option<String>,
    #[serde(default)]
    expires_on: Value,
    #[serde(default)]
    expires_in: Value,
}

/// IMDS and Arc name the first two, App Service the third; Automation both.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Said {
    error: Value,
    error_description: String,
    message: String,
}

/// A token and its end, or the reason.
pub(super) fn read(
    answer: &Answer,
    platform: &Platform,
    secret: &str,
    now: OffsetDateTime,
) -> Result<(Zeroizing<String>, OffsetDateTime), CredentialError> {
    if answer.status != 200 {
        return Err(refusal(answer, platform, secret));
    }
    let given: Given = serde_json::from_slice(&answer.body)
        .map_err(|_| wrong(platform, "something that is no token answer"))?;
    let token = Zeroizing::new(given.access_token);
    if given
        .token_type
        .is_some_and(|kind| !kind.eq_ignore_ascii_case("bearer"))
    {
        return Err(wrong(platform, "a token of another type than Bearer"));
    }
    let lasts = end(&given.expires_on)
        .or_else(|| now.checked_add(time::Duration::seconds(whole(&given.expires_in)?)))
        .ok_or_else(|| wrong(platform, "a token whose end cannot be told"))?;
    Ok((token, lasts))
}

/// An answer that is no token.
pub(super) fn wrong(platform: &Platform, what: &str) -> CredentialError {
    refused(
        "managed-identity-answer",
        format!("{} answered with {what}", platform.origin()),
        "check that the identity endpoint is the platform's own",
    )
}

fn refusal(answer: &Answer, platform: &Platform, secret: &str) -> CredentialError {
    let said: Said = serde_json::from_slice(&answer.body).unwrap_or_default();
    let name = match &said.error {
        Value::String(name) => name.as_str(),
        Value::Object(error) => error
            .get("code")
            .and_then(Value::as_str)
            .unwrap_or_default(),
        _ => "",
    };
    let why = [said.error_description.as_str(), &said.message, name]
        .into_iter()
        .find(|text| !text.is_empty())
        .map_or_else(
            || "it gives no reason".into(),
            // Before it is cut: half a secret is one, too.
            |text| shown(&without(text.to_owned(), &[secret]), 300),
        );
    let message = format!(
        "{} ({}) gave no token ({}): {why}",
        platform.name(),
        platform.origin(),
        answer.status
    );
    match answer.status {
        // 404 and 410 of the metadata service: the identity is being set up, or the service
        // replaced.
        404 | 408 | 410 | 429 | 500..=599 => later(
            "managed-identity-unavailable",
            message,
            "try again in a minute; if it stays so, see that the identity is assigned",
        ),
        _ => refused(
            "managed-identity",
            message,
            "assign the identity to this machine or app; for a user-assigned one, name it (AZURE_CLIENT_ID)",
        ),
    }
}

/// The token's end, in any of the forms that have been seen.
///
/// Seconds since 1970 as a number or as text; RFC 3339; the same with a space;
/// month/day/year with 24 or 12 hours and an offset.
fn end(value: &Value) -> Option<OffsetDateTime> {
    if let Some(seconds) = whole(value) {
        return OffsetDateTime::from_unix_timestamp(seconds)
            .ok()
            .filter(|_| seconds > 0);
    }
    let text = value.as_str()?.trim();
    let (day, rest) = text.split_once([' ', 'T', 't'])?;
    let (day, rest) = (date(day)?, rest.trim());
    let length = rest
        .find(|c: char| !(c.is_ascii_digit() || c == ':' || c == '.'))
        .unwrap_or(rest.len());
    let (clock, mut rest) = rest.split_at(length);
    let mut fields = clock.split(':');
    let mut hour: u8 = fields.next()?.parse().ok()?;
    let minute = fields.next()?.parse().ok()?;
    let second = fields
        .next()
        .unwrap_or("0")
        .split('.')
        .next()?
        .parse()
        .ok()?;
    if fields.next().is_some() {
        return None;
    }
    rest = rest.trim();
    for (half, later) in [("AM", 0), ("PM", 12)] {
        if rest
            .get(..2)
            .is_some_and(|head| head.eq_ignore_ascii_case(half))
        {
            // A 24-hour clock with AM or PM behind it has been documented, too.
            hour = if hour > 12 { hour } else { hour % 12 + later };
            rest = rest.get(2..)?.trim();
        }
    }
    let time = Time::from_hms(hour, minute, second).ok()?;
    Some(day.with_time(time).assume_offset(offset(rest)?))
}

/// A number, or text that is one; fractions are dropped.
fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => {
            let text = text.trim();
            let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
            fraction
                .bytes()
                .all(|byte| byte.is_ascii_digit())
                .then_some(())?;
            whole.parse().ok()
        }
        _ => None,
    }
    .filter(|seconds| *seconds >= 0)
}

/// `2021-07-02`, or `07/02/2021` in the American order.
fn date(text: &str) -> Option<Date> {
    let (year, month, day) = if text.contains('/') {
        let mut fields = text.split('/');
        let (month, day) = (fields.next()?, fields.next()?);
        (fields.next()?, month, day)
    } else {
        let mut fields = text.split('-');
        (fields.next()?, fields.next()?, fields.next()?)
    };
    let month = Month::try_from(month.parse::<u8>().ok()?).ok()?;
    Date::from_calendar_date(year.parse().ok()?, month, day.parse().ok()?).ok()
}

/// `Z`, `+00:00`, or nothing, which means the same.
fn offset(text: &str) -> Option<UtcOffset> {
    let sign = match text.chars().next() {
        None | Some('Z' | 'z') if text.len() <= 1 => return Some(UtcOffset::UTC),
        Some('+') => 1,
        Some('-') => -1,
        _ => return None,
    };
    let (hours, minutes) = text.get(1..)?.split_once(':')?;
    let (hours, minutes): (i8, i8) = (hours.parse().ok()?, minutes.parse().ok()?);
    UtcOffset::from_hms(sign * hours, sign * minutes, 0).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use time::macros::datetime;

    #[test]
    fn every_form_of_an_end_that_was_seen_is_read() {
        let end_2021 = datetime!(2021-07-02 08:00:34 UTC);
        let end_2017 = datetime!(2017-09-14 15:05:06 UTC);
        let table = [
            (json!(1_625_212_834), Some(end_2021)),
            (json!("1625212834"), Some(end_2021)),
            (json!(" 1625212834 "), Some(end_2021)),
            (json!("1625212834.0"), Some(end_2021)),
            (json!("2021-07-02T08:00:34Z"), Some(end_2021)),
            (json!("2021-07-02T10:00:34+02:00"), Some(end_2021)),
            (json!("2021-07-02T08:00:34.1234567+00:00"), Some(end_2021)),
            // A hybrid worker's: azure-sdk-for-python issue 19641.
            (json!("2021-07-02 08:00:34Z"), Some(end_2021)),
            (json!("07/02/2021 08:00:34 +00:00"), Some(end_2021)),
            (json!("7/2/2021 8:00:34 AM +00:00"), Some(end_2021)),
            (json!("9/14/2017 3:05:06 PM +00:00"), Some(end_2017)),
            (json!("09/14/2017 15:05:06 PM +00:00"), Some(end_2017)),
            (
                json!("9/14/2017 12:00:00 AM +00:00"),
                Some(datetime!(2017-09-14 00:00 UTC)),
            ),
            (
                json!("9/14/2017 12:00:00 PM +00:00"),
                Some(datetime!(2017-09-14 12:00 UTC)),
            ),
            (
                json!("07/02/2021 08:00:34 -02:30"),
                Some(datetime!(2021-07-02 10:30:34 UTC)),
            ),
            (json!(0), None),
            (json!(-5), None),
            (json!(""), None),
            (json!("soon"), None),
            (json!("2021-07-02"), None),
            (json!("2021-13-02 08:00:34Z"), None),
            (json!("2021-07-02 25:00:34Z"), None),
            (json!("2021-07-02 08:00:34 CET"), None),
            (json!("99999999999999999999"), None),
            (json!(i64::MAX), None),
            (Value::Null, None),
            (json!(["x"]), None),
        ];
        for (value, expected) in table {
            assert_eq!(end(&value), expected, "{value}");
        }
    }

    fn platform() -> Platform {
        Platform::from_environment(&|_: &str| None, &[]).unwrap()
    }

    fn answered(status: u16, body: &str) -> Result<(String, OffsetDateTime), CredentialError> {
        let answer = Answer {
            status,
            retry_after: None,
            challenge: None,
            body: Zeroizing::new(body.into()),
        };
        let now = datetime!(2021-07-02 08:00 UTC);
        read(&answer, &platform(), "CANARY", now).map(|(token, end)| (token.to_string(), end))
    }

    #[test]
    fn an_end_that_cannot_be_read_falls_back_to_how_long_it_lasts() {
        let end = datetime!(2021-07-02 09:00 UTC);
        for body in [
            r#"{"access_token":"t","expires_in":3600}"#,
            r#"{"access_token":"t","expires_in":"3600","expires_on":"soon"}"#,
            r#"{"access_token":"t","expires_in":"3600","expires_on":null,"token_type":"bearer","resource":1}"#,
        ] {
            assert_eq!(answered(200, body).unwrap(), ("t".into(), end), "{body}");
        }
    }

    #[test]
    fn what_is_no_token_is_refused() {
        let table = [
            (200, "", "managed-identity-answer", false),
            (
                200,
                r#"{"access_token":"t"}"#,
                "managed-identity-answer",
                false,
            ),
            (
                200,
                r#"{"access_token":"t","expires_in":9,"token_type":"pop"}"#,
                "managed-identity-answer",
                false,
            ),
            (
                400,
                r#"{"error":"invalid_request","error_description":"Identity not found"}"#,
                "managed-identity",
                false,
            ),
            (
                400,
                r#"{"statusCode":400,"message":"No identity CANARY"}"#,
                "managed-identity",
                false,
            ),
            (403, "<html>CANARY</html>", "managed-identity", false),
            (404, "", "managed-identity-unavailable", true),
            (410, "", "managed-identity-unavailable", true),
            (429, "", "managed-identity-unavailable", true),
            (
                500,
                r#"{"error":{"code":"x"}}"#,
                "managed-identity-unavailable",
                true,
            ),
            (302, "", "managed-identity", false),
        ];
        for (status, body, code, transient) in table {
            let refused = answered(status, body).unwrap_err();
            assert_eq!(
                (refused.code.as_str(), refused.transient),
                (code, transient),
                "{body}"
            );
            assert!(!format!("{refused:?}").contains("CANARY"), "{refused:?}");
        }
    }
}
