//! `nephoscope alerts …`: alert routing from the command line, as `amtool` does it.

/// Commands under `nephoscope alerts`.
#[derive(clap::Subcommand)]
pub enum Command {
    /// Read label matchers and print them as a JSON list; exit status 1 when they cannot be read.
    Matchers {
        /// For example `foo="bar",baz=~"x.*"`.
        text: String,
    },
}

/// Runs one of them.
#[allow(clippy::print_stdout)] // the answer of a command goes to standard output
pub fn run(command: &Command) -> anyhow::Result<()> {
    match command {
        Command::Matchers { text } => {
            println!(
                "{}",
                serde_json::to_string(&::alerts::matchers::parse(text)?)?
            );
        }
    }
    Ok(())
}
