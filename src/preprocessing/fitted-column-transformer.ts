import { ConfigError, ShapeError } from '../core/errors';
import type { FittedTransformer } from '../data/estimator';
import type { Matrix, Samples } from '../data/matrix';
import { readTable } from '../data/read-table';
import { isSparse } from '../data/sparse';
import { isColumnTable } from '../data/table';
import type { ModelState, Stateful, StateValue } from '../estimator/state';
import { FittedTransformerBase, type FittedTransformerParts, type Input, realLike } from '../estimator/transformer';
import { type Block, joinDense, joinSparse, type Picked, readBlock, subset } from './column-blocks';

/** A part with what it has learned. */
export interface FittedPart {
  readonly name: string;
  readonly columns: Picked;
  readonly step: FittedTransformer | 'passthrough' | 'drop';
}

/** What a part makes of its columns. */
export function transformPart(part: FittedPart, given: Input, rows: number, made?: unknown): Block {
  const { step, name, columns } = part;
  const what = `ColumnTransformer: '${name}'`;
  if (typeof step !== 'string') return readBlock(made ?? step.transform(given as Matrix), rows, what);
  return readBlock(columns.single ? Array.from(given as never, (v) => [v]) : given, rows, what);
}

export interface ColumnTransformerParts extends FittedTransformerParts {
  readonly sparseThreshold: number;
  /** Whether the result is sparse, as it was in fit. */
  readonly sparse: boolean;
  readonly verbose: boolean;
  /** How many features each part makes that is not dropped. */
  readonly widths: readonly number[];
}

/** What `ColumnTransformer.fit` returns. */
export class FittedColumnTransformer extends FittedTransformerBase<ColumnTransformerParts> {
  static readonly type = 'ColumnTransformer';
  /** Fitted parts with the positions of their columns; the last is what remained. */
  readonly transformers: readonly (readonly [name: string, step: FittedPart['step'], columns: Int32Array])[];
  /** Whether the result is sparse. */
  readonly sparseOutput = this.parts.sparse;
  readonly #fitted: readonly FittedPart[];

  constructor(parts: ColumnTransformerParts, fitted: readonly FittedPart[]) {
    super('ColumnTransformer', parts);
    this.#fitted = fitted;
    this.transformers = fitted.map(({ name, step, columns }) => [name, step, columns.index] as const);
  }

  static fromState(state: ModelState, restore: (state: ModelState) => never): FittedColumnTransformer {
    const { steps, ...parts } = state as unknown as ColumnTransformerParts & { readonly steps: readonly KeptPart[] };
    const fitted = steps.map(({ name, index, single, step }): FittedPart => {
      return { name, columns: { index, single }, step: typeof step === 'string' ? step : restore(step) };
    });
    return new FittedColumnTransformer(parts, fitted);
  }

  /** @throws ConfigError for a part that keeps no state. */
  override toState(): ModelState {
    const steps = this.#fitted.map(({ name, columns, step }): StateValue => {
      return {
        name,
        index: columns.index,
        single: columns.single,
        step: typeof step === 'string' ? step : stateOf(name, step),
      };
    });
    return { ...super.toState(), steps };
  }

  /** Fitted parts by name. */
  get namedTransformers(): Readonly<Record<string, FittedPart['step']>> {
    return Object.fromEntries(this.#fitted.map(({ name, step }) => [name, step]));
  }

  /** Where the features of each part are in the result: `[from, to)`. */
  get outputIndices(): Readonly<Record<string, readonly [from: number, to: number]>> {
    let at = 0;
    const made = this.parts.widths.values();
    return Object.fromEntries(
      this.#fitted.map(({ name, step }) => {
        const from = at;
        if (step !== 'drop') at += made.next().value!;
        return [name, [from, at] as const];
      }),
    );
  }

  /**
   * What each part makes of its columns, side by side.
   *
   * @param X - a table with the columns of fit: by name where they had names then, in any order, with others beside them.
   * @returns a CsrMatrix if fit found the result sparse enough, else dense in the form of X, rows for records.
   */
  transform(X: Input): Matrix {
    const what = 'ColumnTransformer.transform: X';
    if (isSparse(X) && X.shape[1] !== this.nFeatures)
      throw new ShapeError(`${what}: has ${X.shape[1]} columns, but there were ${this.nFeatures} in fit.`);
    const table = isSparse(X) ? null : readTable(X, what, { cols: this.nFeatures, names: this.featureNamesIn });
    const rows = isSparse(X) ? X.shape[0] : table!.rows;
    const blocks = this.#fitted.flatMap((part) =>
      part.step === 'drop' ? [] : [transformPart(part, subset(X, table, part.columns), rows)],
    );
    return this.formOf(X, this.parts.sparse ? joinSparse(blocks, rows) : joinDense(blocks, rows));
  }

  /** Joined blocks in the form of X. */
  formOf(X: Input, samples: Samples): Matrix {
    return isSparse(samples)
      ? samples
      : realLike(X, samples, isColumnTable(X) && this.#knowsNames() ? this.featureNamesOut() : null);
  }

  #knowsNames(): boolean {
    return this.#fitted.every(({ step }) => typeof step === 'string' || typeof step.featureNamesOut === 'function');
  }

  override featureNamesOut(names?: readonly string[]): string[] {
    const given = this.namesIn(names, 'featureNamesOut');
    const out = this.#fitted.flatMap(({ name, step, columns }) => {
      if (step === 'drop') return [];
      const own = Array.from(columns.index, (c) => given[c]!);
      const made = step === 'passthrough' ? own : namesOf(name, step, own, columns.single);
      return this.parts.verbose ? made.map((feature) => `${name}__${feature}`) : made;
    });
    const twice = out.find((feature, i) => out.indexOf(feature) !== i);
    if (twice !== undefined)
      throw new ConfigError(
        `ColumnTransformer.featureNamesOut: two features are named '${twice}'. Set verboseFeatureNamesOut.`,
      );
    return out;
  }
}

interface KeptPart {
  readonly name: string;
  readonly index: Int32Array;
  readonly single: boolean;
  readonly step: ModelState | 'passthrough' | 'drop';
}

function namesOf(name: string, step: FittedTransformer, own: string[], single: boolean): readonly string[] {
  if (typeof step.featureNamesOut === 'function') return step.featureNamesOut(single ? undefined : own);
  throw new ConfigError(`ColumnTransformer.featureNamesOut: '${name}' does not say what its features are called.`);
}

function stateOf(name: string, step: FittedTransformer): ModelState {
  const stateful = step as FittedTransformer & Partial<Stateful>;
  if (typeof stateful.toState === 'function') return stateful.toState();
  throw new ConfigError(`ColumnTransformer.toState: '${name}' has no toState. Only built-in transformers can be kept.`);
}
