//! A recording on disk: a folder with one file a step and a manifest that names each by its
//! hash.

use std::fs;
use std::path::{Path, PathBuf};

use passcode_host::{Failure, Identity, Request, Response, digest, parse_strictly};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The schema of a recording's manifest.
pub const RECORDING_SCHEMA: &str = "passcode/recording/v1";
/// The manifest's name in the folder.
pub const MANIFEST: &str = "recording.json";

/// No step of ours comes near it.
const LARGEST_FILE: u64 = 64 << 20;
const MOST_STEPS: usize = 10_000;

/// What crossed, in the order of the steps.
#[derive(Clone, Debug, PartialEq)]
pub struct Recording {
    /// SHA-256 of the component that was recorded.
    pub component: String,
    /// The contract's version.
    pub contract: String,
    /// When it was made; RFC 3339.
    pub created: String,
    /// Whether names, serial numbers, addresses and identifiers stand for others.
    pub masked: bool,
    /// Whether nothing real happened.
    pub practice: bool,
    /// The steps.
    pub steps: Vec<RecordedStep>,
}

/// One call of one exported function.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RecordedStep {
    /// The function.
    pub function: String,
    /// Its arguments.
    pub arguments: Vec<Value>,
    /// What the component asked for, and was told, in order.
    pub exchanges: Vec<Exchange>,
    /// What the component answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Value>,
    /// What ended it instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
}

/// One thing that a component asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Exchange {
    /// A request. Neither response nor failure: the step ended while it was under way.
    #[serde(rename_all = "camelCase")]
    Http {
        /// What it asked for.
        request: Request,
        /// What it was told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        response: Option<RecordedResponse>,
        /// Why it was told nothing.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        failure: Option<Failure>,
    },
    /// Who we are to a destination.
    Whoami {
        /// The destination.
        destination: String,
        /// Who.
        identity: Option<Identity>,
    },
    /// A line of its log.
    Log {
        /// How severe.
        severity: String,
        /// The line.
        message: String,
    },
    /// The host read the device for itself. No component heard of it.
    HostRead {
        /// What identifies and describes the device.
        properties: Value,
    },
}

/// An answer, with its body as JSON and not as a text that holds JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RecordedResponse {
    /// The status.
    pub status: u16,
    /// The headers that passed.
    pub headers: Vec<(String, String)>,
    /// The body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
}

impl From<Response> for RecordedResponse {
    fn from(response: Response) -> Self {
        // What passes the door was written from a JSON value, so it is one.
        let body = response
            .body
            .map(|body| serde_json::from_str(&body).unwrap_or(Value::String(body)));
        Self {
            status: response.status,
            headers: response.headers,
            body,
        }
    }
}

impl From<RecordedResponse> for Response {
    fn from(recorded: RecordedResponse) -> Self {
        Self {
            status: recorded.status,
            headers: recorded.headers,
            body: recorded.body.map(|body| body.to_string()),
        }
    }
}

/// The manifest.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Manifest {
    schema: String,
    component: String,
    contract: String,
    created: String,
    masked: bool,
    practice: bool,
    steps: Vec<Entry>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Entry {
    file: String,
    sha256: String,
}

/// Why a folder is not a recording.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotARecording {
    /// A file could not be read or written.
    #[error("{path}: {why}")]
    File {
        /// Which.
        path: String,
        /// Why.
        why: String,
    },
    /// A file is not what it should be.
    #[error("{file}: {why}")]
    Form {
        /// Which.
        file: String,
        /// What is wrong with it.
        why: String,
    },
    /// A file does not have the hash that the manifest names.
    #[error("{file} was altered after it was recorded")]
    Altered {
        /// Which.
        file: String,
    },
    /// There is something in the folder already.
    #[error("{path} is not empty")]
    NotEmpty {
        /// Which.
        path: String,
    },
}

fn failed(path: &Path, error: &std::io::Error) -> NotARecording {
    NotARecording::File {
        path: path.display().to_string(),
        why: error.to_string(),
    }
}

fn form(file: &str, why: impl Into<String>) -> NotARecording {
    NotARecording::Form {
        file: file.to_owned(),
        why: why.into(),
    }
}

