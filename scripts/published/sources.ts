/** What the build knows about the sources. */
import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Plugin } from 'esbuild';

export const WASM = resolve('src/backends/wasm');
const DEFAULT = 'src/backends/default.ts';
/** Of a function that the default backend is built with. */
export const ENGINE_IMPORT = /^import \{ (\w+) \} from '\.\/wasm\/(\w+)';$/gm;

/** The functions that the default backend is built with, and their files. */
export const engineParts = (): Home[] =>
  [...readFileSync(DEFAULT, 'utf8').matchAll(ENGINE_IMPORT)].map(([, name, from]) => ({
    name: name!,
    file: join(WASM, `${from}.ts`),
  }));

const KERNELS = 'src/backends/wasm/kernels.ts';

/** Where a function is, and what it is called there. */
export interface Home {
  readonly name: string;
  readonly file: string;
}

/** The kernels by the names that `backends/wasm/kernels.ts` gives them. */
export function kernelHomes(): Map<string, Home> {
  const homes = new Map<string, Home>();
  for (const [, names, from] of readFileSync(KERNELS, 'utf8').matchAll(/export \{([^}]*)\} from '([^']+)';/g)) {
    const file = resolve(dirname(KERNELS), `${from}.ts`);
    for (const [, name, as] of names!.matchAll(/(\w+)(?: as (\w+))?/g)) homes.set(as ?? name!, { name: name!, file });
  }
  return homes;
}

/** An import of one kernel from its own file. */
export const fromItsFile = (as: string, { name, file }: Home): string =>
  `import { ${name} as ${as} } from ${JSON.stringify(file)};`;

/**
 * Reads `import { matmulKernel } from '…/kernels'` as `imported` writes it. By way of the one file that names all
 * kernels, whoever needs one would load them all.
 */
export function kernelImports(imported: (as: string, home: Home) => string): Plugin {
  return {
    name: 'kernel-imports',
    setup(builder) {
      const homes = kernelHomes();
      const written = (as: string): string => {
        const home = homes.get(as);
        if (home === undefined) throw new Error(`${KERNELS} exports no '${as}' from another file.`);
        return imported(as, home);
      };
      builder.onLoad({ filter: /\/src\/ops\/.*\.ts$/ }, ({ path }) => {
        const text = readFileSync(path, 'utf8');
        const contents = text.replace(
          /^import \{([^}]*)\} from '[./]*backends\/wasm\/kernels';$/gm,
          (_, names: string) => [...names.matchAll(/\w+/g)].map(([name]) => written(name)).join(' '),
        );
        return contents === text ? null : { contents, loader: 'ts' };
      });
    },
  };
}
