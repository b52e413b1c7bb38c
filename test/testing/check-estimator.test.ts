import { describe, expect, it } from 'vitest';
import { ConfigError, KompaktError } from '../../src/core/errors';
import type {
  Estimator,
  FitOptions,
  FittedEstimator,
  FittedTransformer,
  Labels,
  Matrix,
  Resampler,
  Transformer,
} from '../../src/data/index';
import { checkSameLength } from '../../src/data/labels';
import { matrixLike, readMatrix } from '../../src/data/matrix';
import { readVector } from '../../src/data/vector';
import { RandomOverSampler, RandomUnderSampler, SMOTE } from '../../src/imbalanced/index';
import { LogisticRegression } from '../../src/linear/index';
import { r2Score } from '../../src/metrics/index';
import { tensor } from '../../src/ops/create';
import { checkEstimator, checkResampler, checkTransform } from '../../src/testing/index';

/** Resolves to the message a check fails with; fails if it passes. */
async function brokenRule(check: Promise<void>): Promise<string> {
  const error = await check.then(
    () => new Error('the check passed'),
    (e: unknown) => e as Error,
  );
  expect(error).toBeInstanceOf(KompaktError);
  return error.message;
}

type Fit = (X: Matrix, y: Labels, options?: FitOptions) => Promise<FittedEstimator>;

/** Logistic regression with its `fit` replaced. */
function estimator(change: (learn: Fit, self: object) => Fit, extra: object = {}): () => Estimator {
  return () => {
    const inner = new LogisticRegression();
    const self = { kind: 'classifier' as const, ...extra, fit: (async () => null) as unknown as Fit };
    self.fit = change((X, y, o) => inner.fit(X, y, o), self);
    return self;
  };
}

/** Logistic regression whose fitted model is changed. */
const model = (
  change: (fitted: FittedEstimator, X: Matrix, y: Labels) => Partial<FittedEstimator>,
): (() => Estimator) =>
  estimator((learn) => async (X, y, o) => {
    const fitted = await learn(X, y, o);
    const bound = {
      classes: fitted.classes!,
      predict: (A: Matrix) => fitted.predict(A),
      score: (A: Matrix, b: Labels) => fitted.score(A, b),
      predictProba: (A: Matrix) => fitted.predictProba!(A),
      decisionFunction: (A: Matrix) => fitted.decisionFunction!(A),
    };
    return { ...bound, ...change(bound, X, y) };
  });

/** Least squares with one feature: enough of a regressor to check. */
class Line implements Estimator {
  readonly kind = 'regressor';
  async fit(X: Matrix, y: Labels, options: FitOptions = {}): Promise<FittedEstimator> {
    const A = readMatrix(X, 'Line.fit: X');
    const b = readVector(y as number[], 'Line.fit: y');
    checkSameLength(A.rows, b.length, 'Line.fit');
    const s = options.sampleWeight
      ? readVector(options.sampleWeight, 'Line.fit: sampleWeight', A.rows)
      : b.map(() => 1);
    if (s.some((w) => w < 0)) throw new ConfigError('Line.fit: weights must not be negative.');
    const w = new Float64Array(A.cols);
    for (let step = 0; step < 4000; step++) {
      for (let i = 0; i < A.rows; i++) {
        const row = A.data.subarray(i * A.cols, (i + 1) * A.cols);
        const error = row.reduce((sum, v, c) => sum + v * w[c]!, 0) - b[i]!;
        row.forEach((v, c) => {
          w[c]! -= 0.01 * s[i]! * error * v;
        });
      }
    }
    const predict = (Z: Matrix): number[] => {
      const D = readMatrix(Z, 'Line.predict: X', { cols: A.cols });
      return Array.from({ length: D.rows }, (_, i) => w.reduce((sum, v, c) => sum + v * D.data[i * D.cols + c]!, 0));
    };
    return { predict, score: (Z, t) => r2Score(t as number[], predict(Z)) };
  }
}

