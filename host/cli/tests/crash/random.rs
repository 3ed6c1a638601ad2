//! Kills at random instants: of the command, of the one that is started after it, and of one of
//! two that carry out the same plan at the same time.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::point::{State, kill};
use crate::rounds;
use crate::scene::Scene;
use crate::support::random::Random;
use crate::tenant::Tenant;

fn execute(scene: &Scene, plan: &str) -> Child {
    let mut command = scene
        .home
        .command(&["execute", plan, "--yes", "--timeout", "2s"]);
    command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// How long the command takes when nobody kills it.
fn usual(scene: &Scene) -> Duration {
    let (plan, _) = scene.plans(0);
    let began = Instant::now();
    assert!(execute(scene, &plan).wait().unwrap().success());
    began.elapsed()
}

#[test]
fn at_any_instant() {
    let tenant = Tenant::start(rounds() + 1, true, "");
    let url = tenant.url().to_owned();
    let scene = Scene::new(tenant, &url);
    let usual = u64::try_from(usual(&scene).as_micros()).unwrap();
    let mut random = Random::from_environment();
    let mut met = [0; 4];
    for round in 1..=rounds() {
        let (plan, rival) = scene.plans(round);
        let (rivals, again) = (random.below(4) == 0, random.below(3) == 0);
        // Most of what matters happens late: before, everything is only read.
        let mut instant = || {
            let from = [0, usual / 3, usual / 2, usual * 2 / 3][random.below(4) as usize];
            Duration::from_micros(from + random.below(usual - from))
        };
        let (first, second) = (instant(), instant());
        let mut other = rivals.then(|| execute(&scene, &plan));
        let process = execute(&scene, &plan);
        std::thread::sleep(first);
        kill(process);
        if let Some(other) = &mut other {
            other.wait().unwrap();
        }
        if again {
            let process = execute(&scene, &plan);
            std::thread::sleep(second);
            kill(process);
        }
        let what = format!("round {round}, rivals: {rivals}, twice: {again}");
        let mut state = scene.status(&plan);
        if state == State::Unknown && scene.posts(round) == 1 {
            // It was still on its way when its sender died, and has arrived since.
            state = scene.status(&plan);
        }
        match state {
            State::NeverSent | State::Unknown => assert_eq!(scene.posts(round), 0, "{what}"),
            State::Pending | State::Done => assert_eq!(scene.posts(round), 1, "{what}"),
        }
        met[state as usize] += 1;
        scene.start_again(round, (&plan, &rival), state);
    }
    println!("never sent, unknown, pending, done: {met:?}");
}
