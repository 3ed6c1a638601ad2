//! A component that does what a test tells it, so that a test can say what a component can see
//! and do, and be surprised.
//!
//! The script is JSON: one object with an entry for each phase. It arrives as the selector
//! `other("script", …)` in `find`, as the caller's reason in `prepare`, `commit` and `observe`,
//! as the device id of the query in `history`, and as the device's name in `results`.
//!
//! ```json
//! { "commit": { "steps": [{ "do": "send", "path": "/beta/…/{device}" }], "then": { "tell": true } } }
//! ```
//!
//! What it saw comes back as the JSON message of a problem with the code `told`.

mod hostile;
mod words;

mod bindings {
    #![allow(
        missing_docs,
        reason = "generated bindings; the documentation is in wit/"
    )]

    wit_bindgen::generate!({ world: "passcode-action", path: "../../wit" });

    export!(Puppet);

    use super::Puppet;
}

use bindings::exports::passcode::action::action::{
    ActionResult, Address, Context, Description, Findings, Guest, HistoryEntry, HistoryQuery,
    Order, Plan, Problem, Progress, Proposal, Receipt, Rule, Selector,
};
use bindings::passcode::action::types::{ProblemKind, Touched};
use bindings::passcode::action::{auth, http, log};
use serde_json::{Value, json};

struct Puppet;

/// The script of one phase, and what was seen while it ran.
struct Play {
    script: Value,
    device: String,
    seen: Vec<Value>,
}

impl Play {
    fn new(text: Option<&str>, phase: &str, device: &str) -> Self {
        let script = text.and_then(|text| serde_json::from_str::<Value>(text).ok());
        let script = script.map_or(Value::Null, |script| script[phase].clone());
        Self {
            script,
            device: device.to_owned(),
            seen: Vec::new(),
        }
    }

    fn run(&mut self) {
        let steps = self.script["steps"].clone();
        for step in steps.as_array().into_iter().flatten() {
            self.step(step);
        }
    }

    fn step(&mut self, step: &Value) {
        match step["do"].as_str().unwrap_or_default() {
            "send" => {
                let said = self.send(step);
                self.seen.push(said);
            }
            "send-all" => {
                let said = self.send_all(step);
                self.seen.extend(said);
            }
            "repeat" => {
                for _ in 0..step["times"].as_u64().unwrap_or(1) {
                    self.step(&step["step"]);
                    // Only the last is told: a million answers would not fit.
                    let last = self.seen.pop();
                    self.seen.clear();
                    self.seen.extend(last);
                }
            }
            "follow" => {
                let link = self
                    .seen
                    .last()
                    .map(|said| said["body"]["@odata.nextLink"].clone());
                let link = link.unwrap_or_default();
                let said = self.send(&json!({ "path": link }));
                self.seen.push(said);
            }
            "whoami" => {
                let identity = auth::whoami(text(&step["destination"], "graph"));
                self.seen.push(json!(identity.map(|identity| json!({
                    "tenant": identity.tenant,
                    "name": identity.name,
                    "permissions": identity.permissions,
                }))));
            }
            "log" => {
                for _ in 0..step["times"].as_u64().unwrap_or(1) {
                    log::write(log::Severity::Info, text(&step["message"], "a line"));
                }
            }
            other => hostile::act(other, step),
        }
    }

    /// `requests`, each as for `send`, and the last of them `times` times more.
    fn send_all(&self, step: &Value) -> Vec<Value> {
        let wanted = step["requests"].as_array().into_iter().flatten();
        let mut requests: Vec<_> = wanted.map(|step| self.request(step)).collect();
        if let Some(last) = requests.last().cloned() {
            requests.extend(std::iter::repeat_n(last, words::number(&step["times"])));
        }
        let answers = http::send_all(text(&step["destination"], "graph"), &requests);
        answers.into_iter().map(said).collect()
    }

    fn send(&self, step: &Value) -> Value {
        let request = self.request(step);
        said(http::send(text(&step["destination"], "graph"), &request))
    }

    fn request(&self, step: &Value) -> http::Request {
        let query = step["query"].as_array().into_iter().flatten();
        let mut query: Vec<(String, String)> = query
            .map(|pair| (self.text(&pair[0]), self.text(&pair[1])))
            .collect();
        for _ in 0..step["pairs"].as_u64().unwrap_or(0) {
            query.push((String::new(), String::new()));
        }
        let mut path = self.text(&step["path"]);
        path.extend(std::iter::repeat_n('a', words::number(&step["pad"])));
        http::Request {
            method: words::method(text(&step["method"], "GET")),
            path,
            query,
            body: step["body"].as_str().map(str::to_owned),
        }
    }

