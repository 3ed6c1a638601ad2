//! Something that is typed and not shown.

use std::io::{self, Write as _};
use std::time::Duration;

use crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use crossterm::terminal::{disable_raw_mode, enable_raw_mode};
use zeroize::Zeroizing;

use crate::interrupt::Interrupt;

/// Longer than any passphrase. The room is taken at once: text that grows leaves copies behind.
const ROOM: usize = 4_096;

/// Ask for something on the terminal without showing what is typed. `Ok(None)`: interrupted.
pub(crate) async fn hidden(
    interrupt: &Interrupt,
    prompt: String,
) -> io::Result<Option<Zeroizing<String>>> {
    let interrupt = interrupt.clone();
    tokio::task::spawn_blocking(move || read(&interrupt, &prompt))
        .await
        .map_err(io::Error::other)?
}

/// Nothing is shown while it lives.
struct Unshown;

impl Unshown {
    fn begin() -> io::Result<Self> {
        enable_raw_mode().map(|()| Self)
    }
}

impl Drop for Unshown {
    fn drop(&mut self) {
        let _ = disable_raw_mode();
        // The key that ended it was not shown either.
        crate::console::note("");
    }
}

fn read(interrupt: &Interrupt, prompt: &str) -> io::Result<Option<Zeroizing<String>>> {
    let already = interrupt.count();
    let _unshown = Unshown::begin()?;
    let mut stderr = io::stderr().lock();
    write!(stderr, "{prompt}").and_then(|()| stderr.flush())?;
    drop(stderr);
    let mut typed = Zeroizing::new(String::with_capacity(ROOM));
    loop {
        if interrupt.count() > already {
            return Ok(None);
        }
        if !event::poll(Duration::from_millis(200))? {
            continue;
        }
        if let Event::Key(key) = event::read()? {
            match pressed(&mut typed, key) {
                Pressed::On => {}
                Pressed::Done => return Ok(Some(typed)),
                Pressed::Interrupted => return Ok(None),
            }
        }
    }
}

/// What a key did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pressed {
    On,
    Done,
    Interrupted,
}

/// One key. The terminal edits nothing and interrupts nobody here, so it is done by hand.
fn pressed(typed: &mut Zeroizing<String>, key: KeyEvent) -> Pressed {
    if key.kind == KeyEventKind::Release {
        return Pressed::On;
    }
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    match key.code {
        KeyCode::Enter => return Pressed::Done,
        KeyCode::Char('j' | 'm') if control => return Pressed::Done,
        KeyCode::Char('c' | 'd') if control => return Pressed::Interrupted,
        KeyCode::Char('u') if control => typed.clear(),
        KeyCode::Char('h') if control => drop(typed.pop()),
        KeyCode::Backspace => drop(typed.pop()),
        KeyCode::Char(letter) if !control && typed.len() + letter.len_utf8() <= ROOM => {
            typed.push(letter);
        }
        _ => {}
    }
    Pressed::On
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(typed: &mut Zeroizing<String>, code: KeyCode, modifiers: KeyModifiers) -> Pressed {
        pressed(typed, KeyEvent::new(code, modifiers))
    }

    #[test]
    fn keys_edit_and_end_it() {
        let mut typed = Zeroizing::new(String::with_capacity(ROOM));
        let none = KeyModifiers::NONE;
        for letter in "xé S".chars() {
            assert_eq!(press(&mut typed, KeyCode::Char(letter), none), Pressed::On);
        }
        press(&mut typed, KeyCode::Backspace, none);
        press(&mut typed, KeyCode::Char('T'), KeyModifiers::SHIFT);
        press(&mut typed, KeyCode::Left, none);
        press(&mut typed, KeyCode::Char('a'), KeyModifiers::CONTROL);
        assert_eq!(*typed, "xé T");
        assert_eq!(press(&mut typed, KeyCode::Enter, none), Pressed::Done);
        press(&mut typed, KeyCode::Char('u'), KeyModifiers::CONTROL);
        assert_eq!(*typed, "");
        for letter in ['c', 'd'] {
            let ended = press(&mut typed, KeyCode::Char(letter), KeyModifiers::CONTROL);
            assert_eq!(ended, Pressed::Interrupted);
        }
    }

    #[test]
    fn it_never_grows_out_of_its_room() {
        let mut typed = Zeroizing::new(String::with_capacity(ROOM));
        let (begun, room) = (typed.as_ptr(), typed.capacity());
        for _ in 0..ROOM + 9 {
            press(&mut typed, KeyCode::Char('é'), KeyModifiers::NONE);
        }
        assert_eq!((typed.as_ptr(), typed.capacity()), (begun, room));
    }
}
