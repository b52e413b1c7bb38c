import { ConfigError, type KompaktError } from '../../core/errors';
import { checkOptions } from '../../core/options';
import { shown } from '../../core/shown';
import type { FittedTransformer, Transformer } from '../../data/estimator';
import type { Labels } from '../../data/labels';
import { type Matrix, matrixLike } from '../../data/matrix';
import { countRows, describe, isTyped, type Rows } from '../../data/rows';
import { isSparse } from '../../data/sparse';
import { isColumnTable } from '../../data/table';
import { type NoFitOptions, refuseFitOptions } from '../../estimator/fit-options';
import { Nested, nestParams, withParams } from '../../estimator/params';
import { type ModelState, type Stateful, type StateValue, toJSON } from '../../estimator/state';
import { type Block, joinDense, joinSparse, readBlock } from '../../preprocessing/column-blocks';

/** One part of a union: a transformer, `'passthrough'` for the samples themselves, `'drop'` for nothing. */
export type UnionPart = Transformer | 'passthrough' | 'drop';

export interface FeatureUnionOptions {
  /** What the features of a part are multiplied by, by its name; 1 by default. */
  readonly transformerWeights?: Readonly<Record<string, number>> | undefined;
}

/**
 * The features of several transformers side by side, each fitted on all samples.
 *
 * @example
 * ```ts
 * import { FeatureUnion } from 'kompakt/model-selection';
 * import { StandardScaler } from 'kompakt/preprocessing';
 * const union = new FeatureUnion([['scaled', new StandardScaler()], ['raw', 'passthrough']]);
 * const X = [[1], [3]];
 * console.log((await union.fit(X)).transform(X)); // → [ [ -1, 1 ], [ 1, 3 ] ]
 * ```
 */
export class FeatureUnion {
  readonly name = 'FeatureUnion' as const;
  /** Parts with their names. */
  readonly transformers: readonly (readonly [name: string, part: UnionPart])[];
  readonly options: FeatureUnionOptions;

  /**
   * @param transformers - `[name, transformer]` in the order of their features.
   * @param options - `transformerWeights`; checked by `fit`.
   */
  constructor(transformers: readonly (readonly [string, UnionPart])[], options: FeatureUnionOptions = {}) {
    this.transformers = transformers;
    this.options = options;
  }

  /**
   * A union with some parameters changed: a part by its name, its parameters by `'name__parameter'`, or options.
   *
   * @throws ConfigError for a name that leads nowhere.
   */
  withParams(params: Readonly<Record<string, unknown>>): this {
    const changes = nestParams(params);
    const names = this.transformers.map(([name]) => name);
    const options = { ...this.options, ...without(changes, names) };
    const parts = this.transformers.map(([name, part]): readonly [string, UnionPart] => {
      const change = changes[name];
      if (!(change instanceof Nested)) return [name, Object.hasOwn(changes, name) ? (change as UnionPart) : part];
      if (typeof part !== 'object')
        throw new ConfigError(`FeatureUnion.withParams: '${name}' is '${part}' and has no parameters.`);
      return [name, withParams(part, change.params)];
    });
    return new FeatureUnion(parts, options) as this;
  }

  /**
   * Fits every part.
   *
   * @param X - samples along the first axis, in any form the parts take.
   * @param y - labels or targets, for parts that use them.
   * @param options - none: samples are not weighed.
   * @throws ConfigError for parts that don't fit together; and what a part throws.
   */
  async fit(X: Rows, y?: Labels, options: NoFitOptions = {}): Promise<FittedFeatureUnion> {
    refuseFitOptions(options, 'FeatureUnion.fit');
    checkOptions(this.options, ['transformerWeights'], 'FeatureUnion.fit');
    checkParts(this.transformers, this.options.transformerWeights ?? {});
    countRows(X, 'FeatureUnion.fit: X');
    const fitted: FittedUnionPart[] = [];
    for (const [name, part] of this.transformers) {
      if (part === 'drop') continue;
      const weight = this.options.transformerWeights?.[name] ?? 1;
      fitted.push({ name, weight, part: part === 'passthrough' ? null : await part.fit(X as Matrix, y) });
    }
    return new FittedFeatureUnion(fitted);
  }
}

function without(changes: Record<string, unknown>, names: readonly string[]): Record<string, unknown> {
  const rest = Object.entries(changes).filter(([name]) => !names.includes(name));
  const stranger = rest.find(([, value]) => value instanceof Nested);
  if (stranger !== undefined)
    throw new ConfigError(`FeatureUnion.withParams: there is no part '${stranger[0]}'. Parts are ${names.join(', ')}.`);
  return Object.fromEntries(rest);
}

