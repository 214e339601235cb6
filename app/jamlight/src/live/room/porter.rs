//! Brings what the host's show needs and this machine lacks: scenes, pictures and samples of the host's own.
//!
//! They are foreign files: they meet the library's limits, its compiler and the decoders like any
//! other, and stay under the cache, apart from the person's own. What they replaced comes back when the
//! visit ends. Samples are brought where they will be heard.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use app_desktop::CardKind;
use app_library::{MAX_PICTURE_BYTES, MAX_SCENE_BYTES, Paths, SceneLibrary, SceneOrigin, decode_picture};
use sync_client::{Client, FetchError, Fetched};
use sync_protocol::{
    AssetId, LayerSource, MAX_SAMPLE_BYTES, MAX_SOUND_FILES, MaskShape, ParamValue, SceneId, Show, Sound,
};

use crate::jam::{find_asset, sha256};
use crate::live::board::{Board, lock};
use crate::live::score::{CODE_SCENE_PREFIX, SampleAsk};
use crate::samples::is_sound;

/// How often the show is looked at for something new.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Scenes and pictures brought in one visit: more than a show can use.
const MAX_FILES: usize = 500;
/// The list of sounds, in bytes: as many names as files, each with its hash.
const MAX_LIST_BYTES: u64 = 1 << 20;
/// What earlier visits may leave on the disk, in bytes.
const MAX_KEPT_BYTES: u64 = 1 << 30;
/// How long it waits with what did not come because the connection broke.
const AGAIN_AFTER: Duration = Duration::from_secs(1);
/// Endings of what the library reads as a scene.
const SCENES: [&str; 5] = ["wgsl", "fs", "glsl", "frag", "json"];

/// Works while it lives; dropping it ends the visit's files.
#[derive(Debug)]
pub(super) struct Porter {
    ending: Arc<AtomicBool>,
    lending: Lending,
}

/// The way of samples to the instrument, open during the visit. Held to send one message: nothing is
/// lent after the loan has ended.
type Lending = Arc<Mutex<Option<Sender<SampleAsk>>>>;

impl Drop for Porter {
    fn drop(&mut self) {
        self.ending.store(true, Ordering::Release);
        if let Some(samples) = lock(&self.lending).take() {
            // A reader that is gone has left its report.
            let _ = samples.send(SampleAsk::LoanEnds);
        }
    }
}

impl Porter {
    /// Starts to bring what a room's show needs: scenes into `library`, pictures and the rest under
    /// `paths`, samples to whom `samples` leads.
    pub(super) fn start(
        client: Client,
        library: Arc<SceneLibrary>,
        board: Arc<Board>,
        paths: &Paths,
        samples: Sender<SampleAsk>,
    ) -> Option<Self> {
        let ending = Arc::new(AtomicBool::new(false));
        let lending = Arc::new(Mutex::new(Some(samples)));
        let worker = Worker {
            client,
            library,
            board,
            folder: paths.cache.join("rooms"),
            pictures: paths.pictures(),
            ending: ending.clone(),
            lending: lending.clone(),
            sounds_in: None,
            lent: BTreeMap::new(),
            num_samples: 0,
            again: false,
            seen: BTreeSet::new(),
            replaced: BTreeMap::new(),
        };
        let started = std::thread::Builder::new().name("porter".to_owned()).spawn(move || worker.run());
        match started {
            Ok(_) => Some(Self { ending, lending }),
            Err(err) => {
                tracing::warn!(%err, "the host's own scenes are not fetched");
                None
            }
        }
    }
}

struct Worker {
    client: Client,
    library: Arc<SceneLibrary>,
    board: Arc<Board>,
    folder: PathBuf,
    pictures: PathBuf,
    ending: Arc<AtomicBool>,
    lending: Lending,
    /// The running code whose samples are here.
    sounds_in: Option<Arc<Show>>,
    /// The samples that are here, by name.
    lent: BTreeMap<String, Vec<AssetId>>,
    /// How many of them were fetched.
    num_samples: usize,
    /// Whether something did not come because the connection broke.
    again: bool,
    /// What was asked for, whether it came or not.
    seen: BTreeSet<String>,
    /// Scenes of the person's own that the host's took the place of.
    replaced: BTreeMap<SceneId, SceneOrigin>,
}

