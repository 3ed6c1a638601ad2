//! A line of the file.

use std::fmt;

use serde::Serialize;

/// A passcode and the device that it opens. It is written as one JSON object on one line, with
/// `"schema": "passcode/delivered/v1"`.
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Delivered<'a> {
    /// The run.
    pub run: &'a str,
    /// Whether the tenant is a practice tenant. Written only if it is.
    #[serde(skip_serializing_if = "is_false")]
    pub practice: bool,
    /// The row's number.
    pub number: u64,
    /// The device's identifier.
    pub device_id: &'a str,
    /// The device's name.
    pub device_name: Option<&'a str>,
    /// Its serial number.
    #[serde(rename = "serialNumber")]
    pub serial: Option<&'a str>,
    /// Its user's sign-in name.
    #[serde(rename = "userPrincipalName")]
    pub user: Option<&'a str>,
    /// The plan that was carried out.
    pub plan: &'a str,
    /// What opens it.
    pub passcode: &'a str,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_false(value: &bool) -> bool {
    !value
}

impl Delivered<'_> {
    /// No line of it is longer than this: every byte of a text may become six (`\u001b`).
    pub(crate) fn most(&self) -> usize {
        let maybe = |text: Option<&str>| text.map_or(0, str::len);
        let texts = self.run.len()
            + self.device_id.len()
            + maybe(self.device_name)
            + maybe(self.serial)
            + maybe(self.user)
            + self.plan.len()
            + self.passcode.len();
        texts * 6 + 512
    }
}

impl fmt::Debug for Delivered<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivered")
            .field("run", &self.run)
            .field("number", &self.number)
            .field("device_id", &self.device_id)
            .field("plan", &self.plan)
            .field("passcode", &"****")
            .finish_non_exhaustive()
    }
}
