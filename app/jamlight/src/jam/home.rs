use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use app_library::Paths;
use sync_protocol::RoomId;
use sync_server::{Door, Identity};
use sync_session::Session;
use sync_store::{Store, Until};

/// Where this installation keeps what hosting needs, readable by its user only.
#[derive(Clone, Debug)]
pub(crate) struct JamHome {
    folder: PathBuf,
}

impl JamHome {
    /// Returns the folder below the state of this machine, made if it is not there.
    ///
    /// # Errors
    /// The folder cannot be made.
    pub(crate) fn open(paths: &Paths) -> anyhow::Result<Self> {
        let folder = paths.state.join("jam");
        make_private_folder(&folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
        Ok(Self { folder })
    }

    /// Takes the right to host from here: one process at a time, so that no journal has two writers.
    /// It ends with the file that is returned.
    ///
    /// # Errors
    /// Another process hosts already.
    pub(crate) fn lock(&self) -> anyhow::Result<std::fs::File> {
        let path = self.folder.join("lock");
        let file =
            std::fs::File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(std::fs::TryLockError::WouldBlock) => anyhow::bail!(
                "another Jamlight hosts already from the folder {}; end it, or give this one a --home of its own",
                self.folder.display()
            ),
            // A file system without locks: better to host than not to.
            Err(std::fs::TryLockError::Error(err)) => {
                tracing::warn!(%err, "nothing keeps a second host away");
                Ok(file)
            }
        }
    }

    /// Returns the file of the rooms' journal.
    pub(crate) fn database_file(paths: &Paths) -> PathBuf {
        paths.state.join("jam").join("rooms.db")
    }

    /// Opens the journal of all rooms.
    ///
    /// # Errors
    /// What the store says: a newer schema, a damaged or unwritable file.
    pub(crate) fn store(&self) -> anyhow::Result<Store> {
        let path = self.folder.join("rooms.db");
        Store::open(&path).with_context(|| format!("the journal {} cannot be opened", path.display()))
    }

    /// Returns this installation's key, made at the first call.
    ///
    /// # Errors
    /// The file cannot be read or written, or holds no key.
    pub(crate) fn identity(&self) -> anyhow::Result<Identity> {
        let path = self.folder.join("key.pem");
        match std::fs::read_to_string(&path) {
            Ok(pem) => Identity::from_pem(&pem).with_context(|| format!("path: {}", path.display())),
            Err(err) if err.kind() == std::io::ErrorKind::NotFound => {
                let identity = Identity::generate()?;
                write_private(&path, &identity.to_pem()).with_context(|| {
                    format!("this installation's key cannot be kept in {}", path.display())
                })?;
                Ok(identity)
            }
            Err(err) => Err(err).with_context(|| format!("cannot read {}", path.display())),
        }
    }

    /// Returns the invites and members of earlier runs. A damaged file lets nobody in and is named
    /// in the log: guests ask for a new invite.
    pub(crate) fn door(&self) -> Door {
        let Ok(saved) = std::fs::read_to_string(self.folder.join("door.json")) else {
            return Door::default();
        };
        Door::restore(&saved).unwrap_or_else(|err| {
            tracing::warn!(%err, "earlier invites are not good any more");
            Door::default()
        })
    }

    /// Keeps who may come in.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(crate) fn save_door(&self, saved: &str) -> std::io::Result<()> {
        write_private(&self.folder.join("door.json"), saved)
    }

    /// Remembers that a room is open to others, so that a restart opens it again; `None` forgets.
    ///
    /// # Errors
    /// The file cannot be written or removed.
    pub(crate) fn save_open(&self, open: Option<&str>) -> std::io::Result<()> {
        let path = self.folder.join("open.json");
        match open {
            Some(open) => write_private(&path, open),
            None => match std::fs::remove_file(path) {
                Err(err) if err.kind() != std::io::ErrorKind::NotFound => Err(err),
                _ => Ok(()),
            },
        }
    }

    /// Returns what [`JamHome::save_open`] kept.
    pub(crate) fn open_room(&self) -> Option<String> {
        std::fs::read_to_string(self.folder.join("open.json")).ok()
    }
}

/// Loads a room where it stood, or begins it with a show.
///
/// # Errors
/// What the store says.
pub(crate) fn load_or_begin(store: &Store, room: &RoomId, begin: Session) -> anyhow::Result<Session> {
    if let Some(session) = store.load(room, Until::Now)? {
        return Ok(session);
    }
    // Its events stand on this.
    store.save_snapshot(room, begin.state(None))?;
    Ok(begin)
}

pub(super) fn make_private_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Writes a file that only this user can read, whole or not at all.
fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    let part = path.with_extension("part");
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&part)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(part, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_stays_the_same_and_only_its_user_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let home = JamHome::open(&Paths::under(folder.path())).unwrap();
        let first = home.identity().unwrap().fingerprint();
        assert_eq!(home.identity().unwrap().fingerprint(), first);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(home.folder.join("key.pem")).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn one_process_hosts_from_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        let home = JamHome::open(&Paths::under(folder.path())).unwrap();
        let first = home.lock().unwrap();
        assert!(home.lock().unwrap_err().to_string().contains("hosts already"));
        drop(first);
        home.lock().unwrap();
    }

    #[test]
    fn an_open_room_is_remembered_until_it_is_closed() {
        let folder = tempfile::tempdir().unwrap();
        let home = JamHome::open(&Paths::under(folder.path())).unwrap();
        assert_eq!(home.open_room(), None);
        home.save_open(Some("{}")).unwrap();
        assert_eq!(home.open_room().as_deref(), Some("{}"));
        home.save_open(None).unwrap();
        home.save_open(None).unwrap();
        assert_eq!(home.open_room(), None);
    }
}
