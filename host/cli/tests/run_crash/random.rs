//! Kills at random instants, again and again, of one or several processes on the same run.

use std::time::Duration;

use passcode_ledger::run::RunState;

use crate::database::Database;
use crate::judge::judge;
use crate::scale;
use crate::scene::{Scene, Worker};
use crate::support::random::Random;

/// Keep so many processes at work on so many devices, and kill one of them so often.
pub fn killed(database: Database, devices: usize, processes: usize, kills: usize) {
    let mut random = Random::from_environment();
    let mut scene = Scene::new(database, devices, 8);
    let mut workers: Vec<Worker> = Vec::new();
    for _ in 0..kills * scale() {
        while workers.len() < processes {
            let run = scene.run().filter(|run| run.state == RunState::Running);
            workers.push(match run {
                Some(run) if random.below(2) == 0 => scene.resume(&run.new.id),
                _ => scene.start(),
            });
        }
        // A process needs a while before it takes anything.
        let life = 300 + random.below(2_500 / processes as u64);
        std::thread::sleep(Duration::from_millis(life));
        let at = random.below(processes as u64) as usize;
        workers.swap_remove(at).kill();
    }
    workers.into_iter().for_each(Worker::kill);
    scene.finish(processes);
    judge(&mut scene);
}
