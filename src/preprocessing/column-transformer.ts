import { ConfigError, ShapeError } from '../core/errors';
import { checkOptions } from '../core/options';
import { shown } from '../core/shown';
import type { FittedTransformer, Transformer } from '../data/estimator';
import type { Labels } from '../data/labels';
import { readTable, readTableAsync } from '../data/read-table';
import { isSparse } from '../data/sparse';
import { type NoFitOptions, refuseFitOptions } from '../estimator/fit-options';
import { Nested, nestParams, withParams } from '../estimator/params';
import { type FitTransformed, type Input, TransformerBase } from '../estimator/transformer';
import { type Block, joinBlocks, subset } from './column-blocks';
import { FittedColumnTransformer, type FittedPart, transformPart } from './fitted-column-transformer';
import { type ColumnSelector, type ColumnSelectorOptions, resolveColumns, typeOf } from './select-columns';

/** What is done with columns: a transformer, or leave them as they are (`'passthrough'`) or out (`'drop'`). */
export type ColumnStep = Transformer<FittedTransformer> | 'passthrough' | 'drop';

/** A name, what to do, and with which columns. */
export type ColumnPart = readonly [name: string, step: ColumnStep, columns: ColumnSelector];

export interface ColumnTransformerOptions {
  /** What to do with columns that no part names; `'drop'` by default. */
  readonly remainder?: ColumnStep | undefined;
  /** Make a sparse matrix if a part does and at most this share of the whole is not zero; 0.3 by default. */
  readonly sparseThreshold?: number | undefined;
  /** Begin the names of features with that of their part; true by default. */
  readonly verboseFeatureNamesOut?: boolean | undefined;
}

const OPTIONS = ['remainder', 'sparseThreshold', 'verboseFeatureNamesOut'];

/**
 * Transforms columns of a table each in their own way, and puts the results side by side.
 *
 * Columns are taken by position, by name where X has names (records, a ColumnTable), by range, mask or function.
 *
 * @example
 * ```ts
 * import { ColumnTransformer, OneHotEncoder, StandardScaler } from 'kompakt/preprocessing';
 * const people = [{ age: 20, town: 'Riga' }, { age: 40, town: 'Pau' }];
 * const columns = new ColumnTransformer([['num', new StandardScaler(), ['age']], ['cat', new OneHotEncoder(), ['town']]]);
 * const { fitted, X } = await columns.fitTransform(people);
 * console.log(fitted.featureNamesOut(), X); // → [ 'num__age', 'cat__town_Pau', 'cat__town_Riga' ] [ [ -1, 0, 1 ], [ 1, 1, 0 ] ]
 * ```
 */
export class ColumnTransformer extends TransformerBase<FittedColumnTransformer> {
  readonly name = 'ColumnTransformer' as const;
  /** The parts. */
  readonly transformers: readonly ColumnPart[];
  readonly options: ColumnTransformerOptions;

  /**
   * @param transformers - `[name, transformer, columns]` each; checked by `fit`.
   * @param options - `remainder = 'drop'`, `sparseThreshold = 0.3`, `verboseFeatureNamesOut = true`.
   */
  constructor(transformers: readonly ColumnPart[], options: ColumnTransformerOptions = {}) {
    super();
    this.transformers = transformers;
    this.options = options;
  }

  /** A copy with some parameters changed: options, parts by their name, parts' parameters by `'name__parameter'`. */
  withParams(params: Readonly<Record<string, unknown>>): this {
    const changes = nestParams(params);
    const changed = (step: ColumnStep, change: unknown): ColumnStep => {
      if (!(change instanceof Nested)) return change as ColumnStep;
      if (typeof step !== 'string') return withParams(step, change.params);
      throw new ConfigError(`ColumnTransformer.withParams: '${step}' has no parameters.`);
    };
    const options: Record<string, unknown> = { ...this.options };
    const transformers = [...this.transformers];
    for (const [name, change] of Object.entries(changes)) {
      const at = transformers.findIndex(([part]) => part === name);
      if (at >= 0) transformers[at] = [name, changed(transformers[at]![1], change), transformers[at]![2]];
      else if (name === 'remainder') options.remainder = changed(this.options.remainder ?? 'drop', change);
      else if (OPTIONS.includes(name)) options[name] = change;
      else {
        const known = [...transformers.map(([part]) => part), ...OPTIONS].join(', ');
        throw new ConfigError(`ColumnTransformer.withParams: nothing is named '${name}'. There are ${known}.`);
      }
    }
    return new ColumnTransformer(transformers, options) as this;
  }

