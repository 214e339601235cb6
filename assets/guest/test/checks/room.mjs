// What people do: come in, play, write, talk, vote, watch.

import assert from 'node:assert/strict';
import { code, tab } from '../host.mjs';
import { come, paramOf, until } from '../people.mjs';

export const aFaderMovesTheRoomAndFollowsIt = async (here) => {
  const [ana, ben] = [await come(here, 'viewer', 'Ana'), await come(here, 'viewer', 'Ben')];
  const flow = (page) => page.getByLabel('Flow', { exact: true });
  await flow(ana).waitFor();
  await flow(ana).fill('0.8');
  await until(() => paramOf(here.host, 'flow'), 0.8);
  await until(() => flow(ben).inputValue(), '0.8', "Ben's fader");
  await flow(ana).dblclick();
  await until(() => paramOf(here.host, 'flow'), null);
  await ana.getByRole('switch', { name: 'Mirror' }).click();
  await until(() => paramOf(here.host, 'mirror'), true);
  await ana.getByLabel('Shape').selectOption('2');
  await until(() => paramOf(here.host, 'shape'), 2);
  await ana.getByLabel('Tint').fill('#00ff80');
  await until(async () => (await paramOf(here.host, 'tint'))?.[1], 1);
  const pad = await ana.locator('.pad').boundingBox();
  await ana.mouse.click(pad.x + pad.width / 4, pad.y + pad.height / 4);
  await until(async () => (await paramOf(here.host, 'place'))?.map((part) => Math.round(part * 10) / 10), [-0.5, 0.5]);
  await ana.getByRole('button', { name: 'Spark' }).click();
  await until(() => paramOf(here.host, 'hits'), null, 'the hit is ready again');
  await here.host.command('open_param', { layer: 1, name: 'glow', open: false });
  await ana.getByLabel('Glow').waitFor({ state: 'detached' });
  await here.host.command('open_param', { layer: 1, name: 'glow', open: true });
  await ana.getByLabel('Glow').waitFor();
};

export const twoPeopleAndTheirBrowsersWriteOneText = async (here) => {
  const [ana, ben] = [await come(here, 'performer', 'Ana'), await come(here, 'performer', 'Ben')];
  for (const page of [ana, ben]) {
    await tab(page, 'code');
    await page.click('#editor .cm-content');
  }
  const before = (await code(ana)).length;
  await Promise.all([ana.keyboard.type('bd hh é 🥁 ', { delay: 5 }), ben.keyboard.type('sn cp ', { delay: 5 })]);
  await until(async () => (await code(ana)).length - before, 'bd hh é 🥁 sn cp '.length);
  await until(async () => (await code(ana)) === (await code(ben)));
  await ben.locator('#editor .other').first().waitFor();
  assert.match(await ben.locator('#editor .other').first().textContent(), /Ana/);
  const all = await code(ana);
  await ana.keyboard.press('Control+z');
  await until(async () => (await code(ana)).includes('sn cp') && (await code(ana)) !== all);
  await until(async () => (await code(ana)) === (await code(ben)), undefined, 'an undo is one’s own');
  const late = await come(here, 'viewer', 'Cem');
  await tab(late, 'code');
  await until(async () => (await code(late)) === (await code(ana)), undefined, 'a late joiner sees the text');
  assert.match(await late.textContent('#code-note'), /Read only/);
  await late.click('#editor .cm-content');
  await late.keyboard.type('no');
  assert.equal(await code(late), await code(ana));
  await ana.keyboard.press('Control+End');
  await ana.keyboard.insertText('\n$: s("');
  await ana.keyboard.press('Control+Enter');
  await until(() => ana.textContent('#toast').then((text) => /^Line \d+ cannot be read/.test(text)));
  assert.deepEqual((await here.host.state()).desk.show.running, {});
  await ana.keyboard.press('Control+a');
  await ana.keyboard.insertText('$: s("bd*4")\n\n$: s("hh*8")\n');
  await ana.keyboard.press('Control+Home');
  await ana.keyboard.press('Alt+Enter');
  await until(async () => (await here.host.state()).desk.show.running['main/']?.code, '$: s("bd*4")');
  await ana.keyboard.press('Control+Enter');
  await until(async () => (await here.host.state()).desk.show.running['main/']?.code.includes('hh*8'));
  await until(async () => Object.keys((await here.host.state()).desk.show.running).length > 0);
  await until(() => late.textContent('#code-note').then((text) => /runs/.test(text) && !/Nothing/.test(text)));
  await ana.click('#hush');
  await until(async () => Object.keys((await here.host.state()).desk.show.running).length, 0);
};

