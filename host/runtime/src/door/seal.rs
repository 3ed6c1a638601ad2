//! What passes of an answer. A response is parsed, and of what it holds stays what a list says may
//! pass; no list says what may not: a property nobody thought of stays outside.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use crate::authority::{PassList, Route};
use crate::contract::types::{ActionResult, Seal};
use crate::exchange::Response;
use crate::json;

/// The key that stands for a seal in a body. Data that carries it is refused, so that an
/// upstream service cannot forge one.
pub(crate) const SEAL_KEY: &str = "$sealed";

/// From this length on, a secret inside a longer string is a leak. Shorter ones occur
/// everywhere by chance and are only compared whole.
const TELLING_LENGTH: usize = 4;

/// A secret the host keeps, and where it came from.
#[derive(Clone)]
pub(crate) struct Sealed {
    value: Zeroizing<String>,
    /// The property it stood in.
    pub(crate) property: String,
    /// The device whose answer it was in.
    pub(crate) device: Option<String>,
    /// The action result it stood in, without a passcode.
    pub(crate) result: ActionResult,
}

impl Sealed {
    pub(crate) fn open(&self) -> &str {
        &self.value
    }
}

impl std::fmt::Debug for Sealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sealed")
            .field("property", &self.property)
            .field("device", &self.device)
            .finish_non_exhaustive()
    }
}

/// The secrets of one step, by their seal.
#[derive(Default)]
pub(crate) struct Vault {
    sealed: Vec<Sealed>,
    /// What no seal stands for, and what must pass as little.
    dropped: Vec<Zeroizing<String>>,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Vault").field(&self.sealed).finish()
    }
}

impl Vault {
    /// Whether no secret came in this step, so that none can leak.
    pub(super) fn is_empty(&self) -> bool {
        self.sealed.is_empty() && self.dropped.is_empty()
    }

    fn keep(&mut self, sealed: Sealed) -> Seal {
        self.sealed.push(sealed);
        Seal::try_from(self.sealed.len()).unwrap_or(Seal::MAX)
    }

    /// Remember a text that must pass nowhere.
    pub(crate) fn guard(&mut self, secret: Zeroizing<String>) {
        if !secret.is_empty() {
            self.dropped.push(secret);
        }
    }

    /// Remember the texts of a value that is dropped.
    fn drop_texts(&mut self, value: Value) {
        match value {
            Value::String(text) if !text.is_empty() => self.dropped.push(Zeroizing::new(text)),
            Value::Array(items) => items.into_iter().for_each(|item| self.drop_texts(item)),
            Value::Object(object) => object
                .into_iter()
                .for_each(|(_, item)| self.drop_texts(item)),
            _ => {}
        }
    }

    /// What a seal stands for. Seals count from one.
    pub(crate) fn get(&self, seal: Seal) -> Option<&Sealed> {
        self.sealed.get(usize::try_from(seal).ok()?.checked_sub(1)?)
    }

    /// The action results that secrets of this step stood in.
    pub(crate) fn results(&self) -> impl Iterator<Item = &ActionResult> {
        self.sealed.iter().map(|sealed| &sealed.result)
    }

    /// Whether an answer that was let pass carries a secret that was not known then.
    pub(crate) fn leaks_into_answer(&self, response: &Response) -> bool {
        if self.is_empty() {
            return false;
        }
        let body = response.body.as_deref();
        let body = body.and_then(|body| serde_json::from_str(body).ok());
        body.is_some_and(|body| leaks(&body, self))
            || response
                .headers
                .iter()
                .any(|(_, value)| self.leaks_into(value))
    }

    /// Whether a text carries any secret of this step.
    pub(crate) fn leaks_into(&self, text: &str) -> bool {
        let sealed = self.sealed.iter().map(|sealed| &sealed.value);
        sealed.chain(&self.dropped).any(|secret| {
            let secret: &str = secret;
            text == secret || (secret.len() >= TELLING_LENGTH && text.contains(secret))
        })
    }
}

/// Why an answer cannot be used. Nothing of it passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unusable {
    /// Not JSON, or a key stands twice.
    #[error("the answer is not JSON that can be read in one way only")]
    NotJson,
    /// It carries the key that stands for a seal.
    #[error("the answer carries a key that only the host may write")]
    ForgedSeal,
    /// A secret stands where it would pass.
    #[error("the answer repeats a passcode outside its place")]
    Leak,
    /// It names itself, and is not what the address named.
    #[error("the answer shows another device than the one that was asked for")]
    OtherDevice,
}

/// What passes, and what the host saw.
#[derive(Debug, Default)]
pub(crate) struct Filtered {
    pub(crate) body: Option<Value>,
    pub(crate) next_link: Option<String>,
    /// The device's own properties as the service wrote them: identity and what is shown.
    pub(crate) card: Option<BTreeMap<String, Value>>,
    /// The device's action results, without passcodes; absent if the answer lists none.
    pub(crate) results: Option<Vec<ActionResult>>,
}

