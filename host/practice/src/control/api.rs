//! Steering a tenant from the process it runs in.

use crate::action::{ActionState, RemoteAction, Timeline};
use crate::control::inner::Shared;
use crate::entra::{AppCertificate, TokenRequest};
use crate::error::PracticeError;
use crate::fault::Fault;
use crate::fleet::ResetOutcome;
use crate::fleet::property::{self, Version};
use crate::graph::actions::colleague;
use crate::graph::approval::{ApprovalRequest, ApprovalStatus};
use crate::journal::{ActionCount, JournalEntry};
use crate::options::sane_pace;
use crate::subscription::SubscriptionState;
use crate::throttle::{Meters, Throttle};
use crate::world::World;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// A handle on a running tenant. Cheap to clone, usable from any thread; it does not keep the tenant running.
///
/// Wherever a device is named, its id, serial number or name will do; of several the first is meant.
#[derive(Debug, Clone)]
pub struct Control {
    pub(crate) shared: Arc<Shared>,
}

impl Control {
    // --- requests that were seen ---

    /// Every request so far, in order of arrival.
    #[must_use]
    pub fn journal(&self) -> Vec<JournalEntry> {
        self.shared.lock().journal.entries().to_vec()
    }

    /// Forgets the requests so far. The journal file keeps them.
    pub fn clear_journal(&self) {
        self.shared.lock().journal.clear();
    }

    /// How many requests came over HTTP since the start, other than to `/practice/`. A batch is one of them; the
    /// journal has its parts.
    #[must_use]
    pub fn exchanges(&self) -> u64 {
        self.shared.lock().journal.exchanges
    }

