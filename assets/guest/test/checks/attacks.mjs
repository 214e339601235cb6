// What strangers and bad guests try.

import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { person, startBrowser, tab } from '../host.mjs';
import { come, someone, until } from '../people.mjs';

const CODE = ['xss()', 'top.xss()', 'window["xss"]()', 'eval("xss()")', 'xss`1`'];
const SHELLS = [
  (code) => `<script>${code}</script>`,
  (code) => `<ScRiPt >${code}</sCrIpT>`,
  (code) => `"><script>${code}</script>`,
  (code) => `'><img src=x onerror='${code}'>`,
  (code) => `<img src=x onerror=${code}>`,
  (code) => `<img src="x" onerror="${code.replaceAll('"', '&quot;')}">`,
  (code) => `<svg onload=${code}>`,
  (code) => `<svg><script>${code}</script></svg>`,
  (code) => `<svg><animate onbegin=${code} attributeName=x dur=1s>`,
  (code) => `<iframe src="javascript:${code}">`,
  (code) => `<iframe srcdoc="<script>parent.${code}</script>">`,
  (code) => `<a href="javascript:${code}" autofocus>click</a>`,
  (code) => `javascript:${code}`,
  (code) => `<body onload=${code}>`,
  (code) => `<input autofocus onfocus=${code}>`,
  (code) => `<details open ontoggle=${code}>`,
  (code) => `<video><source onerror=${code}>`,
  (code) => `<math><mtext><table><mglyph><style><img src=x onerror=${code}>`,
  (code) => `<noscript><p title="</noscript><img src=x onerror=${code}>">`,
  (code) => `<template><script>${code}</script></template>`,
  (code) => `<object data="javascript:${code}">`,
  (code) => `<embed src="javascript:${code}">`,
  (code) => `<form action="javascript:${code}"><button autofocus>go`,
  (code) => `<meta http-equiv=refresh content="0;url=javascript:${code}">`,
  (code) => `<base href="javascript:${code}//">`,
  (code) => `<link rel=stylesheet href="data:text/css,*{background:url(javascript:${code})}">`,
  (code) => `<style>@import 'javascript:${code}';</style>`,
  (code) => `<div style="background:url(javascript:${code})">`,
  (code) => `<x onclick=${code} contenteditable autofocus tabindex=1 onfocus=${code}>`,
  (code) => `{{constructor.constructor('${code}')()}}`,
  (code) => `\${${code}}`,
  (code) => `</textarea></title></style></script><script>${code}</script>`,
  (code) => `\u00a0<script\n>${code}</script\n>`,
  (code) => `&lt;script&gt;${code}&lt;/script&gt;`,
  (code) => `%3Cscript%3E${code}%3C/script%3E`,
  (code) => `\\u003cscript\\u003e${code}\\u003c/script\\u003e`,
  (code) => `<img src=\`x\`onerror=${code}>`,
  (code) => `<scr<script>ipt>${code}</scr</script>ipt>`,
  (code) => `<!--><script>${code}</script>-->`,
  (code) => `__proto__"]);${code};//`,
];
const PAYLOADS = SHELLS.flatMap((shell) => CODE.map(shell));
const line = (text, most) => text.replaceAll('\n', ' ').slice(0, most);

