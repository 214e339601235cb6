//! A disk that fails and loses power: an SQLite VFS over the system's own.
//!
//! Of a file in the folder of a [`Disk`] every write, truncation, sync and deletion is noted, in order.
//! From the notes [`Disk::after_power_loss`] makes what the folder may hold when power goes at any
//! of them: what was synced is there; of what was not, some 512-byte sectors are and some are not.
//! While a [`Fault`] is set, writes or syncs fail. Nothing is really synced: the tests are quick.
#![allow(unsafe_code, reason = "SQLite asks for a VFS as a table of C functions")]

use std::collections::BTreeMap;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError};

use rusqlite::ffi;

/// What a disk writes whole or not at all.
const SECTOR_BYTES: usize = 512;

/// How a disk fails.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Fault {
    /// No room for another byte.
    Full,
    /// A write stops half way.
    TornWrite,
    /// What was written may not be there.
    Sync,
}

#[derive(Clone, Debug)]
enum Op {
    Write { at: usize, bytes: Vec<u8> },
    Truncate { size: usize },
    Sync,
    Delete,
}

/// A folder whose files are on a disk that may fail.
#[derive(Default)]
pub(crate) struct Disk {
    ops: Mutex<Vec<(String, Op)>>,
    fault: Mutex<Option<Fault>>,
}

impl Disk {
    /// Puts a folder on such a disk, for as long as the process lives.
    pub(crate) fn under(folder: &Path) -> Arc<Self> {
        register();
        let disk = Arc::new(Self::default());
        lock(&DISKS).push((folder.canonicalize().unwrap(), Arc::clone(&disk)));
        disk
    }

    /// Fails from now on, or works again.
    pub(crate) fn fail(&self, fault: Option<Fault>) {
        *lock(&self.fault) = fault;
    }

    /// Returns how many things were done to its files.
    pub(crate) fn num_ops(&self) -> usize {
        lock(&self.ops).len()
    }

    /// Writes to `folder` what power lost after `num_ops` may leave; `random` decides.
    pub(crate) fn after_power_loss(&self, num_ops: usize, folder: &Path, mut random: impl FnMut() -> u64) {
        let ops = lock(&self.ops);
        let ops = &ops[..num_ops];
        let mut synced = BTreeMap::new();
        for (idx, (file, op)) in ops.iter().enumerate() {
            if matches!(op, Op::Sync) {
                synced.insert(file, idx);
            }
        }
        let mut files: BTreeMap<&String, Vec<u8>> = BTreeMap::new();
        // Nothing, all, or any part of what was not synced.
        let mood = random() % 3;
        let mut is_there = || match mood {
            0 => false,
            1 => true,
            _ => random().is_multiple_of(2),
        };
        for (idx, (file, op)) in ops.iter().enumerate() {
            let is_safe = synced.get(file).is_some_and(|synced| idx < *synced);
            match op {
                Op::Write { at, bytes } => {
                    let image = files.entry(file).or_default();
                    for (n, sector) in bytes.chunks(SECTOR_BYTES).enumerate() {
                        if is_safe || is_there() {
                            let at = at + n * SECTOR_BYTES;
                            image.resize(image.len().max(at + sector.len()), 0);
                            image[at..at + sector.len()].copy_from_slice(sector);
                        }
                    }
                }
                Op::Truncate { size } if is_safe || is_there() => {
                    files.entry(file).or_default().resize(*size, 0)
                }
                Op::Delete => drop(files.remove(file)),
                Op::Truncate { .. } | Op::Sync => {}
            }
        }
        for (file, image) in files {
            std::fs::write(folder.join(file), image).unwrap();
        }
    }

    fn note(&self, file: &str, op: Op) {
        lock(&self.ops).push((file.to_owned(), op));
    }
}

static DISKS: Mutex<Vec<(PathBuf, Arc<Disk>)>> = Mutex::new(Vec::new());
/// The open files on our disks, by the address SQLite knows them by.
static FILES: Mutex<BTreeMap<usize, File>> = Mutex::new(BTreeMap::new());
/// The system's own VFS, by its address.
static SYSTEM: Mutex<usize> = Mutex::new(0);

#[derive(Clone)]
struct File {
    name: String,
    disk: Arc<Disk>,
    system: &'static ffi::sqlite3_io_methods,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Makes ours the VFS of every connection that opens from now on; files elsewhere go straight through.
fn register() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: a null name asks for the default VFS, which lives as long as the process.
        let system = unsafe { ffi::sqlite3_vfs_find(std::ptr::null()) };
        *lock(&SYSTEM) = system as usize;
        // SAFETY: it was found, so it points to a VFS; the table may be copied.
        let mut ours = unsafe { *system };
        ours.zName = c"failing".as_ptr();
        ours.pNext = std::ptr::null_mut();
        ours.xOpen = Some(open);
        ours.xDelete = Some(delete);
        // SAFETY: the table is never freed, and every function in it keeps to SQLite's rules: those
        // of the system do, and ours pass on what they are given.
        let registered = unsafe { ffi::sqlite3_vfs_register(Box::leak(Box::new(ours)), 1) };
        assert_eq!(registered, ffi::SQLITE_OK);
    });
}

