//! Weighing the documents.
//!
//! The newest rule that speaks of this kind and this condition decides. A newer page that does
//! not mention a condition neither lifts nor sets it: so a rule with a condition that forbids
//! outlives a newer rule without one. What an older page forbade and a newer one allows is
//! allowed, and shown as a disagreement.

use crate::kind::{Family, Kind};
use crate::prelude::*;
use crate::rules::{About, Says, Source, When, all};
use crate::version::OsVersion;

/// What the documents say of one kind at one level.
#[derive(Clone, Debug)]
pub struct Reading {
    /// Whether it is possible; absent if nothing speaks of it, or if it hangs on a version
    /// that is not known.
    pub allowed: Option<bool>,
    /// The rule that decided.
    pub by: Option<Source>,
    /// The rules that say the opposite, newest first.
    pub against: Vec<Source>,
    /// The rules that hang on a version that is not known.
    pub open: Vec<Source>,
}

/// Read every rule about one kind at one level.
pub fn read(kind: Kind, about: About, version: Option<OsVersion>) -> Reading {
    let speaks = |source: &Source| {
        let row = source.row;
        row.kinds.contains(&kind)
            && (row.about == about || row.about == About::Any)
            && matches!(row.says, Says::Yes | Says::No)
    };
    let mut holding = Vec::new();
    let mut open = Vec::new();
    for source in all().filter(speaks) {
        match holds(source.row.when, version) {
            Some(true) => holding.push(source),
            Some(false) => {}
            None => open.push(source),
        }
    }
    // `all` begins with the newest document.
    let conditional = holding
        .iter()
        .find(|source| source.row.when != When::Always)
        .copied();
    let by = conditional
        .filter(|source| source.row.says == Says::No)
        .or_else(|| holding.first().copied());
    let against = by.map_or_else(Vec::new, |by| {
        holding
            .iter()
            .filter(|other| other.row.says != by.row.says)
            .copied()
            .collect()
    });
    Reading {
        allowed: by.map(|by| by.row.says == Says::Yes),
        by,
        against,
        open,
    }
}

fn holds(when: When, version: Option<OsVersion>) -> Option<bool> {
    match when {
        When::Always => Some(true),
        When::Before(limit) => version.map(|version| version < limit),
        When::From(limit) => version.map(|version| version >= limit),
        // What no property shows is a check of its own, never a verdict.
        When::If(_) => Some(false),
    }
}

/// What could be done to a device.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Possible {
    /// Remove the passcode.
    Remove,
    /// Reset the passcode of the device.
    ResetDevice,
    /// Reset the passcode of the work profile.
    ResetWorkProfile,
}

/// What the documents together say of a device.
#[derive(Clone, Debug)]
pub enum Eligibility {
    /// It can be done.
    Yes {
        /// What.
        what: Possible,
        /// Whether the documents disagree about which lock it reaches.
        disputed_level: bool,
        /// The rule that decided, and what speaks against it or for another level.
        reading: Reading,
    },
    /// A document forbids it.
    No(Reading),
    /// It hangs on the version of the operating system, which is not known.
    NeedsVersion(Reading),
    /// No document mentions such a device.
    Unmentioned,
}

/// Weigh what there is about a device.
pub fn eligibility(kind: Kind, version: Option<OsVersion>) -> Eligibility {
    let read = |about| read(kind, about, version);
    let yes = |what, reading| Eligibility::Yes {
        what,
        disputed_level: false,
        reading,
    };
    match kind.family() {
        Family::Unknown => Eligibility::Unmentioned,
        Family::Apple => match read(About::Removal) {
            reading if reading.allowed == Some(true) => yes(Possible::Remove, reading),
            reading => not_possible(vec![reading]),
        },
        Family::Computer => {
            // Whatever level a page speaks of, none of it reaches a computer.
            let (removal, device) = (read(About::Removal), read(About::DeviceLevel));
            let date = |reading: &Reading| reading.by.map_or("", |by| by.document.date);
            let removal_first = date(&removal) >= date(&device);
            not_possible(if removal_first {
                vec![removal, device]
            } else {
                vec![device, removal]
            })
        }
        Family::Android => {
            let (device, mut profile) = (read(About::DeviceLevel), read(About::WorkProfile));
            match (device.allowed, profile.allowed) {
                (_, Some(true)) => {
                    // One reading per lock: where an older page promised the whole device,
                    // nobody knows which lock it will be until the result is there.
                    let disputed_level = device
                        .against
                        .iter()
                        .any(|other| other.row.says == Says::Yes);
                    if disputed_level {
                        profile.against.extend(device.by);
                        profile.against.extend(device.against);
                    }
                    Eligibility::Yes {
                        what: Possible::ResetWorkProfile,
                        disputed_level,
                        reading: profile,
                    }
                }
                (Some(true), _) => yes(Possible::ResetDevice, device),
                _ if kind.has_work_profile() => not_possible(vec![profile, device]),
                _ => not_possible(vec![device, profile]),
            }
        }
    }
}

/// The first reading that forbids; else what it hangs on; else silence.
fn not_possible(readings: Vec<Reading>) -> Eligibility {
    let open = readings
        .iter()
        .find(|reading| !reading.open.is_empty() && reading.allowed != Some(false));
    if let Some(open) = open {
        return Eligibility::NeedsVersion(open.clone());
    }
    match readings
        .into_iter()
        .find(|reading| reading.allowed == Some(false))
    {
        Some(reading) => Eligibility::No(reading),
        None => Eligibility::Unmentioned,
    }
}
