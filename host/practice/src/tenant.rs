//! Starting and stopping.

use crate::clock::ServiceClock;
use crate::control::Control;
use crate::control::inner::{Inner, Shared};
use crate::entra::jwt::SigningKey;
use crate::error::PracticeError;
use crate::fleet::Fleet;
use crate::http::server::{Door, serve};
use crate::http::tls::Tls;
use crate::journal::Journal;
use crate::options::{PracticeOptions, Source};
use crate::throttle::Meters;
use crate::world::World;
use std::collections::{BTreeSet, VecDeque};
use std::net::{SocketAddr, TcpListener};
use std::ops::Deref;
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use tokio::sync::oneshot;

/// A running practice tenant. It stops when this value is dropped.
///
/// It runs on a thread and runtime of its own: a caller that blocks does not stop it from answering.
/// All of [`Control`] can be called on it.
#[derive(Debug)]
pub struct PracticeTenant {
    control: Control,
    http: Option<String>,
    https: Option<String>,
    ca_pem: Option<String>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl PracticeTenant {
    /// Starts a tenant; it answers as soon as this returns.
    ///
    /// # Errors
    /// [`PracticeError`] if it cannot listen, or if fleet, state or journal file are not usable.
    pub fn start(options: PracticeOptions) -> Result<Self, PracticeError> {
        if !options.address.is_loopback() {
            return Err(PracticeError::NotLoopback(options.address.to_string()));
        }
        let mut clock = ServiceClock::default();
        let world = match &options.source {
            Source::Shipped => World::from_fleet(&Fleet::shipped()?, clock.now())?,
            Source::Fleet(fleet) => World::from_fleet(fleet, clock.now())?,
            Source::State(path) => World::from_json(
                &std::fs::read_to_string(path)
                    .map_err(|error| PracticeError::file(path, &error))?,
            )?,
        };
        clock.advanced = world.advanced();
        let file = match &options.journal_file {
            Some(path) => Some(
                std::fs::OpenOptions::new()
                    .create(true)
                    .append(true)
                    .open(path)
                    .map_err(|error| PracticeError::file(path, &error))?,
            ),
            None => None,
        };

        let mut doors = Vec::new();
        let (mut http, mut https, mut ca_pem) = (None, None, None);
        if let Some(port) = options.http {
            let (listener, address) = listen(&options, port)?;
            http = Some(format!("http://{address}"));
            doors.push(Door {
                listener,
                tls: None,
            });
        }
        if let Some(port) = options.https {
            let (listener, address) = listen(&options, port)?;
            let tls = Tls::generate()?;
            https = Some(format!("https://{address}"));
            ca_pem = Some(tls.ca_pem);
            doors.push(Door {
                listener,
                tls: Some(tls.acceptor),
            });
        }

        let inner = Inner {
            world,
            clock,
            settings: options.settings,
            clients: options.clients,
            book: crate::fault::book::Book::default(),
            journal: Journal::new(file),
            meters: Meters::default(),
            next_passcodes: VecDeque::new(),
            generation: 0,
            revoked: BTreeSet::new(),
            certificates: Vec::new(),
            approval_policies: Vec::new(),
        };
        let control_key = options
            .control_key
            .unwrap_or_else(|| uuid::Uuid::new_v4().simple().to_string());
        let own = http.iter().chain(&https).chain(&options.known_as);
        let origins = own.cloned().collect();
        let shared = Arc::new(Shared::new(
            SigningKey::random(),
            control_key,
            origins,
            inner,
        ));
        let (stop, stopped) = oneshot::channel();
        let thread = serve(Arc::clone(&shared), doors, stopped)?;
        Ok(Self {
            control: Control { shared },
            http,
            https,
            ca_pem,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// The origin to use: http if there is one, else https. Graph and Entra are both below it.
    #[must_use]
    pub fn url(&self) -> &str {
        self.http
            .as_deref()
            .or(self.https.as_deref())
            .unwrap_or_default()
    }

    /// `http://127.0.0.1:PORT`, if plain http is served.
    #[must_use]
    pub fn http_url(&self) -> Option<&str> {
        self.http.as_deref()
    }

    /// `https://127.0.0.1:PORT`, if https is served. The certificate is also good for `localhost`.
    #[must_use]
    pub fn https_url(&self) -> Option<&str> {
        self.https.as_deref()
    }

    /// The certificate of this tenant's own authority, if https is served.
    #[must_use]
    pub fn ca_pem(&self) -> Option<&str> {
        self.ca_pem.as_deref()
    }

    /// Writes the authority's certificate to a file, for `SSL_CERT_FILE` and the like.
    ///
    /// # Errors
    /// [`PracticeError::File`]; [`PracticeError::Certificates`] if no https is served.
    pub fn write_ca(&self, path: &Path) -> Result<(), PracticeError> {
        let pem = self.ca_pem().ok_or_else(|| {
            PracticeError::Certificates("the tenant was started without https".to_owned())
        })?;
        std::fs::write(path, pem).map_err(|error| PracticeError::file(path, &error))
    }

    /// The tenant id in tokens and addresses.
    #[must_use]
    pub fn tenant_id(&self) -> String {
        self.control.shared.lock().world.tenant.clone()
    }

    /// A handle that can be cloned and moved to other threads.
    #[must_use]
    pub fn control(&self) -> Control {
        self.control.clone()
    }
}

impl Deref for PracticeTenant {
    type Target = Control;

    fn deref(&self) -> &Control {
        &self.control
    }
}

impl Drop for PracticeTenant {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // Fails only if the thread has ended already.
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn listen(
    options: &PracticeOptions,
    port: u16,
) -> Result<(TcpListener, SocketAddr), PracticeError> {
    let address = SocketAddr::new(options.address, port);
    let refused = |error: std::io::Error| PracticeError::Listen {
        address: address.to_string(),
        reason: error.to_string(),
    };
    let listener = TcpListener::bind(address).map_err(refused)?;
    listener.set_nonblocking(true).map_err(refused)?;
    let bound = listener.local_addr().map_err(refused)?;
    Ok((listener, bound))
}
