//! Extensions: components of other people that judge, look up, deliver or watch. Each call runs in
//! a fresh instance under the limits of a step; what its world does not import is not linked.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use wasmtime::Store;
use wasmtime::component::{
    ComponentExportIndex, ComponentNamedList, HasSelf, Instance, InstancePre, Lift, Linker, Lower,
};

use crate::authority::{Authority, Phase};
use crate::cache::Cache;
use crate::clock::Time;
use crate::component::{self, Opened, Shape, load_error, same_contract};
use crate::connector::Connector;
use crate::contract::CONTRACT;
use crate::contract::bindings::passcode::action::{http, log};
use crate::contract::types::{Context, Delivery, Event, Lead, Opinion, Plan, Problem};
use crate::destination::Destination;
use crate::door::{Binding, Carriage, Passed};
use crate::error::HostError;
use crate::identity::Counted;
use crate::imports::Step;
use crate::pace::Stop;
use crate::secret::Passcode;
use crate::shared::{LogSink, Shared};
use crate::step::{Confined as _, prepared, within};

/// What an extension is for. Its world decides which interfaces it can reach at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum World {
    /// Judges plans. It reaches nothing but its log.
    Reviewer,
    /// Looks things up elsewhere.
    DeviceFinder,
    /// Takes passcodes somewhere, without reading them.
    PasscodeCourier,
    /// Hears what happened.
    Watcher,
}

impl World {
    /// Every world of an extension.
    pub const ALL: [Self; 4] = [
        Self::Reviewer,
        Self::DeviceFinder,
        Self::PasscodeCourier,
        Self::Watcher,
    ];

    /// Its name in `wit/worlds.wit`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.shape().world
    }

    /// The interface that it exports.
    #[must_use]
    pub fn interface(self) -> &'static str {
        self.exports().0
    }

    /// What bytes are a component for, by what they export. Nothing is compiled.
    ///
    /// # Errors
    ///
    /// If they export nothing that an extension exports, or for another contract.
    pub fn of(bytes: &[u8]) -> Result<Self, HostError> {
        let exports = component::exports(bytes);
        let known = exports.iter().find_map(|(interface, version)| {
            let world = Self::ALL
                .into_iter()
                .find(|world| world.interface() == interface)?;
            Some((world, version))
        });
        match known {
            Some((world, version)) if same_contract(version) => Ok(world),
            Some((_, version)) => Err(other_contract(version)),
            None => Err(load_error(
                "not an extension: it exports none of `review`, `finder`, `courier` and `observer`",
                "build it for one of the worlds of wit/worlds.wit",
            )),
        }
    }

    /// Interface and function that it exports.
    fn exports(self) -> (&'static str, &'static str) {
        match self {
            Self::Reviewer => ("review", "review"),
            Self::DeviceFinder => ("finder", "search"),
            Self::PasscodeCourier => ("courier", "deliver"),
            Self::Watcher => ("observer", "notify"),
        }
    }

    fn phase(self) -> Phase {
        match self {
            Self::Reviewer => Phase::Review,
            Self::DeviceFinder => Phase::Search,
            Self::PasscodeCourier => Phase::Deliver,
            Self::Watcher => Phase::Notify,
        }
    }

    fn shape(self) -> &'static Shape {
        const LOOKS_OUT: &[&str] = &["types", "http", "log"];
        match self {
            Self::Reviewer => &Shape {
                world: "reviewer",
                imports: &["types", "log"],
            },
            Self::DeviceFinder => &Shape {
                world: "device-finder",
                imports: LOOKS_OUT,
            },
            Self::PasscodeCourier => &Shape {
                world: "passcode-courier",
                imports: LOOKS_OUT,
            },
            Self::Watcher => &Shape {
                world: "watcher",
                imports: LOOKS_OUT,
            },
        }
    }
}

impl fmt::Display for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

fn other_contract(version: &str) -> HostError {
    load_error(
        format!("the component was built for contract {version}, this host speaks {CONTRACT}"),
        "use a host of that contract, or build the component against this one",
    )
}

/// What became of a passcode that a courier was handed.
#[derive(Clone, Debug)]
pub struct Handed {
    /// What the courier says, or what ended it.
    pub said: Result<(), HostError>,
    /// What the door saw.
    pub carriage: Carriage,
}

impl Handed {
    /// Whether it arrived: the door sent it, the service took it, and the courier does not say
    /// otherwise. A courier's word alone is not believed.
    #[must_use]
    pub fn arrived(&self) -> bool {
        self.said.is_ok() && self.carriage == Carriage::Answered(200)
    }
}

/// A loaded extension under its authority.
#[derive(Clone)]
pub struct Extension {
    shared: Arc<Shared>,
    name: String,
    world: World,
    digest: String,
    asked: Arc<Authority>,
    authority: Arc<Authority>,
    pre: InstancePre<Step>,
    function: ComponentExportIndex,
    memories: u32,
}

