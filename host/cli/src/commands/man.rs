//! `passcode man`: pages from the definitions that the help comes from.

use std::path::Path;

use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};
use passcode_runner::Ended;
use serde_json::json;

use crate::args;
use crate::config::SETTINGS;
use crate::exit;
use crate::failure::Failure;
use crate::output::{Reply, Rows};

/// A page's file name and its text.
type Page = (String, Vec<u8>);

pub(super) fn man(folder: Option<&Path>) -> Result<Reply, Failure> {
    let pages = pages().map_err(|error| Failure::fault(&error.to_string()))?;
    let Some(folder) = folder else {
        let first = pages
            .first()
            .map(|(_, page)| String::from_utf8_lossy(page).into_owned());
        let mut reply = Reply::new(Ended::Done, "man", false, json!({}));
        reply.verbatim = true;
        return Ok(reply.human(first.unwrap_or_default()));
    };
    std::fs::create_dir_all(folder).map_err(|error| Failure::file(folder, &error))?;
    let mut rows = Rows::list(&["page"]);
    let mut files = Vec::new();
    for (name, page) in pages {
        let path = folder.join(name);
        std::fs::write(&path, page).map_err(|error| Failure::file(&path, &error))?;
        rows.push(vec![path.display().to_string()]);
        files.push(path);
    }
    Ok(Reply::new(Ended::Done, "man", false, json!({ "pages": files })).rows(rows))
}

/// The page of `passcode`, then one for every verb.
fn pages() -> std::io::Result<Vec<Page>> {
    fn visit(command: &Command, verbs: &[String], pages: &mut Vec<Page>) -> std::io::Result<()> {
        pages.push(page(command, verbs)?);
        for verb in command.get_subcommands() {
            visit(verb, &[], pages)?;
        }
        Ok(())
    }
    let mut command = args::command().disable_help_subcommand(true);
    command.build();
    let verbs: Vec<String> = command
        .get_subcommands()
        .filter_map(|verb| verb.get_display_name().map(str::to_owned))
        .collect();
    let mut pages = Vec::new();
    visit(&command, &verbs, &mut pages)?;
    Ok(pages)
}

fn page(command: &Command, verbs: &[String]) -> std::io::Result<Page> {
    let man = Man::new(command.clone())
        .source(concat!("passcode ", env!("CARGO_PKG_VERSION")))
        .manual("User Commands");
    let mut out = Vec::new();
    man.render_title(&mut out)?;
    man.render_name_section(&mut out)?;
    man.render_synopsis_section(&mut out)?;
    man.render_description_section(&mut out)?;
    man.render_options_section(&mut out)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut out)?;
    }
    let mut more = Roff::new();
    if let Some(help) = command.get_after_help() {
        examples(&mut more, &help.to_string());
    }
    if verbs.is_empty() {
        see_also(&mut more, &["passcode".to_owned()]);
    } else {
        examples(&mut more, args::FIRST);
        exit_status(&mut more);
        environment(&mut more);
        files(&mut more);
        see_also(&mut more, verbs);
    }
    more.to_writer(&mut out)?;
    Ok((man.get_filename(), ascii(&out)))
}

/// Every character in the form that each roff understands, whatever the locale.
fn ascii(page: &[u8]) -> Vec<u8> {
    let page = String::from_utf8_lossy(page);
    let escaped = page.chars().map(|c| match c {
        c if c.is_ascii() => c.to_string(),
        c => format!("\\[u{:04X}]", u32::from(c)),
    });
    escaped.collect::<String>().into_bytes()
}

/// Indented lines are commands and stay as they are; the others are text.
fn examples(roff: &mut Roff, help: &str) {
    roff.control("SH", ["EXAMPLES"]);
    let mut verbatim = false;
    for line in help.lines() {
        if line.starts_with("Example") || line.trim().is_empty() {
            continue;
        }
        let command = line.starts_with("  ");
        if command != verbatim {
            roff.control(if command { "nf" } else { "fi" }, []);
            if !command {
                roff.control("PP", []);
            }
            verbatim = command;
        }
        roff.text([roman(line.to_owned())]);
    }
    if verbatim {
        roff.control("fi", []);
    }
}

fn exit_status(roff: &mut Roff) {
    roff.control("SH", ["EXIT STATUS"]);
    for (number, meaning) in exit::MEANINGS {
        entry(roff, &number.to_string(), meaning);
    }
}

fn environment(roff: &mut Roff) {
    roff.control("SH", ["ENVIRONMENT"]);
    for setting in SETTINGS {
        if let Some(name) = setting.environment {
            entry(roff, name, setting.about);
        }
    }
    for (name, about) in [
        (
            "AZURE_CLIENT_SECRET",
            "the application's secret; it stands in no file",
        ),
        (
            "PASSCODE_ACCESS_TOKEN",
            "a token for Graph, instead of tenant, client id and secret",
        ),
        (
            "AZURE_AUTHORITY_HOST",
            "the authority, as Azure's own tools name it",
        ),
        (
            "PASSCODE_PROFILE",
            "the profile of the config file, where --profile does not say",
        ),
        (
            "PASSCODE_HOME",
            "the folder of the config file, the ledger and the cache",
        ),
        (
            "HTTPS_PROXY, ALL_PROXY, NO_PROXY",
            "proxies; loopback addresses go past them",
        ),
        (
            "SSL_CERT_FILE",
            "certificate authorities to trust instead of the system's",
        ),
        ("NO_COLOR", "no colour"),
    ] {
        entry(roff, name, about);
    }
}

fn files(roff: &mut Roff) {
    roff.control("SH", ["FILES"]);
    for (name, about) in [
        (
            "config.toml",
            "settings and profiles; see passcode-config(1)",
        ),
        (
            "ledger.db",
            "what was planned, sent and known; no passcode, no token",
        ),
        (
            "disclosures.jsonl",
            "to whom a passcode made elsewhere was shown; no passcode",
        ),
        ("cache/", "compiled components"),
        (
            "practice/",
            "the same for the practice tenant, and its state",
        ),
    ] {
        entry(roff, name, about);
    }
    roff.control("PP", []);
    roff.text([roman(
        "All of them are in PASSCODE_HOME, else in the folder passcode below the system's folder for application data.",
    )]);
}

fn see_also(roff: &mut Roff, names: &[String]) {
    roff.control("SH", ["SEE ALSO"]);
    let names: Vec<String> = names.iter().map(|name| format!("{name}(1)")).collect();
    roff.text([roman(names.join(", "))]);
}

fn entry(roff: &mut Roff, name: &str, about: &str) {
    roff.control("TP", []);
    roff.text([bold(name.to_owned())]);
    roff.text([roman(about.to_owned())]);
}
