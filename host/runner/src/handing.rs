//! A passcode on its way to a service, by a courier that never reads it.

use passcode_host::contract::types::{Context, Delivery};
use passcode_host::ledger::BEGUN;
use passcode_host::{
    Carriage, Extension, Handed, HostError, Observed, PlanDocument, plain, rfc3339,
};

use crate::runner::Runner;

/// What became of a handing over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Handover {
    /// It arrived, and that is written down.
    Delivered,
    /// It counts as undelivered, and nothing left this machine.
    NotSent(String),
    /// It was sent, and counts as undelivered all the same; why.
    NotDelivered(String),
}

impl Runner {
    /// Hand the passcode of a look over to a courier. That it is disclosed is written down before
    /// it leaves, and that it was delivered once the service took it: what ends in between counts
    /// as undelivered, and is delivered again.
    ///
    /// # Errors
    ///
    /// If it cannot be written down. Before it was sent, nothing is sent then.
    pub async fn hand_over(
        &self,
        document: &PlanDocument,
        observed: &Observed,
        courier: &Extension,
    ) -> Result<Option<Handover>, HostError> {
        let to = format!("courier {}", courier.name());
        let begun = format!("{BEGUN}{to}");
        let Some(passcode) = self.disclose(observed, &begun).await? else {
            return Ok(None);
        };
        let plan = &document.plan;
        let context = Context {
            now: rfc3339(self.host().now()),
            time_zone: None,
            cloud: plan.cloud.clone(),
            practice: plan.practice,
        };
        let delivery = Delivery {
            plan_id: document.id.to_string(),
            device: plan.proposal.device.clone(),
            effect: plan.proposal.effect.clone(),
            caller: plan.caller.clone(),
            // Whatever stands here: the seal is drawn at the door.
            passcode: 0,
        };
        let handed = courier.deliver(delivery, passcode, &context).await;
        let outcome = outcome(&handed);
        if outcome == Handover::Delivered {
            self.disclose(observed, &to).await?;
        }
        Ok(Some(outcome))
    }
}

/// What it means, in words that hold whatever the courier says. Pure.
fn outcome(handed: &Handed) -> Handover {
    if handed.arrived() {
        return Handover::Delivered;
    }
    let said = match &handed.said {
        Ok(()) => String::new(),
        Err(error) => format!(" ({}: {})", plain(&error.code()), plain(&error.to_string())),
    };
    match handed.carriage {
        Carriage::NotSent if handed.said.is_ok() => {
            Handover::NotSent("the courier sent nothing".to_owned())
        }
        Carriage::NotSent => Handover::NotSent(format!("the courier failed{said}")),
        Carriage::Unknown => Handover::NotDelivered(format!(
            "nobody knows whether it arrived: there was no answer{said}"
        )),
        Carriage::Answered(200) => Handover::NotDelivered(format!(
            "the service took it, and the courier says that it was not delivered{said}"
        )),
        Carriage::Answered(class) => Handover::NotDelivered(format!(
            "the service did not take it: it answered {}xx{said}",
            class / 100
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_door_saw_arrive_counts_as_delivered() {
        let failed = || Err(HostError::Component("a trap".to_owned()));
        let table = [
            (Ok(()), Carriage::Answered(200), None),
            (Ok(()), Carriage::NotSent, Some((false, "sent nothing"))),
            (failed(), Carriage::NotSent, Some((false, "a trap"))),
            (Ok(()), Carriage::Unknown, Some((true, "nobody knows"))),
            (Ok(()), Carriage::Answered(300), Some((true, "3xx"))),
            (
                failed(),
                Carriage::Answered(400),
                Some((true, "4xx (component-failed")),
            ),
            (
                failed(),
                Carriage::Answered(200),
                Some((true, "not delivered (component")),
            ),
        ];
        for (said, carriage, expected) in table {
            let handed = Handed { said, carriage };
            match (outcome(&handed), expected) {
                (Handover::Delivered, None) => {}
                (Handover::NotSent(why), Some((false, part)))
                | (Handover::NotDelivered(why), Some((true, part))) => {
                    assert!(why.contains(part), "{why}");
                }
                (other, _) => panic!("{handed:?}: {other:?}"),
            }
        }
    }
}
