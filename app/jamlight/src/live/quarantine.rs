//! Which strangers' scenes may come on stage: what trials found, kept on disk by the scene's content.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use app_library::write_atomic;
use renderer_scene::ProgramId;
use serde::{Deserialize, Serialize};
use sync_protocol::SceneId;

use super::board::lock;
use super::trial::{Trial, Verdict};

/// Scenes remembered as tried; when there are more they are tried again.
const MAX_TRIED: usize = 5_000;
/// A device lost this soon after a scene came is that scene's fault.
const BLAME: Duration = Duration::from_secs(10);

/// What is kept on disk.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Kept {
    locked: BTreeMap<String, Locked>,
    /// What a frame costs, as a multiple of the show's at the time.
    tried: BTreeMap<String, f32>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Locked {
    scene: String,
    reason: String,
}

/// What trials found.
#[derive(Debug)]
pub(crate) struct Quarantine {
    path: PathBuf,
    /// Held for a look-up, and by workers for a small write.
    kept: Mutex<Kept>,
    changes: AtomicU64,
    /// The stranger's scene that came last. Held for a copy.
    newest: Mutex<Option<(ProgramId, SceneId, Instant)>>,
    /// One trial at a time: they would disturb each other's times.
    trying: Mutex<()>,
}

impl Quarantine {
    /// Reads what was found before; a file that makes no sense counts as none.
    pub(crate) fn open(path: PathBuf) -> Self {
        let kept = std::fs::read(&path)
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default();
        Self {
            path,
            kept: Mutex::new(kept),
            changes: AtomicU64::new(0),
            newest: Mutex::default(),
            trying: Mutex::default(),
        }
    }

    /// Why a scene is locked away, `None` when it is not.
    pub(crate) fn reason(&self, program: ProgramId) -> Option<String> {
        lock(&self.kept).locked.get(&key(program)).map(|locked| locked.reason.clone())
    }

    /// Grows whenever a scene is locked away or let go.
    pub(crate) fn changes(&self) -> u64 {
        self.changes.load(Ordering::Acquire)
    }

    /// Says whether a scene may come, trying it if nobody did. Blocks: on a worker.
    pub(crate) fn judge(&self, scene: &SceneId, trial: &Trial) -> Verdict {
        let _one_at_a_time = lock(&self.trying);
        if let Some(reason) = self.reason(trial.program) {
            return Verdict::Refused(reason);
        }
        if let Some(ratio) = lock(&self.kept).tried.get(&key(trial.program)) {
            return Verdict::Fits(*ratio);
        }
        let verdict = trial.run();
        match &verdict {
            Verdict::Fits(ratio) => self.change(|kept| {
                if kept.tried.len() >= MAX_TRIED {
                    kept.tried.clear();
                }
                kept.tried.insert(key(trial.program), *ratio);
            }),
            Verdict::Refused(reason) => self.lock_away(trial.program, scene, reason),
            Verdict::Unknown => {}
        }
        verdict
    }

    /// Locks a scene away. It stays in its file.
    pub(crate) fn lock_away(&self, program: ProgramId, scene: &SceneId, reason: &str) {
        self.change(|kept| {
            kept.tried.remove(&key(program));
            kept.locked.insert(key(program), Locked { scene: scene.to_string(), reason: reason.to_owned() });
        });
        self.changes.fetch_add(1, Ordering::AcqRel);
    }

    /// Lets a scene try again.
    pub(crate) fn lift(&self, scene: &SceneId) {
        self.change(|kept| kept.locked.retain(|_, locked| locked.scene != scene.as_str()));
        self.changes.fetch_add(1, Ordering::AcqRel);
    }

    /// Notes that a stranger's scene came on stage.
    pub(crate) fn came(&self, program: ProgramId, scene: &SceneId) {
        *lock(&self.newest) = Some((program, scene.clone(), Instant::now()));
    }

    /// The device is lost: locks away the scene that came last, if it came just now. Returns it. The
    /// next loss is nobody's fault.
    pub(crate) fn blame_newest(&self) -> Option<SceneId> {
        let (program, scene, came) = lock(&self.newest).take()?;
        if came.elapsed() > BLAME {
            return None;
        }
        self.lock_away(program, &scene, "the graphics device was lost right after it came");
        Some(scene)
    }

    fn change(&self, change: impl FnOnce(&mut Kept)) {
        let mut kept = lock(&self.kept);
        change(&mut kept);
        let written = serde_json::to_vec_pretty(&*kept)
            .map_err(std::io::Error::other)
            .and_then(|bytes| write_atomic(&self.path, &bytes));
        if let Err(err) = written {
            tracing::warn!(%err, "what was found of scenes is forgotten at the end");
        }
    }
}

fn key(program: ProgramId) -> String {
    format!("{:032x}", program.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_locked_away_stays_so_until_it_is_lifted() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("quarantine.json");
        let (bad, scene) = (ProgramId(7), SceneId::from("bad"));
        Quarantine::open(path.clone()).lock_away(bad, &scene, "it hangs");
        let again = Quarantine::open(path.clone());
        assert_eq!(again.reason(bad).as_deref(), Some("it hangs"));
        assert_eq!(again.reason(ProgramId(8)), None);
        again.lift(&scene);
        assert_eq!(Quarantine::open(path).reason(bad), None);
    }

    #[test]
    fn a_lost_device_is_blamed_on_the_newest_scene_once() {
        let dir = tempfile::tempdir().unwrap();
        let quarantine = Quarantine::open(dir.path().join("quarantine.json"));
        assert_eq!(quarantine.blame_newest(), None);
        quarantine.came(ProgramId(7), &SceneId::from("new"));
        assert_eq!(quarantine.blame_newest(), Some(SceneId::from("new")));
        assert!(quarantine.reason(ProgramId(7)).is_some());
        assert_eq!(quarantine.blame_newest(), None);
    }
}