export const twoHundredPayloadsAndNoneRuns = async (here) => {
  assert.ok(PAYLOADS.length >= 200);
  const mallory = await come(here, 'performer', 'Mallory');
  const victims = [];
  // One as guests are, and one that stands without its policy: the page itself must be safe.
  for (const bypassCSP of [false, true]) {
    const page = await someone(here, { bypassCSP });
    await page.addInitScript(() => {
      window.hits = 0;
      window.xss = () => (window.hits += 1);
    });
    await page.goto(here.host.co_host);
    await page.fill('#name', 'Vera');
    await page.click('#join button');
    await page.waitForSelector('.control');
    await tab(page, 'code');
    await page.waitForSelector('#editor .cm-content');
    victims.push(page);
  }
  await tab(mallory, 'code');
  await mallory.click('#editor .cm-content');
  const kinds = (page) => page.evaluate(() => {
    const all = [...document.querySelectorAll('*'), ...document.querySelector('#editor').shadowRoot.querySelectorAll('*')];
    const bad = all.filter((element) => /^(script|img|iframe|svg|object|embed|video|math|base|form)$/i.test(element.localName)
      || [...element.attributes].some(({ name, value }) => /^on/i.test(name) || /^\s*javascript:/i.test(value)));
    return bad.length;
  });
  const before = await Promise.all(victims.map(kinds));
  const id = (await here.host.state()).members.find((one) => one.name === 'Mallory' && one.online).id;
  for (const [idx, payload] of PAYLOADS.entries()) {
    await here.host.command('say', { text: payload });
    if (idx % 8 === 0) await here.host.command('set_title', { title: line(payload, 64) });
    if (idx % 20 === 0) await here.host.command('open_vote', { question: line(payload, 200), options: [line(payload, 64), `${idx}`] });
  }
  // What only a member's own socket can say: its name, its cursor's name, the name of a text.
  await mallory.evaluate(async ({ payloads, link }) => {
    const [, room, , secret] = link.split('#')[1].split('.');
    const socket = new WebSocket(`wss://${location.host}/room`);
    await new Promise((resolve) => (socket.onopen = resolve));
    socket.send(JSON.stringify({ protocol: 1, room, credential: { invite: secret }, name: 'Mallory 2' }));
    await new Promise((resolve) => (socket.onmessage = resolve));
    let no = 0;
    const ask = (command, fields) => socket.send(JSON.stringify({ type: 'ask', no: (no += 1), command, ...fields }));
    const bytes = (text) => [...new TextEncoder().encode(text)];
    const size = (value) => (value < 128 ? [value] : [(value & 127) | 128, value >> 7]);
    ask('edit_text', { text: '<img src=x onerror=xss()>', update: 'AAA=' });
    for (const [idx, payload] of payloads.entries()) {
      ask('set_profile', { name: payload.replaceAll('\n', ' ').slice(0, 64), color: [255, 0, 0] });
      const state = bytes(JSON.stringify({ user: { name: payload, color: payload, colorLight: payload }, cursor: { anchor: null, head: { type: null, tname: 'code', item: null, assoc: 0 } } }));
      const update = [1, 77, ...size(idx + 1), ...size(state.length), ...state];
      socket.send(JSON.stringify({ type: 'awareness', text: 'main', update: btoa(String.fromCharCode(...update)) }));
      socket.send(JSON.stringify({ type: 'presence', presence: { text: payload.slice(0, 64), typing: true } }));
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }, { payloads: PAYLOADS, link: here.host.performer });
  await mallory.keyboard.insertText(PAYLOADS.join('\n'));
  for (const page of victims) {
    for (const name of ['play', 'room', 'code']) {
      await tab(page, name);
      await page.waitForTimeout(400);
    }
    await tab(page, 'room');
    await until(() => page.locator('#log article').count().then((num) => num >= PAYLOADS.length));
  }
  for (const [idx, page] of victims.entries()) {
    assert.equal(await page.evaluate(() => window.hits), 0, 'something ran');
    // A vote's end is a button, so is an answer: no other kind of element came.
    assert.equal(await kinds(page), before[idx], 'an element came that the page did not make');
  }
  await here.host.command('kick', { member: id, banned: false });
  await here.host.command('set_title', { title: 'Friday' });
  return `${PAYLOADS.length} payloads in names, chat, texts, cursors, votes and titles, with the policy and without: 0 ran`;
};

// Everything a foreign page can try. Each says whether something came of it.
const attempts = ({ origin, token, secret }) => {
  const hello = JSON.stringify({ protocol: 1, room: 'solo', credential: { invite: secret }, name: 'Stranger' });
  const command = JSON.stringify({ command: 'set_title', title: 'Stranger was here' });
  const post = (path, headers, body, mode) => fetch(origin + path, { method: 'POST', headers, body, mode }).then((answer) => answer.ok, () => false);
  const bearer = { authorization: `Bearer ${token}` };
  const json = { 'content-type': 'application/json' };
  const element = (tag, fields) => new Promise((resolve) => {
    const made = Object.assign(document.createElement(tag), fields);
    made.onload = () => resolve(tag !== 'iframe');
    made.onerror = () => resolve(false);
    setTimeout(resolve, 700, false);
    document.documentElement.append(made);
  });
  const form = (path, enctype, name) => new Promise((resolve) => {
    const frame = Object.assign(document.createElement('iframe'), { name: `f${Math.random()}` });
    const made = Object.assign(document.createElement('form'), { action: origin + path, method: 'POST', enctype, target: frame.name });
    made.append(Object.assign(document.createElement('input'), { name, value: '' }));
    document.documentElement.append(frame, made);
    made.submit();
    setTimeout(resolve, 500, false);
  });
  return {
    socket: () => new Promise((resolve) => {
      const socket = new WebSocket(`${origin.replace('http', 'ws')}/room`);
      socket.onopen = () => socket.send(hello);
      socket.onmessage = ({ data }) => resolve(data.includes('welcome'));
      socket.onerror = socket.onclose = () => resolve(false);
    }),
    stream: () => post('/room/stream', json, hello),
    streamAsText: () => post('/room/stream', { 'content-type': 'text/plain' }, hello, 'no-cors'),
    command: () => post('/api/v1/commands', { ...json, ...bearer }, command),
    commandAsText: () => post('/api/v1/commands', { 'content-type': 'text/plain' }, command, 'no-cors'),
    join: () => post('/api/v1/join', json, JSON.stringify({ room: 'solo', credential: { invite: secret }, name: 'Stranger' })),
    invites: () => post('/api/v1/invites', { ...json, ...bearer }, '{"role":"host"}'),
    state: () => fetch(`${origin}/api/v1/state`, { headers: bearer }).then((answer) => answer.ok, () => false),
    beacon: async () => (navigator.sendBeacon(`${origin}/api/v1/commands`, new Blob([command], { type: 'text/plain' })), false),
    image: () => element('img', { src: `${origin}/api/v1/state` }),
    script: () => element('script', { src: `${origin}/api/v1/state` }),
    form: () => form('/api/v1/commands', 'text/plain', command),
    formStream: () => form('/room/stream', 'application/x-www-form-urlencoded', 'hello'),
  };
};

export const noOtherSiteReachesTheRoom = async (here) => {
  const { host } = here;
  const secret = host.performer.split('.').pop();
  const server = createServer((_, answer) => answer.end('<!doctype html><title>evil</title>')).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address();
  const file = join(mkdtempSync(join(tmpdir(), 'guest-')), 'evil.html');
  writeFileSync(file, '<!doctype html><title>evil</title>');
  const hostPort = new URL(host.origin).port;
  // evil.test resolves to this machine, as after DNS rebinding. Newer browsers keep foreign sites from
  // private addresses by themselves: that is switched off, the host must not need it.
  const browser = await startBrowser(['--host-resolver-rules=MAP *.test 127.0.0.1', '--disable-features=LocalNetworkAccessChecks,LocalNetworkAccessChecksWebSockets,BlockInsecurePrivateNetworkRequests']);
  const sites = {
    'another site': `http://evil.test:${port}/`,
    'another port of localhost': `http://localhost:${port}/`,
    'another port of the address': `http://127.0.0.1:${port}/`,
    'a file': `file://${file}`,
    'a data URL (Origin: null)': 'data:text/html,<title>evil</title>',
    'a name that was rebound': `https://evil.test:${hostPort}/health`,
    'a name that begins like ours': `https://127.0.0.1.evil.test:${hostPort}/health`,
  };
  const run = async (page, target) => page.evaluate(async ([source, facts]) => {
    const came = {};
    for (const [name, attempt] of Object.entries((0, eval)(`(${source})`)(facts))) {
      came[name] = await Promise.race([attempt().catch(() => false), new Promise((resolve) => setTimeout(resolve, 3000, false))]);
    }
    return came;
  }, [attempts.toString(), { origin: target, token: host.token, secret }]);
  const cells = [];
  try {
    for (const [name, url] of Object.entries(sites)) {
      const page = await person(browser, { bypassCSP: true });
      const before = await host.state();
      await page.goto(url).catch(() => {});
      const target = name.startsWith('a name') ? new URL(url).origin : host.origin;
      const came = await run(page, target);
      const after = await host.state();
      for (const [attempt, worked] of Object.entries(came)) cells.push([name, attempt, worked]);
      // Whatever the page was told: nothing happened in the room.
      const facts = ({ desk, members }) => [desk.show, members.filter((one) => one.name.startsWith('Stranger'))];
      assert.deepEqual(facts(after), facts(before), `${name} changed the room: ${JSON.stringify(came)}`);
      await page.context().close();
    }
    assert.deepEqual(cells.filter(([, , worked]) => worked), []);
    // The same attempts from the host's own origin work: it is the guard that stops the others.
    const own = await person(browser, { bypassCSP: true });
    await own.goto(`${host.origin}/health`);
    const came = await run(own, host.origin);
    assert.deepEqual(['socket', 'stream', 'command', 'join', 'state'].filter((name) => !came[name]), []);
    // No site may hold the page in a frame.
    const framing = await person(browser);
    await framing.goto(sites['another site']);
    await framing.evaluate((src) => document.body.append(Object.assign(document.createElement('iframe'), { src })), host.viewer);
    await framing.waitForTimeout(700);
    const framed = framing.frames().find((frame) => frame !== framing.mainFrame());
    assert.equal(await framed?.$('#join').catch(() => null) ?? null, null);
  } finally {
    await browser.close();
    server.close();
    await host.command('set_title', { title: 'Friday' });
  }
  return `${Object.keys(sites).length} origins × ${cells.length / Object.keys(sites).length} attempts = ${cells.length} cells, 0 reached the room`;
};
