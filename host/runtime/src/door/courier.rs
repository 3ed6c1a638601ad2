//! What a courier sends: requests of its own, and one that carries the passcode, which it never
//! reads.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Instant;

use uuid::Uuid;
use zeroize::Zeroizing;

use super::place::{self, Placed};
use super::rules::query;
use super::{Broken, Door, Stopped};
use crate::authority::{Authority, Path, Route};
use crate::connector::{Connector, NoAnswer, Outgoing};
use crate::contract::types::{Method, Seal};
use crate::exchange::{Request, Response};
use crate::secret::Passcode;

/// What became of the passcode that a courier was to take somewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carriage {
    /// It never left this machine.
    NotSent,
    /// It was sent, and nobody knows whether it arrived.
    Unknown,
    /// It was sent and answered; the class of the status: 200, 300, 400 or 500.
    Answered(u16),
}

impl Carriage {
    const NOT_SENT: u16 = 0;
    const UNKNOWN: u16 = 1;

    fn of_mark(mark: u16) -> Self {
        match mark {
            Self::NOT_SENT => Self::NotSent,
            Self::UNKNOWN => Self::Unknown,
            class => Self::Answered(class),
        }
    }
}

/// Tells what became of a passcode, also if the step that took it ended badly.
#[derive(Clone, Debug, Default)]
pub(crate) struct Track(Arc<AtomicU16>);

impl Track {
    pub(crate) fn carriage(&self) -> Carriage {
        Carriage::of_mark(self.0.load(Ordering::SeqCst))
    }

    fn mark(&self, mark: u16) {
        self.0.store(mark, Ordering::SeqCst);
    }
}

/// A passcode at the door of one step.
pub(super) struct Held {
    seal: Seal,
    secret: Zeroizing<String>,
    spent: bool,
    track: Track,
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Held")
            .field("seal", &self.seal)
            .field("spent", &self.spent)
            .finish_non_exhaustive()
    }
}

/// A status of which only the class is told. What is no final status of HTTP is a service out of
/// order.
fn class(status: u16) -> u16 {
    match status {
        200..500 => status / 100 * 100,
        _ => 500,
    }
}

impl Door {
    /// Hold a passcode for a courier. The seal by which the courier knows it is good at this door
    /// only, and for one request.
    pub(crate) fn hold(&mut self, passcode: &Passcode) -> (Seal, Track) {
        let secret = Zeroizing::new(passcode.reveal().to_owned());
        // No other answer brings it back, either.
        self.vault.guard(secret.clone());
        // Drawn, not counted: a number that was good at another door is none here.
        let drawn = Uuid::new_v4().into_bytes();
        let seal = Seal::from_le_bytes([drawn[0], drawn[1], drawn[2], drawn[3]]);
        let track = Track::default();
        self.held = Some(Held {
            seal,
            secret,
            spent: false,
            track: track.clone(),
        });
        (seal, track)
    }

    /// Let a courier's request out that is more than a read.
    pub(super) async fn courier(
        &mut self,
        authority: &Authority,
        wish: Request,
    ) -> Result<Response, Stopped> {
        let (route, path, placed) = self.may_carry(authority, &wish)?;
        let (destination, connector) = self.destination(&wish.destination)?;
        let opened = match (&self.held, placed) {
            (Some(held), Some(placed)) => Some(placed.open(&held.secret).ok_or(Broken::SealPlace)?),
            _ => None,
        };
        let token = self.token(&destination, false, None).await?;
        // What is sent with it comes back as little as the passcode.
        self.vault.guard(Zeroizing::new(token.secret().to_owned()));
        let turn = self.turn(&destination, token.secret(), true).await?;
        let id = Uuid::new_v4().to_string();
        let mut outgoing = Outgoing {
            method: wish.method,
            url: destination.url(&path, &wish.query),
            authorization: destination.authorization(token.secret()),
            client_request_id: &id,
            approval: None,
            body: wish.body,
        };
        let Some(mut opened) = opened else {
            let answer = self.exchange(&connector, outgoing, turn, 0, None).await;
            let (answer, _) = answer.map_err(stopped)?;
            self.note(&answer);
            return Ok(self.pass(route, &wish.destination, None, &answer)?.0);
        };
        outgoing.body = Some(std::mem::take(&mut *opened));
        let track = self.spend();
        let sent = self.for_status(&connector, outgoing).await;
        track.mark(match &sent {
            Ok(status) => class(*status),
            Err(NoAnswer::NotSent) => Carriage::NOT_SENT,
            Err(_) => Carriage::UNKNOWN,
        });
        if let Err(error) = self.shared.pace.answered(turn, None).await {
            self.shared.log("warn", &crate::text::plain(&error.message));
        }
        // Neither a header nor a body: a service may say back what it was sent.
        let status = class(sent.map_err(stopped)?);
        Ok(Response {
            status,
            headers: Vec::new(),
            body: None,
        })
    }

