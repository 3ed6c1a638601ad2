//! Which device is meant. One, or nobody acts.

use passcode_host::contract::types::{Device, Findings};

/// A family of operating systems, for `--platform`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Platform {
    /// Android, with and without Google's services.
    Android,
    /// iPhone and iPad.
    Ios,
    /// Apple Vision Pro.
    Visionos,
    /// Mac.
    Macos,
    /// Windows.
    Windows,
    /// Linux.
    Linux,
    /// ChromeOS.
    Chromeos,
}

impl Platform {
    /// The platform of a kind.
    #[must_use]
    pub fn of_kind(kind: &str) -> Option<Self> {
        Some(match kind {
            "shared-ipad" => Self::Ios,
            "visionos" => Self::Visionos,
            "macos" => Self::Macos,
            "windows" => Self::Windows,
            "linux" => Self::Linux,
            "chromeos" => Self::Chromeos,
            _ if kind.starts_with("android-") || kind.starts_with("aosp-") => Self::Android,
            _ if kind.starts_with("ios-") => Self::Ios,
            _ => return None,
        })
    }

    /// What the service calls the operating systems of this platform.
    #[must_use]
    pub fn operating_systems(self) -> &'static [&'static str] {
        match self {
            Self::Android => &["Android"],
            Self::Ios => &["iOS", "iPadOS"],
            Self::Visionos => &["visionOS"],
            Self::Macos => &["macOS"],
            Self::Windows => &["Windows"],
            Self::Linux => &["Linux"],
            Self::Chromeos => &["ChromeOS"],
        }
    }
}

/// What an operator adds to a selector.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Narrow {
    /// Only this platform.
    pub platform: Option<Platform>,
    /// Only this kind.
    pub kind: Option<String>,
}

impl Narrow {
    fn keeps(&self, device: &Device) -> bool {
        let platform = self
            .platform
            .is_none_or(|wanted| Platform::of_kind(&device.kind) == Some(wanted));
        platform && self.kind.as_ref().is_none_or(|kind| *kind == device.kind)
    }
}

/// What a search brought, narrowed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Phones and tablets that match exactly.
    pub matched: Vec<Device>,
    /// Computers that match exactly, which this action never touches.
    pub set_aside: Vec<Device>,
    /// Devices that match the selector, but not the platform or kind.
    pub narrowed_out: Vec<Device>,
    /// Devices that the service returned although they do not match.
    pub mismatched: u32,
    /// What could not be known.
    pub limits: Vec<String>,
}

impl Found {
    /// Add what one search brought.
    pub fn add(&mut self, findings: Findings, narrow: &Narrow) {
        for (devices, place) in [
            (findings.matched, &mut self.matched),
            (findings.set_aside, &mut self.set_aside),
        ] {
            for device in devices {
                if narrow.keeps(&device) {
                    place.push(device);
                } else {
                    self.narrowed_out.push(device);
                }
            }
        }
        self.mismatched = self.mismatched.saturating_add(findings.mismatched);
        for limit in findings.limits {
            if !self.limits.contains(&limit) {
                self.limits.push(limit);
            }
        }
    }
}

/// What can be done with what was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice<'a> {
    /// Exactly one device is meant.
    One(&'a Device),
    /// None is.
    None,
    /// Several may be; a person has to say which.
    Many(&'a [Device]),
}

/// Take one device, or none. A computer is taken only where it is all there is, so that the
/// rule which excludes it is told, and not just that nothing was found.
#[must_use]
pub fn choose(found: &Found) -> Choice<'_> {
    match (found.matched.as_slice(), found.set_aside.as_slice()) {
        ([one], _) => Choice::One(one),
        ([], [computer]) => Choice::One(computer),
        ([], _) => Choice::None,
        (several, _) => Choice::Many(several),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(id: &str, kind: &str) -> Device {
        Device {
            id: id.to_owned(),
            name: id.to_owned(),
            user_id: None,
            user_principal_name: None,
            user_display_name: None,
            serial_number: None,
            imei: None,
            entra_device_id: None,
            manufacturer: None,
            model: None,
            operating_system: None,
            os_version: None,
            device_type: None,
            enrollment_type: None,
            management_agent: None,
            ownership: None,
            management_state: None,
            lost_mode_state: None,
            supervised: None,
            shared: None,
            compliance_state: None,
            jail_broken: None,
            enrolled: None,
            last_check_in: None,
            certificate_expires: None,
            kind: kind.to_owned(),
            kind_reason: String::new(),
            read_from: "beta".to_owned(),
            unreadable: Vec::new(),
            attributes: Vec::new(),
        }
    }

    fn found(matched: &[&str], aside: &[&str], narrow: &Narrow) -> Found {
        let devices = |kinds: &[&str]| {
            let numbered = kinds.iter().enumerate();
            numbered
                .map(|(number, kind)| device(&format!("{kind}-{number}"), kind))
                .collect()
        };
        let mut found = Found::default();
        let findings = Findings {
            matched: devices(matched),
            set_aside: devices(aside),
            mismatched: 0,
            limits: Vec::new(),
        };
        found.add(findings, narrow);
        found
    }

    #[test]
    fn one_is_taken_and_several_never() {
        let any = Narrow::default();
        let ios = Narrow {
            platform: Some(Platform::Ios),
            kind: None,
        };
        let kiosk = Narrow {
            platform: None,
            kind: Some("android-dedicated".to_owned()),
        };
        let cases: [(&[&str], &[&str], &Narrow, &str); 9] = [
            (&["ios-corporate"], &[], &any, "ios-corporate-0"),
            (&["ios-corporate"], &["windows"], &any, "ios-corporate-0"),
            (&["ios-corporate", "android-dedicated"], &[], &any, "many"),
            (
                &["ios-corporate", "android-dedicated"],
                &[],
                &ios,
                "ios-corporate-0",
            ),
            (
                &["ios-corporate", "android-dedicated"],
                &[],
                &kiosk,
                "android-dedicated-1",
            ),
            (&["android-dedicated"], &[], &ios, "none"),
            (&[], &[], &any, "none"),
            (&[], &["windows"], &any, "windows-0"),
            (&[], &["windows", "macos"], &any, "none"),
        ];
        for (matched, aside, narrow, expected) in cases {
            let found = found(matched, aside, narrow);
            let chosen = match choose(&found) {
                Choice::One(device) => device.id.clone(),
                Choice::None => "none".to_owned(),
                Choice::Many(_) => "many".to_owned(),
            };
            assert_eq!(chosen, expected, "{matched:?} {aside:?} {narrow:?}");
        }
    }

    #[test]
    fn every_kind_has_the_platform_its_name_says() {
        for (kind, platform) in [
            ("android-fully-managed", Some(Platform::Android)),
            ("aosp-userless", Some(Platform::Android)),
            ("ios-user-enrollment", Some(Platform::Ios)),
            ("shared-ipad", Some(Platform::Ios)),
            ("visionos", Some(Platform::Visionos)),
            ("chromeos", Some(Platform::Chromeos)),
            ("unknown", None),
        ] {
            assert_eq!(Platform::of_kind(kind), platform, "{kind}");
        }
    }
}
