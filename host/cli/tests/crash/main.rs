//! Guarantee 6: killed at any instant and started again, nothing is sent twice, and every device
//! is in exactly one state, which `status` tells.
//!
//! The practice tenant is a process of its own that writes each POST to a file before it answers;
//! what was sent is counted in that file, and never believed from us. The named points are put in
//! from outside: a ledger that announces what it is about to do (`child`), or a wire that stops
//! after one byte (`wire`). Where neither is needed, it is the `passcode` command that is killed;
//! and what comes after a kill is always the command.
//!
//! Each point is met 20 times, and as many times at random instants; `PASSCODE_SCALE=N` makes it
//! N times as many. A random round is named by its seed: `PASSCODE_SEED` begins with it.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    unreachable_pub,
    reason = "all of it is one test, and one that cannot go on has failed"
)]

mod child;
mod point;
mod random;
mod scene;
#[path = "../support/mod.rs"]
mod support;
mod tenant;
mod wire;

use point::{Point, State};

/// Defines a test for each point, so that one that fails says where.
macro_rules! points {
    ($($test:ident: $point:ident, $posts:literal, $state:ident;)*) => {
        $(#[test]
        fn $test() {
            point::killed_at(Point::$point, $posts, State::$state);
        })*

        #[test]
        fn no_point_is_left_out() {
            assert_eq!([$(Point::$point),*], point::POINTS);
        }
    };
}

// What the tenant must have got by then, and what `status` must then say.
points! {
    before_the_intent: BeforeIntent, 0, NeverSent;
    after_the_intent: AfterIntent, 0, Unknown;
    after_the_first_byte_of_the_request: FirstByteSent, 0, Unknown;
    after_the_whole_request: WholeRequestSent, 0, Unknown;
    after_the_first_byte_of_the_answer: FirstByteAnswered, 1, Done;
    after_the_answer: Answered, 1, Done;
    before_accepted_is_recorded: BeforeAccepted, 1, Done;
    after_accepted_is_recorded: AfterAccepted, 1, Done;
    while_waiting: Waiting, 1, Pending;
    before_the_end_is_recorded: BeforeEnd, 1, Done;
    before_the_delivery_is_recorded: BeforeDelivery, 1, Done;
}

/// How often each point is met.
fn rounds() -> usize {
    20 * scale()
}

fn scale() -> usize {
    let scale = std::env::var("PASSCODE_SCALE").ok();
    scale.map_or(1, |scale| scale.parse().unwrap())
}
