//! The process's heap.

/// Gives the pages of freed memory back to the system.
///
/// The C library does so by itself only at the end of its heap. A scene's compiler leaves tens of megabytes of holes
/// below what lives on, and nobody fills them before the next scene. Holds up whoever allocates meanwhile, for some
/// milliseconds: not the audio callback, which never does.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "no safe crate offers this one call of the C library")]
pub(crate) fn give_back() {
    // SAFETY: takes no pointer, and the C library locks its own heaps.
    unsafe { libc::malloc_trim(0) };
}

/// Other systems' heaps give back what is free by themselves.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(crate) fn give_back() {}