export const peopleTalkVoteAndAskToPlay = async (here) => {
  const [ana, ben] = [await come(here, 'viewer', 'Ana'), await come(here, 'viewer', 'Ben')];
  for (const page of [ana, ben]) await tab(page, 'room');
  await ana.locator('#said').pressSequentially('hel');
  await until(() => ben.textContent('#typing').then((text) => text.includes('Ana is writing')));
  await ana.fill('#said', 'hello <b>Ben</b> & all');
  await ana.press('#said', 'Enter');
  await until(() => ben.locator('#log article').last().locator('p').textContent(), 'hello <b>Ben</b> & all');
  await ana.getByRole('button', { name: /^Change: hello/ }).last().click();
  await ana.fill('#said', 'hello again');
  await ana.press('#said', 'Enter');
  await until(() => ben.locator('#log article').last().textContent().then((text) => /hello again/.test(text) && /changed/.test(text)));
  await ana.getByRole('button', { name: /^Change: hello again/ }).click();
  await ana.fill('#said', '');
  await ana.press('#said', 'Enter');
  await until(() => ben.textContent('#log').then((text) => !text.includes('hello again')));
  const [vote] = await here.host.command('open_vote', { question: 'Faster?', options: ['Yes', 'No'] });
  await ben.getByRole('radio', { name: /Yes/ }).first().click();
  await until(() => ana.locator('.answer .num').first().textContent(), '1');
  await until(() => ben.locator('.answer').first().textContent(), 'Yes✓ yours · leads1');
  await until(() => ana.locator('.answer').first().textContent(), 'Yesleads1');
  await here.host.command('close_vote', { vote: vote.seq });
  await until(() => ana.locator('.vote small').first().textContent(), '1 voted · ended');
  await until(() => ana.locator('.answer').first().textContent(), 'Yeswon1');
  await ana.getByRole('button', { name: 'Ask to play' }).click();
  await until(() => ben.textContent('#people').then((text) => text.includes('asks to play')));
  const { id } = (await here.host.state()).members.filter((one) => one.name === 'Ana' && one.online).pop();
  await here.host.command('set_role', { member: id, role: 'performer' });
  await tab(ana, 'play');
  await ana.locator('details').waitFor();
  await here.host.command('set_muted', { member: id, muted: true });
  await until(() => ana.locator('#said').isDisabled());
  await here.host.command('set_write', { member: id, may_write: false });
  await until(() => ana.textContent('#controls').then((text) => text.includes('turned writing off')));
};

export const whatPlaysStandsAtTheTop = async (here) => {
  const ana = await come(here, 'viewer', 'Ana');
  const track = { title: 'Blue <i>Train</i>', artist: 'John Coltrane', album: '', duration_secs: 640, source: 'library' };
  await here.host.command('set_now_playing', { playing: { track, started_at_millis: Date.now(), rate: 1 } });
  await until(() => ana.textContent('#playing'), '♪ Blue <i>Train</i> – John Coltrane');
  await here.host.command('set_now_playing', { playing: null });
  await until(() => ana.isHidden('#playing'));
};

export const thePictureComesAndGoes = async (here) => {
  const ana = await come(here, 'viewer', 'Ana');
  const light = () => ana.evaluate(() => {
    const canvas = document.getElementById('picture');
    return canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.reduce((most, byte, idx) => (idx % 4 === 3 ? most : Math.max(most, byte)), 0);
  });
  await until(async () => (await light()) > 150, undefined, 'the picture');
  const watchers = async () => Number(/jamlight_watchers (\d+)/.exec(await (await fetch(`${here.host.origin}/metrics`)).text())[1]);
  await until(watchers, 1);
  await ana.click('#picture-toggle');
  await until(watchers, 0);
  await ana.click('#picture-toggle');
  await until(watchers, 1);
};

/** Who is recorded reads what is kept of them, also when they come later, until it ends. */
export const whoIsRecordedReadsWhatIsKept = async (here) => {
  const [mara] = [await come(here, 'viewer', 'Mara')];
  const banner = (page) => page.textContent('#recording');
  await until(() => banner(mara), '', 'unasked, nothing is kept');
  await here.host.command('set_recording', { recording: 'signal' });
  await until(async () => (await banner(mara)).includes('No sound is kept'), true, 'the banner');
  await here.host.command('set_recording', { recording: 'sound' });
  const late = await come(here, 'performer', 'Late', { viewport: { width: 320, height: 640 } });
  for (const page of [mara, late]) {
    await until(async () => (await banner(page)).includes('recorded with sound'), true, 'the banner with sound');
    if (!(await page.isVisible('#recording'))) throw new Error('the banner is not seen');
  }
  await here.host.command('set_recording', { recording: null });
  await until(() => banner(late), '', 'it is over');
};
