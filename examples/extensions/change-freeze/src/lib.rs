//! A reviewer: in a change freeze no passcode is touched without a change ticket.
//!
//! Its settings, all of them optional but `ticket`:
//!
//! - `ticket`: what a ticket looks like. `#` stands for a digit, `*` at the end for anything, and
//!   every other character for itself: `CHG#######`.
//! - `from`, `until`: when the freeze is, as `2026-12-18T00:00:00Z`. Without them it is always.
//! - `approve`: kinds of device, with commas between them, that take another person's approval,
//!   frozen or not.
//!
//! A panic is a denial, so nothing here has to be rescued.

mod bindings {
    #![allow(
        missing_docs,
        reason = "generated bindings; the documentation is in wit/"
    )]

    wit_bindgen::generate!({ world: "reviewer", path: "../../../wit" });

    export!(ChangeFreeze);

    use super::ChangeFreeze;
}

use bindings::exports::passcode::action::review::{Context, Guest, Opinion, Plan};
use bindings::passcode::action::log;

struct ChangeFreeze;

impl Guest for ChangeFreeze {
    fn review(plan: Plan, context: Context, settings: Vec<(String, String)>) -> Opinion {
        let rules = match Rules::read(&settings) {
            Ok(rules) => rules,
            // Whoever misspelt a rule believes that it holds.
            Err(why) => return Opinion::Deny(why),
        };
        let ticket = plan.caller.ticket.as_deref().unwrap_or_default();
        if rules.frozen(&context.now) && !looks_like(&rules.ticket, ticket) {
            log::write(log::Severity::Info, "frozen, and no ticket that fits");
            return Opinion::Deny(match ticket {
                "" => format!("in a change freeze it takes a ticket like {}", rules.ticket),
                _ => format!("ticket {ticket} is not like {}", rules.ticket),
            });
        }
        let kind = &plan.proposal.device.kind;
        if rules.approve.contains(kind) {
            return Opinion::RequireApproval(format!("a device of the kind {kind}"));
        }
        Opinion::Abstain
    }
}

#[derive(Default)]
struct Rules {
    ticket: String,
    from: Option<String>,
    until: Option<String>,
    approve: Vec<String>,
}

impl Rules {
    fn read(settings: &[(String, String)]) -> Result<Self, String> {
        let mut rules = Self::default();
        for (name, value) in settings {
            match name.as_str() {
                "ticket" => rules.ticket = value.clone(),
                "from" => rules.from = Some(instant(name, value)?),
                "until" => rules.until = Some(instant(name, value)?),
                "approve" => {
                    let kinds = value.split(',').map(|kind| kind.trim().to_owned());
                    rules.approve = kinds.filter(|kind| !kind.is_empty()).collect();
                }
                other => return Err(format!("the setting `{other}` is not known to it")),
            }
        }
        if rules.ticket.is_empty() {
            return Err("the setting `ticket` is missing".to_owned());
        }
        Ok(rules)
    }

    fn frozen(&self, now: &str) -> bool {
        // Of one form and in UTC, so that instants are in the order of their letters.
        let begun = self.from.as_deref().is_none_or(|from| from <= now);
        let over = self.until.as_deref().is_some_and(|until| until <= now);
        begun && !over
    }
}

/// An instant as the host writes them.
fn instant(name: &str, value: &str) -> Result<String, String> {
    match looks_like("####-##-##T##:##:##Z", value) {
        true => Ok(value.to_owned()),
        false => Err(format!(
            "the setting `{name}` is not like 2026-12-18T00:00:00Z"
        )),
    }
}

fn looks_like(pattern: &str, text: &str) -> bool {
    let mut text = text.chars();
    for wanted in pattern.chars() {
        let fits = match wanted {
            '*' => return true,
            '#' => text.next().is_some_and(|c| c.is_ascii_digit()),
            _ => text.next() == Some(wanted),
        };
        if !fits {
            return false;
        }
    }
    text.next().is_none()
}
