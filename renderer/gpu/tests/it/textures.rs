use renderer_gpu::{Gpu, GpuSettings, Keep, TextureError, TextureStore};

use crate::{desc, gpu, settings};

/// A megabyte.
const SIDE: u32 = 512;

/// A store with the least budget: 64 textures of a megabyte.
fn small_store() -> TextureStore {
    let gpu = Gpu::new(&GpuSettings { texture_budget_bytes: 0, ..settings() }).unwrap();
    TextureStore::new(&gpu)
}

#[test]
fn what_is_destroyed_is_counted_away() {
    let mut store = TextureStore::new(&gpu());
    let ids = (0..10).map(|_| store.create(&desc(16, 16), Keep::Always).unwrap()).collect::<Vec<_>>();
    assert_eq!((store.stats().num_live, store.stats().live_bytes), (10, 10 * 1024));
    for id in &ids {
        store.destroy(*id);
        store.destroy(*id);
        assert!(store.view(*id).is_none());
    }
    let stats = store.stats();
    assert_eq!(
        (stats.num_live, stats.live_bytes, stats.num_created, stats.peak_bytes),
        (0, 0, 10, 10 * 1024)
    );
}

#[test]
fn the_least_recently_used_picture_makes_room() {
    let mut store = small_store();
    let ids = (0..64).map(|_| store.create(&desc(SIDE, SIDE), Keep::Cached).unwrap()).collect::<Vec<_>>();
    store.end_frame();
    for (i, id) in ids.iter().enumerate() {
        if i != 5 {
            assert!(store.touch(*id));
        }
    }
    store.create(&desc(SIDE, SIDE), Keep::Always).unwrap();
    assert!(!store.touch(ids[5]), "the one not used is gone");
    assert!(store.touch(ids[6]));
    assert_eq!((store.stats().num_evicted, store.stats().num_live), (1, 64));
}

#[test]
fn what_this_frame_uses_and_what_must_stay_is_not_thrown_away() {
    let mut store = small_store();
    for i in 0..64 {
        let keep = if i % 2 == 0 { Keep::Always } else { Keep::Cached };
        store.create(&desc(SIDE, SIDE), keep).unwrap();
    }
    let error = store.create(&desc(SIDE, SIDE), Keep::Cached).unwrap_err();
    assert!(matches!(error, TextureError::OverBudget { free_bytes: 0, .. }), "{error}");
    assert_eq!(store.stats().num_live, 64, "nothing was thrown away for nothing");
    store.end_frame();
    let large = store.create(&desc(SIDE, SIDE * 33), Keep::Always).unwrap_err();
    assert!(matches!(large, TextureError::OverBudget { .. } | TextureError::TooLarge { .. }), "{large}");
    store.create(&desc(SIDE, SIDE * 8), Keep::Always).unwrap();
    assert_eq!(store.stats().num_evicted, 8);
}

#[test]
fn a_handle_of_another_generation_is_nobodys() {
    let first = gpu();
    let mut old = TextureStore::new(&first);
    let mut new = TextureStore::new(&first.rebirth().unwrap());
    let stale = old.create(&desc(4, 4), Keep::Always).unwrap();
    let fresh = new.create(&desc(4, 4), Keep::Always).unwrap();
    assert_eq!(stale.number(), fresh.number());
    assert!(new.view(stale).is_none() && !new.touch(stale));
    new.destroy(stale);
    assert!(new.view(fresh).is_some());
}

#[test]
fn a_size_no_adapter_has_is_refused_in_words() {
    let mut store = TextureStore::new(&gpu());
    for (width, height) in [(0, 4), (4, 1 << 20)] {
        let error = store.create(&desc(width, height), Keep::Always).unwrap_err();
        assert!(matches!(error, TextureError::TooLarge { .. }), "{error}");
    }
}
