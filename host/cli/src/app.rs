//! What every command knows: the settings of this call, and what it is connected to.

use std::io::IsTerminal as _;
use std::sync::Arc;

use passcode_recording::Recorder;

use clap::ValueEnum as _;

use crate::args::{Color, Format, Global};
use crate::config::{Config, Key, Source};
use crate::failure::Failure;
use crate::paint::Paint;

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
    pub(crate) config: Config,
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
    /// This call, and what is wrong with its configuration. Then it goes without, so that the
    /// failure can be told in the form that was asked for.
    pub(crate) fn new(mut global: Global) -> (Self, Option<Failure>) {
        let home = crate::home::folder(global.home.as_deref()).ok();
        let path = home.map(|home| crate::config::path(&home));
        let (config, trouble) = match Config::load(&global, path.clone()) {
            Ok(config) => (config, None),
            Err(failure) => (Config::without_file(&global, path), Some(failure)),
        };
        global.practice = config.settings.is(Key::Practice, "true");
        let app = Self::with(global, config);
        for (variable, setting) in app.config.overruled() {
            app.tell(&format!(
                "note: {variable} is set, and goes before the profile's `{setting}`"
            ));
        }
        (app, trouble)
    }

    fn with(global: Global, config: Config) -> Self {
        let terminals = Terminals {
            stdin: std::io::stdin().is_terminal(),
            stdout: std::io::stdout().is_terminal(),
            stderr: std::io::stderr().is_terminal(),
        };
        let said = |key| config.settings.get(key);
        let format = said(Key::Output).and_then(|word| Format::from_str(word, false).ok());
        let format = format.unwrap_or(if terminals.stdout {
            Format::Table
        } else {
            Format::Json
        });
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
            || std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let paint = |terminal: bool| {
            let color = said(Key::Color).and_then(|word| Color::from_str(word, false).ok());
            Paint::new(match color {
                Some(Color::Always) => true,
                Some(Color::Never) => false,
                Some(Color::Auto) | None => terminal && !plain,
            })
        };
        Self {
            paint: paint(terminals.stderr),
            paint_out: paint(terminals.stdout),
            terminals,
            format,
            recorder: global.record.as_ref().map(|_| Arc::default()),
            global,
            config,
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

    /// Whether an action ends with the passcode on the screen.
    pub(crate) fn shows_passcodes(&self) -> bool {
        self.has_screen() && !self.config.settings.is(Key::Delivery, "none")
    }

    /// The flags that a further command needs to mean the same tenant and ledger.
    pub(crate) fn same_place(&self) -> String {
        let mut flags = String::new();
        if let Some((name, Source::Flag(_))) = &self.config.profile {
            flags.push_str(&format!(" --profile {name}"));
        }
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
            ("--component", self.global.component.as_ref()),
        ] {
            if let Some(path) = path {
                let path = crate::shell::quoted(&path.display().to_string());
                flags.push_str(&format!(" {flag} {path}"));
            }
        }
        flags
    }

    /// A line for the person, unless nobody wants to hear it.
    pub(crate) fn tell(&self, line: &str) {
        if !self.global.quiet {
            crate::console::note(line);
        }
    }
}
