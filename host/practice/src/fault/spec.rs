//! One fault as somebody asks for it: which, on what, when, how often.

use crate::error::PracticeError;
use crate::fault::catalogue::{FaultInfo, faults};
use std::str::FromStr;

/// A fault that waits for its request.
///
/// As text: `NAME[:DEVICE][,KEY=VALUE…]`, for example `drop-after-accept:KIOSK-0001,count=2`.
/// DEVICE is an id, a serial number or a name. Keys: `method`, `route` (a name such as `list`, `device`,
/// `resetPasscode`, `remoteActionAudits`, `token`, `$batch`, or the end of a path; `*`: any), `nth` (the first matching
/// request it strikes, 1), `count` (how many, 0: all), `seconds`, `size`, `to`.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    pub(crate) info: &'static FaultInfo,
    pub(crate) method: String,
    pub(crate) route: String,
    pub(crate) device: Option<String>,
    pub(crate) nth: u32,
    pub(crate) count: u32,
    pub(crate) seconds: f64,
    pub(crate) size: u64,
    pub(crate) to: Option<String>,
}

impl Fault {
    /// The fault of that name, on the requests and as often as [`faults`] says.
    ///
    /// # Errors
    /// [`PracticeError::Fault`] if there is none of that name.
    pub fn named(name: &str) -> Result<Self, PracticeError> {
        let info = faults()
            .iter()
            .find(|info| info.name == name)
            .ok_or_else(|| {
                let all: Vec<_> = faults().iter().map(|info| info.name).collect();
                PracticeError::Fault(format!(
                    "there is no fault {name:?}; there are {}",
                    all.join(", ")
                ))
            })?;
        Ok(Self {
            info,
            method: info.method.to_owned(),
            route: info.route.to_owned(),
            device: None,
            nth: if name == "device-changes" { 2 } else { 1 },
            count: info.count,
            seconds: if name == "429" { 2.0 } else { 5.0 },
            size: 64 << 20,
            to: None,
        })
    }

    /// The catalogue's name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.info.name
    }

    /// Only for one device: its id, serial number or name.
    #[must_use]
    pub fn device(mut self, device: &str) -> Self {
        self.device = Some(device.to_owned());
        self
    }

    /// Only for one method; empty: any.
    #[must_use]
    pub fn method(mut self, method: &str) -> Self {
        self.method = method.to_owned();
        self
    }

    /// Only for one route: a route's name or the end of a path; empty: any.
    #[must_use]
    pub fn route(mut self, route: &str) -> Self {
        self.route = route.to_owned();
        self
    }

    /// The first matching request it strikes, counted from 1.
    #[must_use]
    pub fn nth(mut self, nth: u32) -> Self {
        self.nth = nth.max(1);
        self
    }

    /// How many matching requests it strikes; 0: all.
    #[must_use]
    pub fn count(mut self, count: u32) -> Self {
        self.count = count;
        self
    }

    /// How long a slow answer takes, or what `Retry-After` says.
    #[must_use]
    pub fn seconds(mut self, seconds: f64) -> Self {
        self.seconds = seconds.max(0.0);
        self
    }

    /// How many bytes an oversized body has.
    #[must_use]
    pub fn size(mut self, size: u64) -> Self {
        self.size = size;
        self
    }

    /// Where a redirect or a next link leads.
    #[must_use]
    pub fn to(mut self, to: &str) -> Self {
        self.to = Some(to.to_owned());
        self
    }
}

impl FromStr for Fault {
    type Err = PracticeError;

    fn from_str(text: &str) -> Result<Self, PracticeError> {
        let (head, settings) = text.split_once(',').unwrap_or((text, ""));
        let (name, device) = match head.split_once(':') {
            Some((name, device)) => (name, Some(device)),
            None => (head, None),
        };
        let mut fault = Self::named(name.trim())?;
        if let Some(device) = device {
            fault = fault.device(device);
        }
        for setting in settings.split(',').filter(|setting| !setting.is_empty()) {
            fault = fault.set(setting)?;
        }
        Ok(fault)
    }
}

impl Fault {
    fn set(self, setting: &str) -> Result<Self, PracticeError> {
        let wrong = |what: &str| PracticeError::Fault(format!("fault setting {setting:?}: {what}"));
        let (key, value) = setting
            .split_once('=')
            .ok_or_else(|| wrong("write KEY=VALUE"))?;
        let whole = || {
            value
                .parse::<u32>()
                .map_err(|_| wrong("write a whole number"))
        };
        let any = |value: &str| {
            if value == "*" {
                String::new()
            } else {
                value.to_owned()
            }
        };
        match key.trim() {
            "method" => Ok(self.method(&any(value))),
            "route" => Ok(self.route(&any(value))),
            "device" => Ok(self.device(value)),
            "nth" => Ok(self.nth(whole()?)),
            "count" => Ok(self.count(whole()?)),
            "seconds" => match value.parse::<f64>() {
                Ok(seconds) if seconds.is_finite() => Ok(self.seconds(seconds)),
                _ => Err(wrong("write a number of seconds")),
            },
            "size" => Ok(self.size(
                value
                    .parse()
                    .map_err(|_| wrong("write a number of bytes"))?,
            )),
            "to" => Ok(self.to(value)),
            _ => Err(wrong(
                "no such key; there are method, route, device, nth, count, seconds, size, to",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_read_from_text() {
        let fault: Fault = "slow:KIOSK-0001,route=*,nth=2,count=0,seconds=1.5"
            .parse()
            .expect("fault");
        let expected = Fault::named("slow")
            .expect("slow")
            .device("KIOSK-0001")
            .nth(2)
            .count(0)
            .seconds(1.5);
        assert_eq!(fault, expected);
    }

    #[test]
    fn a_wrong_name_or_setting_says_what_there_is() {
        for (text, word) in [
            ("drop", "drop-after-accept"),
            ("slow,speed=3", "seconds"),
            ("slow,seconds=fast", "number of seconds"),
            ("slow,count=-1", "whole number"),
            ("slow,count", "KEY=VALUE"),
        ] {
            let message = text.parse::<Fault>().expect_err("refused").to_string();
            assert!(message.contains(word), "{message}");
        }
    }
}
