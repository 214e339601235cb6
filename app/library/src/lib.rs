//! What a person owns on disk: scenes, pictures, shows, settings.
//!
//! [`SceneLibrary`] turns scene files into programs and keeps the last good one of each name;
//! [`ShowFile`] and [`Autosave`] are the documents; [`SettingsFile`] is the one settings file;
//! [`MediaStore`] lets foreign pictures
//! and videos in, [`Pack`] scene packs. Draws nothing, plays nothing, decides nothing about
//! the Show.
//!
//! Compiling and decoding are slow: call them on a worker, never on the UI or the render thread.
#![expect(clippy::disallowed_methods, reason = "this crate owns the files of the project")]

mod files;
mod hydra;
mod marks;
mod media;
mod packs;
mod paths;
mod pictures;
mod scenes;
mod settings;
mod shows;
mod watch;

pub use files::write_atomic;
pub use marks::Marks;
pub use media::{MediaError, MediaKind, MediaStore};
pub use packs::{MAX_PACK_BYTES, MAX_PACK_FILE_BYTES, MAX_PACK_FILES, Pack, PackError, PackInfo};
pub use paths::Paths;
pub use pictures::{
    MAX_PICTURE_BYTES, MAX_PICTURE_SIDE_PX, Picture, PictureError, built_in_picture, decode_picture,
};
pub use scenes::{MAX_SCENE_BYTES, SceneEntry, SceneLibrary, SceneOrigin, SceneProblem};
pub use settings::{SettingsFile, SettingsProblem};
pub use shows::{Autosave, MAX_SHOW_BYTES, RECENT_SHOWS, Recents, ShowError, ShowFile};
pub use watch::SceneWatch;
