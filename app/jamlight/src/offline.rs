//! The show without a clock: time is counted in frames, so the same song gives the same pictures.

mod props;

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use app_director::{Candidate, Conductor, Director, Moment, picture_id};
use app_library::SceneLibrary;
use audio_analysis::Analyser;
use audio_io::{BuiltInTrack, DecodeLimits, FileReader, StreamFormat};
use audio_signal::{AudioFrame, Cue, Transport};
use renderer_gpu::{Gpu, Pixels};
use renderer_scene::{FrameInput, PictureId, ProgramId};
use renderer_stage::{Picture, Stage, StageSettings};
use sync_protocol::{Command, SceneId, Show, TempoSettings};

use crate::shelf::Shelf;
pub(crate) use props::Props;

/// Sound read at a time, in seconds: under one frame at 60/s.
const BLOCK_SECS: f64 = 0.01;

enum Sound {
    File(Box<FileReader>),
    BuiltIn(Box<BuiltInTrack>),
}

/// A recording heard up to a moment.
pub(crate) struct Listener {
    sound: Sound,
    format: StreamFormat,
    analyser: Analyser,
    block: Vec<f32>,
    heard_secs: f64,
    ended: bool,
}

impl Listener {
    /// Opens a file, or the built-in track for `None`.
    pub(crate) fn open(file: Option<&Path>, settings: &audio_analysis::Settings) -> Result<Self> {
        let sound = match file {
            Some(path) => Sound::File(Box::new(FileReader::open(path, &DecodeLimits::STREAM)?)),
            None => Sound::BuiltIn(Box::new(BuiltInTrack::new())),
        };
        let format = match &sound {
            Sound::File(reader) => reader.format(),
            Sound::BuiltIn(_) => StreamFormat::MIX,
        };
        let frames = (BLOCK_SECS * f64::from(format.sample_rate_hz)) as usize;
        Ok(Self {
            sound,
            format,
            analyser: Analyser::new(format.sample_rate_hz, settings.clone()),
            block: vec![0.0; frames.max(1) * usize::from(format.channels)],
            heard_secs: 0.0,
            ended: false,
        })
    }

    /// Returns how long the recording claims to be, in seconds.
    pub(crate) fn claimed_secs(&self) -> Option<f64> {
        match &self.sound {
            Sound::File(reader) => reader.claimed_secs(),
            Sound::BuiltIn(_) => Some(BuiltInTrack::DURATION_SECS),
        }
    }

    /// Whether the recording is over.
    pub(crate) fn ended(&self) -> bool {
        self.ended
    }

    /// Returns what was not as promised in the file.
    pub(crate) fn warnings(&self) -> Vec<String> {
        match &self.sound {
            Sound::File(reader) => reader.warnings().iter().map(ToString::to_string).collect(),
            Sound::BuiltIn(_) => Vec::new(),
        }
    }

    /// Hears on up to a moment and returns the Signal there. After the end there is silence.
    pub(crate) fn hear_until(&mut self, secs: f64) -> Result<&AudioFrame> {
        while self.heard_secs < secs && !self.ended {
            let num_samples = match &mut self.sound {
                Sound::File(reader) => reader.read(&mut self.block)?,
                Sound::BuiltIn(track) => track.read(&mut self.block),
            };
            self.ended = num_samples == 0;
            let heard = self.block.get(..num_samples).unwrap_or_default();
            self.analyser.push(heard, self.format.channels, &mut |_| {});
            self.heard_secs += self.format.secs(num_samples as u64);
        }
        if self.heard_secs < secs {
            self.analyser.silence(secs - self.heard_secs, &mut |_| {});
            self.heard_secs = secs;
        }
        Ok(self.analyser.frame())
    }
}

/// What is known at one moment of a film.
pub(crate) struct Hearing {
    pub signal: Arc<AudioFrame>,
    pub transport: Transport,
    /// What code says to the picture.
    pub cues: Vec<Cue>,
}

/// A recording that leads a film: its beat is the film's.
pub(crate) struct Song {
    listener: Listener,
    conductor: Conductor,
}

impl Song {
    /// Hears the recording up to where the film begins, in steps of its frames: the ear needs the music
    /// before the first picture to know tempo and gain.
    pub(crate) fn new(
        mut listener: Listener,
        fps: u32,
        from_secs: f64,
        tempo: &TempoSettings,
    ) -> Result<Self> {
        let mut conductor = Conductor::new();
        let mut heard_secs = 0.0;
        while heard_secs < from_secs && !listener.ended() {
            heard_secs = (heard_secs + 1.0 / f64::from(fps.max(1))).min(from_secs);
            conductor.update(listener.hear_until(heard_secs)?, tempo);
        }
        Ok(Self { listener, conductor })
    }

    /// Returns the recording.
    pub(crate) fn listener(&self) -> &Listener {
        &self.listener
    }

    /// Hears on up to a moment.
    pub(crate) fn hear(&mut self, secs: f64, tempo: &TempoSettings) -> Result<Hearing> {
        let signal = Arc::new(self.listener.hear_until(secs)?.clone());
        let transport = self.conductor.update(&signal, tempo);
        Ok(Hearing { signal, transport, cues: Vec::new() })
    }
}

/// Turns what is heard into pictures, one after the other.
pub(crate) struct Film {
    director: Director,
    stage: Stage,
    library: Arc<SceneLibrary>,
    props: Option<Props>,
    candidates: Arc<[Candidate]>,
    proposals: Vec<Command>,
    fps: f64,
    from_secs: f64,
    frame_idx: u64,
}

