//! A home, a tenant in another process, and what must be found after a kill.

use passcode_host::ledger::{Attempt, SendLedger as _};
use passcode_ledger::{Reported, SqliteLedger};
use serde_json::Value;

use crate::point::State;
use crate::support::{Home, Ran};
use crate::tenant::Tenant;

/// Where rounds are played: each has a device of its own.
pub struct Scene {
    pub home: Home,
    pub tenant: Tenant,
    /// Where Graph is for the process that is killed. What comes after asks the tenant itself.
    graph: String,
}

impl Scene {
    pub fn new(tenant: Tenant, graph: &str) -> Self {
        let mut home = Home::new();
        for (name, value) in tenant.environment(tenant.url()) {
            home.set(name, &value);
        }
        Self {
            home,
            tenant,
            graph: graph.to_owned(),
        }
    }

    /// How the process that is to be killed reaches Graph.
    pub fn environment(&self) -> [(&'static str, String); 6] {
        self.tenant.environment(&self.graph)
    }

    fn device(round: usize) -> String {
        format!("5ca1e000-0000-4000-8000-{:012}", round + 1)
    }

    /// Two plans for the round's device: one that is carried out, and a rival made beside it.
    pub fn plans(&self, round: usize) -> (String, String) {
        let device = Self::device(round);
        let plan = |ticket: &str| {
            let wanted = ["reset", "--id", &device, "--ticket", ticket, "--what-if"];
            let ran = self.home.run(&wanted);
            assert_eq!(ran.code, 0, "{ran:?}");
            ran.json()["id"].as_str().unwrap().to_owned()
        };
        (plan("SAMPLE-1"), plan("SAMPLE-2"))
    }

    pub fn posts(&self, round: usize) -> usize {
        self.tenant.posts(&Self::device(round))
    }

    /// What `status` says of a plan. It is one of four things, or the test fails.
    pub fn status(&self, plan: &str) -> State {
        let ran = self.home.run(&["status", plan]);
        let document = ran.json();
        let words = (
            ran.code,
            document["sending"].as_str(),
            document["ended"].as_str(),
        );
        match words {
            (0, None, Some("done")) if summary(&ran).contains("never carried out") => {
                State::NeverSent
            }
            (7, Some("intended" | "unknown"), Some("unknown")) => State::Unknown,
            (9, Some("accepted"), Some("pending")) => State::Pending,
            (0, Some("accepted"), Some("done")) => State::Done,
            _ => panic!("status says {words:?}: {ran:?}"),
        }
    }

    /// Do what people do after a crash, and see that it changes nothing but what it should.
    pub fn start_again(&self, round: usize, (plan, rival): (&str, &str), state: State) {
        let before = self.posts(round);
        let again = self.execute(plan);
        if state == State::NeverSent {
            assert_eq!((again.code, before), (0, 0), "{again:?}");
            assert_eq!(self.posts(round), 1);
            assert_eq!(self.status(plan), State::Done);
        } else {
            again.fails(6, "plan-used");
            assert_eq!(self.posts(round), before);
        }
        let after = self.posts(round);
        // A plan that was made before all this knows nothing of it. What it is refused by depends
        // on what is known.
        let other = self.execute(rival);
        assert_eq!(other.code, 6, "{other:?}");
        // A new plan is another action, and a person asks for it: as soon as the last has ended.
        let way_out = match state {
            State::Unknown => Some(("outcome-unknown-before", "--after-unknown")),
            State::Pending => Some(("action-not-ended", "--again")),
            State::NeverSent | State::Done => None,
        };
        if let Some((code, flag)) = way_out {
            let new = self
                .home
                .run(&["reset", "--id", &Self::device(round), "--yes"]);
            let refused = new.fails(6, code);
            assert!(
                refused["remedy"].as_str().unwrap().contains(flag),
                "{refused}"
            );
            assert_eq!(self.status(plan), state, "nothing but evidence settles it");
        }
        assert_eq!(self.posts(round), after);
        self.one_state(round, plan);
    }

    fn execute(&self, plan: &str) -> Ran {
        self.home
            .run(&["execute", plan, "--yes", "--timeout", "300ms"])
    }

    /// At most one sending, and exactly one state, the same in the ledger and on the screen.
    fn one_state(&self, round: usize, plan: &str) {
        let device = Self::device(round);
        assert!(self.posts(round) <= 1, "{} sendings", self.posts(round));
        let attempts = self.attempts(&device);
        let states = attempts.iter().map(Reported::of).collect::<Vec<_>>();
        assert_eq!(states.len(), 1, "{states:?}");
        assert_eq!(Reported::of_device(&attempts), Some(states[0]));
        let listed = self.home.run(&["status", "--limit", "1000"]).json();
        let actions = listed["actions"].as_array().unwrap().iter();
        let of_device: Vec<&Value> = actions
            .filter(|action| action["deviceId"] == device.as_str())
            .collect();
        assert_eq!(of_device.len(), 1, "{of_device:?}");
        assert_eq!(of_device[0]["plan"], plan);
        assert_eq!(of_device[0]["known"], states[0].as_str());
    }

    fn attempts(&self, device: &str) -> Vec<Attempt> {
        let file = self.home.path().join("practice/ledger.db");
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let mut attempts = runtime.block_on(async {
            let ledger = SqliteLedger::open(file, true).await.unwrap();
            ledger.recent(u32::MAX).await.unwrap()
        });
        attempts.retain(|attempt| attempt.intent.device == device);
        attempts.reverse();
        attempts
    }
}

fn summary(ran: &Ran) -> String {
    ran.json()["summary"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}
