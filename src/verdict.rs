//! `nephoscope verdict`: the gate of a canary for CI. Asks a running Nephoscope until it is decided or the
//! time is over, and says it with the exit status.

mod ask;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};
use serde_json::Value;
use tokio::time::Instant;

use ask::Server;

/// Between two questions while it waits: verdicts change with closed minutes.
const BETWEEN: Duration = Duration::from_secs(10);
/// Longest wait, s: a day, after which nothing becomes evident any more.
const WAIT_MAX_S: u64 = 7 * 86_400;
/// The password, never an argument: arguments are seen by all users of a machine.
const PASSWORD: &str = "NEPHOSCOPE_PASSWORD";

/// Options of `nephoscope verdict`.
#[derive(clap::Args)]
pub struct Arguments {
    /// The function: its id, or its name if only one has it.
    #[arg(long)]
    function: String,
    /// The version, as telemetry tells it.
    #[arg(long)]
    version: String,
    /// The dashboard's address; its password is taken from the environment variable NEPHOSCOPE_PASSWORD.
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    server: String,
    /// How long to wait for a decision: 90s, 30m, 2h; default: ask once.
    #[arg(long, value_parser = seconds)]
    wait: Option<u64>,
    /// Of cold_start, cold_share, duration, duration_p95, memory, errors, timeouts, separated by commas;
    /// default: all.
    #[arg(long)]
    measures: Option<String>,
    /// The whole answer as JSON instead of sentences.
    #[arg(long)]
    json: bool,
}

/// Asks, prints, and gives the exit status.
pub fn run(arguments: &Arguments) -> ExitCode {
    match answered(arguments) {
        Ok(status) => ExitCode::from(status),
        Err(error) => {
            eprintln!("nephoscope: {error:#}");
            ExitCode::from(3)
        }
    }
}

fn answered(arguments: &Arguments) -> anyhow::Result<u8> {
    let server = Server::new(&arguments.server, std::env::var(PASSWORD).ok().as_deref())?;
    let mut query = vec![
        ("function", arguments.function.as_str()),
        ("version", arguments.version.as_str()),
    ];
    if let Some(measures) = &arguments.measures {
        query.push(("measure", measures));
    }
    let wait = Duration::from_secs(arguments.wait.unwrap_or(0));
    let answer = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("starting")?
        .block_on(decided(&server, &query, wait))?;
    print(&answer, arguments)
}

/// The answer as soon as it is decided, or the last one when the time is over. Once it has answered, a
/// server that is away for a moment is asked again.
async fn decided(server: &Server, query: &[(&str, &str)], wait: Duration) -> anyhow::Result<Value> {
    let begin = Instant::now();
    let mut last = server.get("/api/v1/verdict", query).await?;
    loop {
        let left = wait.saturating_sub(begin.elapsed());
        if last["verdict"] != "undecided" || left.is_zero() {
            return Ok(last);
        }
        tokio::time::sleep(BETWEEN.min(left)).await;
        match server.get("/api/v1/verdict", query).await {
            Ok(answer) => last = answer,
            Err(error) => eprintln!("nephoscope: {error:#}; asking again"),
        }
    }
}

#[allow(clippy::print_stdout)] // the answer
fn print(answer: &Value, arguments: &Arguments) -> anyhow::Result<u8> {
    let verdict = answer["verdict"].as_str().unwrap_or_default();
    let status = match verdict {
        "pass" => 0,
        "fail" => 1,
        "undecided" => 2,
        _ => bail!("the server's answer holds no verdict; is it a Nephoscope of this version?"),
    };
    if arguments.json {
        println!("{answer}");
        return Ok(status);
    }
    println!(
        "{verdict}: version {} of {}",
        plain(&arguments.version),
        plain(
            answer["function_id"]
                .as_str()
                .unwrap_or(&arguments.function)
        )
    );
    let lines = |key: &str| answer[key].as_array().cloned().unwrap_or_default();
    for reason in lines("reasons") {
        println!("  {}", plain(reason.as_str().unwrap_or_default()));
    }
    for need in lines("needs") {
        println!(
            "  would decide {}",
            plain(need.as_str().unwrap_or_default())
        );
    }
    Ok(status)
}

/// Names come from telemetry: whatever steers a terminal is left out.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

/// `90s`, `30m`, `2h` or `1h30m`, in s.
fn seconds(text: &str) -> Result<u64, String> {
    let wrong = || format!("{text:?} is no length of time; write 90s, 30m or 2h");
    let (mut all, mut rest) = (0u64, text);
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = rest.split_at(digits);
        let number: u64 = number.parse().map_err(|_| wrong())?;
        let factor = match unit.bytes().next() {
            Some(b's') => 1,
            Some(b'm') => 60,
            Some(b'h') => 3_600,
            _ => return Err(wrong()),
        };
        all = all.saturating_add(number.saturating_mul(factor));
        rest = &unit[1..];
    }
    match all {
        0 => Err(wrong()),
        1..=WAIT_MAX_S => Ok(all),
        _ => Err(format!("{text:?} is longer than a week")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_read_and_others_refused() {
        assert_eq!(seconds("90s"), Ok(90));
        assert_eq!(seconds("1h30m"), Ok(5_400));
        for wrong in [
            "",
            "5",
            "m",
            "3x",
            "0s",
            "2h5",
            "ä",
            "999999h",
            "99999999999999999999h",
        ] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_steers_a_terminal_is_left_out() {
        assert_eq!(plain("v1\u{1b}[2J\n2"), "v1[2J2");
    }
}
