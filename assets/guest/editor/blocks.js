// What Run runs.

/** Returns the block of `code` to run: all of it. */
export const blockAt = (code) => ({ name: '', code });