  /**
   * Fits each part on its columns.
   *
   * @param X - a table `[samples, columns]`: rows, records, a ColumnTable, any matrix, or a sparse one.
   * @param y - labels, for parts that look at them.
   * @param options - none: samples are not weighed.
   * @throws ConfigError for parts or columns that are not what they must be; and what a part throws.
   */
  async fit(X: Input, y?: Labels | null, options: NoFitOptions = {}): Promise<FittedColumnTransformer> {
    return (await this.fitTransform(X, y, options)).fitted;
  }

  /** Fits, and transforms the samples fitted with. */
  override async fitTransform(
    X: Input,
    y?: Labels | null,
    options: NoFitOptions = {},
  ): Promise<FitTransformed<FittedColumnTransformer>> {
    const what = 'ColumnTransformer.fit';
    refuseFitOptions(options, what);
    checkOptions(this.options, OPTIONS, what);
    const { sparseThreshold = 0.3, verboseFeatureNamesOut: verbose = true } = this.options;
    if (!(typeof sparseThreshold === 'number' && sparseThreshold >= 0 && sparseThreshold <= 1))
      throw new ConfigError(`${what}: sparseThreshold must be in [0, 1], got ${shown(sparseThreshold)}.`);
    checkParts(this.transformers, what);
    const table = isSparse(X) ? null : await readTableAsync(X, `${what}: X`);
    const width = isSparse(X) ? X.shape[1] : table!.columns.length;
    const rows = isSparse(X) ? X.shape[0] : table!.rows;
    const names = table?.names ?? null;
    const parts: FittedPart[] = [];
    const blocks: Block[] = [];
    for (const [name, step, index, single] of this.#plan(X, width, names, what)) {
      const columns = { index: Int32Array.from(index), single };
      const given = index.length === 0 ? null : subset(X, table, columns);
      if (given === null || typeof step === 'string') {
        const kept = step === 'passthrough' && given !== null;
        parts.push({ name, columns, step: kept ? 'passthrough' : 'drop' });
        if (given !== null && kept) blocks.push(await transformPart(parts.at(-1)!, given, rows));
        continue;
      }
      const { fitted, X: out } = await fitStep(step, given, y, `${what}: '${name}'`);
      parts.push({ name, columns, step: fitted });
      blocks.push(await transformPart(parts.at(-1)!, given, rows, out));
    }
    const widths = blocks.map((block) => block.cols);
    const settings = { nFeatures: width, featureNamesIn: names, sparseThreshold, verbose };
    const isLoose = joinBlocks(blocks, rows, sparseThreshold);
    const fitted = new FittedColumnTransformer({ ...settings, sparse: isSparse(isLoose), widths }, parts);
    return { fitted, X: fitted.formOf(X, isLoose) };
  }

  /** Parts with their columns resolved, and what remains. */
  #plan(X: Input, width: number, names: readonly string[] | null, what: string) {
    const left = new Set(Array.from({ length: width }, (_, c) => c));
    const plan = this.transformers.map(([name, step, columns]) => {
      const { index, single } = resolveColumns(columns, X, width, names, `${what}: '${name}'`);
      for (const c of index) left.delete(c);
      return [name, step, index, single] as const;
    });
    const remainder = this.options.remainder ?? 'drop';
    checkStep(remainder, `${what}: remainder`);
    return [...plan, ['remainder', remainder, [...left], false] as const];
  }
}

async function fitStep(
  step: Transformer<FittedTransformer>,
  X: Input,
  y: Labels | null | undefined,
  what: string,
): Promise<{ fitted: FittedTransformer; X: unknown }> {
  const labels = y ?? undefined;
  if (typeof step.fitTransform === 'function') return step.fitTransform(X as never, labels);
  const fitted = await step.fit(X as never, labels);
  if (typeof fitted?.transform !== 'function') throw new ConfigError(`${what} can't transform. Give a transformer.`);
  return { fitted, X: fitted.transform(X as never) };
}

