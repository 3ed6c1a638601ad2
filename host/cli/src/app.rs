//! What every command knows: the settings of this call, and what it is connected to.

use std::io::IsTerminal as _;
use std::sync::Arc;

use passcode_recording::Recorder;

use crate::args::{Color, Format, Global};
use crate::terminal::Paint;

/// Which of the three are terminals.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terminals {
    pub(crate) stdin: bool,
    pub(crate) stdout: bool,
    pub(crate) stderr: bool,
}

/// This call.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) global: Global,
    pub(crate) terminals: Terminals,
    pub(crate) format: Format,
    /// For stderr.
    pub(crate) paint: Paint,
    /// For stdout.
    pub(crate) paint_out: Paint,
    /// Listens, with `--record`.
    pub(crate) recorder: Option<Arc<Recorder>>,
}

impl App {
    pub(crate) fn new(global: Global) -> Self {
        let terminals = Terminals {
            stdin: std::io::stdin().is_terminal(),
            stdout: std::io::stdout().is_terminal(),
            stderr: std::io::stderr().is_terminal(),
        };
        let format = global.output.unwrap_or(if terminals.stdout {
            Format::Table
        } else {
            Format::Json
        });
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
            || std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let paint = |terminal: bool| {
            Paint::new(match global.color {
                Color::Always => true,
                Color::Never => false,
                Color::Auto => terminal && !plain,
            })
        };
        Self {
            paint: paint(terminals.stderr),
            paint_out: paint(terminals.stdout),
            terminals,
            format,
            recorder: global.record.as_ref().map(|_| Arc::default()),
            global,
        }
    }

    /// Whether a person can be asked.
    pub(crate) fn can_ask(&self) -> bool {
        self.terminals.stdin && self.terminals.stderr
    }

    /// Whether a passcode can be shown to a person and taken away again.
    pub(crate) fn has_screen(&self) -> bool {
        self.can_ask() && self.terminals.stdout && self.format == Format::Table
    }

    /// The flags that a further command needs to mean the same tenant and ledger.
    pub(crate) fn same_place(&self) -> String {
        let mut flags = String::new();
        if self.global.practice {
            flags.push_str(" --practice");
        }
        let from_environment = std::env::var_os("PASSCODE_HOME");
        let home = self.global.home.as_ref();
        for (flag, path) in [
            (
                "--home",
                home.filter(|home| from_environment.as_deref() != Some(home.as_os_str())),
            ),
            ("--practice-state", self.global.practice_state.as_ref()),
        ] {
            if let Some(path) = path {
                let path = crate::report::quoted(&path.display().to_string());
                flags.push_str(&format!(" {flag} {path}"));
            }
        }
        flags
    }

    /// A line for the person, unless nobody wants to hear it.
    pub(crate) fn tell(&self, line: &str) {
        if !self.global.quiet {
            crate::output::note(line);
        }
    }
}
