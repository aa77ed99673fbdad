// The WebAssembly half of invariant I10: every scenario run here must say byte for byte what golden.txt says.
// Called by `make test`: node run.mjs GLUE GOLDEN KEEP. GLUE is what wasm-bindgen made for node, KEEP a folder for the
// whole text of scenarios that differ.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRequire } from 'node:module';

const [glue, golden, keep] = process.argv.slice(2);
const engine = createRequire(import.meta.url)(glue);
const stored = readFileSync(golden, 'utf8').split('\n').slice(0, -1);

let passed = 0;
let failed = 0;
for (let place = 0; ; place++) {
  const line = engine.line(place);
  if (line === undefined && place >= stored.length) break;
  if (line !== undefined && line === stored[place]) {
    passed++;
    continue;
  }
  failed++;
  const name = (line ?? stored[place]).split('\t')[0];
  console.log(`${name}: differs from the golden file`);
  if (line !== undefined) {
    mkdirSync(keep, { recursive: true });
    const file = join(keep, `golden-${String(place).padStart(3, '0')}.wasm.txt`);
    writeFileSync(file, engine.text(place));
    console.log(`  all it says: ${file}`);
  }
}
const word = failed === 0 && passed > 0 ? 'ok' : 'FAILED';
console.log(`test result: ${word}. ${passed} passed; ${failed} failed; 0 ignored`);
process.exit(word === 'ok' ? 0 : 1);
