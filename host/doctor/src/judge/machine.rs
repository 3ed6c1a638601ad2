//! What is on this machine.

use crate::facts::{Facts, Ledger};
use crate::finding::{Area, Finding, Hindrance};

const AREA: Area = Area::Machine;

pub(super) fn judge(facts: &Facts) -> Vec<Finding> {
    vec![home(facts), ledger(facts), cache(facts)]
}

fn home(facts: &Facts) -> Finding {
    let (id, home) = ("home", &facts.disk.home);
    let at = home.path.display();
    match (home.writable, home.open_to_all) {
        (Some(false), _) => Finding::block(
            AREA,
            id,
            Hindrance::NotReady,
            format!("{at} cannot be written to, and what is not written down is not sent"),
        )
        .remedy("give this account the folder, or name another with `--home` or PASSCODE_HOME"),
        (None, _) | (_, None) => Finding::unknown(
            AREA,
            id,
            format!("who may read and write {at}, this system does not say"),
        ),
        (Some(true), Some(true)) => Finding::warn(
            AREA,
            id,
            format!(
                "every user of this machine may look into {at}, where devices and people are named"
            ),
        )
        .remedy(format!("chmod o-rwx '{at}'")),
        (Some(true), Some(false)) => {
            let there = if home.exists { "" } else { " (not there yet)" };
            Finding::pass(
                AREA,
                id,
                format!("{at} can be written to, and is not everybody's{there}"),
            )
        }
    }
}

fn ledger(facts: &Facts) -> Finding {
    let id = "ledger";
    match &facts.disk.ledger {
        Ledger::Works(path) => Finding::pass(
            AREA,
            id,
            format!("the ledger opens and can be written: {}", path.display()),
        ),
        Ledger::NotThere(path) => Finding::pass(
            AREA,
            id,
            format!(
                "there is no ledger yet; the first plan makes {}",
                path.display()
            ),
        ),
        Ledger::Unusable(why, remedy) => Finding::block(
            AREA,
            id,
            Hindrance::NotReady,
            format!("the ledger cannot be used, and without it nothing is sent: {why}"),
        )
        .remedy(remedy),
    }
}

fn cache(facts: &Facts) -> Finding {
    let (id, cache) = ("cache", &facts.disk.cache);
    let at = cache.path.display();
    match (cache.writable, cache.exists) {
        (Some(false), _) => Finding::warn(
            AREA,
            id,
            format!("{at} cannot be written to: the component is compiled anew every time"),
        )
        .remedy("give this account the folder"),
        (None, _) => Finding::unknown(
            AREA,
            id,
            format!("who may write {at}, this system does not say"),
        ),
        (Some(true), true) => {
            Finding::pass(AREA, id, format!("compiled components are kept in {at}"))
        }
        (Some(true), false) => Finding::pass(
            AREA,
            id,
            format!("compiled components will be kept in {at}"),
        ),
    }
}
