//! Kills at a point of a run that shows from outside.

use passcode_ledger::run::RunState;

use crate::database::Database;
use crate::judge::judge;
use crate::scene::{Scene, Worker, until};

const DEVICES: usize = 48;

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    /// Some rows have plans.
    Planning,
    /// All have, and what is to be approved has its hash.
    SetNamed,
    /// The first intents are durable; what they name may be on its way.
    FirstIntents,
    /// A third of the devices got their request.
    Sending,
    /// Everything was sent, and some of it has not ended.
    Watching,
    /// Every row has ended, and the run does not know it.
    BeforeFinished,
}

impl Point {
    fn is_met(self, scene: &mut Scene) -> bool {
        if self == Self::Sending {
            return scene.posts().len() >= DEVICES / 3;
        }
        if self == Self::FirstIntents {
            return scene.intents() > 0;
        }
        let Some(tally) = scene.tally().filter(|tally| tally.rows > 0) else {
            return false;
        };
        let open = tally.listed + tally.planned + tally.sent;
        match self {
            Self::Planning => tally.plans > 3,
            Self::SetNamed => scene.run().is_some_and(|run| run.set.is_some()),
            Self::Watching => tally.listed + tally.planned == 0 && tally.sent > 0,
            Self::BeforeFinished => open == 0,
            Self::FirstIntents | Self::Sending => false,
        }
    }
}

/// So many processes on one run, all killed when the point is met; then as many that go on.
pub fn killed_at(database: Database, point: Point, processes: usize) {
    let mut scene = Scene::new(database, DEVICES, 8);
    let workers: Vec<Worker> = (0..processes).map(|_| scene.start()).collect();
    until(&format!("{point:?}"), || {
        point.is_met(&mut scene).then_some(())
    });
    workers.into_iter().for_each(Worker::kill);
    let state = scene.run().unwrap().state;
    match point {
        Point::Planning => assert_eq!(state, RunState::Planning),
        // A process that was faster than the kill wrote one line more than it should have.
        Point::BeforeFinished if state == RunState::Finished => {
            assert!(scene.move_run(RunState::Finished, RunState::Running));
        }
        Point::SetNamed => assert!(matches!(state, RunState::Planned | RunState::Running)),
        _ => assert_eq!(state, RunState::Running),
    }
    if matches!(point, Point::Planning) {
        assert!(scene.posts().is_empty());
    }
    scene.finish(processes);
    judge(&mut scene);
}
