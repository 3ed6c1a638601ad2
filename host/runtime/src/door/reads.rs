//! Reads: judged, sent, and what may pass of their answers. Several can be under way at once;
//! what one answer means for another is settled before the first leaves and after the last is
//! back, in the order of the requests.

use std::borrow::Cow;

use futures::stream::{self, StreamExt as _};
use url::Url;

use super::{Broken, Door, Stopped};
use crate::authority::{Authority, Route};
use crate::connector::{Answer, Connector};
use crate::contract::types::Method;
use crate::destination::Destination;
use crate::document::Sight;
use crate::exchange::{Request, Response};

/// How many reads of one step are under way at the same time.
const AT_ONCE: usize = 6;

/// A read that may leave.
pub(super) struct Leaving<'a> {
    wish: Request,
    route: Cow<'a, Route>,
    /// The device that the path names.
    device: Option<String>,
    destination: Destination,
    connector: Connector,
    url: Url,
}

impl Door {
    /// Let several reads out, and what may pass of their answers in.
    pub(crate) async fn read_all(
        &mut self,
        wishes: Vec<Request>,
    ) -> Vec<Result<Response, Stopped>> {
        let authority = self.authority.clone();
        let leaving: Vec<Result<Leaving<'_>, Stopped>> = wishes
            .into_iter()
            .map(|wish| match wish.method {
                Method::Get => self.leaving(&authority, wish),
                // What changes something is written down first, alone, and compared with the plan.
                _ => Err(Broken::ReadsOnly.into()),
            })
            .collect();
        let fetching: Vec<_> = leaving.iter().map(|one| self.fetch_if(one)).collect();
        let answers: Vec<Result<Answer, Stopped>> =
            stream::iter(fetching).buffered(AT_ONCE).collect().await;
        let mut passed = Vec::new();
        for (leaving, answer) in leaving.into_iter().zip(answers) {
            let arrived = match (leaving, answer) {
                (Ok(leaving), Ok(answer)) => self.arrived(leaving, &answer),
                (Err(stopped), _) | (_, Err(stopped)) => Err(stopped),
            };
            passed.push(arrived);
        }
        // The component has seen none of them yet: what one seals must stand in no other,
        // whichever came first.
        for arrived in &mut passed {
            if let Ok(response) = arrived
                && self.vault.leaks_into_answer(response)
            {
                *arrived = Err(Stopped::Withheld);
            }
        }
        passed
    }

    async fn fetch_if(&self, leaving: &Result<Leaving<'_>, Stopped>) -> Result<Answer, Stopped> {
        match leaving {
            Ok(leaving) => self.fetch(leaving).await,
            Err(stopped) => Err(stopped.clone()),
        }
    }

    pub(super) async fn fetch(&self, leaving: &Leaving<'_>) -> Result<Answer, Stopped> {
        let url = leaving.url.clone();
        self.read(&leaving.destination, &leaving.connector, url)
            .await
    }

    /// A read that may leave, by the rules or as the page of an earlier answer.
    pub(super) fn leaving<'a>(
        &self,
        authority: &'a Authority,
        wish: Request,
    ) -> Result<Leaving<'a>, Stopped> {
        if let Some(number) = wish.path.strip_prefix("page:") {
            let (route, url) = self.page(number, &wish)?;
            let (destination, connector) = self.destination(&wish.destination)?;
            return Ok(Leaving {
                route: Cow::Owned(route),
                device: None,
                destination,
                connector,
                url,
                wish,
            });
        }
        let mut admitted = self.admitted(authority, &wish)?;
        let (destination, connector) = self.destination(&wish.destination)?;
        Ok(Leaving {
            url: destination.url(&admitted.path, &wish.query),
            device: admitted.bindings.remove("device"),
            route: Cow::Borrowed(admitted.route),
            destination,
            connector,
            wish,
        })
    }

    /// What may pass of an answer. The host remembers how a device was looked at, to look again.
    pub(super) fn arrived(
        &mut self,
        leaving: Leaving<'_>,
        answer: &Answer,
    ) -> Result<Response, Stopped> {
        let Leaving {
            wish,
            route,
            device,
            ..
        } = leaving;
        let passed = self.pass(&route, &wish.destination, device.as_deref(), answer)?;
        if let (Some(device), Some(properties)) = (device, passed.1) {
            let select = wish.query.iter().find(|(name, _)| name == "$select");
            let select = select.map(|(_, names)| names.split(',').map(str::to_owned).collect());
            let sight = Sight {
                path: wish.path,
                select: select.unwrap_or_default(),
                properties,
            };
            self.seen.insert(device, sight);
        }
        Ok(passed.0)
    }

    /// The link that an earlier answer carried, unchanged.
    fn page(&self, number: &str, wish: &Request) -> Result<(Route, Url), Broken> {
        let plain = wish.method == Method::Get && wish.query.is_empty() && wish.body.is_none();
        let index = number.parse::<usize>().ok().and_then(|n| n.checked_sub(1));
        let page = index
            .filter(|_| plain)
            .and_then(|index| self.pages.get(index.checked_sub(self.gone)?));
        let page = page
            .filter(|page| page.destination == wish.destination)
            .ok_or(Broken::Page)?;
        Ok((page.route.clone(), page.url.clone()))
    }
}
