// Pictures of every tab in both themes, for looking at: node test/look.mjs FOLDER

import { enter, person, startBrowser, startHost, tab } from './host.mjs';

const folder = process.argv[2];
const host = await startHost();
const browser = await startBrowser();
try {
  const other = await enter(await person(browser), host.performer, 'Mara');
  await tab(other, 'code');
  await other.waitForSelector('#editor .cm-content');
  await other.click('#editor .cm-content');
  await other.keyboard.type('// kick and hats\n$: s("bd*4, hh*8").gain(.8)\n\n$: note("c3 eb3 g3").s("saw")\n  .lpf(sine.range(300, 2000))\n');
  await tab(other, 'room');
  await other.fill('#said', 'Shall we go faster after this one?');
  await other.press('#said', 'Enter');
  await host.command('open_vote', { question: 'Next one?', options: ['Faster', 'Slower', 'A break'] });
  await other.click('.answer:first-of-type');
  await tab(other, 'code');
  await other.click('#editor .cm-content');
  for (const [width, height] of [[320, 640], [768, 1024], [1440, 900]]) {
    for (const colorScheme of ['dark', 'light']) {
      const page = await person(browser, { viewport: { width, height }, colorScheme });
      const shot = (name) => page.screenshot({ path: `${folder}/${width}-${colorScheme}-${name}.png` });
      await page.goto(host.performer);
      await shot('door');
      await enter(page, host.performer, 'Jonas');
      await page.waitForSelector('.control');
      await page.waitForTimeout(700);
      await shot('play');
      await tab(page, 'code');
      await page.waitForSelector('#editor .cm-content');
      await page.waitForTimeout(400);
      await shot('code');
      await tab(page, 'room');
      await page.waitForTimeout(200);
      await shot('room');
      for (const problem of [...page.problems, ...other.problems]) console.log(width, colorScheme, problem);
      await page.context().close();
    }
  }
} finally {
  await browser.close();
  await host.stop();
}
