//! The README and the pages keep their word: what they show is run, against the practice tenant,
//! and the answers must look as shown.
//!
//! Every fenced `console` block has a comment before it: `<!-- run -->`, or `<!-- not run: WHY -->`.
//! In a block, lines that begin with `$ ` are commands and the others are what they print; `…` stands
//! for anything, and a line of its own for any lines. Nobody answers questions here, so a command
//! that would ask gets `--yes`; and practice devices do not take their time.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod support;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use support::Home;

const PAGES: [&str; 14] = [
    "README.md",
    "docs/help-desk.md",
    "docs/automation.md",
    "docs/doctor.md",
    "docs/security-review.md",
    "docs/configuration.md",
    "docs/sign-in.md",
    "docs/runs.md",
    "docs/run-files.md",
    "docs/approval.md",
    "docs/extensions.md",
    "docs/finders.md",
    "docs/audit.md",
    "docs/reports.md",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A fenced block.
#[derive(Debug)]
struct Block {
    line: usize,
    language: String,
    /// The comment before it, without its brackets.
    mark: Option<String>,
    text: String,
}

fn blocks(page: &str) -> Vec<Block> {
    let text = std::fs::read_to_string(root().join(page)).unwrap();
    let mut found = Vec::new();
    let mut before = "";
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        if let Some(language) = line.strip_prefix("```") {
            let body: Vec<&str> = lines
                .by_ref()
                .map(|(_, line)| line)
                .take_while(|line| *line != "```")
                .collect();
            let mark = before
                .strip_prefix("<!-- ")
                .and_then(|mark| mark.strip_suffix(" -->"));
            found.push(Block {
                line: number + 1,
                language: language.to_owned(),
                mark: mark.map(str::to_owned),
                text: body.join("\n"),
            });
        }
        if !line.trim().is_empty() {
            before = line;
        }
    }
    found
}

/// Commands and what they are said to print.
fn steps(text: &str) -> Vec<(String, Vec<String>)> {
    let mut steps: Vec<(String, Vec<String>)> = Vec::new();
    for line in text.lines() {
        match (line.strip_prefix("$ "), steps.last_mut()) {
            (Some(command), _) => steps.push((command.to_owned(), Vec::new())),
            (None, Some((_, printed))) => printed.push(line.to_owned()),
            (None, None) => panic!("a block begins with a command: {line}"),
        }
    }
    steps
}

/// The command as it is run here.
fn runnable(command: &str) -> String {
    let mut command = command.replace("cargo run --release --", "passcode");
    let acts = ["passcode reset", "passcode remove", "passcode execute"];
    let asks = acts.iter().any(|verb| command.starts_with(verb))
        && !command.contains("--yes")
        && !command.contains("--what-if");
    let practice = command.starts_with("passcode ") && command.contains(" --practice");
    let verb = command.find(" --").unwrap_or(command.len());
    if asks {
        command.insert_str(verb, " --yes");
    }
    if practice {
        command.insert_str(verb, " --pace 0");
    }
    command
}

/// Whether a line is as shown; `…` stands for anything.
fn line_fits(shown: &str, printed: &str) -> bool {
    let squeeze = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let (shown, printed) = (squeeze(shown), squeeze(printed));
    let parts: Vec<&str> = shown.split('…').collect();
    let [first, middle @ ..] = parts.as_slice() else {
        return false;
    };
    let Some(mut rest) = printed.strip_prefix(first.trim_end()) else {
        return false;
    };
    let Some((last, middle)) = middle.split_last() else {
        return rest.is_empty();
    };
    for part in middle {
        match rest.find(part.trim()) {
            Some(at) => rest = &rest[at + part.trim().len()..],
            None => return false,
        }
    }
    rest.ends_with(last.trim_start())
}

/// Whether an answer is as shown; a line `…` stands for any lines.
fn fits(shown: &[String], printed: &[&str]) -> bool {
    match shown.split_first() {
        None => printed.iter().all(|line| line.trim().is_empty()),
        Some((first, rest)) if first.trim() == "…" => {
            (0..=printed.len()).any(|skipped| fits(rest, &printed[skipped..]))
        }
        Some((first, rest)) if first.trim().is_empty() => {
            let blank = printed
                .iter()
                .take_while(|line| line.trim().is_empty())
                .count();
            fits(rest, &printed[blank..])
        }
        Some((first, rest)) => {
            let blank = printed
                .iter()
                .take_while(|line| line.trim().is_empty())
                .count();
            match printed[blank..].split_first() {
                Some((line, others)) => line_fits(first, line) && fits(rest, others),
                None => false,
            }
        }
    }
}

