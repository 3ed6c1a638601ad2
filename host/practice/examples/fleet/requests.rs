//! The loop: the same requests for each device, so many devices at once, and nothing else.

use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use reqwest::{Client, Method};
use serde::Deserialize;
use serde_json::{Value, json};

/// What is to be sent.
#[derive(Deserialize)]
struct Asked {
    url: String,
    environment: Environment,
    devices: usize,
    concurrency: usize,
    /// How many devices' reads share an exchange, as `$batch` allows; 1: none do.
    joined: usize,
    /// One after the other: all devices in the first, then all in the second.
    phases: Vec<Vec<Request>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
struct Environment {
    azure_tenant_id: String,
    azure_client_id: String,
    azure_client_secret: String,
}

/// As little of it as tells whether all went well.
#[derive(Deserialize)]
struct Told {
    responses: Vec<Part>,
}

#[derive(Deserialize)]
struct Part {
    status: u16,
}

#[derive(Clone, Deserialize)]
struct Request {
    method: String,
    /// With `{id}` in the device's place, and the query.
    target: String,
    /// Whether it leaves together with the one before it.
    #[serde(default)]
    beside: bool,
}

pub(crate) fn run(file: &Path) {
    let asked: Asked = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    // As many threads as the command has.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let seconds = runtime.block_on(sent(asked));
    println!("{}", json!({ "seconds": seconds }));
}

async fn sent(asked: Asked) -> Vec<f64> {
    // One pool for all. The command's own keeps connections for writes half a second.
    let client = Client::builder()
        .no_proxy()
        .tls_certs_only([])
        .build()
        .unwrap();
    let token = token(&client, &asked).await;
    let mut took = Vec::new();
    for phase in &asked.phases {
        let begun = Instant::now();
        let next = Arc::new(AtomicUsize::new(1));
        let joined = asked.joined;
        let workers = (0..asked.concurrency.div_ceil(joined)).map(|_| {
            let worker = Worker {
                client: client.clone(),
                url: asked.url.clone(),
                token: token.clone(),
            };
            let (next, phase, devices) = (Arc::clone(&next), phase.clone(), asked.devices);
            tokio::spawn(async move {
                loop {
                    let number = next.fetch_add(joined, Ordering::Relaxed);
                    if number > devices {
                        break;
                    }
                    let last = devices.min(number + joined - 1);
                    match joined {
                        1 => worker.device(&phase, number).await,
                        _ => worker.devices(&phase, number..=last).await,
                    }
                }
            })
        });
        for worker in workers.collect::<Vec<_>>() {
            worker.await.unwrap();
        }
        took.push(begun.elapsed().as_secs_f64());
    }
    took
}

struct Worker {
    client: Client,
    url: String,
    token: String,
}

impl Worker {
    async fn device(&self, requests: &[Request], number: usize) {
        let id = format!("5ca1e000-0000-4000-8000-{number:012}");
        let mut rest = requests;
        while let [first, ..] = rest {
            let beside = rest.iter().skip(1).take_while(|one| one.beside).count();
            if beside == 0 {
                self.one(first, &id).await;
            } else {
                let together = rest[..=beside].iter().map(|one| self.one(one, &id));
                futures::future::join_all(together).await;
            }
            rest = &rest[beside + 1..];
        }
    }

    /// Several devices, step by step: what is read leaves in batches, what is written alone.
    async fn devices(&self, requests: &[Request], numbers: RangeInclusive<usize>) {
        let ids: Vec<String> = numbers
            .map(|number| format!("5ca1e000-0000-4000-8000-{number:012}"))
            .collect();
        let mut rest = requests;
        while let [first, ..] = rest {
            let beside = rest.iter().skip(1).take_while(|one| one.beside).count();
            let (now, later) = rest.split_at(beside + 1);
            rest = later;
            if first.method == "GET" {
                let targets = ids
                    .iter()
                    .flat_map(|id| now.iter().map(|one| one.target.replace("{id}", id)));
                let targets: Vec<String> = targets.collect();
                let batches = targets.chunks(20).map(|targets| self.batch(targets));
                futures::future::join_all(batches).await;
            } else {
                let writes = ids.iter().map(|id| self.one(first, id));
                futures::future::join_all(writes).await;
            }
        }
    }

    async fn batch(&self, targets: &[String]) {
        let (version, _) = targets[0][1..].split_once('/').unwrap();
        let parts = targets.iter().enumerate().map(|(place, target)| {
            let url = target.strip_prefix(&format!("/{version}")).unwrap();
            json!({ "id": place.to_string(), "method": "GET", "url": url })
        });
        let parts: Vec<Value> = parts.collect();
        let url = format!("{}/{version}/$batch", self.url);
        let asked = self.client.post(&url).bearer_auth(&self.token);
        let answer = asked.json(&json!({ "requests": parts })).send().await;
        let told: Told = answer.unwrap().json().await.unwrap();
        assert_eq!(told.responses.len(), targets.len());
        for part in told.responses {
            assert_eq!(part.status, 200, "a part of {url}");
        }
    }

    async fn one(&self, request: &Request, id: &str) {
        let method: Method = request.method.parse().unwrap();
        let url = format!("{}{}", self.url, request.target.replace("{id}", id));
        let asked = self.client.request(method, &url).bearer_auth(&self.token);
        let answer = asked.send().await.unwrap();
        assert!(answer.status().is_success(), "{url}: {}", answer.status());
        answer.bytes().await.unwrap();
    }
}

async fn token(client: &Client, asked: &Asked) -> String {
    let known = &asked.environment;
    let url = format!("{}/{}/oauth2/v2.0/token", asked.url, known.azure_tenant_id);
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", &known.azure_client_id),
        ("client_secret", &known.azure_client_secret),
        ("scope", &format!("{}/.default", asked.url)),
    ];
    let answer = client.post(url).form(&form).send().await.unwrap();
    let answer: Value = answer.json().await.unwrap();
    answer["access_token"].as_str().unwrap().to_owned()
}
