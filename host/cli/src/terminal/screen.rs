//! The passcode, on the terminal's other screen: it is seen, and never enters the scroll-back.

use std::io::{self, Write as _};
use std::time::Duration;

use crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use crossterm::terminal::{
    Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{cursor, execute, queue, style};
use passcode_host::{Passcode, plain};
use zeroize::Zeroizing;

use super::letters::large;
use super::spelling::{groups, said};
use super::text::indented;
use crate::interrupt::Interrupt;

/// What stands beside the passcode.
#[derive(Clone, Debug)]
pub(crate) struct Showing {
    /// Which device, whose.
    pub(crate) title: String,
    /// What it opens.
    pub(crate) level: String,
    /// What happens next, and when it disappears.
    pub(crate) notes: Vec<String>,
}

/// Show a passcode until a key is pressed. False if the screen could not be had; then nothing
/// was shown.
pub(crate) async fn show(interrupt: &Interrupt, showing: &Showing, passcode: &Passcode) -> bool {
    let (interrupt, showing, passcode) = (interrupt.clone(), showing.clone(), passcode.clone());
    tokio::task::spawn_blocking(move || on_screen(&interrupt, &showing, &passcode).is_ok())
        .await
        .unwrap_or(false)
}

/// Gives the terminal back, whatever happens.
struct Screen;

impl Screen {
    fn enter() -> io::Result<Self> {
        enable_raw_mode()?;
        let screen = Self;
        execute!(io::stderr(), EnterAlternateScreen, cursor::Hide)?;
        Ok(screen)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // Cleared first: some terminals keep the other screen.
        let _ = execute!(
            io::stderr(),
            Clear(ClearType::All),
            cursor::Show,
            LeaveAlternateScreen
        );
        let _ = disable_raw_mode();
    }
}

fn on_screen(interrupt: &Interrupt, showing: &Showing, passcode: &Passcode) -> io::Result<()> {
    let _screen = Screen::enter()?;
    // What was typed while waiting must not clear what nobody has read yet.
    while event::poll(Duration::ZERO)? {
        event::read()?;
    }
    draw(showing, passcode)?;
    let already = interrupt.count();
    loop {
        if interrupt.count() > already {
            return Ok(());
        }
        if !event::poll(Duration::from_millis(200))? {
            continue;
        }
        match event::read()? {
            Event::Key(key) if key.kind == KeyEventKind::Press && ends(key.code, key.modifiers) => {
                return Ok(());
            }
            Event::Resize(..) => draw(showing, passcode)?,
            _ => {}
        }
    }
}

/// Any key but those that are pressed to copy or to change windows.
fn ends(code: KeyCode, modifiers: KeyModifiers) -> bool {
    match code {
        KeyCode::Char('c') if modifiers.contains(KeyModifiers::CONTROL) => true,
        KeyCode::Char(_) | KeyCode::Enter | KeyCode::Esc | KeyCode::Backspace => true,
        _ => false,
    }
}

fn draw(showing: &Showing, passcode: &Passcode) -> io::Result<()> {
    // Some terminals say that they have no size; a passcode drawn on nothing would be lost.
    let (width, height) = super::text::size().unwrap_or((80, 24));
    let lines = lay_out(showing, passcode.reveal(), width.into(), height.into());
    let mut out = io::stderr().lock();
    queue!(out, Clear(ClearType::All))?;
    for (row, line) in (0..height).zip(lines.iter()) {
        queue!(out, cursor::MoveTo(0, row), style::Print(line.as_str()))?;
    }
    out.flush()
}

/// The lines of the screen. Pure.
fn lay_out(
    showing: &Showing,
    passcode: &str,
    width: usize,
    height: usize,
) -> Vec<Zeroizing<String>> {
    let room = width.saturating_sub(4);
    let groups = groups(passcode);
    let mut lines = vec![
        String::new(),
        format!("  {}", plain(&showing.title)),
        String::new(),
    ];
    let spelled = spelled(passcode, room);
    let needed = 13 + spelled.len() + showing.notes.len();
    match large(&groups, room).filter(|_| height >= needed) {
        Some(letters) => lines.extend(letters.iter().map(|line| format!("  {line}"))),
        None => lines.push(format!("      {}", spaced(&groups))),
    }
    lines.push(String::new());
    lines.extend(spelled.iter().map(|line| format!("  {line}")));
    lines.push(String::new());
    for note in std::iter::once(&showing.level).chain(&showing.notes) {
        let text = indented(&plain(note), 4, width.saturating_sub(2));
        lines.extend(format!("  - {text}").lines().map(str::to_owned));
    }
    lines.push(String::new());
    lines.push("  Press a key to clear it.".to_owned());
    if lines.len() > height {
        // The passcode and the way out come first.
        let keep = height.saturating_sub(1);
        lines.drain(keep.min(lines.len() - 1)..lines.len() - 1);
    }
    lines.into_iter().map(Zeroizing::new).collect()
}

/// `A B C D   E F G H`.
fn spaced(groups: &[String]) -> String {
    let group = |group: &String| {
        let letters: Vec<String> = group.chars().map(String::from).collect();
        letters.join(" ")
    };
    groups.iter().map(group).collect::<Vec<_>>().join("   ")
}

/// Spelled in columns, read from left to right.
fn spelled(passcode: &str, room: usize) -> Vec<String> {
    const COLUMN: usize = 26;
    let columns = (room / COLUMN).clamp(1, 4);
    let cells: Vec<String> = passcode
        .chars()
        .enumerate()
        .map(|(number, c)| format!("{:>2}. {c}  {}", number + 1, said(c)))
        .collect();
    cells
        .chunks(columns)
        .map(|line| {
            let padded: String = line.iter().map(|cell| format!("{cell:<COLUMN$}")).collect();
            padded.trim_end().to_owned()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn screen(width: usize, height: usize) -> Vec<String> {
        let showing = Showing {
            title: "KIOSK-0001\u{202e}".to_owned(),
            level: "opens the device".to_owned(),
            notes: vec!["gone after seven days".to_owned()],
        };
        lay_out(&showing, "Ab0ABCDEFG", width, height)
            .iter()
            .map(|line| line.to_string())
            .collect()
    }

    #[test]
    fn it_is_large_where_there_is_room_and_spaced_where_not() {
        let wide = screen(100, 40).join("\n");
        assert!(wide.contains('█') && wide.contains("capital Alfa") && wide.contains("digit zero"));
        assert!(!wide.contains('\u{202e}'));
        let narrow = screen(60, 40).join("\n");
        assert!(!narrow.contains('█') && narrow.contains("A b 0 A   B C D E   F G"));
        let low = screen(100, 14);
        assert!(low.len() <= 14 && low.join("\n").contains("A b 0 A"));
        assert!(low.last().unwrap().contains("Press a key"));
    }
}
