// How long it takes on a slow network: 1.6 Mbit/s, 300 ms round trip, TCP and TLS included. The browser
// trusts the certificate: to look at one that it does not costs a connection of its own.

import assert from 'node:assert/strict';
import { connect, createServer } from 'node:net';
import { person, startBrowser, startHost } from '../host.mjs';

const ROUND_TRIP_MILLIS = 300;
const BYTES_PER_SEC = 1_600_000 / 8;
const RUNS = 5;

/** Forwards a port as a slow line does: every byte is half a round trip late, one after the other, and
 *  a connection costs a round trip first. */
const slowLine = async (port) => {
  const carry = (from, to, line) => {
    from.on('data', (bytes) => {
      const now = Date.now();
      line.freeAt = Math.max(line.freeAt, now) + (bytes.length / BYTES_PER_SEC) * 1000;
      setTimeout(() => to.writable && to.write(bytes), line.freeAt - now + ROUND_TRIP_MILLIS / 2);
    });
    from.on('close', () => setTimeout(() => to.destroy(), ROUND_TRIP_MILLIS));
    from.on('error', () => {});
  };
  const down = { freeAt: 0 };
  const up = { freeAt: 0 };
  const server = createServer((near) => {
    near.setNoDelay(true);
    near.pause();
    const far = connect(port, '127.0.0.1', () => {
      far.setNoDelay(true);
      carry(near, far, up);
      carry(far, near, down);
      setTimeout(() => near.resume(), ROUND_TRIP_MILLIS);
    });
    far.on('error', () => near.destroy());
    near.on('error', () => far.destroy());
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
};

const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];

export const theSlowNetworkIsQuickEnough = async () => {
  const host = await startHost();
  const port = Number(new URL(host.origin).port);
  const line = await slowLine(port);
  const times = { name: [], fader: [], editor: [] };
  try {
    for (let run = 0; run < RUNS; run += 1) {
      const browser = await startBrowser([`--host-resolver-rules=MAP localhost:${port} 127.0.0.1:${line.address().port}`, '--ignore-certificate-errors']);
      const link = host.performer.replace('127.0.0.1', 'localhost');
      const page = await person(browser);
      const since = (start) => Date.now() - start;
      const start = Date.now();
      await page.goto(link, { waitUntil: 'commit' });
      await page.waitForFunction(() => document.activeElement?.id === 'name');
      times.name.push(since(start));
      await page.fill('#name', 'Slow');
      await page.press('#name', 'Enter');
      await page.waitForSelector('.control input[type=range]');
      times.fader.push(since(start));
      await page.click('#tab-code');
      await page.waitForSelector('#editor .cm-content');
      times.editor.push(since(start));
      assert.deepEqual(page.problems, []);
      await browser.close();
    }
  } finally {
    line.close();
    await host.stop();
  }
  const found = Object.fromEntries(Object.entries(times).map(([name, all]) => [name, median(all)]));
  assert.ok(found.name <= 1500 && found.fader <= 3000 && found.editor <= 5000, JSON.stringify(times));
  return `name ${found.name} ms, first fader ${found.fader} ms, editor ${found.editor} ms (medians of ${RUNS}, from a new browser)`;
};