impl Film {
    /// Sets up the stage.
    pub(crate) fn new(
        gpu: &Gpu,
        library: Arc<SceneLibrary>,
        size: [u32; 2],
        fps: u32,
        from_secs: f64,
    ) -> Result<Self> {
        let mut stage = Stage::new(gpu, StageSettings { size, live: false, ..StageSettings::default() })?;
        put_built_in(&mut stage)?;
        let fps = f64::from(fps.max(1));
        Ok(Self {
            director: Director::new(),
            stage,
            library,
            props: None,
            candidates: Arc::default(),
            proposals: Vec::new(),
            fps,
            from_secs,
            frame_idx: 0,
        })
    }

    /// Brings the pictures, words and videos that a show names.
    pub(crate) fn with_props(self, props: Props) -> Self {
        Self { props: Some(props), ..self }
    }

    /// Lets the autopilot choose from these.
    pub(crate) fn with_candidates(self, candidates: Arc<[Candidate]>) -> Self {
        Self { candidates, ..self }
    }

    /// Takes what autopilot and cues would like since the last time.
    pub(crate) fn take_proposals(&mut self) -> Vec<Command> {
        std::mem::take(&mut self.proposals)
    }

    /// Returns what of the show could not be seen.
    pub(crate) fn warnings(&self) -> impl Iterator<Item = String> {
        self.props.iter().flat_map(Props::problems)
    }

    /// Returns the moment of the next picture, in seconds.
    pub(crate) fn secs(&self) -> f64 {
        self.from_secs + self.frame_idx as f64 / self.fps
    }

    /// Drill: the device goes away. The next picture is the same all the same.
    pub(crate) fn lose_device(&mut self) {
        self.stage.gpu().lose();
    }

    /// Draws the next picture and brings it back; a device lost on the way is replaced.
    pub(crate) fn next(&mut self, show: &Show, hearing: &Hearing) -> Result<Pixels> {
        let input = self.input(show, hearing)?;
        let (pixels, report) = self.stage.render_exact(&input, &mut Gpu::rebirth)?;
        if let Some(fault) = report.faults.first() {
            bail!("{fault}");
        }
        Ok(pixels)
    }

    /// Returns how many pixels of the last picture hold what is no number, or more than any light: seen before the curve,
    /// which hides it.
    pub(crate) fn num_not_finite(&mut self) -> Result<usize> {
        let light = self.stage.read_light()?;
        // A 16-bit float whose exponent is all ones.
        let wild = |half: &[u8]| half.get(1).is_some_and(|high| high & 0x7C == 0x7C);
        let pixels = light.iter().flat_map(|light| light.data.chunks_exact(8));
        Ok(pixels.filter(|pixel| pixel.chunks_exact(2).any(wild)).count())
    }

    /// Makes the next picture's input; its programs are on the stage.
    fn input(&mut self, show: &Show, hearing: &Hearing) -> Result<FrameInput> {
        let Hearing { signal, transport, cues } = hearing;
        let moment = Moment::new(self.secs(), 1.0 / self.fps);
        let secs = self.secs();
        if let Some(props) = &mut self.props {
            self.director.set_track(props.track());
            props.give(&mut self.stage, show, transport.beat_at(secs), secs)?;
        }
        let shelf = Shelf::with_candidates(&self.library, self.candidates.clone());
        let step = self.director.step(show, signal, cues, transport, moment, &shelf);
        self.proposals.extend(step.proposals);
        for layer in &show.layers {
            if let sync_protocol::LayerSource::Scene(scene) = &layer.source {
                self.install(scene)?;
            }
        }
        self.frame_idx += 1;
        Ok(step.input)
    }

    fn install(&mut self, scene: &SceneId) -> Result<()> {
        if let Some(program) = self.library.program(scene)
            && !self.stage.has_program(program.id)
        {
            let id = self.stage.install(program).with_context(|| format!("scene {:?}", scene.as_str()))?;
            install_pictures(&mut self.stage, id, self.library.pictures(scene))?;
        }
        Ok(())
    }
}

/// Gives the stage the built-in pictures in full: its own are stand-ins.
pub(crate) fn put_built_in(stage: &mut Stage) -> Result<()> {
    for (side, id) in PictureId::BUILT_IN.into_iter().enumerate() {
        let picture = app_library::built_in_picture(side)?;
        let [width, height] = picture.size;
        stage.put_frame(id, Picture { width, height, rgba: picture.rgba.into() })?;
    }
    Ok(())
}

/// Gives the stage the pictures a scene brings; a built-in one stands in for what is missing.
pub(crate) fn install_pictures(
    stage: &mut Stage,
    program: ProgramId,
    pictures: Vec<Option<app_library::Picture>>,
) -> Result<()> {
    let mut ids = Vec::with_capacity(pictures.len());
    for (idx, picture) in pictures.into_iter().enumerate() {
        let id = picture
            .as_ref()
            .and_then(|picture| picture_id(&picture.id))
            .unwrap_or(PictureId::BUILT_IN[idx % 2]);
        if let Some(picture) = picture {
            stage.put_picture(
                id,
                Picture { width: picture.size[0], height: picture.size[1], rgba: picture.rgba.into() },
            )?;
        }
        ids.push(id);
    }
    stage.set_imports(program, ids);
    Ok(())
}
