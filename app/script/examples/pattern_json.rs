//! Prints the events of a file of user code: `pattern_json pattern FILE --cycles N --json`.
#![expect(clippy::disallowed_methods, reason = "an example reads its file")]

use std::process::ExitCode;

use app_script::{Settings, evaluate, haps_json};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    let file = arguments.get(2).map(String::as_str).unwrap_or_default();
    let cycles = arguments
        .iter()
        .position(|argument| argument == "--cycles")
        .and_then(|at| arguments.get(at + 1)?.parse().ok())
        .unwrap_or(1);
    let source = match std::fs::read_to_string(file) {
        Ok(source) => source,
        Err(error) => {
            eprintln!("{error}: {file}");
            return ExitCode::FAILURE;
        }
    };
    let printed = evaluate(&source, &Settings::default())
        .map_err(|error| error.to_string())
        .and_then(|program| haps_json(&program, cycles).map_err(|fault| fault.to_string()));
    match printed {
        Ok(json) => {
            println!("{json}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{file}: {error}");
            ExitCode::FAILURE
        }
    }
}
