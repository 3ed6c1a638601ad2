//! Answers on their way in: what passes of one, under which name a link to a further page is kept, and
//! which headers come with it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::reading::json_content;
use super::{Door, Page, Stopped, seal};
use crate::authority::{Path, Route};
use crate::connector::Answer;
use crate::exchange::Response;

/// Headers of an answer that may pass.
const PASSING_HEADERS: [&str; 4] = ["date", "retry-after", "request-id", "client-request-id"];

impl Door {
    /// What passes of an answer, and the properties that show a device.
    pub(super) fn pass(
        &mut self,
        route: &Route,
        destination: &str,
        device: Option<&str>,
        answer: &Answer,
    ) -> Result<(Response, Option<BTreeMap<String, Value>>), Stopped> {
        let success = (200..300).contains(&answer.status);
        if success {
            json_content(answer)?;
        }
        let heard_alike = success && device.is_none() && self.vault.is_empty();
        if heard_alike && let Some(body) = self.shared.passed.of(route, &answer.body) {
            let response = Response {
                status: answer.status,
                headers: self.passing_headers(answer),
                body: Some(body),
            };
            return Ok((response, None));
        }
        let filtered = if success {
            seal::answer(route, device, &answer.body, &mut self.vault)
        } else {
            seal::refusal(&answer.body, &self.vault)
        };
        let mut filtered = filtered?;
        let is_whole = filtered.next_link.is_none() && filtered.card.is_none();
        if let (Some(link), Some(Value::Object(body))) =
            (filtered.next_link.take(), &mut filtered.body)
        {
            let name = self.keep_link(route, destination, &link)?;
            body.insert("@odata.nextLink".to_owned(), Value::String(name));
        }
        if let Some(results) = filtered.results.take()
            && device.is_some()
            && device == self.binding.device.as_deref()
        {
            self.snapshot = Some(results);
        }
        // Little is left out of most answers.
        let room = answer.body.len();
        let body = filtered.body.map(|body| written(&body, room));
        let passed = Response {
            status: answer.status,
            headers: self.passing_headers(answer),
            body: body
                .transpose()
                .map_err(|_| Stopped::Unreadable("what passes of the answer cannot be written"))?,
        };
        // Nothing in it means something to this step alone, as a seal or a link does.
        if heard_alike
            && is_whole
            && self.vault.is_empty()
            && let Some(body) = &passed.body
        {
            self.shared.passed.keep(route, &answer.body, body);
        }
        Ok((passed, filtered.card.filter(|_| success)))
    }

    fn passing_headers(&self, answer: &Answer) -> Vec<(String, String)> {
        let passes = |(name, value): &&(String, String)| {
            PASSING_HEADERS.contains(&name.as_str()) && !self.vault.leaks_into(value)
        };
        answer.headers.iter().filter(passes).cloned().collect()
    }

    /// Keep a link under a name. One that leads to another origin, or off the granted route, is
    /// how a server would send our credential elsewhere.
    fn keep_link(
        &mut self,
        route: &Route,
        destination: &str,
        link: &str,
    ) -> Result<String, Stopped> {
        const HOSTILE: Stopped = Stopped::Unreadable("the link to the next page leads elsewhere");
        let (own, _) = self.destination(destination)?;
        let url = url::Url::parse(link).map_err(|_| HOSTILE)?;
        let path = Path::parse(url.path()).map_err(|_| HOSTILE)?;
        let same = url.origin() == own.root.origin()
            && url.username().is_empty()
            && url.password().is_none()
            && url.fragment().is_none()
            && route.path.matches(&path).is_some();
        if !same {
            return Err(HOSTILE);
        }
        self.pages.push(Page {
            destination: destination.to_owned(),
            route: route.clone(),
            url,
        });
        Ok(format!("page:{}", self.gone + self.pages.len()))
    }
}

/// As JSON, with room for so many bytes.
fn written(value: &Value, room: usize) -> Result<String, serde_json::Error> {
    let mut bytes = Vec::with_capacity(room);
    serde_json::to_writer(&mut bytes, value)?;
    String::from_utf8(bytes).map_err(serde::ser::Error::custom)
}
