//! The app in a real window, on a screen that nobody sees.
//!
//! Each test starts its own Xvfb. A machine that has none cannot open windows either: the test says
//! so and fails, since `packaging/setup` installs it.
#![expect(clippy::expect_used, reason = "a test that fails says why")]

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

const WIDTH: usize = 800;
const HEIGHT: usize = 480;
/// How long a loaded machine without a GPU may take over anything.
const PATIENCE: Duration = Duration::from_secs(60);

/// A screen in memory.
struct Screen {
    server: Child,
    display: String,
}

impl Screen {
    fn open() -> Self {
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", &format!("{WIDTH}x{HEIGHT}x24"), "-nolisten", "tcp"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb starts: packaging/setup installs it");
        let mut line = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { server, display: format!(":{}", line.trim()) }
    }

    /// Returns what is on the screen: rows of RGB.
    fn look(&self) -> Vec<u8> {
        let mut grab = Command::new("ffmpeg")
            .args([
                "-loglevel",
                "error",
                "-f",
                "x11grab",
                "-video_size",
                &format!("{WIDTH}x{HEIGHT}"),
                "-draw_mouse",
                "0",
            ])
            .args(["-i", &self.display, "-frames:v", "1", "-pix_fmt", "rgb24", "-f", "rawvideo", "-"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("ffmpeg starts: packaging/setup installs it");
        let mut pixels = Vec::new();
        grab.stdout.take().unwrap().read_to_end(&mut pixels).unwrap();
        grab.wait().unwrap();
        assert_eq!(pixels.len(), WIDTH * HEIGHT * 3);
        pixels
    }

    /// Waits until the middle of the screen is lit and changes.
    fn wait_for_light(&self) {
        let until = Instant::now() + PATIENCE;
        let mut before = self.look();
        while Instant::now() < until {
            std::thread::sleep(Duration::from_millis(300));
            let now = self.look();
            let middle = |pixels: &[u8]| pixels[HEIGHT / 4 * WIDTH * 3..HEIGHT * 3 / 4 * WIDTH * 3].to_vec();
            let (a, b) = (middle(&before), middle(&now));
            let lit = b.iter().filter(|byte| **byte > 24).count();
            let changed = a.iter().zip(&b).filter(|(a, b)| a.abs_diff(**b) > 8).count();
            if lit > b.len() / 100 && changed > b.len() / 500 {
                return;
            }
            before = now;
        }
        panic!("no moving picture within {PATIENCE:?}");
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// The app, with the numbers of its frames.
struct App {
    process: Child,
    frames: Receiver<(u64, f64)>,
}

impl App {
    fn start(screen: &Screen, home: &Path, arguments: &[&str]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_jamlight"))
            .args(["--home", home.to_str().unwrap(), "--drill", "trace-frames"])
            .args(arguments)
            .env("DISPLAY", &screen.display)
            .env_remove("WAYLAND_DISPLAY")
            .env("PULSE_SERVER", "unix:/nonexistent")
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let output = process.stderr.take().unwrap();
        let (sender, frames) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                let mut words = line.split(' ');
                if words.next() == Some("frame")
                    && let (Some(Ok(no)), Some(Ok(secs))) =
                        (words.next().map(str::parse), words.next().map(str::parse))
                {
                    let _ = sender.send((no, secs));
                }
            }
        });
        Self { process, frames }
    }

    /// Waits for this many further frames and returns the show time of the last, in seconds.
    fn wait_for_frames(&self, num: usize) -> f64 {
        let mut last = 0.0;
        for _ in 0..num {
            last = self.frames.recv_timeout(PATIENCE).expect("frames go on").1;
        }
        last
    }

    fn engine_pid(&self) -> String {
        let children = format!("/proc/{0}/task/{0}/children", self.process.id());
        std::fs::read_to_string(children)
            .unwrap()
            .split_whitespace()
            .next()
            .expect("an engine runs")
            .to_owned()
    }

    /// Asks it to end and returns its exit status.
    fn end(mut self) -> Option<i32> {
        let asked = Instant::now();
        signal("-TERM", &self.process.id().to_string());
        while asked.elapsed() < Duration::from_secs(10) {
            if let Some(status) = self.process.try_wait().unwrap() {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("it does not end");
    }
}

impl Drop for App {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn signal(signal: &str, pid: &str) {
    assert!(Command::new("kill").args([signal, pid]).status().unwrap().success());
}

#[test]
fn a_moving_picture_fills_the_window_and_a_signal_ends_it_cleanly() {
    let (screen, home) = (Screen::open(), tempfile::tempdir().unwrap());
    let app = App::start(&screen, home.path(), &[]);
    app.wait_for_frames(5);
    screen.wait_for_light();
    assert_eq!(app.end(), Some(0));
    let saved = std::fs::read_to_string(home.path().join("state/autosave.json")).unwrap();
    assert!(saved.contains("\"clean\": true"), "{saved}");
}

#[test]
fn a_killed_engine_comes_back_with_its_clock() {
    let (screen, home) = (Screen::open(), tempfile::tempdir().unwrap());
    let app = App::start(&screen, home.path(), &[]);
    let autosave = home.path().join("state/autosave.json");
    let until = Instant::now() + PATIENCE;
    while !autosave.is_file() && Instant::now() < until {
        app.wait_for_frames(1);
    }
    let before = app.wait_for_frames(1);
    signal("-KILL", &app.engine_pid());
    let after = {
        // Frames of the first engine may still be in the pipe.
        while app.frames.try_recv().is_ok() {}
        app.wait_for_frames(3)
    };
    assert!(after > before - 6.0, "the show's clock goes on: {before} then {after}");
    screen.wait_for_light();
    assert!(std::fs::read_dir(home.path().join("state/crashes")).unwrap().count() >= 1, "a report stays");
    assert_eq!(app.end(), Some(0));
}

#[test]
fn lost_devices_and_panicking_panels_do_not_stop_the_show() {
    let (screen, home) = (Screen::open(), tempfile::tempdir().unwrap());
    let drills =
        ["--drill", "lose-device-every=25", "--drill", "lose-window-every=40", "--drill", "panic-panel=17"];
    let app = App::start(&screen, home.path(), &drills);
    let engine = {
        app.wait_for_frames(1);
        app.engine_pid()
    };
    app.wait_for_frames(120);
    assert_eq!(app.engine_pid(), engine, "no process had to die for it");
    screen.wait_for_light();
    assert_eq!(app.end(), Some(0));
}

#[test]
fn the_shows_own_window_opens_and_survives_its_device() {
    let (screen, home) = (Screen::open(), tempfile::tempdir().unwrap());
    let app = App::start(&screen, home.path(), &["--output", "screen", "--drill", "lose-device-every=40"]);
    app.wait_for_frames(100);
    screen.wait_for_light();
    assert_eq!(app.end(), Some(0));
}
