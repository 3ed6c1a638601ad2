//! What passed of answers that every device of a run hears alike: lists of the tenant's policies.
//!
//! Of an answer that shows no device, to a step that has met no secret, the same passes whoever asks:
//! it depends on the route and on the bytes. So it is not read and rebuilt for every device again.
//! The service is asked each time all the same.

use std::sync::{Arc, Mutex, PoisonError};

use crate::authority::Route;

/// So many answers are remembered, those that were heard last.
const MOST: usize = 8;
/// And none that is longer than this, in bytes.
const LONGEST: usize = 256 << 10;

/// Answers, and what passed of them. The one that was heard last is the last.
#[derive(Default)]
pub(crate) struct Passed(Mutex<Vec<Arc<One>>>);

struct One {
    route: Route,
    bytes: Vec<u8>,
    text: String,
}

impl One {
    fn is(&self, route: &Route, bytes: &[u8]) -> bool {
        self.bytes == bytes && self.route == *route
    }
}

impl Passed {
    /// What passed of the very same answer.
    pub(super) fn of(&self, route: &Route, bytes: &[u8]) -> Option<String> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = known.iter().rposition(|one| one.is(route, bytes))?;
        if let Some(since) = known.get_mut(place..) {
            since.rotate_left(1);
        }
        let one = known.last().map(Arc::clone);
        drop(known);
        one.map(|one| one.text.clone())
    }

    /// Remember what passed of an answer.
    pub(super) fn keep(&self, route: &Route, bytes: &[u8], text: &str) {
        if bytes.len() > LONGEST {
            return;
        }
        let one = Arc::new(One {
            route: route.clone(),
            bytes: bytes.to_owned(),
            text: text.to_owned(),
        });
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Several steps may have read it at the same time.
        if known.iter().any(|other| other.is(route, bytes)) {
            return;
        }
        if known.len() == MOST {
            known.remove(0);
        }
        known.push(one);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authority::Authority;

    fn routes() -> Vec<Route> {
        let grant = include_str!("../../../builtin/grant.toml");
        Authority::parse(grant).unwrap().routes().to_vec()
    }

    #[test]
    fn only_the_same_bytes_over_the_same_route_are_the_same_answer() {
        let (passed, routes) = (Passed::default(), routes());
        for _ in 0..2 {
            passed.keep(&routes[0], b"answer", "passed");
        }
        assert_eq!(passed.0.lock().unwrap().len(), 1);
        assert_eq!(passed.of(&routes[0], b"answer").as_deref(), Some("passed"));
        assert_eq!(passed.of(&routes[0], b"answeR"), None);
        assert_eq!(passed.of(&routes[1], b"answer"), None);
        let mut narrower = routes[0].clone();
        narrower.pass = crate::authority::PassList::default();
        assert_eq!(passed.of(&narrower, b"answer"), None);
    }

    #[test]
    fn a_few_are_remembered_and_the_one_that_was_not_heard_for_longest_goes() {
        let (passed, route) = (Passed::default(), &routes()[0]);
        let hear = |number: usize| passed.keep(route, &[number as u8], "passed");
        (0..MOST).for_each(hear);
        assert!(passed.of(route, &[0]).is_some());
        hear(MOST);
        assert!(passed.of(route, &[0]).is_some(), "it was heard again");
        assert!(passed.of(route, &[1]).is_none());
        assert!((2..=MOST).all(|number| passed.of(route, &[number as u8]).is_some()));
        let long = vec![b' '; LONGEST + 1];
        passed.keep(route, &long, "passed");
        assert!(passed.of(route, &long).is_none());
    }
}
