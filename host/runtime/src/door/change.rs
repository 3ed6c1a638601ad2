//! The one request that changes something: written down, sent, and what became of it written
//! down.

use url::Url;
use uuid::Uuid;

use super::approval::{ApprovalSent, Carried, Demand, demand};
use super::reading::{demanded_claims, token_refused};
use super::{Admitted, Broken, Door, Sent, Stopped};
use crate::connector::{Answer, Connector, NoAnswer, Outgoing};
use crate::destination::Destination;
use crate::error::HostError;
use crate::exchange::{Request, Response};
use crate::json;
use crate::ledger::{Intent, IntentRefused, PlanId, Sending, Settlement};

/// What an answer to the plan's request means. Pure.
pub(crate) fn sending(
    answer: &Answer,
    token_was_renewed: bool,
    carried: Option<ApprovalSent>,
) -> Sending {
    match demand(answer) {
        Demand::Approval(_) => return Sending::NotExecuted,
        // Asked once. Who had a justification or a code and still asks wants something else.
        Demand::Justification if carried.is_none() => return Sending::NotExecuted,
        Demand::Justification | Demand::Nothing => {}
    }
    match answer.status {
        200..300 => Sending::Accepted,
        // Refused before anything ran: the service says so of each of these.
        429 => Sending::NotExecuted,
        401 if token_refused(answer) && !token_was_renewed => Sending::NotExecuted,
        // A gateway answers 408 when it does not know what became of the request.
        408 => Sending::Unknown,
        400..500 => Sending::Rejected,
        // A 5xx may come from a service that took the request on and then failed.
        _ => Sending::Unknown,
    }
}

impl Door {
    pub(super) async fn change(
        &mut self,
        admitted: Admitted<'_>,
        wish: &Request,
        destination: &Destination,
        connector: &Connector,
        url: Url,
    ) -> Result<Response, Stopped> {
        if self.sent.is_some() {
            return Err(Broken::Again.into());
        }
        if self.snapshot.is_none() {
            return Err(Broken::NoSnapshot.into());
        }
        if !admitted.route.names_device {
            self.leads_to_the_device(&admitted, destination, connector)
                .await?;
        }
        let (mut renewed, mut renew, mut claims) = (false, false, None);
        let mut carried = self.binding.approval.clone();
        loop {
            let renewing = std::mem::take(&mut renew);
            let token = self.token(destination, renewing, claims.take()).await?;
            let turn = self.turn(destination, token.secret(), true).await?;
            let id = self.intend(&admitted, wish).await?;
            if self.binding.stop.is_told() {
                // Written down, and not sent: that is written down, too.
                let none = Sending::NotExecuted;
                self.settle(&id, none, None, carried.as_ref()).await?;
                if let Err(error) = self.shared.pace.answered(turn, None).await {
                    self.shared.log("warn", &crate::text::plain(&error.message));
                }
                self.noted().fault = Some(HostError::Stopping);
                return Err(Stopped::Stopping);
            }
            let sent = carried.as_ref().map(Carried::sent);
            let outgoing = Outgoing {
                method: wish.method,
                url: url.clone(),
                authorization: destination.authorization(token.secret()),
                client_request_id: &id,
                approval: carried.as_ref().map(Carried::header),
                body: wish.body.clone(),
            };
            let answer = self.exchange(connector, outgoing, turn, 0, None).await;
            let answer = answer.map(|(answer, _)| answer);
            if let Ok(answer) = &answer {
                self.note(answer);
            }
            let became = match &answer {
                Ok(answer) => sending(answer, renewed, sent),
                Err(NoAnswer::NotSent) => Sending::NotExecuted,
                Err(NoAnswer::Interrupted | NoAnswer::Unreadable) => Sending::Unknown,
            };
            self.settle(&id, became, answer.as_ref().ok(), carried.as_ref())
                .await?;
            let answer = answer.map_err(|why| match why {
                NoAnswer::NotSent => Stopped::NotSent,
                NoAnswer::Interrupted => Stopped::Interrupted,
                NoAnswer::Unreadable => {
                    Stopped::Unreadable("the answer broke off or is larger than allowed")
                }
            })?;
            if became == Sending::NotExecuted {
                if demand(&answer) == Demand::Justification
                    && let Some((_, document)) = &self.binding.plan
                {
                    carried = Some(Carried::justification(document));
                    continue;
                }
                if token_refused(&answer) && !renewed {
                    (renewed, renew) = (true, true);
                    claims = demanded_claims(&answer);
                    continue;
                }
            }
            let device = self.binding.device.clone();
            return Ok(self
                .pass(
                    admitted.route,
                    &wish.destination,
                    device.as_deref(),
                    &answer,
                )?
                .0);
        }
    }