impl fmt::Debug for Extension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Extension")
            .field("name", &self.name)
            .field("world", &self.world)
            .field("digest", &self.digest)
            .finish_non_exhaustive()
    }
}

impl Extension {
    /// Load one, and compare its types with the contract's once. `near` is what it may reach: a
    /// destination of its own, never the action's.
    pub(crate) async fn load(
        shared: Shared,
        cache: Option<&Cache>,
        (name, world, bytes): (&str, World, &[u8]),
        grant: &Authority,
    ) -> Result<Self, HostError> {
        let engine = &shared.machine.engine;
        let Opened {
            component,
            digest,
            manifest,
        } = component::open(engine, &shared.limits, cache, bytes, world.shape())?;
        let mut linker: Linker<Step> = Linker::new(engine);
        let linked = log::add_to_linker::<_, HasSelf<Step>>(&mut linker, |step| step);
        let linked = match world {
            World::Reviewer => linked,
            World::DeviceFinder | World::PasscodeCourier | World::Watcher => linked
                .and_then(|()| http::add_to_linker::<_, HasSelf<Step>>(&mut linker, |step| step)),
        };
        linked.map_err(|error| HostError::Component(error.to_string()))?;
        let unfit = |error: &dyn fmt::Display| {
            load_error(
                format!(
                    "the component does not fit the world `{world}` of contract {CONTRACT}: {error}"
                ),
                format!("build it for the world `{world}` against wit/ of contract {CONTRACT}"),
            )
        };
        let (interface, function) = world.exports();
        let versions = component::exports(bytes);
        if let Some((_, version)) = versions.iter().find(|(name, _)| name == interface)
            && !same_contract(version)
        {
            return Err(other_contract(version));
        }
        let pre = linker
            .instantiate_pre(&component)
            .map_err(|error| unfit(&format!("{error:#}")))?;
        let exported = format!("passcode:action/{interface}@{CONTRACT}");
        let function = component
            .get_export_index(None, &exported)
            .and_then(|interface| component.get_export_index(Some(&interface), function))
            .ok_or_else(|| unfit(&format!("it has no `{interface}.{function}`")))?;
        let memories = component
            .resources_required()
            .map_or(1, |needs| needs.num_memories);
        let asked = manifest.unwrap_or_else(Authority::none);
        let extension = Self {
            authority: Arc::new(Authority::granted(&asked, grant)),
            shared: Arc::new(shared),
            name: name.to_owned(),
            world,
            digest,
            asked: Arc::new(asked),
            pre,
            function,
            memories,
        };
        extension.compare().await?.map_err(|error| unfit(&error))?;
        Ok(extension)
    }

    /// The name that the operator gave it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it is for.
    #[must_use]
    pub fn world(&self) -> World {
        self.world
    }

    /// SHA-256 of its bytes.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// What its manifest asks for; nothing, if it has none.
    #[must_use]
    pub fn asked(&self) -> &Authority {
        &self.asked
    }

    /// What it may do: what it asks for, as far as the operator's grant allows.
    #[must_use]
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// Judge a plan. Of the world `reviewer`.
    ///
    /// # Errors
    ///
    /// If it traps, runs into a limit, answers nonsense or is not of that world. Nothing of that
    /// is an opinion: whoever asks has to take it for a denial.
    pub async fn review(
        &self,
        plan: &Plan,
        context: &Context,
        settings: &[(String, String)],
    ) -> Result<Opinion, HostError> {
        self.call::<_, Opinion>(World::Reviewer, (plan, context, settings))
            .await
    }

    /// Hand one passcode over. Of the world `passcode-courier`, which gets a seal for it: whatever
    /// `delivery.passcode` says, the seal is drawn here, and is good for this call alone. Whoever
    /// calls this discloses the passcode: write that down first.
    ///
    /// The passcode arrived only if [`Handed::arrived`] says so.
    pub async fn deliver(
        &self,
        mut delivery: Delivery,
        passcode: &Passcode,
        context: &Context,
    ) -> Handed {
        let mut step = self.step();
        let (seal, track) = step.door.hold(passcode);
        delivery.passcode = seal;
        let arguments = (&delivery, context);
        let called = self
            .called(World::PasscodeCourier, step, arguments)
            .await
            .map(|(store, (said,)): (_, (Result<(), Problem>,))| {
                let no_credential = store.data().door.take_no_credential();
                (said, no_credential)
            });
        let said = match called {
            Ok((Err(_), Some(error))) => Err(HostError::not_signed_in(&error)),
            Ok((said, _)) => said.map_err(|problem| HostError::Problem(Box::new(problem))),
            Err(error) => Err(error),
        };
        Handed {
            said,
            carriage: track.carriage(),
        }
    }

