//! How long things took: exact at the ends, within a tenth between, in a few hundred bytes.

/// How long it took from being sent to the end, in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spans {
    /// How many were measured.
    pub count: u64,
    /// Half of them took no longer; never more than a tenth too high.
    pub half: f64,
    /// Nine in ten took no longer; never more than a tenth too high.
    pub nine_in_ten: f64,
    /// The longest, exactly.
    pub longest: f64,
}

/// Boundaries grow by a tenth, from a tenth of a second to more than a month.
const BINS: usize = 192;
const FIRST: f64 = 100.0;
const STEP: f64 = 1.1;

#[derive(Clone, Debug)]
pub(super) struct Durations {
    bins: [u64; BINS],
    count: u64,
    longest: u64,
}

impl Default for Durations {
    fn default() -> Self {
        Self {
            bins: [0; BINS],
            count: 0,
            longest: 0,
        }
    }
}

impl Durations {
    pub(super) fn add(&mut self, milliseconds: u64) {
        let mut bound = FIRST;
        let mut bin = 0;
        // Counting up needs no logarithm of nothing, and 192 comparisons are no cost beside a row.
        while bin < BINS - 1 && milliseconds as f64 > bound {
            bound *= STEP;
            bin += 1;
        }
        self.bins[bin] += 1;
        self.count += 1;
        self.longest = self.longest.max(milliseconds);
    }

    pub(super) fn spans(&self) -> Option<Spans> {
        (self.count > 0).then(|| Spans {
            count: self.count,
            half: self.within(1, 2),
            nine_in_ten: self.within(9, 10),
            longest: self.longest as f64 / 1_000.0,
        })
    }

    /// The bound that so large a share of the durations is within.
    fn within(&self, part: u64, whole: u64) -> f64 {
        let wanted = (self.count * part).div_ceil(whole);
        let mut seen = 0;
        let mut bound = FIRST;
        for bin in self.bins {
            seen += bin;
            if seen >= wanted {
                break;
            }
            bound *= STEP;
        }
        bound.min(self.longest as f64).ceil() / 1_000.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_right_to_a_tenth() {
        let mut durations = Durations::default();
        assert_eq!(durations.spans(), None);
        for seconds in 1..=1_000 {
            durations.add(seconds * 1_000);
        }
        let spans = durations.spans().unwrap();
        assert!((500.0..=550.0).contains(&spans.half), "{spans:?}");
        assert!((900.0..=990.0).contains(&spans.nine_in_ten), "{spans:?}");
        assert_eq!((spans.count, spans.longest), (1_000, 1_000.0));
    }

    #[test]
    fn one_and_the_absurd() {
        let mut one = Durations::default();
        one.add(0);
        assert_eq!(one.spans().unwrap().half, 0.0);
        one.add(u64::MAX);
        assert!(one.spans().unwrap().nine_in_ten > 1e6);
    }
}
