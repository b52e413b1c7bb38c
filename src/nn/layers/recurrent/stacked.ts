import { ConfigError } from '../../../core/errors';
import type { Shape } from '../../../core/shape';
import type { Tensor } from '../../../core/tensor';
import type { AnyLayer, ManyOutputLayer } from '../../layer';
import { defineNested, type InnerConfig, innerConfig, type Parts, prefixed } from '../nested';
import { type LayerConfig, type LayerOptions, OptionReader } from '../options';
import type { CellLayer } from './cells';

/** Options of {@link stackedRNNCells}. */
export interface StackedRnnCellsOptions extends LayerOptions {
  /** From the first to the last. */
  readonly cells: readonly AnyLayer[];
}

export interface StackedRnnCellsConfig extends LayerConfig {
  readonly cells: readonly InnerConfig[];
}

/**
 * Cells one above the other as one cell: each takes what the one below puts out, and keeps states of its own.
 *
 * @param options - `cells` (required): cells as {@link rnn} takes them that have `stateShapes`; `name`, `trainable = true`,
 * `inputShape`.
 * @returns a cell from the input of a step and the states of all cells, the first cell's first, to the output of the last
 * cell and all states; with the weights of the cells under `cell0/`, `cell1/`, ….
 * @throws ConfigError where there are no cells, or one is none.
 *
 * @example
 * ```ts
 * import { lstmCell, rnn, sequential, stackedRNNCells } from 'kompakt/nn';
 * const cell = stackedRNNCells({ cells: [lstmCell({ units: 8 }), lstmCell({ units: 4 })] });
 * console.log(sequential([rnn({ cell })], { inputShape: [10, 3] }).outputShape, cell.stateShapes([3]).length); // → [ 4 ] 4
 * ```
 */
export function stackedRNNCells(options: StackedRnnCellsOptions): CellLayer<StackedRnnCellsConfig> {
  const o = new OptionReader('stackedRNNCells', options);
  const cells = readCells(o);
  const common = o.common();
  const config = {
    cells: cells.map(innerConfig),
    ...common,
    trainable: common.trainable && cells.every((c) => c.trainable),
  };
  const counts = cells.map((c) => c.stateShapes([1]).length);
  const total = counts.reduce((a, b) => a + b, 0);
  /** The inputs of every cell, for the input of a step of that shape. */
  const through = (step: Shape): Shape[][] => {
    let x = step;
    return cells.map((cell) => {
      const inputs = [x, ...cell.stateShapes(x)];
      x = cell.many.outputShapes(inputs)[0]!;
      return inputs;
    });
  };
  const layer = defineNested<StackedRnnCellsConfig>(o, config, {
    arity: { min: 1 + total, max: 1 + total },
    parts: ([x, ...states]) => {
      const own = divided(states, counts);
      let below = x!;
      const parts: [string, Parts[string]][] = cells.map((cell, i) => {
        const inputs = [below, ...own[i]!];
        below = cell.many.outputShapes(inputs)[0]!;
        return [`cell${i}`, { layer: cell, inputs }];
      });
      return Object.fromEntries(parts);
    },
    outputShapes: ([x, ...states]) => {
      const own = divided(states, counts);
      let y = x!;
      const after = cells.flatMap((cell, i) => {
        const [out, ...next] = cell.many.outputShapes([y, ...own[i]!]) as [Shape, ...Shape[]];
        y = out;
        return next;
      });
      return [y, ...after];
    },
    run: ({ xs: [x, ...states] }, parts) => {
      const own = divided(states, counts);
      let y = x!;
      const after = cells.flatMap((_, i) => {
        const inputs = [y, ...own[i]!];
        const [out, ...next] = parts.many(`cell${i}`, { xs: inputs, masks: inputs.map(() => null) }).ys as Tensor[];
        y = out!;
        return next;
      });
      return { ys: [y, ...after] };
    },
    regularizers: Object.assign({}, ...cells.map((c, i) => prefixed(`cell${i}`, c.regularizers))),
    constraints: Object.assign({}, ...cells.map((c, i) => prefixed(`cell${i}`, c.constraints))),
  });
  const { outputState } = cells.at(-1)!;
  return {
    ...(layer as unknown as ManyOutputLayer<StackedRnnCellsConfig>),
    stateShapes: (step) => through(step).flatMap(([, ...states]) => states),
    outputState: outputState === null ? null : total - counts.at(-1)! + outputState,
  };
}

function readCells(o: OptionReader): readonly CellLayer[] {
  const cells = o.raw('cells');
  const isCell = (c: unknown): c is CellLayer =>
    typeof (c as CellLayer | null)?.stateShapes === 'function' && (c as CellLayer).many !== undefined;
  if (!Array.isArray(cells) || cells.length === 0 || !cells.every(isCell)) {
    throw new ConfigError(
      `${o.label}: cells must be an array of cells, such as [lstmCell({ units: 8 }), lstmCell({ units: 8 })].`,
    );
  }
  return cells;
}

/** Lists of so many values each. */
function divided<T>(values: readonly T[], counts: readonly number[]): T[][] {
  let at = 0;
  return counts.map((n) => {
    at += n;
    return values.slice(at - n, at);
  });
}
