import { dirname, join, normalize } from 'node:path/posix';
import ts from 'typescript';

/** Source files by path (`src/core/op.ts`) with their text. */
export type Files = ReadonlyMap<string, string>;

/** Folders of src by floor, lowest first. A file may import from its own folder and from lower floors. */
export const FLOORS: readonly (readonly string[])[] = [
  ['core'],
  ['ops', 'backends'],
  ['autograd', 'compile'],
  ['optim', 'metrics', 'data', 'estimator'],
  [
    'nn',
    'linear',
    'trees',
    'neighbors',
    'bayes',
    'decomposition',
    'cluster',
    'svm',
    'ensemble',
    'figures',
    'preprocessing',
    'model-selection',
    'imbalanced',
    'text',
  ],
  ['compress', 'runtime', 'privacy', 'federated'],
  ['io', 'distributed', 'cli', 'applications'],
];

/** An import that the floors forbid and the house allows, with its reason. A path ending in `/` means the whole folder. */
export interface Exception {
  readonly from: string;
  readonly to: string;
  readonly why: string;
}

/** Every import between siblings, of a backend, or from above that is allowed. */
export const EXCEPTIONS: readonly Exception[] = [
  {
    from: 'src/ops/',
    to: 'src/backends/default.ts',
    why: 'a tensor made without naming a backend is on the default one',
  },
  {
    from: 'src/ops/',
    to: 'src/backends/wasm/kernels.ts',
    why: 'an op names its kernel there, so that a bundle has the code of the ops that it has',
  },
  { from: 'src/nn/', to: 'src/backends/default.ts', why: 'so is a model' },
  { from: 'src/runtime/', to: 'src/backends/default.ts', why: 'so is a loaded model' },
  { from: 'src/io/', to: 'src/backends/default.ts', why: 'so is what a file holds' },
  { from: 'src/applications/', to: 'src/backends/default.ts', why: 'so is a well-known network' },
  { from: 'src/applications/', to: 'src/io/keras/', why: 'its weights come from files of Keras' },
  { from: 'src/linear/', to: 'src/backends/default.ts', why: 'so is what an estimator hands out' },
  {
    from: 'src/linear/',
    to: 'src/model-selection/splitters.ts',
    why: 'early stopping holds samples back as the splitters deal them',
  },
  {
    from: 'src/linear/',
    to: 'src/model-selection/',
    why: 'LogisticRegressionCV chooses by the same parts and figures as cross-validation',
  },
  { from: 'src/svm/', to: 'src/linear/', why: 'linear machines are linear models once fitted' },
  { from: 'src/estimator/', to: 'src/backends/default.ts', why: 'so is what any estimator hands out' },
  { from: 'src/trees/', to: 'src/backends/default.ts', why: 'the engine builds histograms on it' },
  { from: 'src/estimator/', to: 'src/data/', why: 'what every estimator is built of reads data' },
  { from: 'src/estimator/', to: 'src/metrics/', why: 'and scores by accuracy or R²' },
  {
    from: 'src/metrics/',
    to: 'src/data/',
    why: 'labels, rows and vectors are read alike from every form users hand over',
  },
  {
    from: 'src/imbalanced/',
    to: 'src/neighbors/',
    why: 'most resamplers go by nearest neighbours',
  },
  {
    from: 'src/imbalanced/',
    to: 'src/model-selection/',
    why: 'how hard a sample is, a model fitted without it tells',
  },
  { from: 'src/imbalanced/', to: 'src/trees/', why: 'ensembles of balanced parts are of trees unless told' },
  { from: 'src/imbalanced/', to: 'src/ensemble/', why: 'balanced bagging is bagging on resampled samples' },
  { from: 'src/imbalanced/', to: 'src/cluster/', why: 'others go by clusters' },
  { from: 'src/imbalanced/', to: 'src/svm/', why: 'SVM-SMOTE starts from support vectors' },
  { from: 'src/cluster/', to: 'src/neighbors/', why: 'density is told by how many neighbours are near' },
  {
    from: 'src/trees/',
    to: 'src/model-selection/',
    why: 'boosting that stops early sets samples aside as trainTestSplit does',
  },
  {
    from: 'src/ensemble/',
    to: 'src/model-selection/',
    why: 'stacking asks members about samples they were not fitted with, as crossValPredict does',
  },
  { from: 'src/ensemble/', to: 'src/trees/', why: 'a bag is one of trees by default' },
  { from: 'src/ensemble/', to: 'src/linear/', why: 'the final estimator of a stack is linear by default' },
  { from: 'src/ensemble/', to: 'src/backends/default.ts', why: 'so is what a bag says of samples left out' },
  {
    from: 'src/figures/',
    to: 'src/decomposition/',
    why: 'samples of many features are drawn in the plane of their principal components',
  },
  {
    from: 'src/model-selection/pipeline/feature-union.ts',
    to: 'src/preprocessing/column-blocks.ts',
    why: 'features of several transformers stand side by side as columns do',
  },
  { from: 'src/model-selection/jobs/worker/', to: 'src/bayes/', why: 'a thread that fits anything knows all classes' },
  {
    from: 'src/model-selection/jobs/worker/',
    to: 'src/cluster/',
    why: 'a thread that fits anything knows all classes',
  },
  {
    from: 'src/model-selection/jobs/worker/',
    to: 'src/decomposition/',
    why: 'a thread that fits anything knows all classes',
  },
  {
    from: 'src/model-selection/jobs/worker/',
    to: 'src/ensemble/',
    why: 'a thread that fits anything knows all classes',
  },
  {
    from: 'src/model-selection/jobs/worker/',
    to: 'src/imbalanced/',
    why: 'a thread that fits anything knows all classes',
  },
  { from: 'src/model-selection/jobs/worker/', to: 'src/linear/', why: 'a thread that fits anything knows all classes' },
  {
    from: 'src/model-selection/jobs/worker/',
    to: 'src/neighbors/',
    why: 'a thread that fits anything knows all classes',
  },
  {
    from: 'src/model-selection/jobs/worker/',
    to: 'src/preprocessing/',
    why: 'a thread that fits anything knows all classes',
  },
  { from: 'src/model-selection/jobs/worker/', to: 'src/svm/', why: 'a thread that fits anything knows all classes' },
  { from: 'src/model-selection/jobs/worker/', to: 'src/text/', why: 'a thread that fits anything knows all classes' },
  { from: 'src/model-selection/jobs/worker/', to: 'src/trees/', why: 'a thread that fits anything knows all classes' },
  { from: 'src/cli/', to: 'src/index.ts', why: 'the command line is a user of the package' },
];