/// A folder for a page, a home, and bash in it.
struct Place {
    home: Home,
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let place = Self {
            home: Home::new(),
            folder: tempfile::TempDir::new().unwrap(),
        };
        place.configure("output = \"table\"\ncolor = \"never\"\n");
        place
    }

    fn configure(&self, text: &str) {
        std::fs::write(self.home.path().join("config.toml"), text).unwrap();
    }

    fn shell(&self, shell: &str, arguments: &[&str]) -> Command {
        // As the tests' own calls: nothing of this machine's settings.
        let own = self.home.command(&[]);
        let mut command = Command::new(shell);
        for (name, value) in own.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        let binary = Path::new(env!("CARGO_BIN_EXE_passcode")).parent().unwrap();
        let path = std::env::var("PATH").unwrap_or_default();
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env("PATH", format!("{}:{path}", binary.display()))
            .env("COLUMNS", "160")
            .stdin(Stdio::null());
        command
    }

    /// What each command prints, on stdout and stderr, in one bash.
    fn run(&self, commands: &[String]) -> Vec<String> {
        const MARK: &str = "@@@ next @@@";
        let mut script = "exec 2>&1\n".to_owned();
        for command in commands {
            script.push_str(&format!(
                "{command}\ncode=$?; echo '{MARK}'; (exit $code)\n"
            ));
        }
        let output = self.shell("bash", &["-c", &script]).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let mut printed: Vec<String> = text.split(MARK).map(str::to_owned).collect();
        printed.truncate(commands.len());
        printed
    }
}

