//! Planning and carrying out.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use passcode_ledger::run::{Run, RunState, Tally};
use passcode_runfile::RunFile;
use passcode_runner::Ended;
use passcode_runner::fleet::{Devices, Left, Purpose, plan_set, work};
use tokio::sync::watch;

use super::approve;
use super::begin::{self, Kept};
use super::demands::{self, demands};
use super::progress::Telling;
use super::{deliver, file, named, order, short, views};
use crate::app::App;
use crate::args::{BeginArgs, StartArgs, WorkArgs};
use crate::config::Key;
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::output::Reply;
use crate::wiring::{Connected, connect_within, records};

/// A run in the hands of this process.
struct Hand<'a> {
    app: &'a App,
    interrupt: &'a Interrupt,
    connected: Connected,
    file: RunFile,
    /// Where the files are that it names.
    folder: PathBuf,
    operator: Option<&'a str>,
    args: &'a WorkArgs,
    /// What ended before somebody said that it goes on.
    forgiven: BTreeMap<String, u64>,
}

/// `run plan`.
pub(super) async fn plan(
    app: &App,
    interrupt: &Interrupt,
    path: &Path,
    args: &BeginArgs,
) -> Result<Reply, Failure> {
    let (hand, run) = begun(app, interrupt, path, args, false).await?;
    let run = hand.planned(run).await?;
    hand.shown(&run, None).await
}

/// `run start`.
pub(super) async fn start(
    app: &App,
    interrupt: &Interrupt,
    args: StartArgs,
) -> Result<Reply, Failure> {
    let path = Path::new(&args.subject);
    if !path.exists() || path.is_dir() {
        if args.what_if {
            return super::show::show(app, &args.subject, &[], 100).await;
        }
        let (hand, run) = taken_up(app, interrupt, &args.subject, &args.begin.work).await?;
        return hand.carried_out(run, args.yes).await;
    }
    let sends = !args.what_if;
    let (hand, run) = begun(app, interrupt, path, &args.begin, sends).await?;
    let run = hand.planned(run).await?;
    if args.what_if {
        return hand.shown(&run, None).await;
    }
    hand.carried_out(run, args.yes).await
}

/// `run resume`.
pub(super) async fn resume(
    app: &App,
    interrupt: &Interrupt,
    run: &str,
    args: &WorkArgs,
) -> Result<Reply, Failure> {
    let (mut hand, run) = taken_up(app, interrupt, run, args).await?;
    deliver::deliverable(app, &hand.file, true)?;
    let run = hand.planned(run).await?;
    // What ended only for the time being is taken up again.
    let again = ["awaiting-approval", "pending", "unknown", "unavailable"];
    hand.connected.store.reopen(&run.new.id, &again).await?;
    hand.forgiven = hand.connected.store.tally(&run.new.id).await?.ended;
    hand.carried_out(run, false).await
}

async fn begun<'a>(
    app: &'a App,
    interrupt: &'a Interrupt,
    path: &Path,
    args: &'a BeginArgs,
    sends: bool,
) -> Result<(Hand<'a>, Run), Failure> {
    let loaded = file::load(path)?;
    loaded.within_its_cap()?;
    deliver::deliverable(app, &loaded.file, sends)?;
    let grant = args.work.grant.grant.as_deref();
    let within = order::within(&loaded.file, &args.work);
    let connected = connect_within(app, grant, within).await?;
    deliver::courier(app, &connected, &loaded.file).await?;
    let (key, operator) = (args.run_key.as_deref(), args.operator.as_deref());
    let who = (key, operator);
    let run = begin::begin(app, interrupt, &connected, &loaded, path, who).await?;
    let hand = Hand {
        app,
        interrupt,
        connected,
        file: loaded.file,
        folder: loaded.folder,
        operator,
        args: &args.work,
        forgiven: BTreeMap::new(),
    };
    Ok((hand, run))
}

