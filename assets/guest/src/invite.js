// The invite in the link, and what this browser remembers of rooms it was in.

const FORM = /^#v1\.([\w-]{1,64})\.([\w-]{43}|-)\.([\w-]{22})$/;

/** Reads `#v1.<room>.<key>.<secret>`; undefined when it is no invite. */
export const parseInvite = (fragment) => {
  const parts = FORM.exec(fragment);
  return parts ? { room: parts[1], secret: parts[3] } : undefined;
};

// A browser that keeps nothing (private windows of some) only has to be asked for its name again.
const quietly = (what) => {
  try {
    return what();
  } catch {
    return undefined;
  }
};

/** Text kept in this browser, for this host. */
export const kept = {
  get: (key) => quietly(() => localStorage.getItem(`jamlight.${key}`)) ?? undefined,
  set: (key, text) => quietly(() => localStorage.setItem(`jamlight.${key}`, text)),
  remove: (key) => quietly(() => localStorage.removeItem(`jamlight.${key}`)),
};

/** Takes the invite out of the address bar, so that no history, screenshot or shared tab holds it. It
 *  stays in this tab until the tab is closed: the page may be loaded again. */
export const takeInvite = () => {
  const fragment = location.hash || (quietly(() => sessionStorage.getItem('jamlight.invite')) ?? '');
  const invite = parseInvite(fragment);
  if (location.hash) history.replaceState(null, '', location.pathname);
  if (invite) quietly(() => sessionStorage.setItem('jamlight.invite', fragment));
  return invite;
};
