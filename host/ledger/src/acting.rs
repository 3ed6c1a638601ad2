//! Who acts through a ledger, so that every line of the audit chain can say it.
//!
//! Calls bring no name. What became of a request is written by whichever process learned it, hours
//! later and on another machine perhaps, and often it is not the one that planned or sent it: so the
//! name belongs to the process and not to the request. Each process tells its ledger once
//! ([`SendLedger::acting`]), and a line that another process's plan is the subject of still says who
//! wrote it. Who planned is in the plan's own line.
//!
//! [`SendLedger::acting`]: passcode_host::ledger::SendLedger::acting

use std::sync::{Mutex, PoisonError};

use passcode_audit::{Proof, Record, Who};
use passcode_host::contract::types;

/// Who acts, once that was told.
#[derive(Debug, Default)]
pub(crate) struct Acting(Mutex<Option<Who>>);

impl Acting {
    /// From now on it is this one.
    pub(crate) fn tell(&self, operator: &types::Operator) {
        let proof = match &operator.proof {
            types::Proof::SignedIn(kind) => Proof::SignedIn(kind.clone()),
            types::Proof::Claimed => Proof::Claimed,
        };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Who {
            name: operator.name.clone(),
            id: operator.id.clone(),
            proof,
        });
    }

    /// The record, with who did it. What names somebody already, as a plan does, is left alone.
    pub(crate) fn stamp(&self, record: &Record) -> Record {
        let mut stamped = record.clone();
        if stamped.who.is_none() {
            let told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            stamped.who.clone_from(&told);
        }
        stamped
    }
}
