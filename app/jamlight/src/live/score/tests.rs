use app_library::SceneLibrary;
use audio_io::{Output, OutputChoice, OutputSettings, Tap};
use audio_signal::AudioFrame;
use sync_hub::Hub;
use sync_protocol::Command;

use super::*;
use crate::live::room::Member;

/// A room, its score, and a tap of what it plays, with an ear that hears nothing else.
struct Rig {
    board: Arc<Board>,
    member: Member,
    hub: Option<Hub>,
    output: Output,
    tap: Tap,
    jobs: Sender<Job>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Rig {
    fn new(show: Show) -> Self {
        let board = Board::new(Instant::now());
        let (hub, member) = Hub::solo(show).unwrap();
        let member = Member::from(member);
        let settings = OutputSettings { choice: OutputChoice::Off, ..OutputSettings::default() };
        let output = Output::open(settings).unwrap();
        let tap = output.tap().unwrap();
        let start = ScoreStart {
            board: board.clone(),
            member: member.clone(),
            output: output.clone(),
            library: Arc::new(SceneLibrary::built_in()),
            traces: false,
            samples: Vec::new(),
        };
        let begin::ScoreDesk { jobs, thread, .. } = super::start(start).unwrap();
        Self { board, member, hub: Some(hub), output, tap, jobs, thread: Some(thread) }
    }

    fn evaluate(&self, code: &str) {
        let text = TextId::from("main");
        let code = code.to_owned();
        let asked = std::time::Instant::now();
        self.jobs.send(Job::Try { text, code, quantum_beats: 0.0, layer: None, asked }).unwrap();
    }

    /// Lives for a while and returns the loudest sample.
    fn hear(&mut self, millis: u64) -> f32 {
        let until = Instant::now() + Duration::from_millis(millis);
        let mut peak = 0.0f32;
        let mut block = [0.0; 4_096];
        while Instant::now() < until {
            let frame = AudioFrame { time_secs: self.output.clock().secs(), ..AudioFrame::default() };
            self.board.heard.set(Heard {
                frame: Arc::new(frame),
                at: Instant::now(),
                transport: Transport::default(),
                ahead_secs: 0.0,
                mix_offset_secs: Some(0.0),
            });
            let read = self.tap.read(&mut block);
            peak = block.iter().take(read).fold(peak, |peak, x| peak.max(x.abs()));
            std::thread::sleep(Duration::from_millis(5));
        }
        peak
    }

    /// Lives until something is true, three seconds at most.
    fn wait(&mut self, what: &str, is: impl Fn(&Self) -> bool) {
        for _ in 0..150 {
            if is(self) {
                return;
            }
            self.hear(20);
        }
        panic!("never: {what}");
    }

    fn plays(&self) -> bool {
        self.board.score.plays.load(Ordering::Relaxed)
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        self.board.ending.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
        if let Some(hub) = self.hub.take() {
            hub.stop();
        }
    }
}

const BEAT: &str = "setcpm(33)\n$: s(\"bd*16\")\n$: cue(\"glow\", \"0 1\")";

#[test]
fn code_sounds_leads_the_tempo_speaks_to_the_picture_and_ends_with_hush() {
    let mut rig = Rig::new(Show::default());
    assert_eq!(rig.hear(100), 0.0, "nothing plays yet");
    rig.evaluate(BEAT);
    rig.wait("it plays", Rig::plays);
    assert!(rig.hear(400) > 0.05, "it is heard");
    assert_eq!(rig.board.score.lead.get(), Some(CodeLead { bpm: Some(132.0) }));
    // A cue is planned a moment ahead, and there are two of them in a cycle.
    rig.wait("a cue", |rig| rig.board.score.cues.get().iter().any(|cue| cue.parameter == "glow"));
    let glows = rig.board.score.glows.get();
    assert!(glows.iter().any(|glow| BEAT.get(glow.span.0 as usize..glow.span.1 as usize) == Some("bd")));
    rig.member.send(Command::Hush).unwrap();
    rig.wait("it stops", |rig| !rig.plays());
    rig.hear(100);
    assert!(rig.hear(200) < 1e-3, "silence after hush");
}

#[test]
fn what_does_not_evaluate_changes_nothing_and_says_where_it_is_wrong() {
    let mut rig = Rig::new(Show::default());
    rig.evaluate(BEAT);
    rig.wait("it plays", Rig::plays);
    rig.evaluate("$: s(\"bd\").nonsense()");
    rig.wait("the mistake is told", |rig| !rig.board.score.problems.get().is_empty());
    let problems = rig.board.score.problems.get();
    let problem = &problems.get("main/").unwrap()[0];
    assert_eq!((problem.line, problem.stops), (1, true));
    assert_eq!(rig.member.show().running.get("main/").map(|running| running.code.as_str()), Some(BEAT));
    assert!(rig.hear(300) > 0.05, "the last good plays on");
    rig.evaluate(BEAT);
    rig.wait("the mistake is forgotten", |rig| rig.board.score.problems.get().is_empty());
}

#[test]
fn what_ran_when_the_show_was_kept_runs_when_it_is_restored() {
    let running = Running { code: BEAT.to_owned(), at_beat: 4_000.0, quantum_beats: 4.0 };
    let show = Show { running: [("main/".to_owned(), running)].into(), ..Show::default() };
    let mut rig = Rig::new(show);
    rig.wait("it plays", Rig::plays);
    assert!(rig.hear(400) > 0.05);
}
