/** Chunks of ES modules in CommonJS, and modules that hand on what is there. */

const URL_OF_FILE =
  "const kompaktUrl = typeof __filename === 'string' ? require('node:url').pathToFileURL(__filename).href : globalThis.location?.href;\n";
const IMPORT = /\s*(?:\/\/.*\n\s*)*import (?:\{([^}]*)\} from )?("[^"]+");\n/y;
const EXPORT = /\nexport \{([^}]*)\};\s*$/;
/** Of a file of our own, wherever it stands in the code. */
const LATE_IMPORT = /\bimport\(("\.\.?\/[^"]+\.cjs")\)/g;

/**
 * A chunk of ES modules in CommonJS. esbuild puts the imports first and the exports last. Names are taken once and not
 * looked up again at each use: chunks import each other in one direction only, and no exported variable changes.
 */
export function toCommonJs(text: string, file: string): string {
  const requires: string[] = [];
  IMPORT.lastIndex = 0;
  let end = 0;
  for (let found = IMPORT.exec(text); found !== null; found = IMPORT.exec(text)) {
    const [, names, from] = found;
    requires.push(
      names === undefined ? `require(${from});` : `const {${renamed(names, '$1: $2')}} = require(${from});`,
    );
    end = IMPORT.lastIndex;
  }
  const exported = EXPORT.exec(text);
  const code = text.slice(end, exported?.index).replace(LATE_IMPORT, 'require($1)');
  if (/^(import|export)\b/m.test(code)) throw new Error(`${file}: an import or an export is where none is expected.`);
  const head = ["'use strict';", ...requires, ...(code.includes('kompaktUrl') ? [URL_OF_FILE] : [])];
  const tail = exported === null ? '' : `\nmodule.exports = {${renamed(exported[1]!, '$2: $1')}};\n`;
  return `${head.join('\n')}\n${code}${tail}`;
}

const renamed = (names: string, as: string): string => names.replace(/([\w$]+) as ([\w$]+)/g, as);

/**
 * A module for Node with the exports of a file in CommonJS. Importing that file would have Node read it twice, to guess
 * its names; they are known here.
 *
 * @param text - the entry as an ES module.
 * @param file - where its CommonJS is, from there.
 */
export function moduleOf(text: string, file: string): string {
  const names = renamed(EXPORT.exec(text)![1]!, '$2');
  return `import { createRequire } from 'node:module';
const entry = createRequire(import.meta.url)(${JSON.stringify(file)});
export const {${names}} = entry;
`;
}
