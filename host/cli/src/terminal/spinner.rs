//! Progress, on stderr.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use passcode_host::contract::types::Progress;
use passcode_host::plain;

use crate::app::App;
use crate::console;

/// Says what is going on: turning on a terminal, a line for each change elsewhere.
#[derive(Debug)]
pub(crate) struct Spinner {
    bar: Option<ProgressBar>,
    lines: bool,
    last: String,
}

impl Spinner {
    pub(crate) fn start(app: &App) -> Self {
        let turning = app.terminals.stderr && !app.global.quiet;
        let bar = turning.then(|| {
            let bar = ProgressBar::new_spinner();
            if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg} {elapsed}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        Self {
            lines: !turning && !app.global.quiet,
            bar,
            last: String::new(),
        }
    }

    /// What a look showed: the state where it turns, the whole sentence as a line.
    pub(crate) fn progress(&mut self, progress: &Progress) {
        if self.bar.is_some() {
            let state = &progress.state;
            self.say(&format!(
                "{state}; Ctrl-C stops the watching, not the action"
            ));
        } else {
            self.say(&progress.summary);
        }
    }

    pub(crate) fn say(&mut self, message: &str) {
        let message = plain(message);
        if message == self.last {
            return;
        }
        if let Some(bar) = &self.bar {
            bar.set_message(message.clone());
        } else if self.lines {
            console::note(&message);
        }
        self.last = message;
    }
}

impl Drop for Spinner {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
