//! What the puppet is told, and what it tells.

use passcode_host::HostError;
use passcode_host::contract::types::Selector;
use serde_json::{Value, json};

/// A script for the puppet, one entry for each phase.
#[derive(Clone, Debug, Default)]
pub struct Script(Value);

impl Script {
    /// Nothing to do in any phase.
    #[must_use]
    pub fn new() -> Self {
        Self(json!({}))
    }

    /// One more step of a phase.
    #[must_use]
    pub fn step(mut self, phase: &str, step: Value) -> Self {
        match &mut self.0[phase]["steps"] {
            Value::Array(steps) => steps.push(step),
            none => *none = json!([step]),
        }
        self
    }

    /// A request.
    #[must_use]
    pub fn send(self, phase: &str, method: &str, path: &str, query: &[(&str, &str)]) -> Self {
        let query: Vec<_> = query
            .iter()
            .map(|(name, value)| json!([name, value]))
            .collect();
        self.step(
            phase,
            json!({ "do": "send", "method": method, "path": path, "query": query }),
        )
    }

    /// How a phase ends. Without it, the puppet tells what it saw.
    #[must_use]
    pub fn then(mut self, phase: &str, then: Value) -> Self {
        self.0[phase]["then"] = then;
        self
    }

    /// Looks at the device as the host's rules demand, and proposes the ordinary request.
    #[must_use]
    pub fn ordinary() -> Self {
        Self::new()
            .looks("prepare")
            .then("prepare", json!({ "propose": {} }))
    }

    /// Reads the device and its action results.
    #[must_use]
    pub fn looks(self, phase: &str) -> Self {
        self.send(phase, "GET", DEVICE, &[("$select", SELECT)])
    }

    /// Sends the ordinary request.
    #[must_use]
    pub fn resets(self, phase: &str) -> Self {
        self.send(phase, "POST", RESET, &[])
    }

    /// An end that claims success.
    #[must_use]
    pub fn claims_success(self, phase: &str) -> Self {
        self.then(phase, json!({ "progress": {} }))
    }

    /// The script as text.
    #[must_use]
    pub fn text(&self) -> String {
        self.0.to_string()
    }

    /// The selector that carries it.
    #[must_use]
    pub fn selector(&self) -> Selector {
        Selector::Other(("script".to_owned(), self.text()))
    }
}

const DEVICE: &str = "/beta/deviceManagement/managedDevices/{device}";
const RESET: &str = "/v1.0/deviceManagement/managedDevices/{device}/resetPasscode";
const SELECT: &str = "id,serialNumber,imei,userId,azureADDeviceId,deviceType,deviceEnrollmentType,\
managementAgent,managedDeviceOwnerType,managementState,deviceName,deviceActionResults";

/// What the puppet saw, if that is what it says.
#[must_use]
pub fn told(error: &HostError) -> Option<Vec<Value>> {
    match error {
        HostError::Problem(problem) if problem.code == "told" => {
            serde_json::from_str(&problem.message).ok()
        }
        _ => None,
    }
}
