//! Looking again and again, until it ends or the time is up.

use std::time::Duration;

use passcode_host::ledger::Sending;
use passcode_host::{HostError, Observed};

use crate::ended::Ended;
use crate::schedule::Schedule;

/// How a watching ended.
#[derive(Clone, Debug)]
pub struct Watched {
    /// The last look that worked.
    pub last: Option<Observed>,
    /// Why the last look did not work, if it did not. It says nothing about the action.
    pub trouble: Option<HostError>,
    /// How it ended.
    pub ended: Ended,
}

/// What waits. Tests have one of their own, in which time costs nothing.
pub trait Clock {
    /// How much time passed since some beginning.
    fn now(&self) -> Duration;

    /// Wait.
    fn sleep(&self, time: Duration) -> impl Future<Output = ()> + Send;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug)]
pub struct MachineClock(tokio::time::Instant);

impl Default for MachineClock {
    fn default() -> Self {
        Self(tokio::time::Instant::now())
    }
}

impl Clock for MachineClock {
    fn now(&self) -> Duration {
        self.0.elapsed()
    }

    fn sleep(&self, time: Duration) -> impl Future<Output = ()> + Send {
        tokio::time::sleep(time)
    }
}

/// Watch an action that was sent for up to `limit`; zero is a single look. `look` looks and
/// writes down what it proved; `told` hears every look. `sending` is what is known before the
/// first look, for the case that no look works.
///
/// A look that fails does not end the watching, unless no further one can work either.
pub async fn watch(
    clock: &impl Clock,
    sending: Sending,
    limit: Duration,
    mut look: impl AsyncFnMut() -> Result<Observed, HostError>,
    mut told: impl FnMut(&Observed),
) -> Watched {
    let mut schedule = Schedule::new(limit);
    let begun = clock.now();
    let mut watched = Watched {
        last: None,
        trouble: None,
        ended: unseen(sending),
    };
    loop {
        let hint = match look().await {
            Ok(observed) => {
                told(&observed);
                let hint = observed.progress.look_again_seconds;
                watched.ended = ended(&observed);
                watched.trouble = None;
                watched.last = Some(observed);
                if over(&watched) {
                    return watched;
                }
                hint
            }
            Err(error) => {
                let hopeless = !matches!(Ended::of_error(&error), Ended::Unavailable);
                // Who looks sooner than told is told to wait longer.
                let hint = told_to_wait(&error);
                watched.trouble = Some(error);
                if hopeless {
                    return watched;
                }
                hint
            }
        };
        match schedule.next(clock.now().saturating_sub(begun), hint) {
            Some(wait) => clock.sleep(wait).await,
            None => return watched,
        }
    }
}

fn told_to_wait(error: &HostError) -> Option<u32> {
    match error {
        HostError::Problem(problem) => problem.retry_after_seconds,
        HostError::Throttled { seconds } => Some(*seconds),
        _ => None,
    }
}

fn unseen(sending: Sending) -> Ended {
    if sending.is_undecided() {
        Ended::Unknown
    } else {
        Ended::Pending
    }
}

/// What a look means. As long as nothing shows that the service took it, it stays unknown.
fn ended(observed: &Observed) -> Ended {
    if observed.attempt.sending.is_undecided() {
        Ended::Unknown
    } else {
        Ended::of_state(&observed.progress.state)
    }
}

/// Whether looking again can bring nothing more.
fn over(watched: &Watched) -> bool {
    let Some(last) = &watched.last else {
        return false;
    };
    Ended::of_state(&last.progress.state) != Ended::Pending
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::settle::tests::{attempt, progress};
    use passcode_host::contract::types::{Problem, ProblemKind, ProgressState, Touched};

    fn seen(sending: Sending, state: ProgressState) -> Result<Observed, HostError> {
        Ok(Observed {
            progress: progress(state, None, None),
            passcode: None,
            attempt: attempt(sending, Vec::new()),
        })
    }

    fn unreachable() -> Result<Observed, HostError> {
        Err(HostError::NotSignedIn {
            code: "x".to_owned(),
            message: "x".to_owned(),
            remedy: "x".to_owned(),
            transient: true,
            said: None,
        })
    }

    fn throttled(seconds: u32) -> Result<Observed, HostError> {
        Err(HostError::Problem(Box::new(Problem {
            touched: Touched::No,
            kind: ProblemKind::Throttled,
            code: "throttled".to_owned(),
            message: "wait".to_owned(),
            remedy: None,
            status: Some(429),
            service_code: None,
            support_ids: Vec::new(),
            retry_after_seconds: Some(seconds),
            checks: Vec::new(),
        })))
    }

    #[derive(Default)]
    struct NoTime(Mutex<Duration>);

    impl Clock for NoTime {
        fn now(&self) -> Duration {
            *self.0.lock().unwrap()
        }

        async fn sleep(&self, time: Duration) {
            *self.0.lock().unwrap() += time;
        }
    }

    async fn run(
        sending: Sending,
        limit: u64,
        script: Vec<Result<Observed, HostError>>,
    ) -> (Ended, usize, u64) {
        let clock = NoTime::default();
        let (mut looks, mut script) = (0, script.into_iter().peekable());
        let mut last = None;
        let watched = watch(
            &clock,
            sending,
            Duration::from_secs(limit),
            async || {
                looks += 1;
                if let Some(next) = script.next() {
                    last = Some(next);
                }
                last.clone().unwrap()
            },
            |_| {},
        )
        .await;
        (watched.ended, looks, clock.now().as_secs())
    }

    #[tokio::test]
    async fn it_ends_with_the_action_or_with_the_time() {
        use ProgressState::{Active, Ambiguous, Done, Failed, NotListed, Pending};
        use Sending::{Accepted, Unknown};
        let a = |state| seen(Accepted, state);
        let u = |state| seen(Unknown, state);
        let cases = [
            (Accepted, 0, vec![a(Done)], (Ended::Done, 1, 0)),
            (Accepted, 0, vec![a(Pending)], (Ended::Pending, 1, 0)),
            (
                Accepted,
                60,
                vec![a(NotListed), a(Active), a(Done)],
                (Ended::Done, 3, 15),
            ),
            (
                Accepted,
                60,
                vec![a(Pending), a(Failed)],
                (Ended::Failed, 2, 5),
            ),
            (Accepted, 12, vec![a(Pending)], (Ended::Pending, 3, 12)),
            (Accepted, 60, vec![a(Ambiguous)], (Ended::Unknown, 1, 0)),
            (Unknown, 12, vec![u(NotListed)], (Ended::Unknown, 3, 12)),
            (
                Unknown,
                60,
                vec![u(NotListed), a(Active), a(Done)],
                (Ended::Done, 3, 15),
            ),
            (
                Accepted,
                60,
                vec![unreachable(), a(Done)],
                (Ended::Done, 2, 5),
            ),
            (Unknown, 12, vec![unreachable()], (Ended::Unknown, 3, 12)),
            // The service says when to come back.
            (
                Accepted,
                60,
                vec![throttled(30), a(Done)],
                (Ended::Done, 2, 30),
            ),
        ];
        for (number, (sending, limit, script, expected)) in cases.into_iter().enumerate() {
            assert_eq!(run(sending, limit, script).await, expected, "case {number}");
        }
    }

    #[tokio::test]
    async fn a_look_that_can_never_work_ends_the_watching_and_changes_nothing() {
        let fault = Err(HostError::Component("nonsense".to_owned()));
        let ended = run(Sending::Accepted, 60, vec![fault]).await;
        assert_eq!(ended, (Ended::Pending, 1, 0));
    }
}
