//! Asking again, where only reading is at stake: how long to wait first. The component knows
//! no time, so the host does it.

use std::time::Duration;

use time::OffsetDateTime;

use crate::connector::Answer;
use crate::door::retry_after;

/// No service is believed to ask for more.
const LONGEST: Duration = Duration::from_secs(3_600);

/// How a read is repeated that the service throttles (429) or cannot answer now (502, 503,
/// 504). What may change something is never repeated here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// How often it is asked again. Default: 3.
    pub times: u32,
    /// The first pause where the service names none; each next one is twice as long, and half
    /// of each is left to chance, so that many who were refused together do not come back
    /// together. Default: 500 ms.
    pub first: Duration,
    /// A read that had to wait longer for its next try is given up. Default: 30 s.
    pub most: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            times: 3,
            first: Duration::from_millis(500),
            most: Duration::from_secs(30),
        }
    }
}

impl Retry {
    /// How long to wait after an answer before anybody asks again; `None` if waiting does not
    /// help. `tries` were made before, `chance` gives a number between 0 and 1. Pure but for that.
    pub(crate) fn pause(
        &self,
        answer: &Answer,
        tries: u32,
        now: OffsetDateTime,
        chance: impl FnOnce() -> f64,
    ) -> Option<Duration> {
        if !matches!(answer.status, 429 | 502..=504) {
            return None;
        }
        let chance = chance();
        Some(match retry_after(answer) {
            Some(named) => named.from(now).min(LONGEST) + self.first.mul_f64(chance),
            None => {
                let doubled = self.first.saturating_mul(1 << tries.min(16));
                doubled.min(self.most).mul_f64(0.5 + chance / 2.0)
            }
        })
    }
}

/// Between 0 and 1. Not for secrets.
pub(crate) fn chance() -> f64 {
    let bytes = uuid::Uuid::new_v4().into_bytes();
    f64::from(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, retry_after: Option<&str>) -> Answer {
        let header = retry_after.map(|text| ("retry-after".to_owned(), text.to_owned()));
        Answer {
            status,
            headers: header.into_iter().collect(),
            body: Vec::new(),
        }
    }

    #[test]
    fn what_the_service_names_is_waited_for_and_a_little_more() {
        let retry = Retry::default();
        let now = time::macros::datetime!(2033-11-15 08:12:31 UTC);
        let pause = |text, chance| retry.pause(&answer(429, text), 0, now, || chance);
        let ms = |ms| Some(Duration::from_millis(ms));
        for (named, least, most) in [
            (Some("10"), ms(10_000), ms(10_500)),
            (Some("2.128"), ms(2_128), ms(2_628)),
            (Some(" 1 "), ms(1_000), ms(1_500)),
            (Some("0"), ms(0), ms(500)),
            (
                Some("99999999999999999999999999"),
                ms(3_600_000),
                ms(3_600_500),
            ),
            (
                Some("Tue, 15 Nov 2033 08:12:41 GMT"),
                ms(10_000),
                ms(10_500),
            ),
            (Some("Tue, 15 Nov 2033 08:12:01 GMT"), ms(0), ms(500)),
            // What cannot be read is as if nothing were said.
            (Some("soon"), ms(250), ms(500)),
            (Some("-5"), ms(250), ms(500)),
            (Some("inf"), ms(250), ms(500)),
            (Some("1e9"), ms(250), ms(500)),
            (Some(""), ms(250), ms(500)),
            (None, ms(250), ms(500)),
        ] {
            assert_eq!(pause(named, 0.0), least, "{named:?}");
            assert_eq!(pause(named, 1.0), most, "{named:?}");
        }
    }

    #[test]
    fn pauses_that_nobody_names_double_up_to_the_longest() {
        let retry = Retry::default();
        let now = OffsetDateTime::UNIX_EPOCH;
        let pause = |tries| retry.pause(&answer(503, None), tries, now, || 1.0);
        let seconds = |seconds| Some(Duration::from_secs_f64(seconds));
        let expected = [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0].map(seconds);
        assert_eq!([0, 1, 2, 3, 4, 5, 6, u32::MAX].map(pause), expected);
    }

    #[test]
    fn only_what_may_pass_is_waited_for() {
        for status in 100..600 {
            let waits = Retry::default()
                .pause(
                    &answer(status, Some("1")),
                    0,
                    OffsetDateTime::UNIX_EPOCH,
                    || 0.0,
                )
                .is_some();
            assert_eq!(waits, [429, 502, 503, 504].contains(&status), "{status}");
        }
    }

    #[test]
    fn chance_differs() {
        let drawn: Vec<f64> = (0..100).map(|_| chance()).collect();
        assert!(drawn.iter().all(|one| (0.0..=1.0).contains(one)));
        assert!(drawn.iter().any(|one| *one < 0.4) && drawn.iter().any(|one| *one > 0.6));
    }
}
