//! What comes next, for whom, and how long it takes.

use crate::combine::Possible;
use crate::contract::{Citation, Effect, Expectation};
use crate::kind::Kind;
use crate::prelude::*;
use crate::rules::{CHECK_IN, WITHOUT_GMS, cite, cites};

/// How long a result usually takes, and how long it may.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Duration {
    pub(crate) usual_seconds: u32,
    pub(crate) longest_seconds: u32,
    /// How long to wait before looking again for the first time.
    pub(crate) look_again_seconds: u32,
}

pub(crate) fn duration(kind: Kind) -> Duration {
    const EIGHT_HOURS: u32 = 8 * 3_600;
    if kind.without_push() {
        // Newer agents look every quarter of an hour, older ones every eight hours.
        Duration {
            usual_seconds: 900,
            longest_seconds: EIGHT_HOURS,
            look_again_seconds: 60,
        }
    } else {
        Duration {
            usual_seconds: 30,
            longest_seconds: EIGHT_HOURS,
            look_again_seconds: 5,
        }
    }
}

fn expect(id: &str, who: &str, text: &str, citations: Vec<Citation>) -> Expectation {
    Expectation {
        id: id.to_owned(),
        who: who.to_owned(),
        text: text.to_owned(),
        citations,
    }
}

/// Everybody's next steps, in the order they come.
pub(crate) fn expectations(what: Possible, disputed: bool, kind: Kind) -> Vec<Expectation> {
    let mut steps = vec![reachable(kind)];
    steps.extend(after(what, disputed));
    steps
}

fn reachable(kind: Kind) -> Expectation {
    if kind.without_push() {
        expect(
            "device-checks-in",
            "device",
            "has to be switched on and connected; without Google's push it may take up to eight hours until it asks Intune",
            vec![WITHOUT_GMS.cite()],
        )
    } else {
        expect(
            "device-checks-in",
            "device",
            "has to be switched on and connected; then it usually acts within seconds, otherwise when it next checks in",
            vec![CHECK_IN.cite()],
        )
    }
}

/// The steps after the device has acted.
pub(crate) fn after(what: Possible, disputed: bool) -> Vec<Expectation> {
    if what == Possible::Remove {
        return vec![
            expect(
                "device-open",
                "device",
                "has no passcode any more and opens without one",
                cite("passcode-2022/ios-removed"),
            ),
            expect(
                "user-sets-new-passcode",
                "user",
                "sets a new passcode in Settings; the device asks for it if a passcode policy is assigned, and stays open if none is",
                cite("remove-2025/new-passcode"),
            ),
        ];
    }
    let mut steps = vec![expect(
        "operator-passes-on-passcode",
        "operator",
        "sees the temporary passcode and gives it to the user by a channel other than the device",
        cite("reset-2025-08/seven-days"),
    )];
    let profile = what == Possible::ResetWorkProfile;
    if profile {
        steps.push(expect(
            "user-is-notified",
            "user",
            "gets a notification to activate the reset passcode",
            cite("reset-2025-08/notified"),
        ));
    }
    steps.push(expect(
        "user-enters-temporary-passcode",
        "user",
        if profile && !disputed {
            "enters the temporary passcode for the work profile"
        } else {
            "enters the temporary passcode on the device"
        },
        cite("reset-2025-08/seven-days"),
    ));
    if disputed {
        steps.push(expect("level-disputed", "user", "tries the temporary passcode at the lock screen; the documents disagree about which lock it opens", cites(&["reset-2025-10/cobo-device", "passcode-2025/device-owner"])));
    } else if profile {
        steps.push(expect(
            "phone-stays-locked",
            "user",
            "still needs the phone's own screen lock, which this does not change",
            cite("reset-2025-08/profile-level"),
        ));
    }
    steps.push(expect(
        "passcode-shown-seven-days",
        "service",
        "shows the temporary passcode to administrators for seven days",
        cite("reset-2025-08/seven-days"),
    ));
    steps
}

/// What an effect does, read back from a plan.
pub(crate) fn possible(effect: &Effect) -> Possible {
    match effect {
        Effect::RemovePasscode => Possible::Remove,
        Effect::ResetWorkProfilePasscode => Possible::ResetWorkProfile,
        Effect::ResetDevicePasscode | Effect::Other(_) => Possible::ResetDevice,
    }
}
