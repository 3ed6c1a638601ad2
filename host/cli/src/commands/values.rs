//! Known values in the scripts for PowerShell and Elvish, whose generators write none.

use std::collections::BTreeMap;

use clap::Command;

/// What may follow a flag.
type Values = BTreeMap<String, Vec<String>>;

/// After a flag with known values those are offered, before anything else is.
pub(super) fn powershell(script: &str, command: &Command) -> String {
    const BEFORE: &str = "    $completions = @(switch";
    let mut table = String::new();
    for (flag, words) in values(command) {
        let words: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
        table.push_str(&format!("        '{flag}' = @({})\n", words.join(", ")));
    }
    let first = format!(
        "    $values = @{{
{table}    }}
    $last = $commandElements.Count - 1
    if ($wordToComplete) {{ $last-- }}
    $flag = if ($last -gt 0) {{ $commandElements[$last].Extent.Text }} else {{ '' }}
    if ($values.ContainsKey($flag)) {{
        return $values[$flag] | Where-Object {{ $_ -like \"$wordToComplete*\" }} | ForEach-Object {{
            [CompletionResult]::new($_, $_, [CompletionResultType]::ParameterValue, $_)
        }}
    }}

"
    );
    script.replacen(BEFORE, &format!("{first}{BEFORE}"), 1)
}

/// As [`powershell`].
pub(super) fn elvish(script: &str, command: &Command) -> String {
    const LAST: &str = "    $completions[$command]\n";
    let mut table = String::new();
    for (flag, words) in values(command) {
        table.push_str(&format!("        &{flag}=[{}]\n", words.join(" ")));
    }
    let last = format!(
        "    var values = [
{table}    ]
    if (has-key $values $words[-2]) {{
        all $values[$words[-2]]
    }} else {{
        $completions[$command]
    }}
"
    );
    script.replacen(LAST, &last, 1)
}

/// Every flag whose values are known. A flag means the same in every verb.
fn values(command: &Command) -> Values {
    let mut found = Values::new();
    collect(command, &mut found);
    found
}

fn collect(command: &Command, found: &mut Values) {
    for option in command.get_opts() {
        let possible = option.get_possible_values();
        if possible.is_empty() {
            continue;
        }
        let words: Vec<String> = possible
            .iter()
            .map(|word| word.get_name().to_owned())
            .collect();
        let long = option.get_long().map(|long| format!("--{long}"));
        let short = option.get_short().map(|short| format!("-{short}"));
        for flag in long.into_iter().chain(short) {
            found.insert(flag, words.clone());
        }
    }
    for verb in command.get_subcommands() {
        collect(verb, found);
    }
}