function checkParts(parts: readonly ColumnPart[], what: string): void {
  if (!Array.isArray(parts) || parts.length === 0)
    throw new ConfigError(`${what}: give a list such as [['num', new StandardScaler(), [0, 1]]].`);
  const seen = new Set<string>(['remainder']);
  for (const part of parts) {
    if (!Array.isArray(part) || part.length !== 3)
      throw new ShapeError(`${what}: each part must be [name, transformer, columns], got ${shown(part)}.`);
    const [name, step] = part as unknown as ColumnPart;
    if (typeof name !== 'string' || name.includes('__') || seen.has(name))
      throw new ConfigError(
        `${what}: names must be distinct text without '__', and not 'remainder'; got ${shown(name)}.`,
      );
    seen.add(name);
    checkStep(step, `${what}: '${name}'`);
  }
}

function checkStep(step: unknown, what: string): void {
  const isTransformer = typeof step === 'object' && step !== null && 'fit' in step;
  if (!isTransformer && step !== 'passthrough' && step !== 'drop')
    throw new ConfigError(`${what} must be a transformer, 'passthrough' or 'drop', got ${shown(step)}.`);
}

/**
 * A {@link ColumnTransformer} whose parts are named by their classes: `StandardScaler` is `standardScaler`; several of one
 * class are `standardScaler-1`, `standardScaler-2`.
 *
 * @param parts - `[transformer, columns]` each.
 * @param options - as of `ColumnTransformer`.
 *
 * @example
 * ```ts
 * import { makeColumnTransformer, MinMaxScaler } from 'kompakt/preprocessing';
 * const scale = makeColumnTransformer([[new MinMaxScaler(), [0]]], { remainder: 'passthrough' });
 * console.log((await scale.fitTransform([[1, 7], [3, 8]])).X); // → [ [ 0, 7 ], [ 1, 8 ] ]
 * ```
 */
export function makeColumnTransformer(
  parts: readonly (readonly [step: ColumnStep, columns: ColumnSelector])[],
  options: ColumnTransformerOptions = {},
): ColumnTransformer {
  if (!Array.isArray(parts))
    throw new ConfigError(`makeColumnTransformer: expected a list of [step, columns], got ${shown(parts)}.`);
  const names = (parts as readonly (readonly [step: ColumnStep])[]).map((part) => {
    const step = Array.isArray(part) ? (part[0] as ColumnStep) : undefined;
    if (typeof step === 'string') return step;
    if (typeof step !== 'object' || step === null)
      throw new ConfigError(`makeColumnTransformer: each part must be [step, columns], got ${shown(part)}.`);
    const name = (step as { readonly name?: string }).name ?? step.constructor.name;
    return name.slice(0, 1).toLowerCase() + name.slice(1);
  });
  const numbered = names.map((name, i) => {
    if (names.indexOf(name) === names.lastIndexOf(name)) return name;
    return `${name}-${names.slice(0, i).filter((other) => other === name).length + 1}`;
  });
  return new ColumnTransformer(
    parts.map(([step, columns], i) => [numbered[i]!, step, columns] as const),
    options,
  );
}

/**
 * A function that selects columns by the type of their values or by name, for a {@link ColumnTransformer}.
 *
 * @param options - `pattern`, `dtypeInclude`, `dtypeExclude`: `'number'`, `'text'`, `'boolean'`.
 *
 * @example
 * ```ts
 * import { makeColumnSelector } from 'kompakt/preprocessing';
 * console.log(makeColumnSelector({ dtypeInclude: 'text' })([{ age: 20, town: 'Riga' }])); // → [ 1 ]
 * ```
 */
export function makeColumnSelector(options: ColumnSelectorOptions): (X: Input) => number[] {
  checkOptions(options, ['pattern', 'dtypeInclude', 'dtypeExclude'], 'makeColumnSelector');
  const { pattern, dtypeInclude, dtypeExclude } = options;
  return (X) => {
    const { columns, names } = readTable(X, 'makeColumnSelector: X');
    return Array.from(columns.keys()).filter((c) => {
      const type = typeOf(columns[c]!);
      const named = pattern === undefined || pattern.test(names?.[c] ?? `x${c}`);
      const included = dtypeInclude === undefined || [dtypeInclude].flat().includes(type);
      return named && included && !(dtypeExclude !== undefined && [dtypeExclude].flat().includes(type));
    });
  };
}
