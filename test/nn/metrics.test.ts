import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/core/errors';
import { scope } from '../../src/core/scope';
import { dense, type MetricTotals, sequential } from '../../src/nn/index';
import { resolveMetrics } from '../../src/nn/metrics';
import { tensor } from '../../src/ops/create';
import { stack, sum } from '../../src/ops/index';

interface Golden {
  readonly name: string;
  readonly options: Record<string, unknown>;
  readonly yTrue: { shape: number[]; data: number[] };
  readonly yPred: { shape: number[]; data: number[] };
  readonly plain: number;
  readonly weighted: number | null;
}

const golden = JSON.parse(readFileSync(new URL('../fixtures/metrics-nn/metrics.json', import.meta.url), 'utf8')) as {
  sizes: number[];
  weights: number[];
  cases: Golden[];
};

/** The metric over batches of unequal size, each with a weight for every sample or none. */
function over({ name, options, yTrue, yPred }: Golden, weights: readonly number[] | null): number {
  const [metric] = resolveMetrics([{ name, ...options }]);
  const part = ({ shape, data }: Golden['yTrue'], from: number, to: number) => {
    const width = data.length / shape[0]!;
    return tensor(data.slice(from * width, to * width), { shape: [to - from, ...shape.slice(1)], dtype: 'float32' });
  };
  const sums: number[] = [];
  let at = 0;
  for (const size of golden.sizes) {
    const end = at + size;
    const own = scope(() => {
      const w = weights === null ? null : tensor(weights.slice(at, end));
      return Array.from(metric!.totals(part(yTrue, at, end), part(yPred, at, end), w).dataSync() as ArrayLike<number>);
    });
    own.forEach((x, i) => {
      sums[i] = (sums[i] ?? 0) + x;
    });
    at = end;
  }
  return metric!.result(sums);
}

describe('metrics, as Keras updates them batch by batch', () => {
  const rows = golden.cases.map((c) => [`${c.name} ${JSON.stringify(c.options)}`, c] as const);
  it.each(rows)('%s', (_, c) => {
    expect(Math.abs(over(c, null) - c.plain) / Math.max(1, Math.abs(c.plain))).toBeLessThan(2e-6);
    if (c.weighted === null) return;
    expect(Math.abs(over(c, golden.weights) - c.weighted) / Math.max(1, Math.abs(c.weighted))).toBeLessThan(2e-6);
  });
});

describe('in a model', () => {
  const x = [[0.1], [0.2], [0.7], [0.9], [0.4]];
  const y = [0, 1, 0, 1, 1];
  const model = (metrics: readonly unknown[]) => {
    const m = sequential([dense({ units: 1, kernelInitializer: 'ones' })], { inputShape: [1], seed: 1 });
    m.compile({ optimizer: 'sgd', loss: 'meanSquaredError', metrics: metrics as never });
    return m;
  };

  it('they are of all samples, not means of batches', async () => {
    const metrics = [
      'precision',
      'recall',
      'auc',
      { name: 'f1Score', threshold: 0.5 },
      'rootMeanSquaredError',
      'r2Score',
    ];
    const whole = await model(metrics).evaluate(x, y, { batchSize: 5 });
    const parts = await model(metrics).evaluate(x, y, { batchSize: 2 });
    for (const [key, value] of Object.entries(whole)) expect(parts[key]).toBeCloseTo(value, 6);
    expect(whole.precision).toBeCloseTo(1 / 2, 6);
    expect(whole.recall).toBeCloseTo(1 / 3, 6);
    const { history } = await model(metrics).fit(x, y, { batchSize: 2, verbose: 0, validationData: [x, y] });
    expect(Object.keys(history)).toEqual(
      expect.arrayContaining(['auc', 'valAuc', 'valPrecision', 'rootMeanSquaredError', 'valF1Score']),
    );
  });

  it('may be made of sums by the user', async () => {
    const share: MetricTotals = {
      name: 'share',
      totals: (yTrue, yPred) => stack([sum(yPred), sum(yTrue)]),
      result: ([predicted, actual]) => predicted! / actual!,
    };
    const { share: got } = await model([share]).evaluate(x, y, { batchSize: 2 });
    expect(got).toBeCloseTo(2.3 / 3, 5);
  });

  it.each([
    [{ name: 'precision', treshold: 0.5 }, /unknown option 'treshold'/],
    [{ name: 'precision', thresholds: 2 }, /thresholds of metric 'precision' is out of range: 2/],
    [{ name: 'auc', curve: 'roc' }, /curve of metric 'auc' must be one of ROC, PR, got roc/],
    [{ name: 'auc', numThresholds: 1 }, /numThresholds/],
    [{ name: 'meanIoU' }, /numClasses of metric 'meanIoU' is out of range: NaN/],
    [{ name: 'iou', numClasses: 2 }, /needs targetClassIds/],
    [{ name: 'iou', numClasses: 2, targetClassIds: [2] }, /class numbers below 2/],
    [{ name: 'recallAtPrecision' }, /precision of metric/],
    ['presicion', /unknown metric 'presicion'\. Use accuracy/],
  ])('refuses %j', (metric, message) => {
    expect(() => model([metric])).toThrow(ConfigError);
    expect(() => model([metric])).toThrow(message);
  });
});