impl Worker {
    fn run(mut self) {
        prune(&self.folder, MAX_KEPT_BYTES);
        let mut looked_at: Option<Arc<Show>> = None;
        while !self.is_over() {
            let show = self.client.show();
            self.again = false;
            if looked_at.as_ref().is_none_or(|before| !Arc::ptr_eq(before, &show)) {
                self.bring_all(&show);
                looked_at = Some(show.clone()).filter(|_| !self.again);
            }
            self.bring_sounds(&show);
            std::thread::sleep(if self.again { AGAIN_AFTER } else { LOOK_EVERY });
        }
        self.put_back();
    }

    fn is_over(&self) -> bool {
        self.ending.load(Ordering::Acquire) || self.board.is_ending()
    }

    fn bring_all(&mut self, show: &Show) {
        let (scenes, assets) = wanted(show);
        for scene in scenes {
            let known = self.library.entry(&scene).map(|entry| entry.origin);
            // What is built in is the same everywhere.
            if known != Some(SceneOrigin::BuiltIn) && self.is_new(scene.as_str()) {
                self.bring_scene(&scene, known);
            }
        }
        for asset in assets {
            if find_asset(&self.pictures, &asset).is_none() && self.is_new(asset.as_str()) {
                self.bring_picture(&asset);
            }
        }
    }

    fn is_new(&mut self, name: &str) -> bool {
        self.seen.len() < MAX_FILES && self.seen.insert(name.to_owned())
    }

    /// Fetches a file for what goes by a name; what a cut connection kept back is tried again.
    fn fetch(&mut self, name: &str, path: &str, max_bytes: u64) -> Option<Fetched> {
        let limit = usize::try_from(max_bytes).unwrap_or(usize::MAX);
        match self.client.fetch(path, limit) {
            Ok(fetched) => Some(fetched),
            // Built in there, by a newer version perhaps: the stage says what it lacks.
            Err(FetchError::NotThere) => None,
            Err(FetchError::Broken(why)) => {
                tracing::debug!(name, why, "did not come, is asked for again");
                self.again = true;
                self.seen.remove(name);
                None
            }
            Err(err) => {
                self.failed(name, &err);
                None
            }
        }
    }

    fn bring_scene(&mut self, scene: &SceneId, known: Option<SceneOrigin>) {
        let Some(fetched) = self.fetch(scene.as_str(), &format!("scenes/{scene}"), MAX_SCENE_BYTES) else {
            return;
        };
        if !SCENES.contains(&fetched.extension.as_str()) {
            return self.failed(scene.as_str(), &"it is no scene");
        }
        // A name of our own: what the host calls it is never a path here.
        let path = self.folder.join(format!("{}.{}", sha256(&fetched.bytes), fetched.extension));
        if let Err(err) = write(&path, &fetched.bytes) {
            return self.failed(scene.as_str(), &err);
        }
        // What does not compile leaves the last good on stage.
        if let Err(err) = self.library.add_file(scene.clone(), &path) {
            self.failed(scene.as_str(), &err);
        }
        if let Some(known) = known {
            self.replaced.insert(scene.clone(), known);
        }
    }

    fn bring_picture(&mut self, asset: &AssetId) {
        let Some(fetched) = self.fetch_asset(asset, MAX_PICTURE_BYTES) else { return };
        if let Err(err) = decode_picture(&fetched.bytes) {
            return self.failed(asset.as_str(), &err);
        }
        let name = format!("{asset}.{}", fetched.extension);
        if let Err(err) = write(&self.pictures.join(name), &fetched.bytes) {
            self.failed(asset.as_str(), &err);
        }
    }

    /// Fetches a file by its content, and looks whether it is that.
    fn fetch_asset(&mut self, asset: &AssetId, max_bytes: u64) -> Option<Fetched> {
        let fetched = self.fetch(asset.as_str(), &format!("assets/{asset}"), max_bytes)?;
        if sha256(&fetched.bytes) != asset.as_str() {
            self.failed(asset.as_str(), &"it is another file");
            return None;
        }
        Some(fetched)
    }