    /// Tell of one event. Of the world `watcher`.
    ///
    /// # Errors
    ///
    /// If it traps, runs into a limit or is not of that world. No action depends on it.
    pub async fn notify(&self, event: &Event, context: &Context) -> Result<(), HostError> {
        let state = self.step();
        self.called(World::Watcher, state, (event, context))
            .await
            .map(|(_, ())| ())
    }

    /// A step of this extension: its door, bound to no device and no plan.
    pub(crate) fn step(&self) -> Step {
        let binding = Binding {
            phase: self.world.phase(),
            device: None,
            plan: None,
            approval: None,
            stop: Stop::default(),
        };
        Step::new(&self.shared, &self.authority, binding)
    }

    async fn call<P, A>(&self, world: World, arguments: P) -> Result<A, HostError>
    where
        P: ComponentNamedList + Lower + Send + Sync,
        A: Lift + Send + Sync + 'static,
        (A,): ComponentNamedList + Lift,
    {
        let (_, (answer,)) = self.called(world, self.step(), arguments).await?;
        Ok(answer)
    }

    /// Call it once, in an instance of its own. The store comes back, for who wants to know what
    /// its door saw.
    pub(crate) async fn called<P, R>(
        &self,
        world: World,
        state: Step,
        arguments: P,
    ) -> Result<(Store<Step>, R), HostError>
    where
        P: ComponentNamedList + Lower + Send + Sync,
        R: ComponentNamedList + Lift + Send + Sync + 'static,
    {
        if world != self.world {
            return Err(HostError::Setup {
                message: format!(
                    "extension `{}` is a {}, not a {world}",
                    self.name, self.world
                ),
                remedy: format!("name an extension of the world `{world}`"),
            });
        }
        let limits = &self.shared.limits;
        let (mut store, _place) =
            prepared(&self.shared.machine, self.memories, limits, state).await;
        let call = async {
            let instance = self.pre.instantiate_async(&mut store).await?;
            let function = instance.get_typed_func::<P, R>(&mut store, &self.function)?;
            function.call_async(&mut store, arguments).await
        };
        let answer = within(limits.wall, call).await;
        match store.data_mut().fault() {
            Some(fault) => Err(fault),
            None => answer.map(|answer| (store, answer)),
        }
    }

    /// Whether its function takes and answers what the contract says. One of another type would
    /// otherwise be found out when it is called.
    async fn compare(&self) -> Result<Result<(), String>, HostError> {
        let limits = &self.shared.limits;
        let (mut store, _place) =
            prepared(&self.shared.machine, self.memories, limits, self.step()).await;
        let instance = self.pre.instantiate_async(&mut store);
        let instance = within(limits.wall, instance).await?;
        Ok(self
            .fits(&mut store, &instance)
            .map_err(|error| format!("{error:#}")))
    }

    fn fits(&self, store: &mut Store<Step>, instance: &Instance) -> wasmtime::Result<()> {
        type Settings<'a> = &'a [(String, String)];
        let function = &self.function;
        match self.world {
            World::Reviewer => instance
                .get_typed_func::<(&Plan, &Context, Settings<'_>), (Opinion,)>(store, function)
                .map(|_| ()),
            World::DeviceFinder => instance
                .get_typed_func::<(&str, Option<&str>, &Context), (Result<Lead, Problem>,)>(
                    store, function,
                )
                .map(|_| ()),
            World::PasscodeCourier => instance
                .get_typed_func::<(&Delivery, &Context), (Result<(), Problem>,)>(store, function)
                .map(|_| ()),
            World::Watcher => instance
                .get_typed_func::<(&Event, &Context), ()>(store, function)
                .map(|_| ()),
        }
    }
}

/// What an extension's steps share: the host's engine, limits and ledger, but destinations,
/// identities and a clock of its own. What its services answer does not set the host's clock.
pub(crate) fn apart(
    host: &Shared,
    name: &str,
    destinations: BTreeMap<String, (Destination, Connector)>,
) -> Shared {
    let log = host.log.clone().map(|log| -> LogSink {
        let name = crate::text::plain(name);
        Arc::new(move |severity, line| log(severity, &format!("{name}: {line}")))
    });
    Shared {
        machine: host.machine.clone(),
        destinations,
        batches: None,
        identities: std::sync::RwLock::default(),
        counted: Counted::default(),
        passed: Passed::default(),
        ledger: host.ledger.clone(),
        pace: host.pace.clone(),
        retry: host.retry,
        limits: host.limits.clone(),
        time: Time::default(),
        // Recordings are of the action, and are replayed with the action alone.
        tap: None,
        cloud: host.cloud.clone(),
        // So that what it asks is not counted as the tenant's own requests.
        tenant: None,
        practice: host.practice,
        log,
        steps: AtomicU64::new(0),
    }
}
