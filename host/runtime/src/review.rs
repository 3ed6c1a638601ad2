//! Who is asked about a plan before it is kept, so that its hash covers what they said.

use std::fmt;

use async_trait::async_trait;

use crate::contract::types::{Context, Plan, ReviewRecord};

/// Reviewers, asked about every plan that an action makes.
#[async_trait]
pub trait Reviewing: Send + Sync + fmt::Debug {
    /// Each reviewer's name, and the digest of its bytes. A plan that one of them did not see is
    /// not carried out.
    fn reviewers(&self) -> Vec<(String, String)>;

    /// What each of them says, in the same order. There is no error: a reviewer that cannot say
    /// anything has denied.
    async fn review(&self, plan: &Plan, context: &Context) -> Vec<ReviewRecord>;
}