/// A run that the ledger has, by its name. Its file need not be here.
async fn taken_up<'a>(
    app: &'a App,
    interrupt: &'a Interrupt,
    name: &str,
    args: &'a WorkArgs,
) -> Result<(Hand<'a>, Run), Failure> {
    // Another connection, because the run says how fast this one may be.
    let run = named(&*records(app).await?.0, name).await?;
    let kept = Kept::of(&run)?;
    let file = kept.file()?;
    let grant = args.grant.grant.as_deref();
    let connected = connect_within(app, grant, order::within(&file, args)).await?;
    deliver::courier(app, &connected, &file).await?;
    let tenant = connected.runner.tenant().await?;
    // What is written about the run from here on says who took it up.
    connected.runner.action().operator(None).await?;
    if !tenant.eq_ignore_ascii_case(&run.new.tenant) {
        return Err(Failure::new(
            Ended::Refused,
            "run-of-another-tenant",
            format!(
                "run {} is for tenant {}, and you are signed in to {tenant}",
                short(&run.new.id),
                run.new.tenant
            ),
        )
        .remedy("sign in to the run's tenant, or use its profile"));
    }
    let hand = Hand {
        app,
        interrupt,
        connected,
        file,
        folder: kept.folder.map(PathBuf::from).unwrap_or_default(),
        operator: None,
        args,
        forgiven: BTreeMap::new(),
    };
    Ok((hand, run))
}

