// Drives the guest page in a real Chromium against a real host, and says what it found:
// node test/drive.mjs [CHECK…]. Run it by `cargo xtask guest --check`, which builds what it needs.

import * as access from './checks/access.mjs';
import * as attacks from './checks/attacks.mjs';
import * as cuts from './checks/cuts.mjs';
import * as network from './checks/network.mjs';
import * as room from './checks/room.mjs';
import { startBrowser, startHost } from './host.mjs';

const checks = { ...room, ...cuts, ...access, ...attacks, ...network };
const wanted = process.argv.slice(2);
const names = Object.keys(checks).filter((name) => !wanted.length || wanted.includes(name));
if (!names.length) throw new Error(`there is ${Object.keys(checks).join(', ')}`);

const host = await startHost();
const browser = await startBrowser();
let failed = 0;
for (const name of names) {
  const start = Date.now();
  const people = [];
  try {
    const found = await checks[name]({ host, browser, people });
    const problems = people.flatMap((page) => page.problems);
    if (problems.length) throw new Error(problems.join('\n'));
    console.log(`ok    ${name}${found ? `: ${found}` : ''} (${Date.now() - start} ms)`);
  } catch (problem) {
    failed += 1;
    console.log(`FAIL  ${name}: ${problem.stack ?? problem}`);
  }
  for (const page of people) await page.context().close().catch(() => {});
}
await browser.close();
await host.stop();
console.log(failed ? `${failed} of ${names.length} failed` : `all ${names.length} passed`);
process.exitCode = failed ? 1 : 0;
