// Bundles the editor into dist/, compressed, under a name that changes with its bytes.

import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const MAX_BROTLI_BYTES = 160 * 1024;
const here = (path) => fileURLToPath(new URL(path, import.meta.url));

const { outputFiles: [bundle], metafile } = await build({
  absWorkingDir: here('.'),
  entryPoints: [here('editor/editor.js')],
  bundle: true,
  minify: true,
  format: 'esm',
  target: ['es2021', 'safari15'],
  legalComments: 'none',
  metafile: true,
  write: false,
});

// The licence of each package travels with its code.
const packages = new Set(Object.keys(metafile.inputs).map((path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1]).filter(Boolean));
const licences = [...packages].sort().map((name) => {
  const folder = here(`node_modules/${name}`);
  const file = readdirSync(folder).find((one) => /^licen[cs]e/i.test(one));
  const { version, license } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));
  if (license !== 'MIT' || !file) throw new Error(`${name} is ${license}: look at it first`);
  return `${name} ${version}\n\n${readFileSync(`${folder}/${file}`, 'utf8').trim()}`;
});
const notice = `/*\n${licences.join('\n\n').replaceAll('*/', '* /')}\n*/\n`;
const bytes = Buffer.concat([bundle.contents, Buffer.from(notice)]);
const brotli = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } });
if (brotli.length > MAX_BROTLI_BYTES) throw new Error(`the editor has ${brotli.length} bytes of brotli, the limit is ${MAX_BROTLI_BYTES}`);

const name = `editor-${createHash('sha256').update(bytes).digest('hex').slice(0, 12)}.js`;
mkdirSync(here('dist'), { recursive: true });
const files = new Map([[`${name}.br`, brotli], [`${name}.gz`, gzipSync(bytes, { level: 9 })]]);
for (const old of readdirSync(here('dist'))) {
  // What is there stays as it is, and with it what cargo has built from it.
  if (files.has(old)) files.delete(old);
  else if (old.startsWith('editor-')) rmSync(here(`dist/${old}`));
}
for (const [file, content] of files) writeFileSync(here(`dist/${file}`), content);
console.log(`${name}: ${bytes.length} bytes, ${brotli.length} as brotli`);
