// What happens to lines: refused, cut, replaced, taken back.

import assert from 'node:assert/strict';
import { code, enter, startHost, tab } from '../host.mjs';
import { come, paramOf, someone, until } from '../people.mjs';

const noSocket = (page) => page.addInitScript(() => {
  // As WebKit does with a certificate that was only excepted.
  window.WebSocket = class {
    constructor() {
      setTimeout(() => this.onerror?.(new Event('error')), 20);
    }

    close() {}
  };
});

export const withoutAWebSocketNobodyNotices = async (here) => {
  const [ana, ben] = [await someone(here), await come(here, 'performer', 'Ben')];
  await noSocket(ana);
  const start = Date.now();
  await enter(ana, here.host.performer, 'Ana');
  const took = Date.now() - start;
  await ana.getByLabel('Flow', { exact: true }).fill('0.25');
  await until(() => paramOf(here.host, 'flow'), 0.25);
  for (const page of [ana, ben]) {
    await tab(page, 'code');
    await page.click('#editor .cm-content');
  }
  await Promise.all([ana.keyboard.type('streamed up', { delay: 8 }), ben.keyboard.type('streamed down', { delay: 8 })]);
  await until(async () => (await code(ana)) === (await code(ben)) && (await code(ben)).length >= 24);
  await until(() => ana.evaluate(() => {
    const canvas = document.getElementById('picture');
    return canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some((byte, idx) => idx % 4 !== 3 && byte > 150);
  }), undefined, 'the picture');
  // Longer than the host waits for somebody silent.
  await ana.waitForTimeout(27_000);
  assert.equal(await ana.getAttribute('body', 'data-phase'), 'in');
  return `in after ${took} ms`;
};

export const aHostThatStartsAgainFindsItsPeople = async ({ browser, people }) => {
  let host = await startHost();
  const here = { host, browser, people };
  const [ana, ben] = [await come(here, 'performer', 'Ana'), await someone(here)];
  await noSocket(ben);
  await enter(ben, host.performer, 'Ben');
  for (const page of [ana, ben]) {
    await tab(page, 'code');
    await page.click('#editor .cm-content');
    await page.keyboard.type('before ');
  }
  await until(async () => (await code(ana)) === (await code(ben)));
  await host.stop();
  await until(() => ana.getAttribute('body', 'data-phase'), 'lost');
  assert.match(await ana.textContent('#status'), /connection was lost|does not answer/);
  await ana.keyboard.type('while it was away ');
  host = await host.again();
  try {
    for (const page of [ana, ben]) await page.waitForSelector('body[data-phase=in]', { timeout: 20_000 });
    // This host has forgotten its text: what both pages hold is merged into it, once.
    await until(async () => (await code(ana)) === (await code(ben)));
    const text = await code(ben);
    assert.equal(text.split('while it was away').length, 2, text);
    assert.equal(text.split('before').length, 3, text);
    const members = (await host.state()).members.filter((one) => one.online && one.name !== 'Host');
    assert.deepEqual(members.map((one) => one.name).sort(), ['Ana', 'Ben']);
  } finally {
    await host.stop();
  }
};

export const reloadIsTheSamePersonAndAKickIsASentence = async (here) => {
  const ana = await come(here, 'viewer', 'Rita');
  await ana.reload();
  await ana.waitForSelector('body[data-phase=in]');
  const ids = async () => (await here.host.state()).members.filter((one) => one.name === 'Rita' && one.online).map((one) => one.id);
  const [id, ...more] = await ids();
  assert.deepEqual(more, []);
  const second = await ana.context().newPage();
  await second.goto(here.host.viewer);
  await second.waitForSelector('body[data-phase=in]');
  await ana.waitForSelector('body[data-phase=closed]');
  assert.match(await ana.textContent('#status'), /in another window/);
  assert.deepEqual(await ids(), [id]);
  await here.host.command('kick', { member: id, banned: true });
  await second.waitForSelector('body[data-phase=closed]');
  assert.match(await second.textContent('#status'), /\w+.*\./);
  return (await second.textContent('#status span')).trim();
};

export const noInviteAndAUsedUpInviteAreSentences = async (here) => {
  const page = await someone(here);
  await page.goto(here.host.origin);
  assert.match(await page.textContent('#no-invite'), /Scan the QR code/);
  await page.goto(`${here.host.origin}/j#v1.solo.-.AAAAAAAAAAAAAAAAAAAAAA`);
  await page.reload();
  await page.fill('#name', 'x');
  await page.click('#join button');
  await page.waitForSelector('body[data-phase=closed]');
  assert.match(await page.textContent('#status'), /not good any more/);
};

export const anInviteStandsInNoAddress = async (here) => {
  const page = await someone(here);
  const secret = here.host.viewer.split('.').pop();
  const urls = [];
  page.on('request', (request) => urls.push(request.url()));
  await enter(page, here.host.viewer, 'Ana');
  await tab(page, 'code');
  await until(() => urls.some((url) => url.includes('editor-')));
  await page.waitForTimeout(300);
  const outside = urls.filter((url) => !url.startsWith(here.host.origin) && !url.startsWith('data:'));
  assert.deepEqual(outside, [], 'requests to anyone else');
  assert.deepEqual(urls.filter((url) => url.includes(secret)).filter((url) => !url.includes('#')), []);
  assert.ok(!page.url().includes(secret), page.url());
};
