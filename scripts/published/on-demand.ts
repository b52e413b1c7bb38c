/**
 * CommonJS can load a file in the middle of a call. What is published in it loads the code of the WASM backend with the
 * first tensor, and that of a family of kernels with the first operation that has one: most of the engine is read by
 * those only who use it.
 */
import { readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import type { Plugin } from 'esbuild';
import { type Home, kernelHomes, kernelImports } from './sources';

const WASM = resolve('src/backends/wasm');
const ENGINE = 'wasm-engine';
/** What the default backend is built with. */
const ENGINE_PARTS = [
  { name: 'hasSimd', from: 'features' },
  { name: 'wasm', from: 'index' },
];
const FAMILY = 'kernels-of:';

/** The file with all kernels of a folder, which are loaded together. */
const familyOf = ({ file }: Home): string => `${FAMILY}${relative(WASM, dirname(file))}`;

/** A kernel that loads its family when it is first called. */
function lateKernel(as: string, home: Home): string {
  return (
    `let ${as}Loaded; const ${as} = (inputs, out, attrs, context) => ` +
    `(${as}Loaded ??= import(${JSON.stringify(familyOf(home))}).${as})(inputs, out, attrs, context);`
  );
}

/** Files by the names that late imports call them by: the backend, and the families of kernels. */
const lateFiles = (given: readonly string[]): Plugin => ({
  name: 'late-files',
  setup(builder) {
    builder.onResolve({ filter: new RegExp(`^(${FAMILY}|${ENGINE}$)`) }, ({ path }) => ({ path, namespace: 'late' }));
    const exported = (name: string, file: string): string => `export { ${name} } from ${JSON.stringify(file)};`;
    builder.onLoad({ filter: /.*/, namespace: 'late' }, ({ path }) => {
      const kernels = [...kernelHomes()].filter(([, home]) => familyOf(home) === path);
      const lines =
        path === ENGINE
          ? ENGINE_PARTS.map(({ name, from }) => exported(name, join(WASM, `${from}.ts`)))
          : kernels.map(([as, { name, file }]) => exported(`${name} as ${as}`, file));
      const loaded = path === ENGINE ? given : [...given, ...ENGINE_PARTS.map(({ from }) => join(WASM, `${from}.ts`))];
      const there = loaded.map((file, i) => `import * as there${i} from ${JSON.stringify(resolve(file))};`);
      return { contents: [...there, ...lines].join('\n'), resolveDir: resolve('.') };
    });
  },
});

/** The backend, where the default one is built. */
const lateEngine: Plugin = {
  name: 'late-engine',
  setup(builder) {
    builder.onLoad({ filter: /\/src\/backends\/default\.ts$/ }, ({ path }) => {
      const contents = ENGINE_PARTS.reduce(
        (text, { name, from }) => {
          const line = `import { ${name} } from './wasm/${from}';`;
          if (!text.includes(line)) throw new Error(`${path}: the build expects the line ${line}`);
          return text.replace(line, `const ${name} = () => import('${ENGINE}').${name}();`);
        },
        readFileSync(path, 'utf8'),
      );
      return { contents, loader: 'ts' };
    });
  },
};

/** @param given - files that whoever loads anything late has loaded already, so that they are in few chunks. */
export const onDemand = (given: readonly string[]): Plugin[] => [
  kernelImports(lateKernel),
  lateFiles(given),
  lateEngine,
];
