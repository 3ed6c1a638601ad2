//! A courier that does what a test tells it, so that a test can say what a courier can see and
//! do, and be surprised.
//!
//! The script is JSON and arrives as the caller's reason:
//!
//! ```json
//! { "steps": [{ "do": "send", "method": "POST", "path": "/api/secrets", "body": "{\"secret\":SEAL}" }], "then": "ok" }
//! ```
//!
//! `SEAL` stands for the seal as a body names it, `NUMBER` for its number alone. Whatever it saw
//! goes into its log; with `"then": "ok"` it says that it delivered, with `"trap"` it breaks off,
//! and otherwise what it saw is the message of its problem.

mod bindings {
    #![allow(
        missing_docs,
        reason = "generated bindings; the documentation is in wit/"
    )]

    wit_bindgen::generate!({ world: "passcode-courier", path: "../../wit" });

    export!(Puppet);

    use super::Puppet;
}

use bindings::exports::passcode::action::courier::{Context, Delivery, Guest, Problem};
use bindings::passcode::action::types::{Method, ProblemKind, Touched};
use bindings::passcode::action::{http, log};
use serde_json::{Value, json};

struct Puppet;

struct Play {
    seal: u32,
    seen: Vec<Value>,
}

impl Play {
    fn step(&mut self, step: &Value) {
        let requests = step["requests"].as_array().into_iter().flatten();
        let destination = step["destination"].as_str().unwrap_or("vault");
        match step["do"].as_str() {
            Some("send") => {
                let said = http::send(destination, &self.request(step));
                self.seen.push(told(said));
            }
            Some("send-all") => {
                let requests: Vec<_> = requests.map(|one| self.request(one)).collect();
                let said = http::send_all(destination, &requests);
                self.seen.extend(said.into_iter().map(told));
            }
            Some("log") => {
                let line = self.text(&step["message"]);
                log::write(log::Severity::Info, &line);
            }
            _ => self.seen.push(json!("no such step")),
        }
    }

    fn request(&self, step: &Value) -> http::Request {
        let query = step["query"].as_array().into_iter().flatten();
        http::Request {
            method: match step["method"].as_str() {
                Some("POST") => Method::Post,
                Some("PUT") => Method::Put,
                Some("PATCH") => Method::Patch,
                Some("DELETE") => Method::Delete,
                _ => Method::Get,
            },
            path: self.text(&step["path"]),
            query: query
                .map(|pair| (self.text(&pair[0]), self.text(&pair[1])))
                .collect(),
            body: step["body"].as_str().map(|_| self.text(&step["body"])),
        }
    }

    fn text(&self, value: &Value) -> String {
        let sealed = json!({ "$sealed": self.seal }).to_string();
        let text = value.as_str().unwrap_or_default();
        text.replace("SEAL", &sealed)
            .replace("NUMBER", &self.seal.to_string())
    }
}

fn told(said: Result<http::Response, http::Failure>) -> Value {
    match said {
        Ok(answer) => json!({
            "status": answer.status,
            "headers": answer.headers,
            "body": answer.body,
        }),
        Err(failure) => json!({
            "reason": format!("{:?}", failure.reason),
            "sent": format!("{:?}", failure.sent),
            "message": failure.message,
        }),
    }
}

impl Guest for Puppet {
    fn deliver(delivery: Delivery, context: Context) -> Result<(), Problem> {
        let script = delivery.caller.reason.clone().unwrap_or_default();
        let script: Value = serde_json::from_str(&script).unwrap_or_default();
        let mut play = Play {
            seal: delivery.passcode,
            seen: Vec::new(),
        };
        let all = format!("{delivery:?} {context:?}");
        log::write(log::Severity::Debug, &all);
        for step in script["steps"].as_array().into_iter().flatten() {
            play.step(step);
        }
        let seen = Value::Array(play.seen).to_string();
        log::write(log::Severity::Info, &seen);
        match script["then"].as_str() {
            Some("ok") => Ok(()),
            Some("trap") => panic!("as the script says"),
            _ => Err(Problem {
                touched: Touched::Yes,
                kind: ProblemKind::Internal,
                code: "told".to_owned(),
                message: seen,
                remedy: None,
                status: None,
                service_code: None,
                support_ids: Vec::new(),
                retry_after_seconds: None,
                checks: Vec::new(),
            }),
        }
    }
}