    fn text(&self, value: &Value) -> String {
        value
            .as_str()
            .unwrap_or_default()
            .replace("{device}", &self.device)
    }

    fn told(self) -> Problem {
        Problem {
            touched: Touched::No,
            kind: ProblemKind::Internal,
            code: "told".to_owned(),
            message: Value::Array(self.seen).to_string(),
            remedy: None,
            status: None,
            service_code: None,
            support_ids: Vec::new(),
            retry_after_seconds: None,
            checks: Vec::new(),
        }
    }

    fn then(&self, what: &str) -> Option<Value> {
        let huge = words::number(&self.script["then"]["huge"]);
        let mut then = self.script["then"].get(what).cloned()?;
        if huge > 0 {
            then["huge"] = json!("h".repeat(huge));
        }
        Some(then)
    }
}

fn said(answer: Result<http::Response, http::Failure>) -> Value {
    match answer {
        Ok(response) => json!({
            "status": response.status,
            "headers": response.headers,
            "body": response.body.map(|body| serde_json::from_str(&body).unwrap_or(Value::String(body))),
        }),
        Err(failure) => words::failure(failure),
    }
}

fn text<'a>(value: &'a Value, otherwise: &'a str) -> &'a str {
    value.as_str().unwrap_or(otherwise)
}

impl Guest for Puppet {
    fn describe() -> Description {
        Description {
            name: "puppet".to_owned(),
            version: "0.1.0".to_owned(),
            summary: "does what a test tells it".to_owned(),
            service: "intune".to_owned(),
            verbs: Vec::new(),
            rules_as_of: String::new(),
        }
    }

    fn matrix() -> Vec<Rule> {
        Vec::new()
    }

    fn addresses() -> Vec<Address> {
        Vec::new()
    }

    fn find(selector: Selector, _: Context) -> Result<Findings, Problem> {
        let script = match selector {
            Selector::Other((_, script)) => Some(script),
            _ => None,
        };
        let mut play = Play::new(script.as_deref(), "find", "");
        play.run();
        if play.then("findings").is_some() {
            let limits = vec![Value::Array(play.seen).to_string()];
            return Ok(Findings {
                matched: Vec::new(),
                set_aside: Vec::new(),
                mismatched: 0,
                limits,
            });
        }
        Err(play.told())
    }

    fn prepare(order: Order, _: Context) -> Result<Proposal, Problem> {
        let mut play = Play::new(order.caller.reason.as_deref(), "prepare", &order.device_id);
        play.run();
        match play.then("propose") {
            Some(wanted) => Ok(words::proposal(&order.device_id, &wanted)),
            None => Err(play.told()),
        }
    }

    fn commit(plan: Plan, _: Context) -> Result<Progress, Problem> {
        let mut play = Play::new(
            plan.caller.reason.as_deref(),
            "commit",
            &plan.proposal.device.id,
        );
        play.run();
        match play.then("progress") {
            Some(wanted) => Ok(words::progress(&wanted)),
            None => Err(play.told()),
        }
    }

    fn observe(plan: Plan, _: Receipt, _: Context) -> Result<Progress, Problem> {
        let mut play = Play::new(
            plan.caller.reason.as_deref(),
            "observe",
            &plan.proposal.device.id,
        );
        play.run();
        match play.then("progress") {
            Some(wanted) => Ok(words::progress(&wanted)),
            None => Err(play.told()),
        }
    }

    fn results(device_id: String, _: Context) -> Result<Vec<ActionResult>, Problem> {
        let mut play = Play::new(None, "results", &device_id);
        let read = json!({
            "do": "send",
            "path": "/beta/deviceManagement/managedDevices/{device}",
            "query": [["$select", "id,deviceName,deviceActionResults"]],
        });
        play.step(&read);
        let said = play.seen.last().cloned().unwrap_or_default();
        let script: Value =
            serde_json::from_str(text(&said["body"]["deviceName"], "")).unwrap_or_default();
        play.script = script["results"].clone();
        let honest = said["body"]["deviceActionResults"].clone();
        let results = play.then("results").unwrap_or(honest);
        match results.as_array() {
            Some(results) => Ok(results.iter().map(words::result).collect()),
            None => Err(play.told()),
        }
    }

    fn history(query: HistoryQuery, _: Context) -> Result<Vec<HistoryEntry>, Problem> {
        let mut play = Play::new(query.device_id.as_deref(), "history", "");
        play.run();
        Err(play.told())
    }
}