/// Rebuild a successful answer from what the route lets pass.
pub(crate) fn answer(
    route: &Route,
    device: Option<&str>,
    bytes: &[u8],
    vault: &mut Vault,
) -> Result<Filtered, Unusable> {
    if bytes.is_empty() {
        return Ok(Filtered::default());
    }
    let value = read(bytes)?;
    // Before anything of it is kept: a seal says whose passcode it stands for.
    let shown = value.get("id").filter(|_| !route.identity.is_empty());
    if let (Some(device), Some(shown)) = (device, shown)
        && !shown
            .as_str()
            .is_some_and(|id| id.eq_ignore_ascii_case(device))
    {
        return Err(Unusable::OtherDevice);
    }
    let card = card(route, &value);
    let mut sealer = Sealer {
        route,
        device,
        vault,
        results: None,
        path: String::new(),
    };
    let (body, next_link) = match (route.collection, value) {
        (true, Value::Object(mut page)) => {
            let next = match page.remove("@odata.nextLink") {
                Some(Value::String(link)) => Some(link),
                _ => None,
            };
            let items = match page.remove("value") {
                Some(Value::Array(items)) => items,
                _ => return Err(Unusable::NotJson),
            };
            let items: Vec<Value> = items.into_iter().map(|item| sealer.pass(item)).collect();
            let page = Map::from_iter([("value".to_owned(), Value::Array(items))]);
            (Value::Object(page), next)
        }
        (false, value @ Value::Object(_)) => (sealer.pass(value), None),
        _ => return Err(Unusable::NotJson),
    };
    let results = sealer.results;
    let filtered = Filtered {
        body: Some(body),
        next_link,
        card,
        results,
    };
    withheld(&filtered, vault)?;
    Ok(filtered)
}

/// Rebuild an error answer: the envelope of Graph's errors and nothing else. Text that is not
/// JSON does not pass at all.
pub(crate) fn refusal(bytes: &[u8], vault: &Vault) -> Result<Filtered, Unusable> {
    let Ok(value) = json::parse(bytes) else {
        return Ok(Filtered::default());
    };
    if carries_seal_key(&value) {
        return Err(Unusable::ForgedSeal);
    }
    let error = value.get("error").map(error_properties);
    let filtered = Filtered {
        body: error.map(|error| json!({ "error": error })),
        ..Filtered::default()
    };
    withheld(&filtered, vault)?;
    Ok(filtered)
}

fn read(bytes: &[u8]) -> Result<Value, Unusable> {
    let value = json::parse(bytes).map_err(|_| Unusable::NotJson)?;
    if may_carry_seal_key(bytes) && carries_seal_key(&value) {
        return Err(Unusable::ForgedSeal);
    }
    Ok(value)
}

fn error_properties(error: &Value) -> Value {
    const STRINGS: [&str; 5] = ["code", "message", "date", "request-id", "client-request-id"];
    const NESTED: [&str; 2] = ["innerError", "innererror"];
    let mut out = Map::new();
    for name in STRINGS {
        if let Some(text @ Value::String(_)) = error.get(name) {
            out.insert(name.to_owned(), text.clone());
        }
    }
    for name in NESTED {
        if let Some(inner @ Value::Object(_)) = error.get(name) {
            out.insert(name.to_owned(), error_properties(inner));
        }
    }
    Value::Object(out)
}

/// The card is read from the answer itself, not from what passed, so that a component's
/// manifest cannot thin it out.
fn card(route: &Route, answered: &Value) -> Option<BTreeMap<String, Value>> {
    if route.identity.is_empty() {
        return None;
    }
    let names = route.identity.iter().chain(&route.shows);
    let card = names
        .filter_map(|name| Some((name, answered.get(name)?)))
        .filter(|(_, value)| !value.is_object() && !value.is_array())
        .map(|(name, value)| (name.clone(), exactly(value.clone())))
        .collect();
    Some(card)
}

/// The card goes into a plan's hash, and canonical JSON tells only whole numbers up to 2^53 from
/// each other: other numbers stand there as texts.
fn exactly(value: Value) -> Value {
    const LARGEST: u64 = 1 << 53;
    match value {
        Value::Number(number)
            if number
                .as_i64()
                .is_none_or(|whole| whole.unsigned_abs() > LARGEST) =>
        {
            Value::String(number.to_string())
        }
        value => value,
    }
}

struct Sealer<'a> {
    route: &'a Route,
    device: Option<&'a str>,
    vault: &'a mut Vault,
    results: Option<Vec<ActionResult>>,
    /// Kept for dotted names.
    path: String,
}