/** The only packages that src may import. */
export const PACKAGES: readonly string[] = ['ndarray', 'papaparse', 'seedrandom'];

const MAX_LINES = 450;

interface Import {
  readonly from: string;
  readonly specifier: string;
  readonly typeOnly: boolean;
  /** The file it means, for relative imports. */
  readonly to: string | null;
}

/** Every module a file names: imports, exports from, `import()` calls and types named by `import('…')`. */
function specifiersOf(path: string, text: string): { specifier: string; typeOnly: boolean }[] {
  const found: { specifier: string; typeOnly: boolean }[] = [];
  const add = (node: ts.Node | undefined, typeOnly: boolean) => {
    if (node && ts.isStringLiteralLike(node)) found.push({ specifier: node.text, typeOnly });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node))
      add(node.moduleSpecifier, node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword);
    else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly);
    else if (ts.isImportTypeNode(node))
      add(ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined, true);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      add(node.arguments[0], false);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(path, text, ts.ScriptTarget.ES2022));
  return found;
}

function importsOf(path: string, text: string, files: Files): Import[] {
  return specifiersOf(path, text).map(({ specifier, typeOnly }) => {
    if (!specifier.startsWith('.')) return { from: path, specifier, typeOnly, to: null };
    const base = normalize(join(dirname(path), specifier));
    const to = [`${base}.ts`, `${base}/index.ts`, `${base}.d.ts`, base].find((file) => files.has(file)) ?? base;
    return { from: path, specifier, typeOnly, to };
  });
}

const folderOf = (path: string): string => path.split('/')[1]!;
const floorOf = (path: string): number => FLOORS.findIndex((f) => f.includes(folderOf(path)));
/** The top: the main entry and the contract suites may import anything, backends included. */
const isTop = (path: string): boolean => path === 'src/index.ts' || path.startsWith('src/testing/');
/** Within `backends`: `wasm` or `reference`; null for what they share, which lies beside them or in `shared`. */
const backendOf = (path: string): string | null =>
  folderOf(path) === 'backends' && path.split('/').length > 3 && !path.startsWith('src/backends/shared/')
    ? path.split('/')[2]!
    : null;
const covers = (pattern: string, path: string): boolean =>
  pattern.endsWith('/') ? path.startsWith(pattern) : path === pattern;
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

function checkImport({ from, specifier, typeOnly, to }: Import): string[] {
  if (to === null) return typeOnly ? [] : checkPackage(from, specifier);
  if (isTop(from) || EXCEPTIONS.some((e) => covers(e.from, from) && covers(e.to, to))) return [];
  if (isTop(to)) return [`${from}: imports ${to} from above`];
  const floor = floorOf(from);
  const other = floorOf(to);
  if (floor < 0 || other < 0) return [];
  if (other > floor) return [`${from}: imports ${to} from above (floor ${other} from floor ${floor})`];
  if (folderOf(from) === 'backends') return checkBackendImport(from, to);
  if (folderOf(to) === 'backends') return [`${from}: imports the backend ${to}`];
  const sibling = other === floor && folderOf(from) !== folderOf(to);
  return sibling ? [`${from}: imports its sibling ${to}, which EXCEPTIONS does not list`] : [];
}

function checkBackendImport(from: string, to: string): string[] {
  if (folderOf(to) === 'core') return [];
  if (folderOf(to) !== 'backends') return [`${from}: a backend may import core only, not ${to}`];
  const apart = backendOf(to) !== null && backendOf(from) !== backendOf(to);
  return apart && from !== 'src/backends/default.ts' ? [`${from}: imports the backend ${to}`] : [];
}

function checkPackage(from: string, specifier: string): string[] {
  if (specifier.startsWith('node:')) {
    return mayUseNode(from)
      ? []
      : [`${from}: imports ${specifier}; ask process.getBuiltinModule, which bundlers leave alone`];
  }
  return PACKAGES.includes(specifier.split('/')[0]!) ? [] : [`${from}: imports the package ${specifier}`];
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
  return found;
}