    /// Brings the samples that the running code names, where they will be heard.
    fn bring_sounds(&mut self, show: &Arc<Show>) {
        let known = self.sounds_in.as_ref().is_some_and(|before| before.running == show.running);
        if known || show.running.is_empty() || !self.board.guest_sounds.load(Ordering::Relaxed) {
            return;
        }
        let Some(list) = self.fetch("samples", "sounds", MAX_LIST_BYTES) else {
            self.sounds_in = Some(show.clone()).filter(|_| !self.again);
            return;
        };
        let sounds: Vec<Sound> = serde_json::from_slice(&list.bytes).unwrap_or_else(|err| {
            self.failed("samples", &err);
            Vec::new()
        });
        for sound in sounds {
            if self.lent.get(&sound.name) == Some(&sound.files) {
                continue;
            }
            let files: Vec<PathBuf> =
                sound.files.iter().filter_map(|asset| self.bring_sample(asset)).collect();
            if self.again || self.is_over() {
                return;
            }
            self.lent.insert(sound.name.clone(), sound.files);
            if let Some(samples) = &*lock(&self.lending) {
                // A reader that is gone has left its report.
                let _ = samples.send(SampleAsk::Lent { name: sound.name, files });
            }
        }
        self.sounds_in = Some(show.clone());
    }

    /// Returns the file of a sample, once it is here.
    fn bring_sample(&mut self, asset: &AssetId) -> Option<PathBuf> {
        let folder = self.folder.join("samples");
        if let Some(here) = find_asset(&folder, asset) {
            return Some(here);
        }
        if self.again || self.is_over() || self.num_samples >= MAX_SOUND_FILES {
            return None;
        }
        let fetched = self.fetch_asset(asset, MAX_SAMPLE_BYTES as u64)?;
        self.num_samples += 1;
        let path = folder.join(format!("{asset}.{}", fetched.extension));
        if !is_sound(&path) {
            self.failed(asset.as_str(), &"it is no sound");
            return None;
        }
        if let Err(err) = write(&path, &fetched.bytes) {
            self.failed(asset.as_str(), &err);
            return None;
        }
        Some(path)
    }

    fn failed(&self, what: &str, err: &dyn std::fmt::Display) {
        let sentence = format!("{what:?} of the host's show is missing here: {err}.");
        self.board.card(CardKind::Warning, sentence, None);
    }

    fn put_back(&mut self) {
        for (scene, origin) in std::mem::take(&mut self.replaced) {
            if let SceneOrigin::File(path) = origin
                && let Err(err) = self.library.add_file(scene, &path)
            {
                tracing::warn!(%err, "an own scene does not compile any more");
            }
        }
    }
}

/// Returns what a show refers to: scenes by name, pictures by content.
fn wanted(show: &Show) -> (BTreeSet<SceneId>, BTreeSet<AssetId>) {
    let mut assets = BTreeSet::new();
    let mut params = Vec::new();
    for layer in &show.layers {
        match &layer.source {
            LayerSource::Picture(asset) => drop(assets.insert(asset.clone())),
            LayerSource::Slides(slides) => assets.extend(slides.pictures.iter().cloned()),
            _ => {}
        }
        if let Some(MaskShape::Picture(asset)) = layer.mask.as_ref().map(|mask| &mask.shape) {
            assets.insert(asset.clone());
        }
        params.extend(layer.params.values());
    }
    for effect in show.layers.iter().flat_map(|layer| &layer.effects).chain(&show.effects) {
        params.extend(effect.params.values());
    }
    assets.extend(params.into_iter().filter_map(|value| match value {
        ParamValue::Image(asset) => Some(asset.clone()),
        _ => None,
    }));
    assets.extend([&show.pictures.a, &show.pictures.b].into_iter().flatten().cloned());
    // What code paints comes with the code.
    let scenes = show.scenes().chain(&show.playlist.scenes);
    let scenes = scenes.filter(|scene| !scene.as_str().starts_with(CODE_SCENE_PREFIX)).cloned();
    (scenes.collect(), assets)
}

/// Removes what earlier visits left, the oldest first, until the rest is small enough.
fn prune(folder: &Path, max_bytes: u64) {
    let files = [folder.to_owned(), folder.join("samples")];
    let files = files.iter().filter_map(|folder| std::fs::read_dir(folder).ok()).flatten().flatten();
    let about = |file: std::fs::DirEntry| {
        let about = file.metadata().ok().filter(std::fs::Metadata::is_file)?;
        Some((about.modified().ok()?, about.len(), file.path()))
    };
    let mut files: Vec<_> = files.filter_map(about).collect();
    files.sort_unstable();
    let mut bytes: u64 = files.iter().map(|(_, bytes, _)| bytes).sum();
    for (_, size, path) in files {
        if bytes <= max_bytes {
            return;
        }
        bytes -= size;
        // What cannot be removed is tried again at the next visit.
        let _ = std::fs::remove_file(path);
    }
}

fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let part = path.with_extension("part");
    std::fs::write(&part, bytes)?;
    std::fs::rename(part, path)
}

#[cfg(test)]
mod tests;
