//! Passcodes of a run that ended, on the terminal: one device at a time, each only when somebody
//! asks for it, and gone again before the next one.

use passcode_host::contract::types::{Effect, Touched};
use passcode_host::ledger::PlanId;
use passcode_host::plain;
use passcode_ledger::run::Row;
use passcode_runner::fleet::Label;

use super::deliver::{Delivering, is_due};
use super::short;
use crate::commands::words::showing;
use crate::failure::Failure;
use crate::terminal::{self, Turn};

const PAGE: u32 = 1_000;

/// How far it came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Count {
    /// So many have a passcode.
    due: usize,
    /// So many were shown.
    shown: usize,
    /// So many can no longer be shown: somebody else got them, or Intune has none.
    gone: usize,
}

/// Show what is done and not delivered. What became of it, in words.
pub(super) async fn hand_out(what: &Delivering<'_>) -> Result<String, Failure> {
    let due = due(what).await?;
    let mut count = Count {
        due: due.len(),
        ..Count::default()
    };
    for (at, number) in (1_usize..).zip(&due) {
        match one(what, *number, &format!("{at} of {}", due.len())).await? {
            Became::Shown => count.shown += 1,
            Became::Gone => count.gone += 1,
            Became::Left => {}
            Became::Stopped => break,
        }
    }
    let (name, place) = (short(&what.run.new.id), what.app.same_place());
    Ok(told(count, name, &place))
}

/// What became of one.
enum Became {
    Shown,
    Gone,
    /// Nobody has seen it.
    Left,
    /// Nor is anybody to see the others.
    Stopped,
}

fn told(count: Count, name: &str, place: &str) -> String {
    if count.due == 0 {
        return "no passcodes to show".to_owned();
    }
    let left = count.due - count.shown - count.gone;
    let mut text = format!("{} of {} passcodes were shown", count.shown, count.due);
    if left > 0 {
        text.push_str(&format!(
            "; {left} stay undelivered: `passcode run resume {name}{place}` asks about them again, and `passcode reveal PLAN{place}` shows one, for seven days"
        ));
    }
    text
}

/// The rows that are to be shown, by number.
async fn due(what: &Delivering<'_>) -> Result<Vec<u64>, Failure> {
    let (store, runner) = (&what.connected.store, &what.connected.runner);
    let (mut due, mut after) = (Vec::new(), 0);
    loop {
        let page = store.rows(&what.run.new.id, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.new.number;
        for row in page.iter().filter(|row| is_due(row)) {
            let Some(plan) = row.plan else { continue };
            let document = runner.action().plan(&plan).await?;
            // A passcode that was removed is nothing to show.
            if document.plan.proposal.effect != Effect::RemovePasscode {
                due.push(row.new.number);
            }
        }
    }
    Ok(due)
}

async fn one(what: &Delivering<'_>, number: u64, at: &str) -> Result<Became, Failure> {
    let rows = what
        .connected
        .store
        .rows(&what.run.new.id, number - 1, 1)
        .await?;
    // While somebody thought about the one before, another process may have delivered this one.
    let row = rows.first().filter(|row| is_due(row));
    let Some((row, plan)) = row.and_then(|row| Some((row, row.plan?))) else {
        return Ok(Became::Gone);
    };
    let question = format!(
        "{at}: {}. Enter shows its passcode, `s` skips it, `q` stops:",
        called(row)
    );
    match terminal::turn(what.interrupt, &question).await {
        Turn::Show => show(what, plan).await,
        Turn::Skip => {
            let place = what.app.same_place();
            what.app.tell(&format!(
                "skipped; later: passcode reveal {}{place}",
                plan.short()
            ));
            Ok(Became::Left)
        }
        Turn::Stop => Ok(Became::Stopped),
    }
}

async fn show(what: &Delivering<'_>, plan: PlanId) -> Result<Became, Failure> {
    let (app, runner) = (what.app, &what.connected.runner);
    // Read only now: nothing is held of a passcode that nobody asked for.
    let Some(looked) = what.interrupt.until(1, runner.look(&plan)).await else {
        return Ok(Became::Stopped);
    };
    let observed = match looked {
        Ok(observed) => observed,
        Err(error) => {
            app.tell(&format!(
                "it could not be read: {}",
                plain(&error.to_string())
            ));
            return Ok(Became::Left);
        }
    };
    // Written down first. If that fails, nobody sees it.
    let disclosed = runner.disclose(&observed, "terminal").await;
    let disclosed = disclosed.map_err(|error| {
        let mut failure = Failure::from(error).plan(plan);
        failure.touched = Touched::Yes;
        failure.message = format!(
            "the passcode is there, but is not shown, because that could not be written down: {}",
            failure.message
        );
        failure
    })?;
    let Some(passcode) = disclosed else {
        app.tell("Intune shows no passcode of it; it does so for seven days");
        return Ok(Became::Gone);
    };
    let document = runner.action().plan(&plan).await?;
    let beside = showing(app, &document, Some(&observed));
    if terminal::show(what.interrupt, &beside, passcode).await {
        return Ok(Became::Shown);
    }
    app.tell(&format!(
        "the terminal could not show it; print it with `passcode reveal {}{} --reveal`",
        plan.short(),
        app.same_place()
    ));
    Ok(Became::Stopped)
}

/// The device of a row, in a line.
fn called(row: &Row) -> String {
    let label: Label = row
        .label
        .as_deref()
        .and_then(|label| serde_json::from_str(label).ok())
        .unwrap_or_default();
    let text = format!(
        "\"{}\" (serial {}, user {})",
        label.name,
        label.serial_number.as_deref().unwrap_or("none"),
        label.user.as_deref().unwrap_or("nobody")
    );
    plain(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_saw_is_told_with_the_way_to_it() {
        let count = |due, shown, gone| Count { due, shown, gone };
        let told = |count| told(count, "7e4a0000", " --practice");
        assert_eq!(told(count(0, 0, 0)), "no passcodes to show");
        assert_eq!(told(count(3, 3, 0)), "3 of 3 passcodes were shown");
        assert_eq!(told(count(3, 2, 1)), "2 of 3 passcodes were shown");
        let left = told(count(3, 1, 0));
        assert!(left.contains("2 stay undelivered"), "{left}");
        assert!(left.contains("`passcode run resume 7e4a0000 --practice`"));
    }
}