    /// From here on the passcode counts as placed, whatever becomes of it.
    fn spend(&mut self) -> Track {
        let Some(held) = &mut self.held else {
            return Track::default();
        };
        held.spent = true;
        held.track.mark(Carriage::UNKNOWN);
        held.track.clone()
    }

    /// Whether the rules let it leave, over which route, and with which seal.
    fn may_carry<'a>(
        &self,
        authority: &'a Authority,
        wish: &Request,
    ) -> Result<(&'a Route, Path, Option<Placed>), Broken> {
        if place::stands_elsewhere(wish) {
            return Err(Broken::SealPlace);
        }
        if !authority.reaches(&wish.destination) {
            return Err(Broken::Destination(wish.destination.clone()));
        }
        let path = Path::parse(&wish.path)?;
        let (route, _) = authority
            .route(&wish.destination, wish.method, &path)
            .ok_or_else(|| Broken::Route(format!("{} {path}", wish.method)))?;
        if !route.phases.contains(&self.binding.phase) {
            return Err(Broken::Phase(route.name.clone()));
        }
        query(route, &wish.query)?;
        if wish.body.is_some() && wish.method == Method::Delete {
            return Err(Broken::Body);
        }
        let placed = place::judge(wish.body.as_deref(), route.seal.as_ref())?;
        if let Some(placed) = &placed {
            let held = self.held.as_ref().filter(|held| held.seal == placed.seal);
            let held = held.ok_or(Broken::SealUnknown)?;
            if held.spent {
                return Err(Broken::SealSpent);
            }
        }
        Ok((route, path, placed))
    }

    /// Send, and learn the status alone. The line about it has the address, which holds what the
    /// courier wrote and never the passcode.
    async fn for_status(
        &self,
        connector: &Connector,
        outgoing: Outgoing<'_>,
    ) -> Result<u16, NoAnswer> {
        let request = format!("{} {}", outgoing.method, outgoing.url);
        let id = outgoing.client_request_id;
        let begun = Instant::now();
        let status = connector.send_for_status(outgoing).await;
        let became = match &status {
            Ok(status) => status.to_string(),
            Err(why) => why.to_string(),
        };
        let took = begun.elapsed().as_millis();
        let line = format!("{request}: {became} in {took} ms, client-request-id {id}");
        self.shared.log("http", &crate::text::plain(&line));
        status
    }
}

fn stopped(why: NoAnswer) -> Stopped {
    match why {
        NoAnswer::NotSent => Stopped::NotSent,
        NoAnswer::Interrupted => Stopped::Interrupted,
        NoAnswer::Unreadable => {
            Stopped::Unreadable("the answer broke off or is larger than allowed")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_status_the_class_alone_is_told() {
        for status in 0..1000 {
            let expected = match status {
                200..=299 => 200,
                300..=399 => 300,
                400..=499 => 400,
                _ => 500,
            };
            assert_eq!(class(status), expected, "{status}");
            assert_eq!(
                Carriage::of_mark(class(status)),
                Carriage::Answered(expected)
            );
        }
        assert_eq!(Track::default().carriage(), Carriage::NotSent);
    }
}
