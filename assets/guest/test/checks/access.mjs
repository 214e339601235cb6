// For everyone: sizes of screens, themes, keyboards, screen readers.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { tab } from '../host.mjs';
import { come, someone, until } from '../people.mjs';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const MIN_TARGET_PX = 44;

const eachTab = async (page, look) => {
  for (const name of ['play', 'code', 'room']) {
    await tab(page, name);
    if (name === 'code') await page.waitForSelector('#editor .cm-content');
    await page.waitForTimeout(150);
    await look(name);
  }
};

const furnish = async (here) => {
  const mara = await come(here, 'performer', 'Mara');
  await tab(mara, 'code');
  await mara.click('#editor .cm-content');
  await mara.keyboard.type('// one\n$: s("bd*4").gain(.8)\n');
  await tab(mara, 'room');
  await mara.fill('#said', 'A long word: Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft');
  await mara.press('#said', 'Enter');
  await here.host.command('open_vote', { question: 'Which way?', options: ['Up', 'Donaudampfschifffahrtsgesellschaftskapitaensmuetze'] });
};

export const nothingOverflowsAndEveryTargetIsLargeEnough = async (here) => {
  await furnish(here);
  const found = [];
  for (const [width, height] of [[320, 568], [768, 1024], [1440, 900]]) {
    const page = await come(here, 'performer', 'Jo', { viewport: { width, height } });
    await page.waitForSelector('.control');
    await eachTab(page, async (name) => {
      const { over, small } = await page.evaluate((least) => {
        const seen = (element) => element.checkVisibility() && !element.closest('.hide') && element.getBoundingClientRect().width > 1;
        const targets = [...document.querySelectorAll('button, input, select, summary')].filter(seen);
        return {
          over: document.scrollingElement.scrollWidth - innerWidth,
          small: targets.map((element) => [element.id || element.textContent || element.type, element.getBoundingClientRect()])
            .filter(([, box]) => box.height < least - 0.5 || box.width < least - 0.5).map(([label, box]) => `${label} ${box.width}×${box.height}`),
        };
      }, MIN_TARGET_PX);
      if (over > 0) found.push(`${name} at ${width} is ${over} px too wide`);
      for (const one of small) found.push(`${name} at ${width}: ${one} is too small`);
    });
  }
  assert.deepEqual(found, []);
};

export const axeFindsNothingSerious = async (here) => {
  await furnish(here);
  const found = [];
  let rules = 0;
  for (const colorScheme of ['dark', 'light']) {
    // The policy of the page lets no foreign script in, not even this one.
    const options = { colorScheme, bypassCSP: true };
    const look = async (page, where) => {
      await page.addScriptTag({ path: AXE });
      const { violations, passes } = await page.evaluate(() => axe.run({ resultTypes: ['violations'] }));
      rules += passes.length;
      for (const { id, impact, nodes } of violations) {
        for (const node of nodes) found.push(`${impact}: ${id} in ${where}, ${colorScheme}: ${node.target.join(' ')}`);
      }
    };
    const door = await someone(here, options);
    await door.goto(here.host.viewer);
    await look(door, 'the door');
    for (const role of ['viewer', 'performer']) {
      const page = await come(here, role, 'Jo', options);
      await page.waitForSelector('.control');
      await eachTab(page, (name) => look(page, `${name} (${role})`));
    }
  }
  assert.deepEqual(found, []);
  return `${rules} rules passed, 0 broken`;
};

export const everythingIsDoneByKeyboard = async (here) => {
  const page = await someone(here);
  await page.goto(here.host.performer);
  await page.keyboard.type('Kim');
  await page.keyboard.press('Enter');
  await page.waitForSelector('body[data-phase=in]');
  await page.waitForSelector('.control');
  const focused = () => page.evaluate(() => document.activeElement.id || document.activeElement.ariaLabel || document.activeElement.textContent);
  const walkTo = async (label) => {
    for (let step = 0; step < 60; step += 1) {
      if ((await focused()) === label) return;
      await page.keyboard.press('Tab');
    }
    throw new Error(`no way to ${label}, at ${await focused()}`);
  };
  await walkTo('Flow');
  const before = await page.getByLabel('Flow', { exact: true }).inputValue();
  await page.keyboard.press('ArrowRight');
  assert.notEqual(await page.getByLabel('Flow', { exact: true }).inputValue(), before);
  await page.keyboard.press('Delete');
  await page.evaluate(() => document.activeElement.blur());
  await walkTo('tab-play');
  await page.keyboard.press('ArrowRight');
  assert.equal(await focused(), 'tab-code');
  await page.waitForSelector('#editor .cm-content');
  const inEditor = () => page.evaluate(() => document.activeElement?.shadowRoot?.activeElement?.className?.includes('cm-content') ?? document.activeElement.shadowRoot !== null);
  for (let step = 0; step < 20 && !(await inEditor()); step += 1) await page.keyboard.press('Tab');
  assert.ok(await inEditor(), 'the editor is reached');
  await page.keyboard.type('x');
  // No trap: Tab leaves the editor.
  await page.keyboard.press('Tab');
  assert.ok(!(await inEditor()));
  await walkTo('tab-code');
  await page.keyboard.press('ArrowRight');
  await walkTo('said');
  await page.keyboard.type('by keyboard');
  await page.keyboard.press('Enter');
  await until(() => page.textContent('#log').then((text) => text.includes('by keyboard')));
};
