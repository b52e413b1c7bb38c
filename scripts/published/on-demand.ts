/**
 * CommonJS can load a file in the middle of a call. What is published in it loads the code of the WASM backend with the
 * first tensor, and that of a family of kernels with the first operation that has one: most of the engine is read by
 * those only who use it.
 */
import { readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import type { Plugin } from 'esbuild';
import { GENERATORS, lateCode, lateFunction, reaching } from './late-code';
import { ENGINE_IMPORT, engineParts, type Home, kernelHomes, kernelImports, WASM } from './sources';

const ENGINE = 'wasm-engine';
const FAMILY = 'kernels-of:';
/** The family whose code may be ready-made. */
const PRODUCTS = `${FAMILY}gemm`;
/** Families that have the elementwise functions in their loops: they take all of them along. */
const USES_FUNCTIONS = /normalize|recurrent|classical/;
const FUNCTIONS = 'functions-of:';
const CORE = 'src/index.ts';

/** The file with all kernels of a folder, which are loaded together. */
const familyOf = ({ file }: Home): string => `${FAMILY}${relative(WASM, dirname(file))}`;

/** A kernel that loads its family when it is first called. */
function lateKernel(as: string, home: Home): string {
  return (
    `let ${as}Loaded; const ${as} = (inputs, out, attrs, context) => ` +
    `(${as}Loaded ??= import(${JSON.stringify(familyOf(home))}).${as})(inputs, out, attrs, context);`
  );
}

/**
 * Files by the names that late imports call them by. What whoever loads them has loaded already is imported there too:
 * used for nothing, it makes the chunks fewer.
 */
const lateFiles = (base: readonly string[]): Plugin => ({
  name: 'late-files',
  setup(builder) {
    const filter = new RegExp(`^(${FAMILY}|${FUNCTIONS}|${ENGINE}$)`);
    builder.onResolve({ filter }, ({ path }) => ({ path, namespace: 'late' }));
    builder.onLoad({ filter: /.*/, namespace: 'late' }, ({ path }) => {
      const { lines, there } = lateFile(path, base);
      return { contents: [...reaching(there), ...lines].join('\n'), resolveDir: resolve('src') };
    });
  },
});

/** What a late file exports, and what is loaded before it. */
function lateFile(path: string, base: readonly string[]): { lines: string[]; there: readonly string[] } {
  const exported = (name: string, file: string): string => `export { ${name} } from ${JSON.stringify(file)};`;
  const engine = engineParts();
  if (path === ENGINE) return { lines: engine.map(({ name, file }) => exported(name, file)), there: base };
  if (path.startsWith(FUNCTIONS)) {
    const file = path.slice(FUNCTIONS.length);
    const before = file.startsWith('backends/') ? engine.map((part) => part.file) : [CORE];
    return { lines: [`export * from './${file}';`], there: [...base, ...before] };
  }
  const kernels = [...kernelHomes()].filter(([, home]) => familyOf(home) === path);
  return {
    lines: kernels.map(([as, { name, file }]) => exported(`${name} as ${as}`, file)),
    there: [
      ...base,
      ...engine.map(({ file }) => file),
      ...(path === PRODUCTS ? [] : GENERATORS),
      ...(USES_FUNCTIONS.test(path) ? [join(WASM, 'elementwise/index.ts')] : []),
    ],
  };
}

/** The backend, where the default one is built. */
const lateEngine: Plugin = {
  name: 'late-engine',
  setup(builder) {
    builder.onLoad({ filter: /\/src\/backends\/default\.ts$/ }, ({ path }) => {
      const contents = readFileSync(path, 'utf8').replace(
        ENGINE_IMPORT,
        (_, name: string) => `const ${name} = () => import('${ENGINE}').${name}();`,
      );
      return { contents, loader: 'ts' };
    });
  },
};

/** What not every program asks of the backend: elementwise operations, and plans of compiled functions. */
const SELDOM = /^import \{ ([\w, ]+) \} from '\.\/((?:elementwise|plan)\/\w+)';$/gm;

/** Those functions, where the backend uses them. */
const lateParts: Plugin = {
  name: 'late-parts',
  setup(builder) {
    builder.onLoad({ filter: /\/src\/backends\/wasm\/backend\.ts$/ }, ({ path }) => {
      const contents = readFileSync(path, 'utf8').replace(SELDOM, (_, names: string, from: string) =>
        names
          .split(', ')
          .map((name) => lateFunction(name, `${FUNCTIONS}backends/wasm/${from}`))
          .join('\n'),
      );
      return { contents, loader: 'ts' };
    });
  },
};

/** Files of the core with functions only, which few programs call: they are loaded by the first call. */
const LATE_FUNCTIONS = ['compile/compile', 'ops/conv', 'ops/decompose', 'ops/einsum', 'ops/pool', 'ops/resize'];

/** The functions of those files, where the core hands them on. */
const lateFunctions: Plugin = {
  name: 'late-functions',
  setup(builder) {
    builder.onLoad({ filter: /\/src\/index\.ts$/ }, ({ path }) => {
      const contents = LATE_FUNCTIONS.reduce(
        (text, file) => {
          const line = new RegExp(`^export \\{([^}]*)\\} from './${file}';$`, 'm');
          if (!line.test(text)) throw new Error(`${path}: the build expects it to export from './${file}'.`);
          return text.replace(line, (_, names: string) =>
            names
              .split(',')
              .map((name) => name.trim())
              .filter((name) => /^\w+$/.test(name))
              .map((name) => `${lateFunction(name, `${FUNCTIONS}${file}`)} export { ${name} };`)
              .join('\n'),
          );
        },
        readFileSync(path, 'utf8'),
      );
      return { contents, loader: 'ts' };
    });
  },
};

/** @param base - files that whoever loads anything late has loaded already, so that they are in few chunks. */
export const onDemand = (base: readonly string[]): Plugin[] => [
  kernelImports(lateKernel),
  lateFiles(base),
  lateEngine,
  lateParts,
  lateFunctions,
  ...lateCode(base),
];
