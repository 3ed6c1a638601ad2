//! Questions. The default is always no.

use std::io::{BufRead as _, Write as _};

use passcode_host::contract::types::Device;

use super::called::called;
use crate::interrupt::Interrupt;

use super::text::{indented, width};

/// What a person answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Yes,
    No,
    Interrupted,
}

/// Ask a question that takes `y` or `yes`; anything else, and nothing, is no.
pub(crate) async fn ask(interrupt: &Interrupt, question: &str) -> Answer {
    let width = usize::from(width());
    let question = indented(&format!("{question} [y/N]"), 0, width.saturating_sub(4));
    match line(interrupt, &format!("{question} ")).await {
        None => Answer::Interrupted,
        Some(text) if is_yes(&text) => Answer::Yes,
        Some(_) => Answer::No,
    }
}

fn is_yes(text: &str) -> bool {
    matches!(text.trim().to_ascii_lowercase().as_str(), "y" | "yes")
}

/// Let a person pick one of several devices. There is no default. `Ok(None)`: none of them.
pub(crate) async fn pick(interrupt: &Interrupt, devices: &[Device]) -> Result<Option<usize>, ()> {
    crate::console::note("Several devices match:");
    for (number, device) in devices.iter().enumerate() {
        crate::console::note(&format!("  {}. {}", number + 1, called(device)));
    }
    let text = line(
        interrupt,
        &format!("Which one? [1-{}, empty for none] ", devices.len()),
    )
    .await
    .ok_or(())?;
    Ok(picked(&text, devices.len()))
}

fn picked(text: &str, count: usize) -> Option<usize> {
    let number: usize = text.trim().parse().ok()?;
    (1..=count).contains(&number).then(|| number - 1)
}

/// What a person wants of the next of several secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    Show,
    Skip,
    Stop,
}

/// Whether the next one is to be shown. An interruption and the end of the input stop.
pub(crate) async fn turn(interrupt: &Interrupt, prompt: &str) -> Turn {
    let width = usize::from(width()).saturating_sub(1);
    let mut prompt = indented(prompt, 0, width);
    loop {
        let Some(text) = line(interrupt, &format!("{prompt} ")).await else {
            return Turn::Stop;
        };
        if let Some(turn) = turn_of(&text) {
            return turn;
        }
        "Enter, `s` or `q`:".clone_into(&mut prompt);
    }
}

/// Only the Enter key alone shows; what is none of the answers is asked again.
fn turn_of(text: &str) -> Option<Turn> {
    if text.is_empty() {
        return Some(Turn::Stop);
    }
    match text.trim().to_ascii_lowercase().as_str() {
        "" => Some(Turn::Show),
        "s" | "skip" => Some(Turn::Skip),
        "q" | "quit" | "stop" => Some(Turn::Stop),
        _ => None,
    }
}

fn show(prompt: &str) {
    let mut stderr = std::io::stderr().lock();
    let _ = write!(stderr, "{prompt}").and_then(|()| stderr.flush());
}

/// A line from the terminal; `None` if interrupted. The end of the input is an empty line.
async fn line(interrupt: &Interrupt, prompt: &str) -> Option<String> {
    show(prompt);
    let reading = tokio::task::spawn_blocking(|| {
        let mut text = String::new();
        let _ = std::io::stdin().lock().read_line(&mut text);
        text
    });
    let read = interrupt.until(1, reading).await;
    if read.is_none() {
        crate::console::note("");
    }
    Some(read?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_yes_is_a_yes() {
        for (text, yes) in [
            ("y\n", true),
            ("YES\n", true),
            ("\n", false),
            ("", false),
            ("yy\n", false),
            ("n\n", false),
            ("ja\n", false),
        ] {
            assert_eq!(is_yes(text), yes, "{text:?}");
        }
    }

    #[test]
    fn only_enter_shows_a_secret_and_the_end_of_the_input_stops() {
        for (text, turn) in [
            ("\n", Some(Turn::Show)),
            ("\r\n", Some(Turn::Show)),
            ("", Some(Turn::Stop)),
            ("s\n", Some(Turn::Skip)),
            ("Skip\n", Some(Turn::Skip)),
            ("q\n", Some(Turn::Stop)),
            ("y\n", None),
            ("123456\n", None),
        ] {
            assert_eq!(turn_of(text), turn, "{text:?}");
        }
    }

    #[test]
    fn nothing_is_picked_unless_it_is_named() {
        for (text, expected) in [
            ("1", Some(0)),
            ("3\n", Some(2)),
            ("0", None),
            ("4", None),
            ("", None),
            ("x", None),
            ("-1", None),
        ] {
            assert_eq!(picked(text, 3), expected, "{text:?}");
        }
    }
}