#[test]
fn every_command_that_is_shown_answers_as_shown() {
    let mut wrong = Vec::new();
    let mut ran = 0;
    for page in PAGES {
        let place = Place::new();
        for block in blocks(page) {
            let at = format!("{page}:{}", block.line);
            let mark = block.mark.as_deref().unwrap_or_default();
            if let Some(name) = mark.strip_prefix("file: ") {
                assert_eq!(name, "config.toml", "{at}");
                place.configure(&block.text);
            }
            if block.language != "console" {
                continue;
            }
            match mark.split_once(' ').map_or(mark, |(word, _)| word) {
                "run" => {}
                "run:" => place.configure("tennant = \"contoso.example\"\n"),
                "not" if mark.len() > "not run: ".len() => continue,
                _ => panic!("{at}: neither `<!-- run -->` nor `<!-- not run: WHY -->`"),
            }
            let steps = steps(&block.text);
            let commands: Vec<String> =
                steps.iter().map(|(command, _)| runnable(command)).collect();
            let printed = place.run(&commands);
            assert_eq!(printed.len(), steps.len(), "{at}: {printed:?}");
            for ((command, shown), printed) in steps.iter().zip(printed) {
                let lines: Vec<&str> = printed.lines().collect();
                ran += 1;
                if !fits(shown, &lines) {
                    let shown = shown.join("\n");
                    wrong.push(format!(
                        "{at}: $ {command}\nshown:\n{shown}\nprinted:\n{printed}"
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(ran > 25, "only {ran} commands were run");
}

#[test]
fn scripts_that_are_shown_run() {
    let training = "default_profile = \"t\"\n[profile.t]\npractice = true\n";
    let mut ran = 0;
    for block in blocks("docs/automation.md") {
        let marked = block
            .mark
            .as_deref()
            .is_some_and(|mark| mark.starts_with("run:"));
        let place = Place::new();
        place.configure(training);
        let (shell, arguments) = match (block.language.as_str(), marked) {
            ("bash", true) => ("bash", vec!["-euo", "pipefail", "-c", &block.text]),
            ("nu", true) if Command::new("nu").arg("--version").output().is_ok() => {
                ("nu", vec!["-n", "-c", &block.text])
            }
            _ => continue,
        };
        let output = place.shell(shell, &arguments).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{shell}: {output:?}");
        assert!(said.contains("done"), "{shell}: {said}");
        ran += 1;
    }
    assert!(ran >= 1);
}

/// Also where a command cannot be run: its verb and its flags must be there.
#[test]
fn every_flag_that_is_shown_is_there() {
    let home = Home::new();
    let mut seen = 0;
    for page in PAGES {
        let text = std::fs::read_to_string(root().join(page)).unwrap();
        let text = text
            .replace("cargo run --release --", "passcode")
            .replace("\\\n", " ");
        for line in text.lines() {
            for call in line.split("passcode ").skip(1) {
                let call = call
                    .split(['`', '|', '"', '\'', ';', '#', ')'])
                    .next()
                    .unwrap();
                let words: Vec<&str> = call.split_whitespace().collect();
                let Some(verb) = words.first().filter(|verb| VERBS.contains(verb)) else {
                    continue;
                };
                // Flags of `auth setup` are in its own help.
                let mut asked = vec![*verb, "--help"];
                if let Some(inner) = words.get(1).filter(|_| *verb == "auth") {
                    asked.insert(1, inner);
                }
                let help = home.run(&asked).stdout;
                for word in words.iter().filter(|word| word.starts_with("--")) {
                    let flag = word.trim_end_matches(['.', ',', ':']);
                    let lists = |line: &str| line.split([' ', ',', ']']).any(|word| word == flag);
                    assert!(
                        help.lines().any(lists),
                        "{page}: passcode {verb} has no {flag}: {line}"
                    );
                    seen += 1;
                }
            }
        }
    }
    assert!(seen > 60, "{seen}");
}

const VERBS: [&str; 17] = [
    "login",
    "logout",
    "auth",
    "devices",
    "explain",
    "reset",
    "remove",
    "execute",
    "status",
    "reveal",
    "matrix",
    "practice",
    "doctor",
    "config",
    "extension",
    "completions",
    "man",
];

#[test]
fn the_automators_tables_are_whole() {
    let page = std::fs::read_to_string(root().join("docs/automation.md")).unwrap();
    let manual = Home::new().run(&["man"]).stdout;
    let (_, status) = manual.split_once(".SH \"EXIT STATUS\"").unwrap();
    let (status, _) = status.split_once(".SH ").unwrap();
    let mut codes = 0;
    for line in status.lines() {
        if let Some(code) = line
            .strip_prefix("\\fB")
            .and_then(|line| line.strip_suffix("\\fR"))
        {
            assert!(
                page.contains(&format!("\n| {code} | ")),
                "no exit code {code}"
            );
            codes += 1;
        }
    }
    assert_eq!(codes, 14);
    let kinds = kinds(&root().join("host/cli/src"));
    assert!(kinds.len() > 20, "{kinds:?}");
    // The schema of the config file is printed as it is.
    for kind in kinds.iter().filter(|kind| *kind != "config-schema") {
        assert!(
            page.contains(&format!("`passcode/{kind}/v1`")),
            "no document {kind}"
        );
    }
}

/// The kinds of document that the source makes.
fn kinds(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(kinds(&path));
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        for call in ["Reply::new(", ".items("] {
            for after in text.split(call).skip(1) {
                let kind = after.split('"').nth(1).unwrap_or_default();
                let near = after.find('"').is_some_and(|at| at < 60);
                if near && kind.chars().all(|c| c.is_ascii_lowercase() || c == '-') {
                    found.push(kind.to_owned());
                }
            }
        }
    }
    found
}

#[test]
fn links_lead_somewhere() {
    for page in PAGES {
        let text = std::fs::read_to_string(root().join(page)).unwrap();
        let folder = root().join(page).parent().unwrap().to_owned();
        for link in text.split("](").skip(1) {
            let link = link.split(')').next().unwrap();
            if link.starts_with("http") {
                continue;
            }
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() {
                root().join(page)
            } else {
                folder.join(file)
            };
            assert!(target.exists(), "{page}: {link}");
            if !anchor.is_empty() {
                let text = std::fs::read_to_string(&target).unwrap();
                let heading = |line: &str| {
                    let title = line.trim_start_matches('#').trim().to_lowercase();
                    line.starts_with('#') && title.replace(' ', "-") == anchor
                };
                assert!(text.lines().any(heading), "{page}: {link}");
            }
        }
    }
}