    /// How often each action was asked of each device, by device id and action name.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<(String, String), ActionCount> {
        self.shared.lock().journal.counts()
    }

    /// How often one action was asked of one device.
    #[must_use]
    pub fn count(&self, device: &str, action: RemoteAction) -> ActionCount {
        let inner = self.shared.lock();
        let id = inner
            .world
            .id_of(device)
            .unwrap_or_else(|_| device.to_owned());
        let counts = inner.journal.counts();
        counts
            .get(&(id, action.name().to_owned()))
            .copied()
            .unwrap_or_default()
    }

    /// How often an action was asked of any device: `total(RemoteAction::Wipe).received == 0`.
    #[must_use]
    pub fn total(&self, action: RemoteAction) -> ActionCount {
        let mut sum = ActionCount::default();
        for ((_, name), count) in self.counts() {
            if name == action.name() {
                sum.received += count.received;
                sum.accepted += count.accepted;
            }
        }
        sum
    }

    // --- faults ---

    /// Lets a fault wait for its request. Faults add up.
    pub fn inject(&self, fault: Fault) {
        self.shared.lock().book.add(fault);
    }

    /// As [`Control::inject`], from text: `drop-after-accept:KIOSK-0001,count=2`.
    ///
    /// # Errors
    /// [`PracticeError::Fault`] if the text is not a fault.
    pub fn inject_named(&self, text: &str) -> Result<(), PracticeError> {
        let fault: Fault = text.parse()?;
        self.inject(fault);
        Ok(())
    }

    /// The faults that may still strike.
    #[must_use]
    pub fn waiting_faults(&self) -> Vec<Fault> {
        self.shared
            .lock()
            .book
            .waiting()
            .into_iter()
            .cloned()
            .collect()
    }

    /// Takes all faults away.
    pub fn clear_faults(&self) {
        self.shared.lock().book.clear();
    }

    // --- time ---

    /// How fast devices act from now on: 1 is believable, 0 at once. Actions already under way keep their times.
    pub fn set_pace(&self, pace: f64) {
        self.shared.lock().settings.pace = sane_pace(pace);
    }

    /// Lets service time pass. Tokens do not grow older by it.
    pub fn advance(&self, by: Duration) {
        self.shared.lock().clock.advance(by);
    }

    /// Sets the service's clock so many seconds before (negative) or after the machine's.
    pub fn set_clock_offset(&self, seconds: i64) {
        self.shared.lock().clock.offset = time::Duration::seconds(seconds);
    }

    /// The budgets from now on; windows begin anew.
    pub fn set_throttle(&self, throttle: Throttle) {
        let mut inner = self.shared.lock();
        inner.settings.throttle = throttle;
        inner.meters = Meters::default();
    }

    /// How many devices a page holds at most.
    pub fn set_page_size(&self, size: usize) {
        self.shared.lock().settings.page_size = size.max(1);
    }

    /// Whether devices keep every result or only the newest of each action.
    pub fn set_history(&self, history: bool) {
        self.shared.lock().settings.history = history;
    }

    /// The kinds of operation for which the tenant has an access policy (`deviceWipe`, …), as it lists them.
    /// Nothing is held up by it.
    pub fn set_approval_policies(&self, kinds: &[&str]) {
        self.shared.lock().approval_policies = kinds.iter().map(|&kind| kind.to_owned()).collect();
    }

    /// How the tenant's Intune subscription stands from now on.
    pub fn set_subscription_state(&self, state: SubscriptionState) {
        self.shared.lock().settings.subscription = state;
    }

    // --- tokens ---

    /// How long tokens last that the directory gives an application from now on, by the machine's clock. Default
    /// 3599 s. Those that were given out keep their end.
    pub fn set_token_lifetime(&self, lifetime: Duration) {
        let seconds = i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX / 2);
        self.shared.lock().settings.token_lifetime = seconds;
    }

    /// Makes an access token for this tenant's Graph.
    #[must_use]
    pub fn mint_token(&self, request: &TokenRequest) -> String {
        let mut inner = self.shared.lock();
        self.shared
            .mint(&mut inner, request, self.shared.main_origin())
    }

    /// The practice application signs in with this certificate, too, from now on.
    pub fn register_certificate(&self, certificate: AppCertificate) {
        self.shared.lock().certificates.push(certificate);
    }

    /// One token is refused from now on.
    pub fn revoke_token(&self, token: &str) {
        let mut inner = self.shared.lock();
        if let Ok(identity) = self.shared.identify(&inner, token) {
            inner.revoked.insert(identity.token_id);
        }
    }

    /// Every token made so far is refused from now on.
    pub fn revoke_all_tokens(&self) {
        self.shared.lock().generation += 1;
    }

    // --- devices ---

    /// The ids of all devices, in the fleet's order.
    #[must_use]
    pub fn device_ids(&self) -> Vec<String> {
        let inner = self.shared.lock();
        inner
            .world
            .devices
            .iter()
            .map(|device| device.id.clone())
            .collect()
    }

    /// The id of a device.
    ///
    /// # Errors
    /// [`PracticeError::NoSuchDevice`].
    pub fn device_id(&self, device: &str) -> Result<String, PracticeError> {
        self.shared.lock().world.id_of(device)
    }

    /// A device as beta shows it, with everything it has, passcodes included.
    ///
    /// # Errors
    /// [`PracticeError::NoSuchDevice`].
    pub fn device(&self, device: &str) -> Result<Value, PracticeError> {
        let inner = self.shared.lock();
        let id = inner.world.id_of(device)?;
        let results = inner.world.results(&id, inner.clock.now(), true, true);
        let all: Vec<&'static str> = property::BOTH
            .iter()
            .chain(property::BETA_ONLY)
            .copied()
            .collect();
        let device = inner
            .world
            .device(&id)
            .map(|device| Value::Object(device.write(Version::Beta, &all, true, results)));
        device.ok_or(PracticeError::NoSuchDevice(id))
    }

    /// Changes one of a device's properties, as a colleague in the admin center or the device itself may.
    ///
    /// # Errors
    /// [`PracticeError::NoSuchDevice`]; [`PracticeError::Fleet`] if a managed device has no such property.
    pub fn set_property(
        &self,
        device: &str,
        name: &str,
        value: impl Into<Value>,
    ) -> Result<(), PracticeError> {
        let name = property::find(name, Version::Beta).ok_or_else(|| {
            PracticeError::Fleet(format!("a managed device has no property {name:?}"))
        })?;
        let mut inner = self.shared.lock();
        let id = inner.world.id_of(device)?;
        if let Some(device) = inner.world.device_mut(&id) {
            device.properties.insert(name.to_owned(), value.into());
        }
        Ok(())
    }

    /// How resets end on a device from now on.
    ///
    /// # Errors
    /// [`PracticeError::NoSuchDevice`].
    pub fn set_reset_outcome(
        &self,
        device: &str,
        outcome: ResetOutcome,
    ) -> Result<(), PracticeError> {
        let mut inner = self.shared.lock();
        let id = inner.world.id_of(device)?;
        if let Some(device) = inner.world.device_mut(&id) {
            device.reset = outcome;
        }
        Ok(())
    }

    /// Switches a device on or off. One that comes online takes up what is pending, at the current pace.
    ///
    /// # Errors
    /// [`PracticeError::NoSuchDevice`].
    pub fn set_online(&self, device: &str, online: bool) -> Result<(), PracticeError> {
        let mut inner = self.shared.lock();
        let id = inner.world.id_of(device)?;
        let (now, pace) = (inner.clock.now(), inner.settings.pace);
        let Some(device) = inner.world.device_mut(&id) else {
            return Err(PracticeError::NoSuchDevice(id));
        };
        device.online = online;
        let delays = device.reachable().then(|| device.kind.delays().paced(pace));
        inner.world.actions.change(&id, |record| {
            let open = record.timeline.active.is_none_or(|active| active > now);
            if open {
                let fresh = Timeline::new(now, delays, record.timeline.outcome);
                record.timeline.active = fresh.active;
                record.timeline.end = fresh.end;
            }
        });
        Ok(())
    }

    /// The passcode of the next reset that generates one. Several calls queue up.
    pub fn next_passcode(&self, passcode: &str) {
        self.shared
            .lock()
            .next_passcodes
            .push_back(passcode.to_owned());
    }

    /// A colleague resets a device in the admin center, now. Returns the passcode they got, if any.
    ///
    /// # Errors
    /// [`PracticeError::NoSuchDevice`].
    pub fn colleague_resets(
        &self,
        device: &str,
        upn: &str,
    ) -> Result<Option<String>, PracticeError> {
        let mut inner = self.shared.lock();
        let id = inner.world.id_of(device)?;
        let now = inner.clock.now();
        Ok(colleague(&mut inner, &id, upn, now))
    }

    /// The state and passcode of each reset of a device, oldest first, whoever asked for it.
    ///
    /// # Errors
    /// [`PracticeError::NoSuchDevice`].
    pub fn resets(
        &self,
        device: &str,
    ) -> Result<Vec<(ActionState, Option<String>)>, PracticeError> {
        let inner = self.shared.lock();
        let id = inner.world.id_of(device)?;
        let now = inner.clock.now();
        let mut records: Vec<_> = inner
            .world
            .actions
            .of(&id)
            .filter(|record| record.action == RemoteAction::ResetPasscode)
            .collect();
        records.sort_by_key(|record| record.timeline.start);
        Ok(records
            .iter()
            .filter_map(|record| {
                let (state, _) = record.timeline.state_at(now)?;
                let shown = record
                    .passcode
                    .clone()
                    .filter(|_| state == ActionState::Done);
                Some((state, shown))
            })
            .collect())
    }

    // --- approvals ---

    /// The requests for approval, oldest first.
    #[must_use]
    pub fn approvals(&self) -> Vec<ApprovalRequest> {
        let inner = self.shared.lock();
        let now = inner.clock.now();
        let requests = inner.world.approvals.iter();
        requests.map(|request| request.at(now)).collect()
    }

    /// Another administrator decides a request, by its code; without one, the only request that is waiting.
    ///
    /// # Errors
    /// [`PracticeError::Approval`] if there is no such request, it is decided already, or `by` asked for it: nobody
    /// approves their own request.
    pub fn decide(
        &self,
        code: Option<&str>,
        by: &str,
        status: ApprovalStatus,
    ) -> Result<ApprovalRequest, PracticeError> {
        let refuse = |why: &str| PracticeError::Approval(why.to_owned());
        let mut inner = self.shared.lock();
        let now = inner.clock.now();
        let mut waiting = inner.world.approvals.iter_mut().filter(|request| {
            request.at(now).status == ApprovalStatus::NeedsApproval
                && code.is_none_or(|code| request.code == code)
        });
        let (Some(request), None) = (waiting.next(), waiting.next()) else {
            return Err(refuse(
                "not exactly one request for approval is waiting; name it by its code",
            ));
        };
        if request.requestor.eq_ignore_ascii_case(by) {
            return Err(refuse("nobody approves their own request"));
        }
        request.status = status;
        request.approver = Some(by.to_owned());
        Ok(request.clone())
    }

    // --- state ---

    /// The whole state as JSON text. It holds practice passcodes.
    #[must_use]
    pub fn state_json(&self) -> String {
        let inner = self.shared.lock();
        let mut world = inner.world.clone();
        world.advanced = inner.clock.advanced.as_seconds_f64();
        serde_json::to_string_pretty(&world).unwrap_or_default()
    }

    /// Saves the state for [`PracticeOptions::state`](crate::PracticeOptions::state).
    ///
    /// # Errors
    /// [`PracticeError::File`].
    pub fn save_state(&self, path: &Path) -> Result<(), PracticeError> {
        std::fs::write(path, self.state_json()).map_err(|error| PracticeError::file(path, &error))
    }

    /// Replaces the state by one that was saved.
    ///
    /// # Errors
    /// [`PracticeError::State`] if the text is not a saved state; nothing has changed then.
    pub fn load_state_json(&self, text: &str) -> Result<(), PracticeError> {
        let world = World::from_json(text)?;
        let mut inner = self.shared.lock();
        inner.clock.advanced = world.advanced();
        inner.world = world;
        Ok(())
    }

    /// The key that `/practice/…` asks for in the header `x-practice-key`.
    #[must_use]
    pub fn control_key(&self) -> &str {
        &self.shared.control_key
    }
}