describe('checkEstimator', () => {
  it('passes logistic regression and a regressor', async () => {
    await checkEstimator(() => new LogisticRegression());
    await checkEstimator(
      () => new LogisticRegression({ classWeight: 'balanced', fitIntercept: false, penalty: 'none', tol: 1e-3 }),
    );
    await checkEstimator(() => new Line());
  });

  const broken: [string, () => Estimator, RegExp][] = [
    ['another kind', estimator((learn) => learn, { kind: 'transformer' }), /kind must be/],
    ['predict on the estimator', estimator((learn) => learn, { predict: () => [] }), /itself has predict/],
    [
      'input that is sorted in place',
      estimator((learn) => (X, y, o) => learn((Array.isArray(X) ? X.sort() : X) as Matrix, y, o)),
      /can't be written to/,
    ],
    [
      'input that is scaled in place',
      estimator((learn) => (X, y, o) => {
        if ('data' in X && X.data instanceof Float64Array) X.data[0]! += 1e-9;
        return learn(X, y, o);
      }),
      /writes into the typed array/,
    ],
    [
      'fit returning the estimator',
      estimator((_learn, self) => async () => Object.assign(self, { predict: () => [], score: () => 1 }) as never),
      /returns the estimator/,
    ],
    [
      'fit that stores',
      estimator((learn, self) => async (X, y, o) => {
        (self as { seen?: number }).seen = 1;
        return learn(X, y, o);
      }),
      /changes what the estimator stores/,
    ],
    ['no score', model(() => ({ score: undefined }) as never), /needs predict and score/],
    [
      'luck',
      model((fitted) => ({
        predict: (X) =>
          (fitted.predict(X) as number[]).map((v) => (Array.isArray(X) && Math.random() < 0.5 ? v : -v)) as never,
      })),
      /twice gives different|different models|alone and in company/,
    ],
    ['a score of its own', model(() => ({ score: () => 0.99 })), /score is 0.99/],
    [
      'a bad model',
      model(() => ({
        predict: (X) =>
          readMatrix(X, 'p')
            .data.filter((_, i) => i % 3 === 0)
            .map(() => 7),
        score: () => 0,
      })),
      /below 0.8/,
    ],
    [
      'batch statistics',
      model((fitted) => ({ predict: (X) => (Array.isArray(X) && X.length === 1 ? [99] : fitted.predict(X)) })),
      /alone and in company/,
    ],
    [
      'forms read differently',
      estimator((learn) => (X, y, o) => learn('stride' in X ? { data: X.data, shape: X.shape } : X, y, o)),
      /as a strided ndarray/,
    ],
    [
      'classes out of order',
      model((fitted) => ({ classes: [...fitted.classes!].reverse() })),
      /must be the labels, ascending/,
    ],
    [
      'scores for probabilities',
      model((fitted) => ({
        predictProba: (X) => {
          const p = fitted.predictProba!(X);
          return tensor(
            p.dataSync().map((v) => 2 * v),
            { shape: p.shape },
          );
        },
      })),
      /must be a distribution/,
    ],
    [
      'one class at prediction',
      model((fitted) => ({
        predictProba: (X) => {
          const p = fitted.predictProba!(X);
          return tensor(
            p.dataSync().map((v) => 1 - v),
            { shape: p.shape },
          );
        },
      })),
      /favours another class|must be a distribution/,
    ],
    [
      'decisions of the wrong shape',
      model((fitted) => ({ decisionFunction: (X) => fitted.predictProba!(X) })),
      /decisionFunction has shape/,
    ],
    [
      'labels as numbers',
      model((fitted, _X, y) => ({
        predict: (X) => (typeof (y as string[])[0] === 'string' ? [1] : fitted.predict(X)),
      })),
      /labels given as text/,
    ],
    ['weights ignored when wrong', estimator((learn) => (X, y) => learn(X, y)), /accepts a negative sample weight/],
    [
      'weights that change scale',
      estimator(
        (learn) => (X, y, o) => (o?.sampleWeight ? new LogisticRegression({ C: 0.5 }).fit(X, y, o) : learn(X, y)),
      ),
      /weight 1/,
    ],
    [
      'NaN accepted',
      estimator(
        (learn) => (X, y, o) =>
          Array.isArray(X) && X.every((r) => r.length === 3)
            ? learn(
                X.map((r) => Array.from(r as number[], (v) => (Number.isNaN(v) ? 0 : v))),
                y,
                o,
              )
            : learn(X, y, o),
      ),
      /accepts NaN/,
    ],
    [
      'plain errors',
      estimator((learn) => async (X, y, o) => {
        if (Array.isArray(X) && X.length === 0) throw new Error('empty');
        return learn(X, y, o);
      }),
      /given no samples it throws Error: empty; it must throw a KompaktError/,
    ],
  ];
  for (const [what, make, message] of broken) {
    it(`catches ${what}`, async () => {
      expect(await brokenRule(checkEstimator(make))).toMatch(message);
    });
  }
});

/** Columns to mean 0. */
class Centre implements Transformer {
  async fit(X: Matrix): Promise<FittedTransformer> {
    const A = readMatrix(X, 'Centre.fit: X');
    const means = new Float64Array(A.cols);
    A.data.forEach((v, i) => {
      means[i % A.cols]! += v / A.rows;
    });
    const shift = (Z: Matrix, sign: number): Matrix => {
      const D = readMatrix(Z, 'Centre.transform: X', { cols: A.cols });
      return matrixLike(Z, { ...D, data: D.data.map((v, i) => v + sign * means[i % D.cols]!) });
    };
    return { transform: (Z) => shift(Z, -1), inverseTransform: (Z) => shift(Z, 1) };
  }
}

const transformer = (
  change: (fitted: FittedTransformer) => Partial<FittedTransformer>,
  spoil: (X: Matrix) => Matrix = (X) => X,
): (() => Transformer) => {
  return () => ({
    fit: async (X) => {
      const fitted = await new Centre().fit(spoil(X));
      return { ...fitted, ...change(fitted) };
    },
  });
};

