// The small live picture, drawn as it comes; asked for only while somebody can see it.

import { byId, say } from './dom.js';
import { kept } from './invite.js';

/** Shows pictures and returns `{show, draw}`. */
export const openPicture = (session) => {
  const [canvas, note, toggle] = ['picture', 'picture-note', 'picture-toggle'].map(byId);
  const context = canvas.getContext('2d');
  const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
  let isWanted = (kept.get('picture') ?? (calm ? 'off' : 'on')) === 'on';
  let isBusy = false;
  let seenAt = 0;
  let askedAt = performance.now();

  const draw = () => {
    const { blackout, frozen } = session.room.show.master ?? {};
    const isLive = performance.now() - seenAt < 5000;
    toggle.ariaPressed = `${isWanted}`;
    say(toggle, isWanted ? 'Hide the picture' : 'Show the picture');
    // A host without a screen sends none: then the faders get the room.
    const isNone = !seenAt && performance.now() - askedAt > 5000;
    canvas.hidden = !isWanted || isNone;
    toggle.hidden = isNone;
    say(note, !isWanted ? '' : isNone ? 'The host sends no picture.' : blackout ? 'The stage is black.' : frozen ? 'The picture stands still.' : isLive || !seenAt ? '' : 'No picture for a while.');
  };
  const ask = () => session.watch(isWanted && !document.hidden);

  toggle.addEventListener('click', () => {
    isWanted = !isWanted;
    askedAt = performance.now();
    kept.set('picture', isWanted ? 'on' : 'off');
    ask();
    draw();
  });
  document.addEventListener('visibilitychange', ask);
  setInterval(draw, 2500);
  ask();
  draw();

  return {
    draw,
    full: () => say(note, 'Too many people watch the picture already.'),
    show: async (jpeg) => {
      // The latest wins: one that comes while another is decoded is not drawn.
      if (isBusy || !isWanted) return;
      isBusy = true;
      try {
        const bitmap = await createImageBitmap(new Blob([jpeg], { type: 'image/jpeg' }));
        if (canvas.width !== bitmap.width || canvas.height !== bitmap.height) {
          canvas.width = bitmap.width;
          canvas.height = bitmap.height;
        }
        context.drawImage(bitmap, 0, 0);
        bitmap.close();
        const isFirst = performance.now() - seenAt > 5000;
        seenAt = performance.now();
        if (isFirst) draw();
      } catch {
        // A picture that cannot be read is one of eight a second.
      }
      isBusy = false;
    },
  };
};
