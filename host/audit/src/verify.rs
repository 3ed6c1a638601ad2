//! Looking through a chain.

use crate::head::Head;
use crate::key::PublicKey;
use crate::line::{self, Line};
use crate::verdict::{Fault, Finding, LISTED, Verdict};

/// Look through a chain's lines, in the order in which they are kept.
///
/// It takes the same memory however long the chain is.
///
/// # Errors
///
/// What the iterator fails with: of a chain that was not read to its end there is no verdict.
pub fn verify<E>(
    lines: impl Iterator<Item = Result<Line, E>>,
    keys: &[PublicKey],
    kept: Option<&Head>,
) -> Result<Verdict, E> {
    let mut verifier = Verifier::new(keys, kept);
    for line in lines {
        verifier.push(&line?);
    }
    Ok(verifier.finish())
}

/// Looks through a chain line by line, for lines that do not come from an iterator.
#[derive(Clone, Debug)]
pub struct Verifier {
    keys: Vec<(String, PublicKey)>,
    /// The last line that stood where it should.
    last: Last,
    verdict: Verdict,
}

/// What the next line has to follow.
#[derive(Clone, Copy, Debug)]
struct Last {
    number: u64,
    /// The hash that is kept for it, and that of its body. They differ if it was changed, which
    /// is found there: the line after it is not to blame, whichever of the two it names.
    hashes: [[u8; 32]; 2],
}

impl Verifier {
    /// Begin. Without keys, signatures are not looked at.
    #[must_use]
    pub fn new(keys: &[PublicKey], kept: Option<&Head>) -> Self {
        Self {
            keys: keys.iter().map(|key| (key.id(), *key)).collect(),
            last: Last {
                number: 0,
                hashes: [Head::EMPTY.hash; 2],
            },
            verdict: Verdict {
                lines: 0,
                signed: 0,
                head: Head::EMPTY,
                kept: kept.copied(),
                keys_given: !keys.is_empty(),
                findings: Vec::new(),
                found: 0,
            },
        }
    }

    /// Look at the next line.
    pub fn push(&mut self, line: &Line) {
        self.verdict.lines += 1;
        let hash = line::hash(&line.body);
        if hash != line.hash {
            self.find(line.number, Fault::Changed);
        }
        self.signature(line);
        let place = line.place();
        match place {
            None => self.find(line.number, Fault::Unreadable),
            Some((body, _)) if body != line.number => {
                self.find(line.number, Fault::Renumbered { body });
            }
            Some(_) => {}
        }
        // The body is what was hashed and signed; what is kept beside it was not.
        let number = place.map_or(line.number, |(body, _)| body);
        if number <= self.last.number {
            let after = self.last.number;
            self.find(number, Fault::OutOfPlace { after });
            return;
        }
        let expected = self.last.number.saturating_add(1);
        if number > expected {
            self.find(expected, Fault::Missing { to: number - 1 });
        } else if place.is_some_and(|(_, previous)| !self.last.hashes.contains(&previous)) {
            self.find(number, Fault::Unchained);
        }
        if let Some(kept) = self.verdict.kept
            && kept.count == number
            && kept.hash != line.hash
        {
            self.find(number, Fault::NotTheKeptHead);
        }
        self.last = Last {
            number,
            hashes: [line.hash, hash],
        };
        self.verdict.head = Head {
            count: number,
            hash: line.hash,
        };
    }

    fn signature(&mut self, line: &Line) {
        if self.keys.is_empty() {
            return;
        }
        if line.key.is_empty() && line.signature.is_empty() {
            self.find(line.number, Fault::Unsigned);
            return;
        }
        let known = self.keys.iter().find(|(id, _)| *id == line.key);
        let fault = match known {
            None => Fault::UnknownKey {
                key: line.key.clone(),
            },
            Some((_, key)) if !key.signed(&line.body, &line.signature) => Fault::BadSignature {
                key: line.key.clone(),
            },
            Some(_) => {
                self.verdict.signed += 1;
                return;
            }
        };
        self.find(line.number, fault);
    }

    /// All lines were looked at.
    #[must_use]
    pub fn finish(mut self) -> Verdict {
        if let Some(kept) = self.verdict.kept
            && self.verdict.head.count < kept.count
        {
            let first = self.verdict.head.count.saturating_add(1);
            self.find(first, Fault::Truncated { to: kept.count });
        }
        self.verdict
    }

    fn find(&mut self, line: u64, fault: Fault) {
        self.verdict.found += 1;
        if self.verdict.findings.len() < LISTED {
            self.verdict.findings.push(Finding { line, fault });
        }
    }
}