function checkParts(parts: FeatureUnion['transformers'], weights: Readonly<Record<string, number>>): void {
  const what = 'FeatureUnion.fit';
  if (!Array.isArray(parts) || !parts.some((p) => p?.[1] !== 'drop'))
    throw new ConfigError(`${what}: needs at least one part, such as ['scaled', new StandardScaler()].`);
  const names = parts.map(([name]) => name);
  for (const [name, part] of parts as FeatureUnion['transformers']) {
    if (typeof name !== 'string' || name === '' || name.includes('__'))
      throw new ConfigError(
        `${what}: each part must be [name, transformer], its name without '__'; got ${describe(name)}.`,
      );
    if (names.indexOf(name) !== names.lastIndexOf(name))
      throw new ConfigError(`${what}: two parts are named '${name}'. Names must be distinct.`);
    if (part !== 'drop' && part !== 'passthrough' && typeof (part as Partial<Transformer> | null)?.fit !== 'function')
      throw new ConfigError(
        `${what}: the part '${name}' is ${describe(part)}. It must be a transformer, 'passthrough' or 'drop'.`,
      );
  }
  for (const [name, weight] of Object.entries(weights)) {
    if (!names.includes(name))
      throw new ConfigError(`${what}: transformerWeights names '${name}', and there is no such part.`);
    if (!Number.isFinite(weight))
      throw new ConfigError(`${what}: the weight of '${name}' is ${shown(weight)}, not a number.`);
  }
}

/** A fitted part; null for the samples themselves. */
interface FittedUnionPart {
  readonly name: string;
  readonly weight: number;
  readonly part: FittedTransformer | null;
}

/** What `FeatureUnion.fit` returns. */
export class FittedFeatureUnion {
  static readonly type: string = 'FeatureUnion';
  readonly name = 'FeatureUnion';
  /** Fitted parts with their names and weights; those dropped are not among them. */
  readonly parts: readonly FittedUnionPart[];

  constructor(parts: readonly FittedUnionPart[]) {
    this.parts = parts;
  }

  /** What went less than well in fitting the parts. */
  get warnings(): readonly KompaktError[] {
    return this.parts.flatMap(
      ({ part }) => (part as { readonly warnings?: readonly KompaktError[] } | null)?.warnings ?? [],
    );
  }

  /**
   * The features of all parts, side by side.
   *
   * @param X - samples along the first axis.
   * @returns a sparse matrix if a part gives one; else in the form of X, or as an array of rows where X is no matrix.
   */
  transform(X: Rows): Matrix {
    const rows = countRows(X, 'FeatureUnion.transform: X');
    const blocks = this.parts.map(({ name, weight, part }): Block => {
      const out = part === null ? X : part.transform(X as Matrix);
      return scaled(readBlock(out, rows, `FeatureUnion.transform: '${name}'`), weight);
    });
    if (blocks.some(({ samples }) => isSparse(samples))) return joinSparse(blocks, rows);
    return matrixLike(isMatrix(X) ? X : ([[]] as readonly number[][]), joinDense(blocks, rows));
  }

  /** All that the parts have learned, as data; `fromState` of the class makes the union again. */
  toState(): ModelState {
    const parts = this.parts.map(({ name, weight, part }): StateValue => {
      const stateful = part as (FittedTransformer & Partial<Stateful>) | null;
      if (stateful !== null && typeof stateful.toState !== 'function')
        throw new ConfigError(
          `FeatureUnion.toState: the part '${name}' has no toState. Only built-in models can be kept.`,
        );
      return { name, weight, state: stateful === null ? null : stateful.toState!() };
    });
    return { type: FittedFeatureUnion.type, parts };
  }

  /** The union as JSON, for `JSON.stringify`; `fromJSON` makes it again. */
  toJSON(): unknown {
    return toJSON(this.toState());
  }

  /** The union that {@link toState} described. */
  static fromState(state: ModelState, restore: (state: ModelState) => never): FittedFeatureUnion {
    const parts = state.parts as unknown as readonly { name: string; weight: number; state: ModelState | null }[];
    return new FittedFeatureUnion(
      parts.map(({ name, weight, state: inner }) => ({ name, weight, part: inner === null ? null : restore(inner) })),
    );
  }
}

/** Whether X is numbers in rows; text and records are not. */
function isMatrix(X: Rows): X is Matrix & Rows {
  if (!Array.isArray(X)) return !isColumnTable(X);
  const first: unknown = X[0];
  return isTyped(first) || (Array.isArray(first) && typeof first[0] === 'number');
}

function scaled(block: Block, weight: number): Block {
  if (weight === 1) return block;
  const { samples } = block;
  const data = samples.data.map((v) => v * weight);
  if (!isSparse(samples)) return { ...block, samples: { ...samples, data } };
  const Csr = samples.constructor as new (parts: object) => typeof samples;
  const { indices, indptr, shape } = samples;
  return { ...block, samples: new Csr({ data, indices, indptr, shape }) };
}
