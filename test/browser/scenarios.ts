import { numpyRandom, rng, type Tensor } from 'kompakt';
import { iris } from 'kompakt/data';
import { SMOTE } from 'kompakt/imbalanced';
import { LogisticRegression } from 'kompakt/linear';
import { trainTestSplit } from 'kompakt/model-selection';
import { batchNorm, conv2d, dense, dropout, flatten, maxPool2d, type Sequential, sequential } from 'kompakt/nn';
import { adam } from 'kompakt/optim';

/**
 * Small jobs with fixed seeds whose results must not depend on the platform. `test/fixtures/browser/generate.ts` records
 * what they give in Node, and the browser tests expect the same.
 */

/** Side of the images, in pixels. */
export const SIDE = 12;

/** The elements of a tensor that is not needed any more. */
function drain(x: Tensor): number[] {
  const values = [...x.dataSync()];
  x.dispose();
  return values;
}

/** Numbers from every kind of draw. */
export function draw(): Record<string, number[]> {
  const stream = rng(42);
  const parts: Record<string, number[]> = {
    uniform: drain(stream.uniform([6], { min: -1, max: 3, dtype: 'float64' })),
    normal: drain(stream.normal([7], { mean: 1, std: 2, dtype: 'float64' })),
    bernoulli: drain(stream.bernoulli([20], 0.3)),
    permutation: [...stream.permutation(12)],
    integers: [...stream.integers(8, 1000)],
    child: drain(stream.split().uniform([4], { dtype: 'float64' })),
    secondChild: drain(stream.split().normal([3])),
  };
  const legacy = numpyRandom(7);
  parts.numpyRandom = Array.from({ length: 5 }, () => legacy.random());
  parts.numpyPermutation = [...legacy.permutation(9)];
  return parts;
}

/** `n` noisy images, each with one bright bar: a row (class 0), a column (class 1) or the diagonal (class 2). */
export function bars(n: number, seed: number): { x: Float32Array; y: Int32Array; shape: number[] } {
  const stream = rng(seed);
  const x = new Float32Array(n * SIDE * SIDE);
  const y = new Int32Array(n);
  for (let i = 0; i < n; i++) {
    const label = i % 3;
    const at = stream.integer(SIDE);
    y[i] = label;
    for (let r = 0; r < SIDE; r++) {
      for (let c = 0; c < SIDE; c++) {
        const lit = [r === at, c === at, r === c][label];
        x[(i * SIDE + r) * SIDE + c] = (lit ? 1 : 0) + 0.3 * (stream.random() - 0.5);
      }
    }
  }
  return { x, y, shape: [n, SIDE, SIDE, 1] };
}

/** A network with every kind of layer that training treats in its own way. Its outputs are logits. */
export function barsModel(): Sequential {
  const model = sequential(
    [
      conv2d({ filters: 6, kernelSize: 3, activation: 'relu', padding: 'same' }),
      batchNorm(),
      maxPool2d({ poolSize: 2 }),
      conv2d({ filters: 8, kernelSize: 3, activation: 'relu' }),
      dropout({ rate: 0.2 }),
      flatten(),
      dense({ units: 3 }),
    ],
    { inputShape: [SIDE, SIDE, 1], seed: 5 },
  );
  const loss = { name: 'sparseCategoricalCrossentropy', fromLogits: true } as const;
  model.compile({ optimizer: adam({ learningRate: 3e-3 }), loss, metrics: ['accuracy'] });
  return model;
}

/** Trains {@link barsModel} for four epochs. */
export async function trainBars(): Promise<{ model: Sequential; loss: number[]; valLoss: number[] }> {
  const { x, y, shape } = bars(96, 11);
  const held = bars(24, 12);
  const model = barsModel();
  const { history } = await model.fit({ data: x, shape }, y, {
    epochs: 4,
    batchSize: 16,
    validationData: [{ data: held.x, shape: held.shape }, held.y],
    verbose: 0,
  });
  return { model, loss: history.loss, valLoss: history.valLoss! };
}

/** The outputs of a model for eight images it was not trained on. */
export function probe(model: { predict(x: { data: Float32Array; shape: number[] }): Tensor }): number[] {
  const { x, shape } = bars(8, 13);
  return drain(model.predict({ data: x, shape }));
}

/** A table made imbalanced, balanced again, split and fitted. */
export async function classifyIris(): Promise<{
  coef: number[];
  intercept: number[];
  synthetic: number[];
  score: number;
}> {
  const { X, y } = iris();
  // The samples are ordered by class: this leaves 20 of the third.
  const rows = Array.from({ length: 120 }, (_, i) => [...X.data.subarray(4 * i, 4 * i + 4)]);
  const labels = [...y.subarray(0, 120)];
  const { XTrain, XTest, yTrain, yTest } = trainTestSplit(rows, labels, { testSize: 0.25, stratify: true, seed: 3 });
  const balanced = await new SMOTE({ kNeighbors: 3, seed: 4 }).fitResample(XTrain, yTrain);
  const fitted = await new LogisticRegression({ tol: 1e-10, maxIter: 1000 }).fit(balanced.X, balanced.y);
  return {
    coef: drain(fitted.coef),
    intercept: drain(fitted.intercept),
    synthetic: balanced.X.at(-1)!,
    score: fitted.score(XTest, yTest),
  };
}
