//! The points, and a kill at each of them.

use std::process::{Child, Stdio};
use std::time::Duration;

use crate::scene::Scene;
use crate::support::random::Random;
use crate::tenant::Tenant;
use crate::wire::{Place, Wire};
use crate::{child, rounds};

/// An instant between two things that matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    /// Everything was read; the intent is about to be written.
    BeforeIntent,
    /// The intent is durable; nothing was sent.
    AfterIntent,
    /// One byte of the request was read at the other side.
    FirstByteSent,
    /// The whole request was read at the other side, which acts on it only after the next start
    /// found nothing.
    WholeRequestSent,
    /// The service has done it; one byte of its answer arrived.
    FirstByteAnswered,
    /// The whole answer is on its way to us.
    Answered,
    /// The answer was read; that it was accepted is about to be written.
    BeforeAccepted,
    /// That it was accepted is durable.
    AfterAccepted,
    /// Between two looks.
    Waiting,
    /// The device was seen to be done; that is about to be written.
    BeforeEnd,
    /// The passcode is about to be shown; that is about to be written.
    BeforeDelivery,
}

/// All of them, in the order in which they come.
pub const POINTS: [Point; 11] = [
    Point::BeforeIntent,
    Point::AfterIntent,
    Point::FirstByteSent,
    Point::WholeRequestSent,
    Point::FirstByteAnswered,
    Point::Answered,
    Point::BeforeAccepted,
    Point::AfterAccepted,
    Point::Waiting,
    Point::BeforeEnd,
    Point::BeforeDelivery,
];

/// What `status` says of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    NeverSent,
    Unknown,
    Pending,
    Done,
}

impl Point {
    /// Whether it is a place on the wire, so that the command itself can be killed there.
    fn on_the_wire(self) -> bool {
        matches!(
            self,
            Self::FirstByteSent
                | Self::WholeRequestSent
                | Self::FirstByteAnswered
                | Self::Answered
                | Self::Waiting
        )
    }
}

/// Kill at a point, many times: the tenant must have got so many requests, `status` must say
/// this, and what comes after must neither send again nor hide anything.
pub fn killed_at(point: Point, posts: usize, state: State) {
    let place = Place::new();
    // Where there is to be a waiting, no device answers.
    let online = point != Point::Waiting;
    let tenant = Tenant::start(rounds(), online, &place.url());
    let (address, front) = (tenant.address(), place.url());
    let scene = Scene::new(tenant, &front);
    let wire = Wire::start(place, address, point);
    let mut random = Random::from_environment();
    for round in 0..rounds() {
        let (plan, rival) = scene.plans(round);
        let process = if point.on_the_wire() {
            command_at(point, &scene, &plan, &wire, &mut random)
        } else {
            child::at(point, &scene, &plan)
        };
        kill(process);
        assert_eq!(scene.posts(round), posts, "round {round}");
        assert_eq!(scene.status(&plan), state, "round {round}");
        scene.start_again(round, (&plan, &rival), state);
        if point == Point::WholeRequestSent {
            wire.let_the_service_act();
            assert_eq!(scene.posts(round), posts + 1, "round {round}");
            assert_eq!(scene.status(&plan), State::Done, "round {round}");
            scene.start_again(round, (&plan, &rival), State::Done);
        }
    }
}

fn command_at(point: Point, scene: &Scene, plan: &str, wire: &Wire, random: &mut Random) -> Child {
    wire.reset();
    let mut command = scene.home.command(&["execute", plan, "--yes"]);
    let process = command
        .envs(scene.environment())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    wire.wait(point);
    match point {
        Point::Waiting => {
            // The first look was before the sending. Two looks are five seconds apart.
            wire.wait(point);
            std::thread::sleep(Duration::from_millis(random.below(600)));
        }
        // Anywhere between reading the answer and writing it down.
        Point::Answered => std::thread::sleep(Duration::from_micros(random.below(4_000))),
        _ => {}
    }
    process
}

/// `kill -9`.
pub fn kill(mut process: Child) {
    process.kill().unwrap();
    process.wait().unwrap();
}
