//! Devices of every kind that a run may change, some that it must not, and what goes wrong with
//! some of them.

use std::fmt::Write as _;

use serde_json::json;

/// Android and iOS; of the fully managed ones the documents disagree, so they are set aside.
const KINDS: [&str; 7] = [
    "cosu",
    "iphone-corporate",
    "cope",
    "ipad-corporate",
    "cosu",
    "cobo",
    "iphone-corporate",
];

/// What goes wrong, in turn.
const FAULTS: [&str; 16] = [
    "drop-before-accept",
    "drop-after-accept",
    "503-before-accept",
    "503-after-accept",
    "504-after-accept",
    "500-after-accept",
    "500",
    "html",
    "429,seconds=1,route=resetPasscode,method=POST",
    "429,seconds=1",
    "slow,seconds=1,route=resetPasscode,method=POST",
    "slow-before-accept,seconds=1,route=resetPasscode,method=POST",
    "wrong-unlock-token",
    "device-offline",
    "no-result",
    "404,route=resetPasscode,method=POST",
];

/// Devices that are numbered from one.
#[derive(Clone, Copy, Debug)]
pub struct Fleet {
    pub devices: usize,
}

impl Fleet {
    pub fn id(number: usize) -> String {
        format!("5ca1e000-0000-4000-8000-{number:012}")
    }

    /// Whether the run leaves it alone.
    pub fn is_set_aside(number: usize) -> bool {
        KINDS[number % KINDS.len()] == "cobo"
    }

    pub fn toml(self) -> String {
        let mut text = String::new();
        for number in 1..=self.devices {
            let (id, kind) = (Self::id(number), KINDS[number % KINDS.len()]);
            let _ = write!(
                text,
                "[[device]]\nid = \"{id}\"\nkind = \"{kind}\"\nname = \"SCALE-{number:04}\"\nserial = \"SAMPLE-{number:04}\"\n"
            );
            if kind != "cosu" {
                text.push_str("user = \"adele@contoso.example\"\n");
            }
        }
        text
    }

    /// Every third device has one of the faults.
    pub fn faults(self) -> String {
        let faults = (1..=self.devices).filter(|number| number % 3 == 0);
        let faults = faults.map(|number| {
            let fault = FAULTS[(number / 3) % FAULTS.len()];
            let (name, more) = fault.split_once(',').unwrap_or((fault, ""));
            format!("{name}:{},{more}", Self::id(number))
                .trim_end_matches(',')
                .to_owned()
        });
        json!({"faults": faults.collect::<Vec<_>>()}).to_string()
    }

    pub fn run_file(self, concurrency: u32) -> String {
        let mut text = format!(
            "schema: passcode/run/v1\ntitle: Sample devices\naction: auto\nconcurrency: {concurrency}\nwait: 4s\n\
             guards: {{maxDevices: 1000, stopWhen: {{failureShare: 100%, after: 1000}}}}\nwho:\n  ids:\n"
        );
        for number in 1..=self.devices {
            let _ = writeln!(text, "    - {}", Self::id(number));
        }
        text
    }
}
