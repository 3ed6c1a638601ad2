//! For measurements, behind the feature `inspect`: what a step costs without the host's own work.

use crate::action::Action;
use crate::authority::Phase;
use crate::contract::types::{
    Context, Findings, Order, Plan, Problem, Progress, Proposal, Receipt, Selector,
};
use crate::error::HostError;
use crate::step::call;

/// What the component says, without a plan's envelope, a ledger or a door around it: the
/// instance, its limits, and what crosses into it and out of it.
impl Action {
    /// An instance, with nothing called in it.
    ///
    /// # Errors
    ///
    /// If it runs into a limit.
    pub async fn instantiate(&self) -> Result<impl Sized + use<>, HostError> {
        self.start(Phase::Find, None, None).await
    }

    /// `find`, and no more.
    ///
    /// # Errors
    ///
    /// If it runs into a limit.
    pub async fn bare_find(
        &self,
        selector: &Selector,
        context: &Context,
    ) -> Result<Result<Findings, Problem>, HostError> {
        let mut running = self.start(Phase::Find, None, None).await?;
        call!(&mut running, find(selector, context))
    }

    /// `prepare`, and no more.
    ///
    /// # Errors
    ///
    /// If it runs into a limit.
    pub async fn bare_prepare(
        &self,
        order: &Order,
        context: &Context,
    ) -> Result<Result<Proposal, Problem>, HostError> {
        let mut running = self.start(Phase::Prepare, None, None).await?;
        call!(&mut running, prepare(order, context))
    }

    /// `commit`, and no more. Nothing is sent where answers are stubbed.
    ///
    /// # Errors
    ///
    /// If it runs into a limit.
    pub async fn bare_commit(
        &self,
        plan: &Plan,
        context: &Context,
    ) -> Result<Result<Progress, Problem>, HostError> {
        let mut running = self.start(Phase::Commit, None, None).await?;
        call!(&mut running, commit(plan, context))
    }

    /// `observe`, and no more.
    ///
    /// # Errors
    ///
    /// If it runs into a limit.
    pub async fn bare_observe(
        &self,
        plan: &Plan,
        receipt: &Receipt,
        context: &Context,
    ) -> Result<Result<Progress, Problem>, HostError> {
        let mut running = self.start(Phase::Observe, None, None).await?;
        call!(&mut running, observe(plan, receipt, context))
    }
}
