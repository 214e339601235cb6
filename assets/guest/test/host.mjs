// Starts the example host and browsers that join it.

import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const TARGET = process.env.CARGO_TARGET_DIR ?? join(ROOT, 'target');

/** Starts `sync-server`'s example `guest`. `again` starts the same host once more. */
export const startHost = async ({ plain = false, file = join(mkdtempSync(join(tmpdir(), 'guest-')), 'state'), port = 0 } = {}) => {
  const child = spawn(join(TARGET, 'debug/examples/guest'), [`${port}`, file, ...(plain ? ['--plain'] : [])], { stdio: ['pipe', 'pipe', 'inherit'] });
  const links = JSON.parse(await new Promise((resolve, reject) => {
    createInterface(child.stdout).once('line', resolve);
    child.once('exit', (code) => reject(new Error(`the host ended with ${code}`)));
  }));
  const origin = new URL(links.viewer).origin;
  const stop = () => new Promise((resolve) => {
    child.once('exit', resolve);
    child.stdin.end();
  });
  return {
    ...links,
    origin,
    stop,
    pid: child.pid,
    again: () => startHost({ plain, file, port: Number(new URL(origin).port) }),
    /** Asks for a command as the host. */
    command: async (command, fields = {}) => {
      const answer = await insecure(`${origin}/api/v1/commands`, links.token, JSON.stringify({ command, ...fields }));
      if (!answer.events) throw new Error(`${command}: ${JSON.stringify(answer)}`);
      return answer.events;
    },
    state: () => insecure(`${origin}/api/v1/state`, links.token),
  };
};

// The host's certificate is its own: the browsers are told to take it, and so is this.
process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
process.removeAllListeners('warning');
const insecure = async (url, token, body) => {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const answer = await fetch(url, { method: body ? 'POST' : 'GET', headers, body });
  return answer.json();
};

export const startBrowser = (more = []) => chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', ...more],
});

/** Opens a page of its own person (own storage), and notes everything that goes wrong in it. */
export const person = async (browser, options = {}) => {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, viewport: { width: 390, height: 780 }, ...options });
  const page = await context.newPage();
  page.problems = [];
  page.on('pageerror', (error) => page.problems.push(`error: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error' && !/net::ERR_|WebSocket connection/.test(message.text())) page.problems.push(`console: ${message.text()} (${JSON.stringify(message.location())})`);
  });
  page.on('dialog', (dialog) => {
    page.problems.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  return page;
};

/** Comes in by a link under a name, and waits until the room is there. */
export const enter = async (page, link, name) => {
  await page.goto(link);
  await page.fill('#name', name);
  await page.click('#join button');
  await page.waitForSelector('body[data-phase=in]');
  return page;
};

export const tab = (page, name) => page.click(`#tab-${name}`);
/** What the editor holds. */
export const code = (page) => page.evaluate(() => {
  const content = document.querySelector('#editor')?.shadowRoot?.querySelector('.cm-content');
  return content?.cmTile?.view?.state.doc.toString() ?? content?.cmView?.view?.state.doc.toString();
});
