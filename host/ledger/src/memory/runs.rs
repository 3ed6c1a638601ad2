//! Runs and their rows.

use std::time::Duration;

use async_trait::async_trait;
use passcode_host::ledger::{Attempt, LedgerError, PlanId, StoredPlan};
use time::OffsetDateTime;

use super::sends::misuse;
use super::{Held, Kept, MemoryLedger};
use crate::record;
use crate::run::{
    Begun, Claim, KeptApproval, NewRow, NewRun, Row, Run, RunLedger, RunState, Stage, Step,
    Stepped, Tally, duplicate_of,
};

impl Kept {
    fn of_run(&self, run: &str) -> impl Iterator<Item = &Held> {
        let (from, to) = ((run.to_owned(), 0), (run.to_owned(), u64::MAX));
        self.rows.range(from..=to).map(|(_, held)| held)
    }

    /// A row with the attempt of its plan that counts.
    fn shown(&self, row: &Row) -> Row {
        let attempts = row.plan.map(|plan| self.of_plan(&plan)).unwrap_or_default();
        Row {
            attempt: Attempt::that_counts(&attempts).cloned(),
            planned: row
                .plan
                .and_then(|plan| self.plans.get(&plan))
                .map(|plan| plan.created),
            ..row.clone()
        }
    }

    /// Whether a step may not be taken at all: its plan is not kept, or the row has another.
    fn is_refused(&self, run: &str, owner: &str, step: &Step) -> bool {
        let held = self.rows.get(&(run.to_owned(), step.number));
        let held = held
            .filter(|held| held.owner.as_deref() == Some(owner) && held.row.epoch == step.epoch);
        held.zip(step.plan).is_some_and(|(held, plan)| {
            !self.plans.contains_key(&plan) || held.row.plan.is_some_and(|there| there != plan)
        })
    }

    fn step(&mut self, run: &str, owner: &str, step: &Step, now: OffsetDateTime) -> Stepped {
        let key = (run.to_owned(), step.number);
        let device = step.device.as_deref();
        let other = self.of_run(run).find(|held| {
            let there = held.row.device.as_deref();
            held.row.new.number != step.number
                && device.is_some_and(|device| {
                    there.is_some_and(|there| there.eq_ignore_ascii_case(device))
                })
        });
        let other = other.map(|held| held.row.new.number);
        let Some(held) = self.rows.get_mut(&key) else {
            return Stepped::Lost;
        };
        if held.owner.as_deref() != Some(owner) || held.row.epoch != step.epoch {
            return Stepped::Lost;
        }
        held.owner = None;
        held.due = (!step.after.is_zero()).then(|| now + step.after);
        let row = &mut held.row;
        let to = if other.is_some() {
            Stage::Ended
        } else {
            step.to
        };
        if row.stage != to {
            row.stage = to;
            row.changed = now;
        }
        if let Some(other) = other {
            row.label = step.label.clone().or(row.label.take());
            row.outcome = Some("duplicate".to_owned());
            row.code = Some("duplicate".to_owned());
            row.message = Some(duplicate_of(other));
            return Stepped::Duplicate(other);
        }
        row.device = step.device.clone().or(row.device.take());
        row.label = step.label.clone().or(row.label.take());
        row.plan = row.plan.or(step.plan);
        row.outcome = step.outcome.clone().or(row.outcome.take());
        row.code = step.code.clone().or(row.code.take());
        row.message = step.message.clone().or(row.message.take());
        Stepped::Written
    }
}

#[async_trait]
impl RunLedger for MemoryLedger {
    async fn begin_run(&self, run: &NewRun) -> Result<Begun, LedgerError> {
        let mut kept = self.kept();
        let of_tenant = |there: &&Run| there.new.tenant.eq_ignore_ascii_case(&run.tenant);
        let of_key = |there: &&Run| run.key.is_some() && there.new.key == run.key;
        let known = kept.runs.iter().filter(of_tenant).find(of_key);
        let known = known.or_else(|| kept.runs.iter().find(|there| there.new.id == run.id));
        if let Some(there) = known {
            let same = there.new.digest == run.digest && of_tenant(&there);
            let there = there.clone();
            return Ok(if same {
                Begun::Known(there)
            } else {
                Begun::Other(there)
            });
        }
        let begun = Run {
            new: run.clone(),
            state: RunState::Planning,
            why: None,
            set: None,
            changed: (self.clock)(),
            started: None,
        };
        kept.witness(&record::run_begun(run))?;
        kept.runs.push(begun.clone());
        Ok(Begun::New(begun))
    }