fn system() -> *mut ffi::sqlite3_vfs {
    *lock(&SYSTEM) as *mut ffi::sqlite3_vfs
}

/// Our disk that a file is on, and its name there.
fn find(path: *const c_char) -> Option<(String, Arc<Disk>)> {
    if path.is_null() {
        return None;
    }
    // SAFETY: SQLite gives whole path names that end with a zero.
    let path = Path::new(unsafe { CStr::from_ptr(path) }.to_str().ok()?);
    let folder = path.parent()?.canonicalize().ok()?;
    let disk = lock(&DISKS).iter().find(|(under, _)| *under == folder).map(|(_, disk)| Arc::clone(disk))?;
    Some((path.file_name()?.to_str()?.to_owned(), disk))
}

unsafe extern "C" fn open(
    _: *mut ffi::sqlite3_vfs,
    path: *const c_char,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    let system = system();
    // SAFETY: the system's VFS has this function, and is given what SQLite gave us; our file is as
    // large as the system's, because our table has its size.
    let opened = unsafe { (*system).xOpen.unwrap()(system, path, file, flags, out_flags) };
    if opened == ffi::SQLITE_OK
        && let Some((name, disk)) = find(path)
    {
        // SAFETY: an open file points to a table of functions, which the system keeps for ever.
        let methods = unsafe { &*(*file).pMethods };
        let mut ours = *methods;
        // Without mapped memory every read and write comes by here.
        ours.iVersion = 2;
        ours.xWrite = Some(write);
        ours.xTruncate = Some(truncate);
        ours.xSync = Some(sync);
        ours.xClose = Some(close);
        lock(&FILES).insert(file as usize, File { name, disk, system: methods });
        // SAFETY: the file is ours until it is closed; the system's functions look at the rest of it
        // and never at this table.
        unsafe { (*file).pMethods = Box::leak(Box::new(ours)) };
    }
    opened
}

unsafe extern "C" fn delete(_: *mut ffi::sqlite3_vfs, path: *const c_char, sync_folder: c_int) -> c_int {
    if let Some((name, disk)) = find(path) {
        disk.note(&name, Op::Delete);
    }
    let system = system();
    // SAFETY: as it was given to us.
    unsafe { (*system).xDelete.unwrap()(system, path, sync_folder) }
}

fn of(file: *mut ffi::sqlite3_file) -> File {
    lock(&FILES)[&(file as usize)].clone()
}

unsafe extern "C" fn write(
    file: *mut ffi::sqlite3_file,
    bytes: *const c_void,
    size: c_int,
    at: ffi::sqlite3_int64,
) -> c_int {
    let known = of(file);
    let fault = *lock(&known.disk.fault);
    let whole = size.try_into().unwrap();
    let written: usize = match fault {
        Some(Fault::Full) => 0,
        Some(Fault::TornWrite) => whole / 2,
        _ => whole,
    };
    // SAFETY: SQLite gives a buffer of this size.
    let data = unsafe { std::slice::from_raw_parts(bytes.cast::<u8>(), written) };
    known.disk.note(&known.name, Op::Write { at: at.try_into().unwrap(), bytes: data.to_vec() });
    // SAFETY: the table is the system's own for this file; the buffer is at least so long.
    let done = unsafe { known.system.xWrite.unwrap()(file, bytes, written.try_into().unwrap(), at) };
    match fault {
        Some(Fault::Full) => ffi::SQLITE_FULL,
        Some(Fault::TornWrite) => ffi::SQLITE_IOERR_WRITE,
        _ => done,
    }
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, size: ffi::sqlite3_int64) -> c_int {
    let known = of(file);
    known.disk.note(&known.name, Op::Truncate { size: size.try_into().unwrap() });
    // SAFETY: the table is the system's own for this file.
    unsafe { known.system.xTruncate.unwrap()(file, size) }
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, _: c_int) -> c_int {
    let known = of(file);
    if *lock(&known.disk.fault) == Some(Fault::Sync) {
        return ffi::SQLITE_IOERR_FSYNC;
    }
    known.disk.note(&known.name, Op::Sync);
    ffi::SQLITE_OK
}

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    let known = lock(&FILES).remove(&(file as usize)).unwrap();
    // SAFETY: the table is the system's own for this file, which nobody uses after this.
    unsafe { known.system.xClose.unwrap()(file) }
}
