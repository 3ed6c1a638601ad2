//! Searching: a finder is asked page by page, each time in an instance of its own.

use std::fmt;

use crate::clock::rfc3339;
use crate::contract::types::{Context, Lead, Problem, Selector};
use crate::door::Pages;
use crate::error::HostError;
use crate::extension::{Extension, World};
use crate::host::Host;

/// Where a search goes on: the finder's own word, and the links that it knows by name alone.
pub struct More {
    word: String,
    pages: Pages,
}

impl fmt::Debug for More {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A link may carry what the service gave to nobody else.
        f.debug_struct("More").field("word", &self.word).finish()
    }
}

/// A part of what a finder found. Every fact names the finder's bytes as its source.
#[derive(Debug)]
pub struct Found {
    /// Devices that it names. Whoever uses them looks each of them up again.
    pub selectors: Vec<Selector>,
    /// What reviewers should know.
    pub facts: Vec<crate::contract::types::Fact>,
    /// How to go on; absent at the end.
    pub more: Option<More>,
}

impl Extension {
    /// Look one query up, or go on with it. Of the world `device-finder`.
    ///
    /// # Errors
    ///
    /// If it traps, runs into a limit or is not of that world, and what it says itself
    /// ([`HostError::Problem`]).
    pub async fn search(
        &self,
        query: &str,
        more: Option<More>,
        context: &Context,
    ) -> Result<Found, HostError> {
        let mut step = self.step();
        let word = more.map(|more| {
            step.hand(more.pages);
            more.word
        });
        let arguments = (query, word.as_deref(), context);
        let (mut store, (answer,)): (_, (Result<Lead, Problem>,)) =
            self.called(World::DeviceFinder, step, arguments).await?;
        let lead = match (answer, store.data().door.take_no_credential()) {
            (Ok(lead), _) => lead,
            // The finder heard less of it than there is to say.
            (Err(_), Some(error)) => return Err(HostError::not_signed_in(&error)),
            (Err(problem), None) => return Err(HostError::Problem(Box::new(problem))),
        };
        let mut facts = lead.facts;
        for fact in &mut facts {
            // Whatever it says itself: nobody speaks in another one's name.
            self.digest().clone_into(&mut fact.source);
        }
        let pages = store.data_mut().door.hand_on();
        Ok(Found {
            selectors: lead.selectors,
            facts,
            more: lead.more.map(|word| More { word, pages }),
        })
    }
}

impl Host {
    /// What a component that is called now is told about its surroundings.
    #[must_use]
    pub fn context(&self) -> Context {
        let shared = self.shared();
        Context {
            now: rfc3339(shared.time.now()),
            time_zone: None,
            cloud: shared.cloud.clone(),
            practice: shared.practice,
        }
    }
}
