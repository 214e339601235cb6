//! The command line. Exit status: 0 done, 1 failed with one line on standard error, 2 wrong usage.

mod analyze;
mod bench;
mod config;
mod db;
mod devices;
mod doctor;
mod host;
mod join;
mod keys;
mod library;
mod pattern;
mod recognize;
mod render;
mod scenes;
mod trial;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::live::{self, LiveArgs};

/// A native instrument for light and sound: real music becomes light.
#[derive(Debug, Parser)]
#[command(version, about, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(flatten)]
    live: LiveArgs,
    #[command(subcommand)]
    command: Option<Task>,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Renders a song to a video, pictures or one picture, the same each time.
    Render(render::RenderArgs),
    /// Finds beats, tempo, key, onsets and loudness of audio files.
    Analyze(analyze::AnalyzeArgs),
    /// Measures how fast this machine draws each scene live.
    Bench(bench::BenchArgs),
    /// Looks after your own music, so that it is recognised when it plays.
    Library(library::LibraryArgs),
    /// Says which track of your music is in a file.
    Recognize(recognize::RecognizeArgs),
    /// Looks after the keys of services outside, which only you can read.
    Keys(keys::KeysArgs),
    /// Lists the sound devices of this machine.
    Devices(devices::DevicesArgs),
    /// Finds what is wrong with this machine, and how to fix it.
    Doctor(doctor::DoctorArgs),
    /// Opens a room to others, without a window, until Ctrl-C.
    Host(host::HostArgs),
    /// Joins a room on another machine, without a window.
    Join(join::JoinArgs),
    /// Looks after what rooms left behind.
    Db(db::DbArgs),
    /// Looks after the settings file.
    Config(config::ConfigArgs),
    /// Looks after scenes.
    Scenes(scenes::ScenesArgs),
    /// Draws a scene nobody knows; the app runs it before the scene comes near the show.
    #[command(hide = true)]
    Trial(trial::TrialArgs),
    /// Prints the events of a file of live code.
    Pattern(pattern::PatternArgs),
    /// Plays a file of live code into a sound file, faster than real time.
    Bounce(pattern::BounceArgs),
}

/// Runs what the command line asks for.
pub(crate) fn run() -> ExitCode {
    let cli = Cli::parse();
    start_log();
    end_when_nobody_reads();
    let done = match cli.command {
        None => live::run(cli.live),
        Some(Task::Render(args)) => render::run(&args),
        Some(Task::Analyze(args)) => analyze::run(&args),
        Some(Task::Bench(args)) => bench::run(&args),
        Some(Task::Library(args)) => library::run(&args),
        Some(Task::Keys(args)) => keys::run(&args),
        Some(Task::Recognize(args)) => recognize::run(&args),
        Some(Task::Devices(args)) => devices::run(&args),
        Some(Task::Doctor(args)) => doctor::run(&args),
        Some(Task::Host(args)) => host::run(&args),
        Some(Task::Join(args)) => join::run(&args),
        Some(Task::Db(args)) => db::run(&args),
        Some(Task::Config(args)) => config::run(&args),
        Some(Task::Scenes(args)) => scenes::run(&args),
        Some(Task::Trial(args)) => trial::run(&args),
        Some(Task::Pattern(args)) => pattern::pattern(&args),
        Some(Task::Bounce(args)) => pattern::bounce(&args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(err) => {
            // One line, whatever the chain of reasons holds.
            eprintln!("jamlight: {}", format!("{err:#}").replace('\n', " "));
            ExitCode::FAILURE
        }
    }
}

/// A reader that has had enough (`jamlight scenes list | head`) is no failure, but `println!` panics for it.
fn end_when_nobody_reads() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let says = info.payload_as_str().unwrap_or_default();
        if says.starts_with("failed printing to stdout") && says.contains("Broken pipe") {
            std::process::exit(0);
        }
        before(info);
    }));
}

/// Sends the log to standard error: warnings, or what `JAMLIGHT_LOG` asks for.
fn start_log() {
    // Each look at the sound devices is a connection that ends, which `pulseaudio` calls an error.
    let filter = tracing_subscriber::EnvFilter::try_from_env("JAMLIGHT_LOG").unwrap_or_else(|_| {
        tracing_subscriber::EnvFilter::new("warn,wgpu_hal=error,wgpu_core=error,pulseaudio=off")
    });
    // A second start in one process keeps the first log.
    let _ =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).compact().try_init();
}