impl Hand<'_> {
    /// Make the plans that are missing, and name the set.
    async fn planned(&self, run: Run) -> Result<Run, Failure> {
        if run.state != RunState::Planning {
            return Ok(run);
        }
        let (store, id) = (&self.connected.store, &run.new.id);
        let (kept, tally) = (Kept::of(&run)?, store.tally(id).await?);
        if tally.rows != kept.rows {
            return Err(Failure::new(
                Ended::Refused,
                "run-incomplete",
                format!(
                    "the list of run {} was cut off when it was written down: {} of {} rows; nothing was sent",
                    short(id),
                    tally.rows,
                    kept.rows
                ),
            )
            .remedy("give the run file again with the same `--run-key`, or begin anew"));
        }
        match self.worked(&run, Purpose::Plan, &tally, false).await? {
            Left::Finished => {}
            // Another process named the set first, and may be sending already.
            Left::Moved(Some(state)) if state != RunState::Denied => {
                return named(&**store, id).await;
            }
            left => return Err(self.left(&run, left).await),
        }
        let (set, _) = plan_set(&**store, &run).await?;
        let (from, to) = ([RunState::Planning], RunState::Planned);
        store.move_run(id, &from, to, None, Some(&set)).await?;
        let demands = demands(self.app, &**store, &run).await?;
        if let Some(said) = demands::said(&demands) {
            self.app.tell(&said);
        }
        named(&**store, id).await
    }

    /// Send what was approved, all of it and nothing else.
    async fn carried_out(&self, run: Run, yes: bool) -> Result<Reply, Failure> {
        let (store, id) = (&self.connected.store, &run.new.id);
        match run.state {
            // Whoever finished it may have died before the delivery.
            RunState::Finished if !is_open(&store.tally(id).await?) => {
                return self.delivered(&run).await;
            }
            RunState::Denied => return Err(approve::denied(&run)),
            _ => {}
        }
        deliver::deliverable(self.app, &self.file, true)?;
        let (set, plans) = plan_set(&**store, &run).await?;
        if run.set.as_deref() != Some(&set) {
            return Err(Failure::new(
                Ended::Refused,
                "set-changed",
                format!(
                    "the plans of run {} are not the set that was planned; nothing was sent",
                    short(id)
                ),
            )
            .remedy("begin another run; somebody has changed the ledger"));
        }
        let now = self.connected.runner.host().now();
        let assured =
            approve::assured(self.app, &**store, &run, &self.file, plans, now, yes).await?;
        for line in &assured.notes {
            self.app.tell(line);
        }
        // One that has finished has rows again that were taken up again.
        let from = [
            RunState::Planned,
            RunState::Stopped,
            RunState::Running,
            RunState::Finished,
        ];
        let to = RunState::Running;
        if !store.move_run(id, &from, to, None, None).await? {
            return Err(approve::denied(&run));
        }
        let tally = store.tally(id).await?;
        let approved = assured.four_eyes;
        match self.worked(&run, Purpose::Send, &tally, approved).await? {
            Left::Finished => {}
            // Another process saw first that nothing is left; it delivers.
            Left::Moved(Some(RunState::Finished)) => {
                return self.shown(&named(&**store, id).await?, None).await;
            }
            left => return Err(self.left(&run, left).await),
        }
        let (from, to) = ([RunState::Running], RunState::Finished);
        let ours = store.move_run(id, &from, to, None, None).await?;
        let run = named(&**store, id).await?;
        if ours {
            self.delivered(&run).await
        } else {
            self.shown(&run, None).await
        }
    }

    /// Deliver what has not been delivered yet, and show how the run stands.
    async fn delivered(&self, run: &Run) -> Result<Reply, Failure> {
        let delivered = deliver::deliver(&deliver::Delivering {
            app: self.app,
            interrupt: self.interrupt,
            connected: &self.connected,
            run,
            file: &self.file,
            folder: &self.folder,
        })
        .await?;
        self.shown(run, delivered).await
    }

    /// `approved`: another person approved the set.
    async fn worked(
        &self,
        run: &Run,
        purpose: Purpose,
        tally: &Tally,
        approved: bool,
    ) -> Result<Left, Failure> {
        let (runner, store) = (&self.connected.runner, &self.connected.store);
        let preflight =
            !self.args.no_preflight && !self.app.config.settings.is(Key::Preflight, "false");
        let mut order = order::order(&self.file, self.operator, preflight);
        order.approved = approved;
        let hands = Devices::new(runner.clone(), store.clone(), order).await?;
        let mut job = order::job(&self.file, &run.new.id, purpose);
        job.forgiven.clone_from(&self.forgiven);
        let (stop, stopped) = watch::channel(false);
        let mut telling = Telling::new(self.app, self.args.progress, run, purpose, tally);
        let hands = Arc::new(hands);
        let working = work(&hands, &**store, &job, stopped, |event| {
            telling.hear(&event)
        });
        let asked_to_stop = async {
            self.interrupt.nth(1).await;
            let _ = stop.send(true);
            std::future::pending::<()>().await;
        };
        let left = tokio::select! {
            biased;
            () = asked_to_stop => None,
            left = self.interrupt.until(2, working) => left,
        };
        drop(telling);
        left.transpose()?.ok_or_else(|| {
            let mut failure = Failure::new(
                Ended::Interrupted,
                "interrupted",
                "interrupted while requests were on their way; they may have been carried out",
            )
            .remedy(self.resume(run));
            failure.touched = passcode_host::contract::types::Touched::Unknown;
            failure
        })
    }

    fn resume(&self, run: &Run) -> String {
        let place = self.app.same_place();
        format!(
            "go on with `passcode run resume {}{place}`",
            short(&run.new.id)
        )
    }

    /// Why nothing goes on, and how to go on.
    async fn left(&self, run: &Run, left: Left) -> Failure {
        let (store, id) = (&self.connected.store, &run.new.id);
        let (ended, code, message, remedy) = match left {
            Left::Finished => (
                Ended::Fault,
                "fault".to_owned(),
                "nothing is left".to_owned(),
                None,
            ),
            Left::Interrupted => (
                Ended::Interrupted,
                "interrupted".to_owned(),
                "stopped; what was in flight was waited for".to_owned(),
                None,
            ),
            Left::Moved(state) => (
                Ended::Interrupted,
                "run-stopped".to_owned(),
                format!(
                    "the run is {} now, by another process",
                    state.map_or("gone", RunState::word)
                ),
                None,
            ),
            Left::Failing { finished, failed } => (
                Ended::Partly,
                "failure-share".to_owned(),
                format!("{failed} of {finished} devices failed, so the rest is not tried"),
                Some(
                    "see which and why with `passcode run show`, and resume if that is all right"
                        .to_owned(),
                ),
            ),
            Left::Halted {
                ended,
                code,
                message,
                remedy,
            } => (ended, code, message, remedy),
        };
        // With others still at work the run goes on.
        let alone = store.tally(id).await.is_ok_and(|tally| tally.claimed == 0);
        if alone {
            let (from, to) = ([RunState::Running], RunState::Stopped);
            let _ = store.move_run(id, &from, to, Some(&code), None).await;
        }
        let resume = self.resume(run);
        let remedy = remedy.map_or_else(|| resume.clone(), |remedy| format!("{remedy}; {resume}"));
        let mut failure = Failure::new(ended, &code, message).remedy(remedy);
        if let Ok(tally) = store.tally(id).await {
            failure.touched = views::touched(&tally);
            failure
                .more
                .insert("tally".to_owned(), serde_json::json!(tally));
        }
        failure.more.insert("run".to_owned(), serde_json::json!(id));
        failure
    }

    async fn shown(&self, run: &Run, delivered: Option<String>) -> Result<Reply, Failure> {
        let store = &*self.connected.store;
        let place = self.app.same_place();
        views::standing(store, run, self.connected.practice, &place, delivered).await
    }
}

/// Whether a row has not ended.
fn is_open(tally: &Tally) -> bool {
    tally.listed + tally.planned + tally.sent > 0
}
