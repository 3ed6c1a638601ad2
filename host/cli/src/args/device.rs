//! How an operator names a device.

use clap::{Args, ValueEnum};
use passcode_host::contract::types::Selector;
use passcode_runner::{Narrow, Platform};

use super::known;
use crate::failure::Failure;

/// A device, by exactly one of its names.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Which device")]
#[group(id = "device-flags", multiple = false)]
pub(crate) struct DeviceFlags {
    /// Intune's device id
    #[arg(long, visible_alias = "device-id", value_name = "GUID")]
    pub(crate) id: Option<String>,
    /// The serial number
    #[arg(long, visible_alias = "serial-number", value_name = "SERIAL")]
    pub(crate) serial: Option<String>,
    /// The primary user's sign-in name
    #[arg(long, visible_alias = "upn", value_name = "UPN")]
    pub(crate) user: Option<String>,
    /// The device's name, exactly
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// The IMEI
    #[arg(long, value_name = "IMEI")]
    pub(crate) imei: Option<String>,
    /// The Entra device id
    #[arg(long, value_name = "GUID")]
    pub(crate) entra_device_id: Option<String>,
}

/// As [`DeviceFlags`], or by its id alone.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct DeviceArgs {
    /// Intune's device id; anything else is named with a flag
    #[arg(value_name = "DEVICE-ID", conflicts_with = "device-flags")]
    pub(crate) device: Option<String>,
    #[command(flatten)]
    pub(crate) flags: DeviceFlags,
}

/// Narrows what was found.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Which device")]
pub(crate) struct NarrowArgs {
    /// Only devices of this platform
    #[arg(long, value_enum, value_name = "PLATFORM")]
    platform: Option<PlatformArg>,
    /// Only devices of this kind, as `passcode devices` shows it
    #[arg(long, value_name = "KIND", value_parser = known::kinds(), hide_possible_values = true)]
    kind: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum PlatformArg {
    Android,
    /// iPhone and iPad
    #[value(alias = "ipados")]
    Ios,
    Visionos,
    Macos,
    Windows,
    Linux,
    Chromeos,
}

impl NarrowArgs {
    pub(crate) fn narrow(&self) -> Narrow {
        Narrow {
            platform: self.platform.map(|platform| match platform {
                PlatformArg::Android => Platform::Android,
                PlatformArg::Ios => Platform::Ios,
                PlatformArg::Visionos => Platform::Visionos,
                PlatformArg::Macos => Platform::Macos,
                PlatformArg::Windows => Platform::Windows,
                PlatformArg::Linux => Platform::Linux,
                PlatformArg::Chromeos => Platform::Chromeos,
            }),
            kind: self.kind.clone(),
        }
    }
}

impl DeviceFlags {
    pub(crate) fn selector(&self) -> Option<Selector> {
        let named = [
            self.id.clone().map(Selector::Id),
            self.serial.clone().map(Selector::SerialNumber),
            self.user.clone().map(Selector::UserPrincipalName),
            self.name.clone().map(Selector::DeviceName),
            self.imei.clone().map(Selector::Imei),
            self.entra_device_id.clone().map(Selector::EntraDeviceId),
        ];
        named.into_iter().flatten().next()
    }
}

impl DeviceArgs {
    /// The selector, if a device was named.
    pub(crate) fn selector(&self) -> Result<Option<Selector>, Failure> {
        match &self.device {
            None => Ok(self.flags.selector()),
            Some(text) if is_guid(text) => Ok(Some(Selector::Id(text.clone()))),
            Some(text) => Err(unclear(text)),
        }
    }

    /// The selector; a command that acts needs one.
    pub(crate) fn required(&self) -> Result<Selector, Failure> {
        self.selector()?.ok_or_else(|| {
            Failure::usage(
                "no device was named",
                "name it with --serial, --user, --name, --imei, --id or --entra-device-id",
            )
        })
    }
}

/// Thirty-two hexadecimal digits in five groups.
pub(crate) fn is_guid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups
            .iter()
            .all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// A word that could be several things is not guessed at.
pub(crate) fn unclear(text: &str) -> Failure {
    let quoted = crate::shell::quoted(text);
    let remedy = if text.contains('@') {
        format!("write `--user {quoted}`")
    } else if text.len() == 15 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        format!("write `--imei {quoted}` or `--serial {quoted}`")
    } else {
        format!("write `--serial {quoted}` or `--name {quoted}`")
    };
    Failure::usage(
        format!(
            "`{text}` could be a serial number, a name or something else, and is not guessed at"
        ),
        remedy,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_guid_needs_no_flag() {
        let named = |text: &str| DeviceArgs {
            device: Some(text.to_owned()),
            flags: DeviceFlags::default(),
        };
        let guid = "d0000001-0000-4000-8000-00000000000A";
        assert_eq!(
            named(guid).selector().unwrap(),
            Some(Selector::Id(guid.to_owned()))
        );
        for (text, hint) in [
            ("KIOSK-0001", "--serial KIOSK-0001"),
            ("adele@contoso.example", "--user adele@contoso.example"),
            ("350000000000011", "--imei 350000000000011"),
            ("Front desk", "--name 'Front desk'"),
        ] {
            let failure = named(text).selector().unwrap_err();
            assert!(failure.remedy.as_ref().unwrap().contains(hint), "{text}");
        }
    }
}
