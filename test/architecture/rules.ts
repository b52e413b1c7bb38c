import { dirname, join, normalize } from 'node:path/posix';
import ts from 'typescript';

/** Source files by path (`src/core/op.ts`) with their text. */
export type Files = ReadonlyMap<string, string>;

/** Folders of src by floor, lowest first. A file may import from its own folder and from lower floors. */
export const FLOORS: readonly (readonly string[])[] = [
  ['core'],
  ['ops', 'backends'],
  ['autograd', 'compile'],
  ['optim', 'metrics', 'data'],
  [
    'nn',
    'linear',
    'trees',
    'neighbors',
    'bayes',
    'decomposition',
    'cluster',
    'preprocessing',
    'model-selection',
    'imbalanced',
    'text',
  ],
  ['compress', 'runtime', 'privacy', 'federated'],
  ['io', 'distributed', 'cli'],
];

/** Imports between folders of one floor that are allowed, each with its reason. */
export const SIBLINGS: readonly { readonly from: string; readonly to: string; readonly why: string }[] = [
  {
    from: 'src/ops/create.ts',
    to: 'src/backends/default.ts',
    why: 'tensors made without naming a backend need the default one',
  },
];

const MAX_LINES = 450;

interface Import {
  readonly from: string;
  readonly specifier: string;
  /** The file it means, for relative imports. */
  readonly to: string | null;
}

function importsOf(path: string, text: string, files: Files): Import[] {
  const { importedFiles } = ts.preProcessFile(text, true, true);
  return importedFiles.map(({ fileName: specifier }) => {
    if (!specifier.startsWith('.')) return { from: path, specifier, to: null };
    const base = normalize(join(dirname(path), specifier));
    const to = [`${base}.ts`, `${base}/index.ts`, `${base}.d.ts`, base].find((f) => files.has(f)) ?? base;
    return { from: path, specifier, to };
  });
}

const folderOf = (path: string): string => path.split('/')[1]!;
const floorOf = (path: string): number => FLOORS.findIndex((f) => f.includes(folderOf(path)));
/** The top: the main entry and the contract suites may import anything. */
const isTop = (path: string): boolean => path === 'src/index.ts' || path.startsWith('src/testing/');
const mayUseNode = (path: string): boolean => path.startsWith('src/cli/') || path.endsWith('.node.ts');

/** Every breach of the house rules, as readable lines. */
export function violations(files: Files): string[] {
  const imports = [...files].flatMap(([path, text]) => importsOf(path, text, files));
  return [
    ...unknownFolders(files),
    ...imports.flatMap(checkImport),
    ...cycles(imports),
    ...[...files].flatMap(([path, text]) => checkText(path, text)),
  ];
}

function unknownFolders(files: Files): string[] {
  return [...files.keys()]
    .filter((p) => !isTop(p) && floorOf(p) < 0)
    .map((p) => `${p}: folder '${folderOf(p)}' is on no floor`);
}

function checkImport({ from, specifier, to }: Import): string[] {
  if (specifier.startsWith('node:') && !mayUseNode(from)) return [`${from}: static import of ${specifier}`];
  if (to === null || isTop(from)) return [];
  if (isTop(to)) return [`${from}: imports ${to} from above`];
  const floor = floorOf(from);
  const other = floorOf(to);
  if (floor < 0 || other < 0) return [];
  if (other > floor) return [`${from}: imports ${to} from above (floor ${other} from floor ${floor})`];
  if (folderOf(from) === 'backends' && !['backends', 'core'].includes(folderOf(to)))
    return [`${from}: a backend may import core only, not ${to}`];
  const allowed = SIBLINGS.some((s) => s.from === from && s.to === to);
  if (folderOf(to) === 'backends' && folderOf(from) !== 'backends' && !allowed)
    return [`${from}: imports the backend ${to}`];
  const sibling = other === floor && folderOf(from) !== folderOf(to);
  return sibling && !allowed ? [`${from}: imports its sibling ${to}, which SIBLINGS does not list`] : [];
}

function cycles(imports: readonly Import[]): string[] {
  const next = new Map<string, string[]>();
  for (const { from, to } of imports) if (to !== null) next.set(from, [...(next.get(from) ?? []), to]);
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (path: string, trail: string[]): void => {
    const at = trail.indexOf(path);
    if (at >= 0) {
      found.push(`cycle: ${[...trail.slice(at), path].join(' → ')}`);
      return;
    }
    if (done.has(path)) return;
    for (const to of next.get(path) ?? []) visit(to, [...trail, path]);
    done.add(path);
  };
  for (const path of next.keys()) visit(path, []);
  return found;
}

function checkText(path: string, text: string): string[] {
  const found: string[] = [];
  const lines = text.split('\n').length;
  if (lines > MAX_LINES && !path.endsWith('.data.ts'))
    found.push(`${path}: ${lines} lines; more than ${MAX_LINES} are two ideas`);
  if (/^export let /m.test(text)) found.push(`${path}: exports a mutable binding`);
  for (const match of text.matchAll(/^(?:export )?const \w+(?:: [^=]+)? = (?!\/\* @__PURE__ \*\/)defineOp/gm)) {
    found.push(`${path}: '${match[0]}' lacks /* @__PURE__ */`);
  }
  return found;
}
