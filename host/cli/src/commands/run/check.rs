//! `run check`: everything that is wrong, before anything is asked for.

use std::path::Path;

use passcode_host::plain;
use passcode_runner::Ended;
use serde_json::json;

use super::ask::{Named, ask};
use super::file::{Loaded, load};
use super::order;
use crate::app::App;
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::output::{Reply, Rows};
use crate::wiring::{connect_within, known_reviewers, signed_in};

/// `run check`.
pub(super) async fn check(app: &App, interrupt: &Interrupt, path: &Path) -> Result<Reply, Failure> {
    let loaded = load(path)?;
    known_reviewers(app, loaded.file.reviewers.clone())?;
    let over = loaded.within_its_cap().err();
    let survey = &loaded.survey;
    let mut human = format!(
        "{}: {} rows, {} devices\n",
        plain(&loaded.file.title),
        survey.rows,
        survey.devices
    );
    for duplicate in &survey.duplicates {
        human.push_str(&format!(
            "  {}: the same as {}; done once\n",
            plain(&duplicate.source),
            plain(&duplicate.first)
        ));
    }
    for homonym in &survey.homonyms {
        human.push_str(&format!(
            "  {}: another device has the same name ({}), {}\n",
            plain(&homonym.source),
            plain(&homonym.name),
            plain(&homonym.first)
        ));
    }
    let asked = match over {
        None => asked(app, interrupt, &loaded).await?,
        Some(_) => None,
    };
    for source in loaded.file.who.asked() {
        let key = source.key();
        human.push_str(
            &match asked.as_ref().and_then(|named| named.counts.get(key)) {
                Some(count) => format!(
                    "  {key}: {count} more now; what it names when the run is planned counts\n"
                ),
                None => {
                    format!("  {key}: which devices these are is known when the run is planned\n")
                }
            },
        );
    }
    human.push_str(match over {
        None => "in order\n",
        Some(_) => "it would be refused: see below\n",
    });
    if let Some(over) = over {
        app.tell(&human);
        return Err(over);
    }
    let body = json!({
        "title": loaded.file.title,
        "document": loaded.file.document(),
        "survey": survey,
        "asked": asked.as_ref().map(|named| &named.counts),
        "unasked": unasked(&loaded, asked.as_ref()),
    });
    let rows = Rows::one(vec![
        ("title", loaded.file.title.clone()),
        ("rows", survey.rows.to_string()),
        ("devices", survey.devices.to_string()),
        ("duplicates", survey.duplicate_count.to_string()),
        ("homonyms", survey.homonym_count.to_string()),
        ("digest", survey.digest.clone()),
    ]);
    Ok(Reply::new(Ended::Done, "run-check", false, body)
        .rows(rows)
        .human(human))
}

/// What the sources name now that have to be asked, if somebody is signed in who can ask.
async fn asked(
    app: &App,
    interrupt: &Interrupt,
    loaded: &Loaded,
) -> Result<Option<Named>, Failure> {
    if loaded.file.who.asked().is_empty() {
        return Ok(None);
    }
    match signed_in(app).await {
        Ok(_) => {}
        Err(failure) if failure.ended == Ended::NotSignedIn => return Ok(None),
        Err(failure) => return Err(failure),
    }
    let connected = connect_within(app, None, order::bounds(&loaded.file)).await?;
    ask(app, interrupt, &connected, loaded).await.map(Some)
}

fn unasked(loaded: &Loaded, named: Option<&Named>) -> Vec<&'static str> {
    match named {
        Some(_) => Vec::new(),
        None => {
            let sources = loaded.file.who.asked();
            sources.into_iter().map(|source| source.key()).collect()
        }
    }
}
