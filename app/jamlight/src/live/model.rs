//! Fills the panels' model from the board.

use std::sync::Arc;
use std::time::Instant;

use app_desktop::{Ear, Model, Outputs, ShowFile, SourceText, StageView};
use sync_protocol::Show;

use super::board::Board;
use super::files::unix_millis;
use super::settings::LiveSettings;

/// What only the main thread knows.
pub(crate) struct Known<'a> {
    pub show: Arc<Show>,
    pub file: ShowFile,
    pub outputs: Outputs,
    pub folder: Option<app_desktop::Folder>,
    pub source: Option<SourceText>,
    pub room: app_desktop::Room,
    pub code: app_desktop::Code,
    pub settings: &'a LiveSettings,
}

/// Makes the model of one frame of the control window.
pub(crate) fn make(board: &Board, known: Known<'_>, now: Instant) -> Model {
    let heard = board.heard.get();
    let ear = board.ear.get();
    let signal = &heard.frame;
    let transport = heard.transport;
    // Levels and lamps stand still when the analysis does: silence, not the last value for ever.
    let stale = now.saturating_duration_since(heard.at).as_millis() > 500;
    let level = |level: f32| if stale { 0.0 } else { level };
    let led = transport.confidence > 0.0;
    Model {
        show: known.show,
        file: known.file,
        scenes: board.scenes.get(),
        stage: StageView {
            filters: board.filters.get(),
            transitions: board.transitions.get(),
            moved: board.moved.get(),
            pictures: board.layer_pictures.get(),
            marks: board.marks.get(),
        },
        picture: board.picture.get(),
        ear: Ear {
            source: ear.source.clone(),
            chosen: ear.chosen.clone(),
            choices: ear.choices.clone(),
            problem: ear.problem.clone(),
            levels: [signal.all, signal.bass, signal.mid, signal.mid_high, signal.high]
                .map(|band| level(band.level)),
            tempo_bpm: if led { transport.tempo_bpm as f32 } else { 0.0 },
            confidence: transport.confidence,
            beat: transport.beat_at(heard.stream_secs(now)),
            beats_per_bar: transport.beats_per_bar,
            key: signal.key.filter(|_| signal.key_confidence > 0.3).map(|key| key.to_string()),
            loudness_lufs: if stale { -70.0 } else { signal.loudness_lufs },
            track_secs: ear.track_secs,
            paused: ear.paused,
            mixing: known.settings.mixing.clone(),
            source_levels: ear.source_levels.clone(),
            picture_offset_millis: known.settings.picture_offset_millis,
        },
        outputs: known.outputs,
        performance: board.performance.get(),
        cards: board.cards(),
        look: known.settings.look(),
        folder: known.folder,
        source: known.source,
        room: known.room,
        code: known.code,
        playing: app_desktop::Playing {
            now_millis: unix_millis(),
            online: board.online.get(),
            ..board.playing.get()
        },
    }
}