    /// An address that names no device is asked which device it leads to, in this very commit.
    async fn leads_to_the_device(
        &mut self,
        admitted: &Admitted<'_>,
        destination: &Destination,
        connector: &Connector,
    ) -> Result<(), Stopped> {
        let query = [("$select".to_owned(), "id".to_owned())];
        let url = destination.url(&admitted.path.parent(), &query);
        let answer = self.read(destination, connector, url).await?;
        let body = json::parse(&answer.body).ok();
        let id = body.as_ref().and_then(|body| body.get("id")?.as_str());
        if answer.status == 200 && id.is_some() && id == self.binding.device.as_deref() {
            Ok(())
        } else {
            Err(Broken::LeadsElsewhere.into())
        }
    }

    async fn intend(&mut self, admitted: &Admitted<'_>, wish: &Request) -> Result<String, Stopped> {
        let (Some((plan, document)), Some(device)) =
            (self.binding.plan.clone(), self.binding.device.clone())
        else {
            return Err(Broken::NotThePlan.into());
        };
        // In the order of time, so that the ledger's index of them grows at its end.
        let id = Uuid::now_v7().to_string();
        let intent = Intent {
            plan,
            tenant: document.plan.tenant.clone(),
            device,
            client_request_id: id.clone(),
            request: format!("{} {}", wish.method, admitted.path),
            at: self.shared.time.now(),
            service_date: self.service_date(),
            snapshot: self.snapshot.clone().unwrap_or_default(),
            after_unknown: document
                .plan
                .after_unknown
                .as_deref()
                .and_then(|id| id.parse::<PlanId>().ok()),
            again: document.plan.again,
        };
        self.shared.ledger.intend(&intent).await.map_err(|why| {
            self.noted().fault = Some(match why {
                IntentRefused::Ledger(error) => HostError::Ledger(error),
                refused => HostError::refused_intent(refused),
            });
            Stopped::Ledger
        })?;
        // Until it is settled, it is as if it had been sent.
        self.sent = Some(Sent {
            client_request_id: id.clone(),
            sending: Sending::Intended,
            settlement: Settlement::default(),
            approval: None,
        });
        Ok(id)
    }

    async fn settle(
        &mut self,
        id: &str,
        sending: Sending,
        answer: Option<&Answer>,
        carried: Option<&Carried>,
    ) -> Result<(), Stopped> {
        let header = |name: &str| {
            answer
                .and_then(|answer| answer.header(name))
                .map(str::to_owned)
        };
        let approval_code = match answer.map(demand) {
            // An approval that is still waited for keeps its code; one without is noted, too.
            Some(Demand::Approval(given)) => given
                .or_else(|| carried.and_then(Carried::code).map(str::to_owned))
                .or_else(|| Some(String::new())),
            _ => None,
        };
        let settlement = Settlement {
            status: answer.map(|answer| answer.status),
            request_id: header("request-id"),
            service_date: self.service_date().filter(|_| answer.is_some()),
            approval_code,
            settled_by: None,
        };
        let sent = Sent {
            client_request_id: id.to_owned(),
            sending,
            settlement,
            approval: carried.map(Carried::sent),
        };
        let kept = self
            .shared
            .ledger
            .settle(id, sending, &sent.settlement)
            .await;
        self.sent = Some(sent);
        kept.map_err(|error| {
            self.noted().fault = Some(HostError::Ledger(error));
            Stopped::Ledger
        })
    }
}