/// Make the folder of a recording to come, so that what is in the way is known before anything
/// is sent.
///
/// # Errors
///
/// If it cannot be made, or holds something already.
pub fn prepare_folder(folder: &Path) -> Result<(), NotARecording> {
    make_private(folder).map_err(|error| failed(folder, &error))?;
    let mut entries = fs::read_dir(folder).map_err(|error| failed(folder, &error))?;
    if entries.next().is_some() {
        return Err(NotARecording::NotEmpty {
            path: folder.display().to_string(),
        });
    }
    Ok(())
}

/// What was recorded about people is for this user alone.
fn make_private(folder: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

impl Recording {
    /// Write it into an empty folder. The manifest comes last: without it there is no recording.
    ///
    /// # Errors
    ///
    /// If something is in the folder, a file cannot be written, or a function's name could not
    /// be read again as a part of a file's name.
    pub fn write(&self, folder: &Path) -> Result<(), NotARecording> {
        prepare_folder(folder)?;
        let mut entries = Vec::new();
        for (index, step) in self.steps.iter().enumerate() {
            let file = format!("{:02}-{}.json", index + 1, step.function);
            if !plain_name(&file) {
                return Err(form(&file, "a step's function gives no file's name"));
            }
            let text = pretty(step);
            put(&folder.join(&file), &text)?;
            entries.push(Entry {
                sha256: digest(text.as_bytes()),
                file,
            });
        }
        let manifest = Manifest {
            schema: RECORDING_SCHEMA.to_owned(),
            component: self.component.clone(),
            contract: self.contract.clone(),
            created: self.created.clone(),
            masked: self.masked,
            practice: self.practice,
            steps: entries,
        };
        put(&folder.join(MANIFEST), &pretty(&manifest))
    }

    /// Read a folder.
    ///
    /// # Errors
    ///
    /// If it is not a recording of this version, or a step was altered.
    pub fn read(folder: &Path) -> Result<Self, NotARecording> {
        Self::parse(
            &get(&folder.join(MANIFEST))?,
            |file| get(&folder.join(file)),
        )
    }

    /// Read a manifest, and the steps it names by `step`.
    ///
    /// # Errors
    ///
    /// As [`Self::read`].
    pub fn parse(
        manifest: &[u8],
        mut step: impl FnMut(&str) -> Result<Vec<u8>, NotARecording>,
    ) -> Result<Self, NotARecording> {
        let manifest: Manifest = parse(MANIFEST, manifest)?;
        if manifest.schema != RECORDING_SCHEMA {
            return Err(form(
                MANIFEST,
                format!(
                    "its schema is `{}`, not `{RECORDING_SCHEMA}`",
                    manifest.schema
                ),
            ));
        }
        if manifest.steps.len() > MOST_STEPS {
            return Err(form(MANIFEST, "it names more steps than anybody recorded"));
        }
        let mut steps = Vec::new();
        for Entry { file, sha256 } in &manifest.steps {
            if !plain_name(file) {
                return Err(form(MANIFEST, format!("`{file}` is not a file beside it")));
            }
            let bytes = step(file)?;
            if digest(&bytes) != *sha256 {
                return Err(NotARecording::Altered { file: file.clone() });
            }
            steps.push(parse(file, &bytes)?);
        }
        Ok(Self {
            component: manifest.component,
            contract: manifest.contract,
            created: manifest.created,
            masked: manifest.masked,
            practice: manifest.practice,
            steps,
        })
    }
}

/// A manifest cannot lead out of its folder.
fn plain_name(file: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    !file.is_empty() && !file.starts_with('.') && file.chars().all(plain)
}

fn parse<T: serde::de::DeserializeOwned>(file: &str, bytes: &[u8]) -> Result<T, NotARecording> {
    let value = parse_strictly(bytes).map_err(|error| form(file, error.to_string()))?;
    serde_json::from_value(value).map_err(|error| form(file, error.to_string()))
}

fn pretty(value: &impl Serialize) -> String {
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    text
}

fn get(path: &Path) -> Result<Vec<u8>, NotARecording> {
    let about = fs::metadata(path).map_err(|error| failed(path, &error))?;
    if about.len() > LARGEST_FILE {
        return Err(form(&name(path), "it is larger than any recording"));
    }
    fs::read(path).map_err(|error| failed(path, &error))
}

fn put(path: &Path, text: &str) -> Result<(), NotARecording> {
    fs::write(path, text).map_err(|error| failed(path, &error))
}

fn name(path: &Path) -> String {
    PathBuf::from(path.file_name().unwrap_or_default())
        .display()
        .to_string()
}
