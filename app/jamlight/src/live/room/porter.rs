//! Brings what the host's show needs and this machine lacks: scenes and pictures of the host's own.
//!
//! They are foreign files: they meet the library's limits and its compiler like any other, and stay
//! under the cache, apart from the person's own. What they replaced comes back when the visit ends.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use app_desktop::CardKind;
use app_library::{MAX_PICTURE_BYTES, MAX_SCENE_BYTES, SceneLibrary, SceneOrigin, decode_picture};
use sync_client::{Client, FetchError};
use sync_protocol::{AssetId, LayerSource, MaskShape, ParamValue, SceneId, Show};

use super::worker::RoomStart;
use crate::jam::find_picture;
use crate::live::board::Board;

/// How often the show is looked at for something new.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Files brought in one visit: more than a show can use.
const MAX_FILES: usize = 500;
/// Endings of what the library reads as a scene.
const SCENES: [&str; 5] = ["wgsl", "fs", "glsl", "frag", "json"];

/// Works while it lives; dropping it ends the visit's files.
#[derive(Debug)]
pub(super) struct Porter {
    ending: Arc<AtomicBool>,
}

impl Drop for Porter {
    fn drop(&mut self) {
        self.ending.store(true, Ordering::Release);
    }
}

impl Porter {
    /// Starts to bring what a room's show needs.
    pub(super) fn start(client: Client, start: &RoomStart) -> Option<Self> {
        let ending = Arc::new(AtomicBool::new(false));
        let worker = Worker {
            client,
            library: start.library.clone(),
            board: start.board.clone(),
            folder: start.paths.cache.join("rooms"),
            pictures: start.paths.pictures(),
            ending: ending.clone(),
            seen: BTreeSet::new(),
            replaced: BTreeMap::new(),
        };
        let started = std::thread::Builder::new().name("porter".to_owned()).spawn(move || worker.run());
        match started {
            Ok(_) => Some(Self { ending }),
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
    /// What was asked for, whether it came or not.
    seen: BTreeSet<String>,
    /// Scenes of the person's own that the host's took the place of.
    replaced: BTreeMap<SceneId, SceneOrigin>,
}

impl Worker {
    fn run(mut self) {
        let mut looked_at: Option<Arc<Show>> = None;
        while !self.ending.load(Ordering::Acquire) && !self.board.is_ending() {
            let show = self.client.show();
            if looked_at.as_ref().is_none_or(|before| !Arc::ptr_eq(before, &show)) {
                self.bring_all(&show);
                looked_at = Some(show);
            }
            std::thread::sleep(LOOK_EVERY);
        }
        self.put_back();
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
            if find_picture(&self.pictures, &asset).is_none() && self.is_new(asset.as_str()) {
                self.bring_picture(&asset);
            }
        }
    }

    fn is_new(&mut self, name: &str) -> bool {
        self.seen.len() < MAX_FILES && self.seen.insert(name.to_owned())
    }

    fn bring_scene(&mut self, scene: &SceneId, known: Option<SceneOrigin>) {
        let limit = usize::try_from(MAX_SCENE_BYTES).unwrap_or(usize::MAX);
        let fetched = match self.client.fetch(&format!("scenes/{scene}"), limit) {
            Ok(fetched) => fetched,
            // Built in there, by a newer version perhaps: the stage says what it lacks.
            Err(FetchError::NotThere) => return,
            Err(err) => return self.failed(scene.as_str(), &err),
        };
        if !SCENES.contains(&fetched.extension.as_str()) {
            return self.failed(scene.as_str(), &FetchError::Broken("it is no scene".to_owned()));
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

    fn bring_picture(&self, asset: &AssetId) {
        let limit = usize::try_from(MAX_PICTURE_BYTES).unwrap_or(usize::MAX);
        let fetched = match self.client.fetch(&format!("assets/{asset}"), limit) {
            Ok(fetched) => fetched,
            Err(err) => return self.failed(asset.as_str(), &err),
        };
        if sha256(&fetched.bytes) != asset.as_str() {
            return self.failed(asset.as_str(), &FetchError::Broken("it is another file".to_owned()));
        }
        if let Err(err) = decode_picture(&fetched.bytes) {
            return self.failed(asset.as_str(), &err);
        }
        let name = format!("{asset}.{}", fetched.extension);
        if let Err(err) = write(&self.pictures.join(name), &fetched.bytes) {
            self.failed(asset.as_str(), &err);
        }
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
    let (mut scenes, mut assets) = (BTreeSet::new(), BTreeSet::new());
    let mut params = Vec::new();
    for layer in &show.layers {
        match &layer.source {
            LayerSource::Scene(scene) => drop(scenes.insert(scene.clone())),
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
        scenes.insert(effect.scene.clone());
        params.extend(effect.params.values());
    }
    scenes.extend(show.playlist.scenes.iter().cloned());
    assets.extend(params.into_iter().filter_map(|value| match value {
        ParamValue::Image(asset) => Some(asset.clone()),
        _ => None,
    }));
    assets.extend([&show.pictures.a, &show.pictures.b].into_iter().flatten().cloned());
    (scenes, assets)
}

fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let part = path.with_extension("part");
    std::fs::write(&part, bytes)?;
    std::fs::rename(part, path)
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use sync_protocol::{Effect, Layer, Pictures, Playlist, Slides};

    #[test]
    fn everything_a_show_refers_to_is_wanted_once() {
        let scene = |id: &str| LayerSource::Scene(SceneId::from(id));
        let layer = |source| Layer { source, ..Layer::default() };
        let slides = Slides { pictures: vec!["c".into(), "a".into()], beats: 4.0 };
        let mut top = layer(scene("mine"));
        top.params.insert("image".into(), ParamValue::Image("b".into()));
        top.effects.push(Effect {
            id: 1,
            scene: "glow".into(),
            params: BTreeMap::default(),
            modulations: BTreeMap::default(),
            bypassed: false,
        });
        let show = Show {
            layers: vec![layer(scene("mine")), layer(LayerSource::Slides(slides)), top],
            pictures: Pictures { a: Some("a".into()), ..Pictures::default() },
            playlist: Playlist { scenes: vec!["next".into()] },
            ..Show::default()
        };
        let (scenes, assets) = wanted(&show);
        let scenes: Vec<&str> = scenes.iter().map(SceneId::as_str).collect();
        assert_eq!(scenes, ["glow", "mine", "next"]);
        let assets: Vec<&str> = assets.iter().map(AssetId::as_str).collect();
        assert_eq!(assets, ["a", "b", "c"]);
    }
}