    async fn run(&self, id: &str) -> Result<Option<Run>, LedgerError> {
        let kept = self.kept();
        let mut named = kept
            .runs
            .iter()
            .filter(|run| run.new.id == id || (id.len() >= 8 && run.new.id.starts_with(id)));
        Ok(match (named.next(), named.next()) {
            (Some(one), None) => Some(one.clone()),
            _ => kept.runs.iter().find(|run| run.new.id == id).cloned(),
        })
    }

    async fn run_of_key(&self, tenant: &str, key: &str) -> Result<Option<Run>, LedgerError> {
        let kept = self.kept();
        let found = kept.runs.iter().find(|run| {
            run.new.key.as_deref() == Some(key) && run.new.tenant.eq_ignore_ascii_case(tenant)
        });
        Ok(found.cloned())
    }

    async fn runs(&self, limit: u32) -> Result<Vec<Run>, LedgerError> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Ok(self.kept().runs.iter().rev().take(limit).cloned().collect())
    }

    async fn move_run(
        &self,
        id: &str,
        from: &[RunState],
        to: RunState,
        why: Option<&str>,
        set: Option<&str>,
    ) -> Result<bool, LedgerError> {
        let now = (self.clock)();
        let mut kept = self.kept();
        let Some(at) = kept.runs.iter().position(|run| run.new.id == id) else {
            return Ok(false);
        };
        let Some(run) = kept.runs.get(at).filter(|run| from.contains(&run.state)) else {
            return Ok(false);
        };
        if set.is_some() && run.set.is_some() && run.set.as_deref() != set {
            return Err(misuse("the set of a run is never changed"));
        }
        let line = record::run_moved(run, to, why, set, now);
        kept.witness(&line)?;
        let Some(run) = kept.runs.get_mut(at) else {
            return Ok(false);
        };
        run.state = to;
        run.why = why.map(str::to_owned);
        run.set = run.set.take().or(set.map(str::to_owned));
        run.changed = now;
        if to == RunState::Running {
            run.started = run.started.or(Some(now));
        }
        Ok(true)
    }

    async fn add_rows(&self, run: &str, rows: &[NewRow]) -> Result<(), LedgerError> {
        let now = (self.clock)();
        let mut kept = self.kept();
        if !kept.runs.iter().any(|there| there.new.id == run) {
            return Err(misuse("there is no run of that name"));
        }
        for new in rows {
            kept.rows
                .entry((run.to_owned(), new.number))
                .or_insert_with(|| Held {
                    row: Row {
                        new: new.clone(),
                        stage: Stage::Listed,
                        epoch: 0,
                        device: None,
                        label: None,
                        plan: None,
                        planned: None,
                        outcome: None,
                        code: None,
                        message: None,
                        changed: now,
                        attempt: None,
                    },
                    owner: None,
                    until: now,
                    due: None,
                });
        }
        Ok(())
    }

    async fn claim(&self, claim: &Claim) -> Result<Vec<Row>, LedgerError> {
        let now = (self.clock)();
        let mut kept = self.kept();
        let mut free: Vec<_> = kept
            .of_run(&claim.run)
            .filter(|held| {
                held.row.stage == claim.stage
                    && held.due.is_none_or(|due| due <= now)
                    && (held.owner.is_none() || held.until <= now)
            })
            .map(|held| (held.since(), held.row.new.number))
            .collect();
        free.sort_unstable();
        free.truncate(usize::try_from(claim.limit).unwrap_or(usize::MAX));
        let mut taken = Vec::new();
        for (_, number) in free {
            if let Some(held) = kept.rows.get_mut(&(claim.run.clone(), number)) {
                held.owner = Some(claim.owner.clone());
                held.until = now + claim.lease;
                held.due = None;
                held.row.epoch += 1;
                taken.push(held.row.clone());
            }
        }
        taken.sort_unstable_by_key(|row| row.new.number);
        Ok(taken.iter().map(|row| kept.shown(row)).collect())
    }

    async fn renew(&self, run: &str, owner: &str, lease: Duration) -> Result<u64, LedgerError> {
        let until = (self.clock)() + lease;
        let mut renewed = 0;
        for ((of, _), held) in &mut self.kept().rows {
            if of == run && held.owner.as_deref() == Some(owner) {
                held.until = until;
                renewed += 1;
            }
        }
        Ok(renewed)
    }

    async fn release(&self, run: &str, owner: &str) -> Result<(), LedgerError> {
        for ((of, _), held) in &mut self.kept().rows {
            if of == run && held.owner.as_deref() == Some(owner) {
                held.owner = None;
            }
        }
        Ok(())
    }

    async fn reopen(&self, run: &str, outcomes: &[&str]) -> Result<u64, LedgerError> {
        let now = (self.clock)();
        let mut reopened = 0;
        for ((of, _), held) in &mut self.kept().rows {
            let outcome = held.row.outcome.as_deref();
            if of == run
                && held.row.stage == Stage::Ended
                && held.row.plan.is_some()
                && outcome.is_some_and(|outcome| outcomes.contains(&outcome))
            {
                held.row.stage = Stage::Planned;
                held.row.outcome = None;
                held.row.changed = now;
                held.due = None;
                reopened += 1;
            }
        }
        Ok(reopened)
    }

    async fn step(
        &self,
        run: &str,
        owner: &str,
        steps: &[Step],
    ) -> Result<Vec<Stepped>, LedgerError> {
        let now = (self.clock)();
        let mut kept = self.kept();
        if steps.iter().any(|step| kept.is_refused(run, owner, step)) {
            return Err(misuse("the plan of a row is kept, and never changed"));
        }
        Ok(steps
            .iter()
            .map(|step| kept.step(run, owner, step, now))
            .collect())
    }

    async fn rows(&self, run: &str, after: u64, limit: u32) -> Result<Vec<Row>, LedgerError> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let kept = self.kept();
        let rows = kept.of_run(run).filter(|held| held.row.new.number > after);
        Ok(rows.take(limit).map(|held| kept.shown(&held.row)).collect())
    }

    async fn plans_of(
        &self,
        run: &str,
        after: u64,
        limit: u32,
    ) -> Result<Vec<(u64, PlanId)>, LedgerError> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let kept = self.kept();
        let plans = kept.of_run(run).filter_map(|held| {
            let number = held.row.new.number;
            Some((number, held.row.plan.filter(|_| number > after)?))
        });
        Ok(plans.take(limit).collect())
    }

    async fn tally(&self, run: &str) -> Result<Tally, LedgerError> {
        let now = (self.clock)();
        let kept = self.kept();
        let mut tally = Tally::default();
        for held in kept.of_run(run) {
            tally.rows += 1;
            tally.plans += u64::from(held.row.plan.is_some());
            let claimed = held.owner.is_some() && held.until > now;
            tally.claimed += u64::from(claimed);
            match held.row.stage {
                Stage::Listed => tally.listed += 1,
                Stage::Planned => tally.planned += 1,
                Stage::Sent => tally.sent += 1,
                Stage::Ended => {
                    let outcome = held.row.outcome.as_deref().unwrap_or("ended");
                    *tally.ended.entry(outcome.to_owned()).or_default() += 1;
                    continue;
                }
            }
            if !claimed {
                let due = held.due.map_or(0, |due| (due - now).whole_milliseconds());
                let due = u64::try_from(due.max(0)).unwrap_or(u64::MAX);
                tally.due_in = Some(tally.due_in.map_or(due, |there| there.min(due)));
            }
        }
        Ok(tally)
    }

    async fn last_sent(
        &self,
        tenant: &str,
        device: &str,
    ) -> Result<Option<OffsetDateTime>, LedgerError> {
        let kept = self.kept();
        Ok(kept
            .attempts
            .iter()
            .filter(|attempt| {
                attempt.sending.may_have_touched()
                    && attempt.intent.tenant.eq_ignore_ascii_case(tenant)
                    && attempt.intent.device.eq_ignore_ascii_case(device)
            })
            .map(|attempt| attempt.intent.at)
            .next_back())
    }

    async fn keep_approval(&self, approval: &KeptApproval) -> Result<(), LedgerError> {
        let mut kept = self.kept();
        let there = |one: &KeptApproval| {
            one.subject == approval.subject && one.document == approval.document
        };
        if !kept.approvals.iter().any(there) {
            kept.witness(&record::handed_in(approval))?;
            kept.approvals.push(approval.clone());
        }
        Ok(())
    }

    async fn approvals(&self, subject: &str) -> Result<Vec<KeptApproval>, LedgerError> {
        let kept = self.kept();
        let about = |one: &&KeptApproval| one.subject == subject;
        Ok(kept.approvals.iter().filter(about).cloned().collect())
    }

    async fn plans(&self, limit: u32) -> Result<Vec<(StoredPlan, Option<Attempt>)>, LedgerError> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let kept = self.kept();
        Ok(kept
            .order
            .iter()
            .rev()
            .take(limit)
            .filter_map(|id| {
                let attempts = kept.of_plan(id);
                Some((
                    kept.plans.get(id)?.clone(),
                    Attempt::that_counts(&attempts).cloned(),
                ))
            })
            .collect())
    }
}
