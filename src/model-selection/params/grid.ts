import { ConfigError } from '../../core/errors';
import { describe, isTyped } from '../../data/rows';
import type { Params } from '../jobs/job';

/** For each parameter the values to try. */
export type Grid = Readonly<Record<string, ArrayLike<unknown>>>;

/**
 * All combinations of values of parameters: names in alphabetical order, the last varying fastest; of several grids one
 * after the other.
 *
 * @example
 * ```ts
 * import { ParameterGrid } from 'kompakt/model-selection';
 * console.log([...new ParameterGrid({ b: ['x'], a: [1, 2] })]); // → [ { a: 1, b: 'x' }, { a: 2, b: 'x' } ]
 * ```
 */
export class ParameterGrid implements Iterable<Params> {
  readonly name = 'ParameterGrid' as const;
  readonly #grids: readonly (readonly (readonly [name: string, values: ArrayLike<unknown>])[])[];

  /**
   * @param grid - values by parameter, or several such records.
   * @throws ConfigError for a parameter without a list of values.
   */
  constructor(grid: Grid | readonly Grid[]) {
    const grids = Array.isArray(grid) ? (grid as readonly Grid[]) : [grid as Grid];
    if (grids.length === 0) throw new ConfigError('ParameterGrid: the list of grids is empty. Give at least one.');
    this.#grids = grids.map((one) => {
      if (typeof one !== 'object' || one === null)
        throw new ConfigError(
          `ParameterGrid: expected values by parameter, such as { C: [1, 10] }, got ${describe(one)}.`,
        );
      return sortedEntries(one).map(([name, values]) => [name, checkValues(name, values, 'ParameterGrid')] as const);
    });
  }

  /** How many combinations there are. */
  get length(): number {
    return this.#grids.reduce((sum, grid) => sum + sizeOf(grid), 0);
  }

  /** The combination at a position, from 0. */
  at(index: number): Params {
    let rest = index;
    for (const grid of this.#grids) {
      const size = sizeOf(grid);
      if (rest >= 0 && rest < size) return pick(grid, rest);
      rest -= size;
    }
    throw new ConfigError(`ParameterGrid.at: there are ${this.length} combinations, and no number ${index}.`);
  }

  *[Symbol.iterator](): Generator<Params> {
    for (const grid of this.#grids) for (let i = 0; i < sizeOf(grid); i++) yield pick(grid, i);
  }
}

type Entries = readonly (readonly [string, ArrayLike<unknown>])[];

const sizeOf = (grid: Entries): number => grid.reduce((product, [, values]) => product * values.length, 1);

function pick(grid: Entries, index: number): Params {
  const chosen = new Array<[string, unknown]>(grid.length);
  let rest = index;
  for (let i = grid.length - 1; i >= 0; i--) {
    const [name, values] = grid[i]!;
    chosen[i] = [name, values[rest % values.length]];
    rest = Math.floor(rest / values.length);
  }
  return Object.fromEntries(chosen);
}

/** Entries by name, in the order in which Python sorts text. */
export function sortedEntries<T>(record: Readonly<Record<string, T>>): [string, T][] {
  return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

/** A list of values to try, not empty. */
export function checkValues(name: string, values: unknown, what: string): ArrayLike<unknown> {
  if (!Array.isArray(values) && !isTyped(values))
    throw new ConfigError(
      `${what}: '${name}' must have a list of values to try, got ${describe(values)}. Write [value].`,
    );
  if (values.length === 0) throw new ConfigError(`${what}: '${name}' has no values to try. Give at least one.`);
  return values;
}
