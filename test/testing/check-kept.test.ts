import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/core/errors';
import { checkOptions } from '../../src/core/options';
import type { Estimator, FitOptions, Labels, Matrix } from '../../src/data/index';
import { readMatrix } from '../../src/data/matrix';
import { isSparse } from '../../src/data/sparse';
import { FittedProbabilisticClassifier } from '../../src/estimator/fitted';
import { classifierState, labelsOfForm, type ModelState } from '../../src/estimator/state';
import { readClassification } from '../../src/estimator/supervised';
import { checkEstimator } from '../../src/testing/index';

interface Flaws {
  /** Forget the centres when the model is kept. */
  readonly forgets?: boolean;
  /** Keep the centres in float32 only. */
  readonly rounds?: boolean;
  /** Say another type in the state than the class has. */
  readonly renames?: boolean;
  /** Take any option. */
  readonly anyOption?: boolean;
  /** Take the stored entries of sparse samples for twice as large. */
  readonly doubles?: boolean;
  /** Take sparse samples at all, when predicting too. */
  readonly sparse?: boolean;
  /** Break down at sparse samples with an error of JavaScript. */
  readonly crashes?: boolean;
}

/** Nearest class centre, as a classifier with flaws on demand. */
class FittedCentres extends FittedProbabilisticClassifier {
  static readonly type: string = 'Centres';
  readonly #centres: Float64Array;
  readonly #flaws: Flaws;

  constructor(
    parts: { classes: readonly (number | string | boolean)[]; like: Labels; cols: number },
    centres: Float64Array,
    flaws: Flaws,
  ) {
    super({ name: 'Centres', nFeatures: parts.cols, classes: parts.classes, likeLabels: parts.like });
    this.#centres = centres;
    this.#flaws = flaws;
  }

  static fromState(state: ModelState): FittedCentres {
    const parts = {
      classes: state.classes as number[],
      like: labelsOfForm(state.labels),
      cols: state.nFeatures as number,
    };
    return new FittedCentres(parts, Float64Array.from(state.centres as ArrayLike<number>), {});
  }

  override toState(): ModelState {
    const { forgets, rounds, renames } = this.#flaws;
    const centres = forgets ? this.#centres.map(() => 0) : rounds ? Float32Array.from(this.#centres) : this.#centres;
    return { type: renames ? 'Middles' : 'Centres', centres, ...classifierState(this, this.likeLabels) };
  }

  protected override probabilities(X: Matrix, method: string): Float64Array {
    const dense = this.#flaws.sparse && isSparse(X) ? X.toDense() : X;
    const { data, rows, cols } = this.read(dense, method);
    const k = this.classes.length;
    const p = new Float64Array(rows * k);
    for (let i = 0; i < rows; i++) {
      let sum = 0;
      for (let c = 0; c < k; c++) {
        let d = 0;
        for (let j = 0; j < cols; j++) d += (data[i * cols + j]! - this.#centres[c * cols + j]!) ** 2;
        sum += p[i * k + c] = Math.exp(-d / 8) + 1e-300;
      }
      for (let c = 0; c < k; c++) p[i * k + c]! /= sum;
    }
    return p;
  }
}

class Centres implements Estimator {
  readonly kind = 'classifier';
  constructor(readonly options: { readonly flaws?: Flaws } = {}) {}

  async fit(X: Matrix, y: Labels, options: FitOptions = {}): Promise<FittedCentres> {
    const { flaws = {} } = this.options;
    if (!flaws.anyOption) checkOptions(this.options, ['flaws'], 'Centres.fit');
    if (flaws.crashes && isSparse(X)) throw new TypeError('X.map is not a function');
    const factor = flaws.doubles && isSparse(X) ? 2 : 1;
    const dense = flaws.sparse && isSparse(X) ? X.toDense() : X;
    const { X: samples, codes, classes, weights } = await readClassification(dense, y, options, 'Centres.fit');
    const { data, rows, cols } = readMatrix({ data: samples.data, shape: [samples.rows, samples.cols] }, 'Centres');
    const centres = new Float64Array(classes.length * cols);
    const totals = new Float64Array(classes.length);
    for (let i = 0; i < rows; i++) {
      const w = weights?.[i] ?? 1;
      totals[codes[i]!]! += w;
      for (let j = 0; j < cols; j++) centres[codes[i]! * cols + j]! += w * factor * data[i * cols + j]!;
    }
    if (totals.some((t) => t === 0)) throw new ConfigError('Centres.fit: a class weighs nothing. Give it weight.');
    centres.forEach((v, at) => {
      centres[at] = v / totals[Math.floor(at / cols)]!;
    });
    return new FittedCentres({ classes, like: y, cols }, centres, flaws);
  }
}

const check = (flaws: Flaws): Promise<void> => checkEstimator(() => new Centres({ flaws }));

describe('what checkEstimator asks of copies and of models that are kept', () => {
  it('passes an estimator that keeps the contract, with and without sparse samples', async () => {
    await check({});
    await check({ sparse: true });
  });

  it.each<[keyof Flaws, Flaws, RegExp]>([
    ['forgets', { forgets: true }, /otherwise after being kept/],
    ['rounds', { rounds: true }, /otherwise after being kept/],
    ['renames', { renames: true }, /Middles, its class Centres/],
    ['anyOption', { anyOption: true }, /does not refuse an unknown option/],
    ['doubles', { sparse: true, doubles: true }, /something else than the same samples dense/],
    ['crashes', { crashes: true }, /refuse them with a KompaktError/],
  ])('finds one that %s', async (_, flaws, rule) => {
    await expect(check(flaws)).rejects.toThrow(rule);
  });
});
