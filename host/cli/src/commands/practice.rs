//! `passcode practice`: a practice tenant that other programs can use.

use passcode_host::plain;
use passcode_practice::{
    ApprovalStatus, Fleet, PRACTICE_APPROVER, PRACTICE_CLIENT_ID, PRACTICE_CLIENT_SECRET,
    PracticeOptions, PracticeTenant, faults,
};
use passcode_runner::Ended;
use serde_json::{Value, json};

use crate::app::App;
use crate::args::{Format, PracticeArgs, PracticeCommand};
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::output::{self, Reply, Rows};
use crate::wiring::{options, serve_faults, steer};

pub(super) async fn practice(
    app: &App,
    interrupt: &Interrupt,
    args: PracticeArgs,
) -> Result<Reply, Failure> {
    match args.command.clone() {
        Some(PracticeCommand::Faults) => Ok(list_faults()),
        Some(PracticeCommand::Fleet) => fleet(&args),
        Some(PracticeCommand::Approve { code, reject }) => decide(app, code.as_deref(), reject),
        None => serve(app, interrupt, args).await,
    }
}

fn list_faults() -> Reply {
    let mut rows = Rows::list(&["name", "strikes", "times", "what happens"]);
    for fault in faults() {
        let strikes = format!("{} {}", fault.method, fault.route);
        let times = if fault.count == 0 {
            "always".to_owned()
        } else {
            fault.count.to_string()
        };
        let strikes = if strikes.trim().is_empty() {
            "any".to_owned()
        } else {
            strikes
        };
        rows.push(vec![
            fault.name.to_owned(),
            strikes,
            times,
            fault.description.to_owned(),
        ]);
    }
    let items: Vec<Value> = faults().iter().map(|fault| json!(fault)).collect();
    Reply::new(Ended::Done, "faults", true, json!({ "faults": items }))
        .items("fault", true, items)
        .rows(rows)
}

/// The devices, as beta shows them.
fn fleet(args: &PracticeArgs) -> Result<Reply, Failure> {
    const SHOWN: [&str; 7] = [
        "deviceName",
        "serialNumber",
        "userPrincipalName",
        "operatingSystem",
        "osVersion",
        "deviceEnrollmentType",
        "id",
    ];
    let mut options = PracticeOptions::immediate();
    if let Some(path) = &args.fleet {
        options = options.fleet(Fleet::read(path).map_err(practice_failed)?);
    }
    let tenant = PracticeTenant::start(options).map_err(practice_failed)?;
    let mut rows = Rows::list(&[
        "name",
        "serial",
        "user",
        "system",
        "version",
        "enrolment",
        "id",
    ]);
    let mut items = Vec::new();
    for id in tenant.device_ids() {
        let device = tenant.device(&id).map_err(practice_failed)?;
        let text = |name: &str| {
            device
                .get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        rows.push(SHOWN.iter().map(|name| text(name)).collect());
        items.push(
            SHOWN
                .iter()
                .map(|name| ((*name).to_owned(), json!(text(name))))
                .collect(),
        );
    }
    Ok(
        Reply::new(Ended::Done, "fleet", true, json!({ "devices": items }))
            .items("practice-device", true, items)
            .rows(rows),
    )
}

/// What another administrator would do in Intune.
fn decide(app: &App, code: Option<&str>, reject: bool) -> Result<Reply, Failure> {
    let status = match reject {
        true => ApprovalStatus::Rejected,
        false => ApprovalStatus::Approved,
    };
    let decided = steer(app, |tenant| tenant.decide(code, PRACTICE_APPROVER, status))?
        .map_err(practice_failed)?;
    let word = if reject { "rejected" } else { "approved" };
    let human = format!(
        "{word}: request {} for device {}, by {PRACTICE_APPROVER}\njustification: {}\n",
        decided.code,
        decided.device,
        plain(&decided.justification)
    );
    let mut rows = Rows::list(&["code", "device", "status", "justification"]);
    rows.push(vec![
        decided.code.clone(),
        decided.device.clone(),
        word.to_owned(),
        decided.justification.clone(),
    ]);
    let body = json!({ "approval": decided });
    Ok(Reply::new(Ended::Done, "approval", true, body)
        .rows(rows)
        .human(human))
}

fn practice_failed(error: passcode_practice::PracticeError) -> Failure {
    Failure::usage(error.to_string(), "see `passcode practice --help`")
}

async fn serve(app: &App, interrupt: &Interrupt, args: PracticeArgs) -> Result<Reply, Failure> {
    let mut options =
        options(app, args.state.as_deref(), args.fleet.as_deref())?.http(Some(args.port));
    let https = args.https_port.or(args.ca.as_ref().map(|_| 0));
    options = options.https(https);
    if let Some(journal) = &args.journal {
        options = options.journal_file(journal);
    }
    if let Some(key) = &args.control_key {
        options = options.control_key(key);
    }
    let tenant = PracticeTenant::start(options).map_err(practice_failed)?;
    serve_faults(app, &tenant)?;
    if let Some(path) = &args.ca {
        tenant.write_ca(path).map_err(practice_failed)?;
    }
    announce(app, &tenant, &args);
    interrupt.nth(1).await;
    if let Some(path) = &args.state {
        tenant.save_state(path).map_err(practice_failed)?;
    }
    // It runs until it is stopped, so being stopped is how it ends well.
    let mut reply = Reply::new(Ended::Done, "practice", true, json!({}));
    reply.verbatim = true;
    Ok(reply.human(String::new()))
}

/// How to connect: for a person as lines for a shell, else as one line of JSON.
fn announce(app: &App, tenant: &PracticeTenant, args: &PracticeArgs) {
    let environment = [
        ("PASSCODE_CLOUD", "custom".to_owned()),
        ("PASSCODE_GRAPH_URL", tenant.url().to_owned()),
        ("PASSCODE_AUTHORITY_URL", tenant.url().to_owned()),
        ("AZURE_TENANT_ID", tenant.tenant_id()),
        ("AZURE_CLIENT_ID", PRACTICE_CLIENT_ID.to_owned()),
        ("AZURE_CLIENT_SECRET", PRACTICE_CLIENT_SECRET.to_owned()),
    ];
    if app.format == Format::Table {
        let mut text = format!(
            "# A practice tenant at {}; nothing real happens.\n",
            tenant.url()
        );
        if let (Some(url), Some(ca)) = (tenant.https_url(), &args.ca) {
            text.push_str(&format!(
                "# Also at {url}, with SSL_CERT_FILE={}\n",
                ca.display()
            ));
        }
        text.push_str(&format!(
            "# Steer it below {}/practice/ with the header x-practice-key: {}\n",
            tenant.url(),
            tenant.control_key()
        ));
        text.push_str("# In another terminal:\n");
        for (name, value) in &environment {
            text.push_str(&format!("export {name}={value}\n"));
        }
        text.push_str("passcode devices\n# Ctrl-C ends it.\n");
        output::text(&text);
        return;
    }
    let environment: serde_json::Map<String, Value> = environment
        .into_iter()
        .map(|(name, value)| (name.to_owned(), json!(value)))
        .collect();
    output::json_line(&json!({
        "schema": "passcode/practice/v1",
        "practice": true,
        "url": tenant.url(),
        "http": tenant.http_url(),
        "https": tenant.https_url(),
        "ca": args.ca,
        "tenant": tenant.tenant_id(),
        "controlKey": tenant.control_key(),
        "environment": environment,
    }));
}
