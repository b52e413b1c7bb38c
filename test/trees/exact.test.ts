import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ConfigError, ShapeError } from '../../src/core/errors';
import { breastCancer, type Dataset, digits, iris, wine } from '../../src/data/index';
import { numpyRandom } from '../../src/ops/numpy-random';
import * as trees from '../../src/trees/index';

interface Nodes {
  readonly left: number[];
  readonly right: number[];
  readonly feature: number[];
  readonly threshold: number[];
  readonly impurity: number[];
  readonly samples: number[];
  readonly weight: number[];
  readonly value: number[];
}
interface Case {
  readonly data: keyof typeof SETS;
  readonly kind: 'DecisionTreeClassifier';
  readonly options: { readonly seed: number };
  readonly weighted: boolean;
  readonly nodes: Nodes;
  readonly importances: number[];
}
interface ForestCase extends Omit<Case, 'nodes' | 'kind'> {
  readonly kind: 'RandomForestClassifier';
  readonly sums: number[];
  readonly sizes: number[];
  readonly said: number[];
  readonly oob: number | null;
}
interface PathCase {
  readonly data: keyof typeof SETS;
  readonly kind: 'DecisionTreeClassifier';
  readonly ccpAlphas: number[];
  readonly impurities: number[];
}

interface TextCase extends Omit<PathCase, 'ccpAlphas' | 'impurities'> {
  readonly options: { readonly seed: number };
  readonly how: trees.ExportTextOptions;
  readonly text: string;
}

const SETS = { iris, wine, breastCancer, digits };
const golden = JSON.parse(readFileSync(new URL('../fixtures/trees/exact.json', import.meta.url), 'utf8')) as {
  readonly trees: Case[];
  readonly paths: PathCase[];
  readonly forests: ForestCase[];
  readonly texts: TextCase[];
};

/** Samples, and a class or, for regressions, a number mixed of features and class, as the generator makes it. */
function problem(name: keyof typeof SETS, kind: string): { X: Dataset['X']; y: number[] } {
  const { X, y } = SETS[name]();
  const cols = X.shape[1]!;
  const labels = Array.from(y);
  if (!kind.endsWith('Regressor')) return { X, y: labels };
  return { X, y: labels.map((c, i) => X.data[i * cols]! * 0.5 + X.data[i * cols + 1]! ** 2 * 0.1 + 3 * c) };
}

function expectClose(got: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-9): void {
  expect(got.length).toBe(expected.length);
  const worst = Array.from(expected).findIndex((v, i) => !(Math.abs(got[i]! - v) <= tolerance * (1 + Math.abs(v))));
  expect(worst < 0 ? 'close' : `${worst}: ${got[worst]} for ${expected[worst]}`).toBe('close');
}

const seeded = <O extends { readonly seed: number }>({ seed, ...options }: O) => ({
  ...options,
  seed: numpyRandom(seed),
});

describe('trees are scikit-learn’s, node by node', () => {
  golden.trees.forEach(({ data, kind, options, weighted, nodes, importances }, i) => {
    it(`${i}: ${kind} of ${data}, ${JSON.stringify(options)}${weighted ? ', weighted' : ''}`, async () => {
      const { X, y } = problem(data, kind);
      const sampleWeight = weighted ? y.map((_, r) => 0.5 + (r % 4)) : null;
      const model = await new trees[kind](seeded(options)).fit(X, y, { sampleWeight });
      const { tree } = model;
      expect(Array.from(tree.feature)).toEqual(nodes.feature);
      expect(Array.from(tree.childrenLeft)).toEqual(nodes.left);
      expect(Array.from(tree.childrenRight)).toEqual(nodes.right);
      expect(Array.from(tree.threshold)).toEqual(nodes.threshold);
      expect(Array.from(tree.nNodeSamples)).toEqual(nodes.samples);
      expectClose(tree.weightedNNodeSamples, nodes.weight);
      expectClose(tree.impurity, nodes.impurity);
      expectClose(tree.value, nodes.value);
      expectClose(model.featureImportances, importances);
      expect(model.nLeaves).toBe(nodes.left.filter((c) => c < 0).length);
    });
  });

  it.each(golden.paths)('the pruning path of $kind', async ({ data, kind, ccpAlphas, impurities }) => {
    const { X, y } = problem(data, kind);
    const path = await new trees[kind]({ seed: numpyRandom(0) }).costComplexityPruningPath(X, y);
    expectClose(path.ccpAlphas, ccpAlphas);
    expectClose(path.impurities, impurities);
  });
});

describe('trees as text', () => {
  it.each(golden.texts)('$kind of $data, $how', async ({ data, kind, options, how, text }) => {
    const { X, y } = problem(data, kind);
    expect(trees.exportText(await new trees[kind](seeded(options)).fit(X, y), how)).toBe(text);
  });

  it('refuses names that don’t fit, and options out of range', async () => {
    const model = await new trees.DecisionTreeClassifier({ seed: 0 }).fit(
      [
        [1, 2],
        [3, 4],
      ],
      [0, 1],
    );
    expect(() => trees.exportText(model, { featureNames: ['a'] })).toThrow(ShapeError);
    expect(() => trees.exportText(model, { classNames: ['a'] })).toThrow(ShapeError);
    expect(() => trees.exportText(model, { decimals: -1 })).toThrow(ConfigError);
    expect(() => trees.exportText(model, { spacing: 0 })).toThrow(ConfigError);
    expect(() => trees.exportText(model, { featureNamez: [] } as never)).toThrow(ConfigError);
  });
});

describe('forests are scikit-learn’s, tree by tree', () => {
  golden.forests.forEach(({ data, kind, options, sums, sizes, said, importances, oob }, i) => {
    it(`${i}: ${kind} of ${data}, ${JSON.stringify(options)}`, async () => {
      const { X, y } = problem(data, kind);
      const model = await new trees[kind](seeded(options)).fit(X, y);
      expect(model.trees.map((t) => t.feature.length)).toEqual(sizes);
      expectClose(
        model.trees.map((t) => t.threshold.reduce((a, v, n) => (t.feature[n]! >= 0 ? a + v : a), 0)),
        sums,
      );
      expectClose(model.featureImportances, importances);
      if (oob !== null) expect(model.oobScore).toBeCloseTo(oob, 10);
      const isRegressor = (kind as string).endsWith('Regressor');
      const all = isRegressor ? (model.predict(X) as unknown as Float64Array) : model.predictProba(X).dataSync();
      const width = isRegressor ? 1 : model.classes.length;
      const rows = Array.from({ length: Math.ceil(y.length / 9) }, (_, r) => 9 * r);
      const got = rows.flatMap((r) => Array.from(all.subarray(r * width, (r + 1) * width)));
      expectClose(got, said);
    });
  });
});
