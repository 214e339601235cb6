// People in a check: they come in, and one waits for what they see.

import { enter, person } from './host.mjs';

/** A page of somebody new. */
export const someone = async ({ browser, people }, options) => {
  const page = await person(browser, options);
  people.push(page);
  return page;
};

/** Somebody who comes in by a role's link. */
export const come = async (here, role, name, options) => enter(await someone(here, options), here.host[role], name);

/** Waits until `what()` is as expected, or, without an expectation, anything at all. */
export const until = async (what, expected, sentence = '') => {
  let last;
  for (let tries = 0; tries < 100; tries += 1) {
    last = await what();
    if (expected === undefined ? last : JSON.stringify(last) === JSON.stringify(expected)) return last;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${sentence} stayed ${JSON.stringify(last)}${expected === undefined ? '' : `, not ${JSON.stringify(expected)}`}`);
};

/** What a parameter is in the room; null at its default. */
export const paramOf = async (host, name) => (await host.state()).desk.show.layers[0].params[name] ?? null;
