//! How a run goes on, for whoever watches: bars, lines, or events for a program.

use std::time::{Duration, Instant};

use passcode_host::plain;
use passcode_ledger::run::{Run, Stage, Tally};
use passcode_report::{
    Bars, Event, Every, Phase, Progress, Snapshot, Standing, due, event_json, line,
};
use passcode_runner::Ended;
use passcode_runner::fleet::{self, Did, Purpose, is_failure};

use crate::app::App;
use crate::args::ProgressForm;

/// Nobody sees more pictures than that.
const FRAME: Duration = Duration::from_millis(100);

pub(super) struct Telling {
    run: String,
    form: ProgressForm,
    begun: Instant,
    progress: Progress,
    bars: Option<Bars>,
    last: Option<Snapshot>,
    drawn: Option<Instant>,
}

impl Telling {
    pub(super) fn new(
        app: &App,
        form: Option<ProgressForm>,
        run: &Run,
        purpose: Purpose,
        tally: &Tally,
    ) -> Self {
        let usual = if app.terminals.stderr {
            ProgressForm::Bars
        } else {
            ProgressForm::Lines
        };
        let form = if app.global.quiet {
            ProgressForm::None
        } else {
            form.unwrap_or(usual)
        };
        let mut standing = standing(tally);
        if purpose == Purpose::Plan {
            standing.sent = 0;
        }
        Self {
            run: run.new.id.clone(),
            form,
            begun: Instant::now(),
            progress: Progress::from(standing),
            bars: (form == ProgressForm::Bars).then(Bars::stderr),
            last: None,
            drawn: None,
        }
    }

    pub(super) fn hear(&mut self, heard: &fleet::Event) {
        let at = self.begun.elapsed();
        for event in events(heard, at) {
            self.progress.note(at, &event);
            if self.form == ProgressForm::Jsonl {
                let now = time::OffsetDateTime::now_utc();
                crate::console::note(&event_json(&self.run, now, at, &event, plain));
            }
        }
        if let fleet::Event::Leaving { in_flight } = heard
            && matches!(self.form, ProgressForm::Bars | ProgressForm::Lines)
        {
            self.say(&format!(
                "no more is sent; waiting for {in_flight} in flight"
            ));
        }
        self.show(at);
    }

    fn say(&self, line: &str) {
        match &self.bars {
            Some(bars) => bars.print(line),
            None => crate::console::note(line),
        }
    }

    fn show(&mut self, at: Duration) {
        let recent = self.drawn.is_some_and(|drawn| drawn.elapsed() < FRAME);
        if recent || !matches!(self.form, ProgressForm::Bars | ProgressForm::Lines) {
            return;
        }
        self.drawn = Some(Instant::now());
        let now = self.progress.snapshot(at);
        if let Some(bars) = &self.bars {
            bars.show(&now);
        } else if due(Every::default(), self.last.as_ref(), &now) {
            crate::console::note(&line(&now));
            self.last = Some(now);
        }
    }
}

impl Drop for Telling {
    fn drop(&mut self) {
        let now = self.progress.snapshot(self.begun.elapsed());
        if let Some(bars) = &self.bars {
            bars.show(&now);
            bars.clear();
        } else if self.form == ProgressForm::Lines {
            let told = self.last.as_ref();
            let differs = told.is_none_or(|last| {
                (
                    last.planned,
                    last.sent,
                    last.finished,
                    last.phase == Phase::Finished,
                ) != (
                    now.planned,
                    now.sent,
                    now.finished,
                    now.phase == Phase::Finished,
                )
            });
            if differs {
                crate::console::note(&line(&now));
            }
        }
    }
}

fn standing(tally: &Tally) -> Standing {
    let ended: u64 = tally.ended.values().sum();
    let open = tally.planned + tally.sent;
    let planned_and_ended = tally.plans.saturating_sub(open);
    let failed = tally
        .ended
        .iter()
        .filter(|(outcome, _)| is_failure(outcome));
    Standing {
        rows: tally.rows,
        planned: tally.plans,
        set_aside: ended.saturating_sub(planned_and_ended),
        sent: tally.sent + planned_and_ended,
        ended: planned_and_ended,
        failed: failed.map(|(_, count)| count).sum(),
        unsure: tally
            .ended
            .get(Ended::Unknown.word())
            .copied()
            .unwrap_or_default(),
    }
}

/// What a worker's event is for whoever watches.
fn events(heard: &fleet::Event, at: Duration) -> Vec<Event> {
    match heard {
        fleet::Event::Row { row, did } => of_row(row, did),
        fleet::Event::Duplicate { number, .. } => vec![Event::SetAside {
            row: *number,
            outcome: "duplicate".to_owned(),
        }],
        fleet::Event::Closed(opens_in) => vec![Event::Waiting {
            why: "for the time window".to_owned(),
            until: Some(at.saturating_add(*opens_in)),
        }],
        fleet::Event::Tally(_) | fleet::Event::Leaving { .. } => Vec::new(),
    }
}

fn of_row(row: &passcode_ledger::run::Row, did: &Did) -> Vec<Event> {
    let number = row.new.number;
    let sent = || Event::Sent { row: number };
    match did {
        Did::Planned { .. } => vec![Event::Planned { row: number }],
        Did::Sent { .. } if row.stage == Stage::Planned => vec![sent()],
        Did::Later { after, code, .. } if code == "throttled" => vec![Event::Throttled {
            seconds: u32::try_from(after.as_secs()).unwrap_or(u32::MAX),
        }],
        Did::Ended { ended, .. } => {
            let outcome = ended.word().to_owned();
            match (row.plan, ended) {
                (None, _) => vec![Event::SetAside {
                    row: number,
                    outcome,
                }],
                (Some(_), Ended::Accepted) => {
                    vec![
                        sent(),
                        Event::Ended {
                            row: number,
                            outcome,
                        },
                    ]
                }
                (Some(_), _) => vec![Event::Ended {
                    row: number,
                    outcome,
                }],
            }
        }
        Did::Sent { .. } | Did::Later { .. } | Did::Halt { .. } => Vec::new(),
    }
}
