//! A device in a sentence.

use passcode_host::contract::types::Device;
use passcode_host::plain;

/// A device in one line.
pub(crate) fn called(device: &Device) -> String {
    let absent = "none".to_owned();
    let text = format!(
        "{} (serial {}, user {}, {}, id {})",
        device.name,
        device.serial_number.as_ref().unwrap_or(&absent),
        device.user_principal_name.as_ref().unwrap_or(&absent),
        device.kind,
        device.id
    );
    plain(&text)
}
