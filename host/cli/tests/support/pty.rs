//! The command on a terminal: a real pseudo-terminal, which util-linux's `script` makes.

use std::io::{Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::Home;

/// Longer than any answer takes, on a machine that has other things to do.
const PATIENCE: Duration = Duration::from_secs(90);

/// Where the other screen begins and ends.
const ENTER: &str = "\u{1b}[?1049h";
const LEAVE: &str = "\u{1b}[?1049l";

/// A command at work on a terminal of 60 columns.
pub struct Pty {
    child: Child,
    seen: Arc<Mutex<Vec<u8>>>,
    read: usize,
}

impl Pty {
    pub fn start(home: &Home, arguments: &[&str]) -> Self {
        let command = home.command(arguments);
        let words = std::iter::once(command.get_program()).chain(command.get_args());
        let quoted: Vec<String> = words
            .map(|word| format!("'{}'", word.to_str().unwrap().replace('\'', r"'\''")))
            .collect();
        let line = format!("stty rows 40 cols 60; exec {}", quoted.join(" "));
        let mut script = Command::new("script");
        script.args(["--quiet", "--return", "--flush", "--command", &line]);
        script.arg("/dev/null");
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => script.env(name, value),
                None => script.env_remove(name),
            };
        }
        let mut child = script
            .env("TERM", "xterm")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut out = child.stdout.take().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let writes = Arc::clone(&seen);
        std::thread::spawn(move || {
            let mut some = [0; 4096];
            while let Ok(count @ 1..) = out.read(&mut some) {
                writes.lock().unwrap().extend_from_slice(&some[..count]);
            }
        });
        Self {
            child,
            seen,
            read: 0,
        }
    }

    /// Everything so far.
    pub fn seen(&self) -> String {
        String::from_utf8_lossy(&self.seen.lock().unwrap()).into_owned()
    }

    /// Wait for a text that comes after the last one that was waited for. Where words are broken
    /// into lines does not matter.
    #[track_caller]
    pub fn expect(&mut self, text: &str) {
        let begun = Instant::now();
        loop {
            let seen = self.seen().replace("\r\n", " ");
            let fresh = seen.get(self.read..).unwrap_or_default();
            if let Some(at) = fresh.find(text) {
                self.read += at + text.len();
                return;
            }
            let waited = begun.elapsed();
            assert!(waited < PATIENCE, "no `{text}` in: {}", tail(&seen));
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub fn press(&mut self, keys: &str) {
        let mut stdin = self.child.stdin.as_ref().unwrap();
        stdin.write_all(keys.as_bytes()).unwrap();
        stdin.flush().unwrap();
    }

    /// Wait for its end: the exit code and everything that was seen.
    pub fn end(mut self) -> (i32, String) {
        let begun = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(
                begun.elapsed() < PATIENCE,
                "it does not end: {}",
                self.seen()
            );
            std::thread::sleep(Duration::from_millis(20));
        };
        // What it said last may still be on its way.
        std::thread::sleep(Duration::from_millis(200));
        (status.code().unwrap_or(-1), self.seen())
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The last of it: bars draw themselves many times.
pub fn tail(seen: &str) -> &str {
    let from = seen.len().saturating_sub(600);
    seen.get(seen.ceil_char_boundary(from)..).unwrap_or(seen)
}

/// What was on the other screen, each time, and everything else.
pub fn screens(seen: &str) -> (Vec<String>, String) {
    let (mut screens, mut rest) = (Vec::new(), String::new());
    let mut left = seen;
    while let Some((before, after)) = left.split_once(ENTER) {
        let (screen, after) = after.split_once(LEAVE).unwrap_or((after, ""));
        rest.push_str(before);
        screens.push(screen.to_owned());
        left = after;
    }
    rest.push_str(left);
    (screens, rest)
}
