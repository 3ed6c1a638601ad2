//! What the state of a row means, in which of six classes it falls, and what to do next.

/// What a person has to think of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    /// As it was meant to be.
    Done,
    /// Sent, and not ended.
    Underway,
    /// Nothing sent yet.
    Waiting,
    /// Nothing was sent, and nothing will be.
    SetAside,
    /// Nobody knows. The first that a person has to look at.
    Unsure,
    /// Sent, and it went wrong.
    Failed,
}

impl Class {
    /// All of them, in the order of a chart.
    pub const ALL: [Self; 6] = [
        Self::Done,
        Self::Underway,
        Self::Waiting,
        Self::SetAside,
        Self::Unsure,
        Self::Failed,
    ];

    /// The word for programs.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Underway => "underway",
            Self::Waiting => "waiting",
            Self::SetAside => "set-aside",
            Self::Unsure => "unsure",
            Self::Failed => "failed",
        }
    }

    /// The words for people.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Done => "Done",
            Self::Underway => "Under way",
            Self::Waiting => "Not sent yet",
            Self::SetAside => "Set aside",
            Self::Unsure => "Not known",
            Self::Failed => "Failed",
        }
    }

    /// Whether it did not end as it was meant to.
    const fn needs_somebody(self) -> bool {
        matches!(self, Self::SetAside | Self::Unsure | Self::Failed)
    }

    pub(crate) const fn place(self) -> usize {
        self as usize
    }
}

/// What a state is called, and what it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word {
    /// The state.
    pub state: &'static str,
    /// Where it belongs.
    pub class: Class,
    /// What it means.
    pub meaning: &'static str,
    /// What to do now, if anything.
    pub next: Option<&'static str>,
}

impl Word {
    /// Whether a person has to do something about it.
    #[must_use]
    pub const fn needs_somebody(&self) -> bool {
        self.class.needs_somebody() && self.next.is_some()
    }
}

/// Every state that a row can be in.
#[rustfmt::skip]
pub(crate) const WORDS: &[Word] = &[
    w("delivered", Class::Done, "Done, and the passcode was delivered.", None),
    w("done", Class::Done, "The device carried it out.", None),
    w("accepted", Class::Done, "The service took it, and nobody waited for the device.",
        Some("Look later: `passcode run resume` reads what became of it.")),
    w("pending", Class::Underway, "The service took it; the device has not reported back.",
        Some("Switch the device on and connect it; `passcode run resume` goes on watching. Do not send it again.")),
    w("sent", Class::Underway, "The request is on its way, or its result is being looked at.", None),
    w("awaiting-approval", Class::Waiting, "Another administrator must approve it first.",
        Some("Have it approved in Intune, then `passcode run resume`.")),
    w("listed", Class::Waiting, "Asked for. Neither found nor planned yet.", None),
    w("planned", Class::Waiting, "There is a plan, and nothing was sent.", None),
    w("not-executed", Class::Waiting, "The service turned the request away before it carried anything out.",
        Some("`passcode run resume` tries it again.")),
    w("duplicate", Class::SetAside, "Another row of the run has the same device; it is done there.", None),
    w("not-found", Class::SetAside, "No such device, or more than one. Nothing was sent.",
        Some("Correct the row, or name the device by serial number, and plan it anew.")),
    w("refused", Class::SetAside, "Refused before anything was sent; the message says by which rule.",
        Some("Read the message; if the device shall be done all the same, plan it anew.")),
    w("usage", Class::SetAside, "What the row asks for makes no sense. Nothing was sent.",
        Some("Correct the row and plan it anew.")),
    w("forbidden", Class::SetAside, "The sign-in may not do this. Nothing was done.",
        Some("Run `passcode doctor`: it names the missing role or permission.")),
    w("not-signed-in", Class::SetAside, "There was no credential that counts. Nothing was sent.",
        Some("Sign in again and plan it anew.")),
    w("unavailable", Class::SetAside, "The service was throttled or out of reach. Nothing was sent.",
        Some("Plan it anew when the service answers.")),
    w("interrupted", Class::SetAside, "A person stopped it before anything was sent.",
        Some("Plan it anew if it is still wanted.")),
    w("fault", Class::SetAside, "A fault in this software. Nothing was sent.",
        Some("Please report it, with the message and the code.")),
    w("ended", Class::SetAside, "Set aside without a reason on record. Nothing was sent.",
        Some("Look at the row: `passcode run show`.")),
    w("unknown", Class::Unsure, "It may or may not have been carried out; nobody knows.",
        Some("Look at the device or its action results. Do not send it again before that; then only by a new plan with `--after-unknown PLAN`.")),
    w("ambiguous", Class::Unsure, "Accepted, but several new results appeared and none can be called ours.",
        Some("Look at the device: somebody else acted on it at the same time.")),
    w("failed", Class::Failed, "The device reported failure.",
        Some("Read the message, see docs/help-desk.md for this kind of device, and plan it anew.")),
    w("rejected", Class::Failed, "The service refused the request for good; the device was not touched.",
        Some("Read the code and the message; give the request id to Microsoft's support if they do not tell.")),
    w("canceled", Class::Failed, "The action was withdrawn in Intune before the device carried it out.",
        Some("Ask who withdrew it, and plan it anew if it is still wanted.")),
    w("not-supported", Class::Failed, "The device cannot do this.",
        Some("It needs another way: see docs/help-desk.md for this kind of device.")),
];

const UNHEARD_OF: Word = w(
    "other",
    Class::Unsure,
    "A state that this version has no word for.",
    Some("Look at the row with the version that wrote it: `passcode run show`."),
);

const fn w(
    state: &'static str,
    class: Class,
    meaning: &'static str,
    next: Option<&'static str>,
) -> Word {
    Word {
        state,
        class,
        meaning,
        next,
    }
}

/// What is known of a state. One that nobody has heard of is never counted as done.
#[must_use]
pub fn word(state: &str) -> &'static Word {
    WORDS
        .iter()
        .find(|word| word.state == state)
        .unwrap_or(&UNHEARD_OF)
}

/// What an approval is worth, in a sentence.
pub(crate) fn assurance(word: &str) -> &'static str {
    match word {
        "four-eyes" => "Signed with the key of a person other than the planner.",
        "checksum" => {
            "A checksum only: it shows that what was carried out is what was approved, not that a second person approved it."
        }
        "not-enough" => {
            "As far as this can be judged where the report was written, fewer people approved it than have to."
        }
        "not-counted" => "This signature does not count.",
        "denied" => "Somebody denied it; nothing more may be sent.",
        "none" | "" => "Nobody approved it apart from whoever started it.",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_has_a_meaning_and_trouble_says_what_to_do() {
        for (at, word) in WORDS.iter().enumerate() {
            assert!(WORDS[..at].iter().all(|other| other.state != word.state));
            assert!(word.meaning.ends_with('.'), "{}", word.state);
            let trouble = word.class.needs_somebody() && word.state != "duplicate";
            assert_eq!(word.needs_somebody(), trouble, "{}", word.state);
        }
    }

    #[test]
    fn a_state_nobody_has_heard_of_is_not_done() {
        assert_eq!(word("done").class, Class::Done);
        assert_eq!(word("doen").class, Class::Unsure);
        assert_eq!(word("").class, Class::Unsure);
    }
}