describe('checkTransform', () => {
  it('passes a centring transformer', () => checkTransform(() => new Centre()));

  const broken: [string, () => Transformer, RegExp][] = [
    [
      'transform before fit',
      () => Object.assign(new Centre(), { transform: (X: Matrix) => X }),
      /itself has transform/,
    ],
    [
      'input changed',
      transformer(
        () => ({}),
        (X) => {
          if (Array.isArray(X)) (X as number[][])[0]![0] = 0;
          return X;
        },
      ),
      /can't be written to/,
    ],
    [
      'chance',
      transformer((f) => ({
        transform: (X) =>
          Array.isArray(X) ? (f.transform(X) as number[][]).map((r) => r.map((v) => v + Math.random())) : X,
      })),
      /twice gives different|alone and in company/,
    ],
    [
      'lost samples',
      transformer((f) => ({ transform: (X) => (Array.isArray(X) ? (f.transform(X) as number[][]).slice(1) : X) })),
      /another number of samples/,
    ],
    [
      'batch statistics',
      transformer(() => ({
        transform: (X) => (Array.isArray(X) ? X.map((r) => Array.from(r as number[], (v) => v / X.length)) : X),
        inverseTransform: undefined as never,
      })),
      /alone and in company/,
    ],
    ['no way back', transformer(() => ({ inverseTransform: (X) => X })), /does not undo/],
    [
      'another form',
      transformer((f) => ({
        transform: (X) => {
          const D = readMatrix(f.transform(X), 't');
          return Array.from({ length: D.rows }, (_, r) => Array.from(D.data.subarray(r * D.cols, (r + 1) * D.cols)));
        },
      })),
      /comes back in another form/,
    ],
    [
      'widths unchecked',
      transformer((f) => ({ transform: (X) => (Array.isArray(X) && X[0]!.length === 2 ? X : f.transform(X)) })),
      /accepts other features/,
    ],
    [
      'NaN',
      transformer(
        () => ({}),
        (X) =>
          Array.isArray(X) && X.every((r) => r.length === 3)
            ? X.map((r) => Array.from(r as number[], (v) => v || 0))
            : X,
      ),
      /accepts NaN/,
    ],
  ];
  for (const [what, make, message] of broken) {
    it(`catches ${what}`, async () => {
      expect(await brokenRule(checkTransform(make))).toMatch(message);
    });
  }
});

type Out = { X: unknown; y: unknown; indices?: Int32Array };

const resampler = (
  change: (out: Out, X: Matrix, y: Labels) => Out,
  seed: number | undefined = 1,
  before: (X: Matrix) => Matrix = (X) => X,
): (() => Resampler) => {
  return () => ({
    fitResample: async (X, y) =>
      change((await new RandomOverSampler({ seed }).fitResample(before(X) as typeof X, y)) as Out, X, y) as never,
  });
};

describe('checkResampler', () => {
  it('passes SMOTE and the random samplers', async () => {
    await checkResampler(() => new SMOTE({ seed: 1 }));
    await checkResampler(() => new SMOTE({ seed: 'x', kNeighbors: 2, samplingStrategy: 'minority' }));
    await checkResampler(() => new RandomOverSampler({ seed: 1 }), { allowNonFinite: true });
    await checkResampler(() => new RandomUnderSampler({ seed: 1, replacement: true }), { allowNonFinite: true });
  });

  const rows = (out: Out): number[][] => out.X as number[][];
  const broken: [string, () => Resampler, RegExp][] = [
    [
      'input changed',
      resampler(
        (out) => out,
        1,
        (X) => {
          if (Array.isArray(X)) (X as unknown[]).push(X[0]);
          return X;
        },
      ),
      /can't be written to/,
    ],
    ['chance', () => new RandomOverSampler(), /twice gives different/],
    ['labels missing', resampler((out) => ({ ...out, y: (out.y as number[]).slice(1) })), /samples and .* labels/],
    ['labels invented', resampler((out) => ({ ...out, y: (out.y as number[]).map((v) => v + 1) })), /label 3/],
    [
      'features lost',
      resampler((out) => (Array.isArray(out.X) ? { ...out, X: rows(out).map((r) => r.slice(1)) } : out)),
      /other features/,
    ],
    ['wrong indices', resampler((out) => ({ ...out, indices: out.indices!.map(() => 0) })), /indices say/],
    ['too few indices', resampler((out) => ({ ...out, indices: out.indices!.slice(1) })), /indices for/],
    [
      'another form',
      resampler((out, X) => (Array.isArray(X) ? out : { ...out, X: [[1]] })),
      /comes back in another form/,
    ],
    ['labels as arrays', resampler((out) => ({ ...out, y: Array.isArray(out.y) ? out.y : [] })), /Uint8Array/],
    ['NaN', resampler((out) => out), /accepts NaN/],
  ];
  for (const [what, make, message] of broken) {
    it(`catches ${what}`, async () => {
      expect(await brokenRule(checkResampler(make))).toMatch(message);
    });
  }
});