impl Sealer<'_> {
    /// One item of the answer: the device, the audit entry.
    fn pass(&mut self, item: Value) -> Value {
        let Value::Object(mut item) = item else {
            return Value::Null;
        };
        let route = self.route;
        let results = route.results.as_deref();
        if let Some(name) = results
            && let Some(listed) = item.get_mut(name)
        {
            *listed = self.action_results(name, listed.take());
        }
        let path = &mut self.path;
        item.retain(|name, value| {
            path.clear();
            path.push_str(name);
            results == Some(name) || plain_key(name) && passing(&route.pass, path, value)
        });
        Value::Object(item)
    }

    fn action_results(&mut self, name: &str, value: Value) -> Value {
        let items = match value {
            Value::Array(items) => items,
            // The service's word for an empty list.
            Value::Null => Vec::new(),
            _ => return Value::Null,
        };
        let mut seen = Vec::new();
        let mut passed = Vec::new();
        for item in items {
            let Value::Object(item) = item else { continue };
            let result = action_result(&item);
            let mut out = Map::new();
            for (property, value) in item {
                let listed =
                    plain_key(&property) && self.route.pass.passes(&format!("{name}.{property}"));
                match value {
                    value if listed && !value.is_object() && !value.is_array() => {
                        out.insert(property, value);
                    }
                    // Whatever text stands in an action result may be a passcode.
                    Value::String(text) if !text.is_empty() => {
                        let seal = self.vault.keep(Sealed {
                            value: Zeroizing::new(text),
                            property: property.clone(),
                            device: self.device.map(str::to_owned),
                            result: result.clone(),
                        });
                        out.insert(property, json!({ SEAL_KEY: seal }));
                    }
                    // It does not pass, but it must not pass elsewhere either.
                    value => self.vault.drop_texts(value),
                }
            }
            seen.push(result);
            passed.push(Value::Object(out));
        }
        self.results = Some(seen);
        Value::Array(passed)
    }
}

/// An action result as the host itself notes it: never with a passcode.
fn action_result(item: &Map<String, Value>) -> ActionResult {
    let text = |name: &str| item.get(name).and_then(Value::as_str).map(str::to_owned);
    ActionResult {
        name: text("actionName").unwrap_or_default(),
        type_name: text("@odata.type")
            .unwrap_or_default()
            .trim_start_matches('#')
            .to_owned(),
        state: text("actionState").unwrap_or_default(),
        started: text("startDateTime"),
        updated: text("lastUpdatedDateTime"),
        error_code: item.get("errorCode").and_then(Value::as_i64),
        passcode: None,
    }
}

/// Whether a property passes; if so, nothing stays below it but what passes, too. `name` is its
/// dotted name, and is the same again afterwards.
fn passing(pass: &PassList, name: &mut String, value: &mut Value) -> bool {
    match value {
        Value::Object(inner) if pass.leads_to(name) => {
            let length = name.len();
            inner.retain(|key, value| {
                name.push('.');
                name.push_str(key);
                let passes = plain_key(key) && passing(pass, name, value);
                name.truncate(length);
                passes
            });
            true
        }
        Value::Array(items) if pass.leads_to(name) || pass.passes(name) => {
            items.retain_mut(|item| passing(pass, name, item));
            true
        }
        Value::Object(_) | Value::Array(_) => false,
        _ => pass.passes(name),
    }
}

/// Whether a key is one step of a dotted name. A property called `a.b` is not the `b` of `a`, and
/// `@odata.type` is one key.
fn plain_key(key: &str) -> bool {
    key != "@odata" && !key.strip_prefix("@odata.").unwrap_or(key).contains('.')
}

/// Whether a text with the key of a seal in it was read. What was written without escapes has it
/// nowhere if the bytes do not have it.
fn may_carry_seal_key(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).map_or(true, |text| text.contains('\\') || text.contains(SEAL_KEY))
}

fn carries_seal_key(value: &Value) -> bool {
    match value {
        Value::Object(object) => object
            .iter()
            .any(|(key, value)| key == SEAL_KEY || carries_seal_key(value)),
        Value::Array(items) => items.iter().any(carries_seal_key),
        // Intune puts JSON into strings. A reader that decodes it must not find a seal there.
        Value::String(text) => text.contains(SEAL_KEY),
        _ => false,
    }
}

/// A passcode that also stands in a device's name, or in an error's text, would pass with it.
fn withheld(filtered: &Filtered, vault: &Vault) -> Result<(), Unusable> {
    if vault.is_empty() {
        return Ok(());
    }
    let in_body = filtered
        .body
        .as_ref()
        .is_some_and(|body| leaks(body, vault));
    let in_link = filtered
        .next_link
        .as_deref()
        .is_some_and(|link| vault.leaks_into(link));
    let in_card = filtered
        .card
        .as_ref()
        .is_some_and(|card| card.values().any(|value| leaks(value, vault)));
    if in_body || in_link || in_card {
        return Err(Unusable::Leak);
    }
    Ok(())
}

fn leaks(value: &Value, vault: &Vault) -> bool {
    match value {
        // The host wrote this one itself.
        Value::Object(object) if object.len() == 1 && object.contains_key(SEAL_KEY) => false,
        Value::Object(object) => object
            .iter()
            .any(|(key, value)| vault.leaks_into(key) || leaks(value, vault)),
        Value::Array(items) => items.iter().any(|item| leaks(item, vault)),
        Value::String(text) => vault.leaks_into(text),
        Value::Number(number) => vault.leaks_into(&number.to_string()),
        Value::Bool(_) | Value::Null => false,
    }
}
