import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { KMeans, MiniBatchKMeans } from '../../src/cluster/index';
import { breastCancer, CsrMatrix, type Dataset, digits, iris, wine } from '../../src/data/index';
import * as imbalanced from '../../src/imbalanced/index';
import { numpyRandom } from '../../src/ops/numpy-random';

interface Case {
  readonly name: string;
  readonly data: string;
  readonly options: object;
  readonly seed: number;
  readonly sparse: boolean;
  /** For methods that cluster: into how many, or 0 where each class says. */
  readonly clusters?: number;
  readonly indices?: number[];
  readonly rows?: { readonly count: number; readonly head: number[][]; readonly sums: number[] };
  readonly labels?: number[];
}
interface TableCase {
  readonly name: 'SMOTENC' | 'SMOTEN';
  readonly data?: string;
  readonly options: { readonly kNeighbors: number };
  readonly seed: number;
  readonly rows: (number | string)[][];
  readonly labels: number[];
}
const { parts, cases, tables } = JSON.parse(
  readFileSync(new URL('../fixtures/imbalanced/resamplers.json', import.meta.url), 'utf8'),
) as {
  readonly parts: Record<string, Record<string, number>>;
  readonly cases: readonly Case[];
  readonly tables: readonly TableCase[];
};

const load: Record<string, () => Dataset> = {
  iris,
  irisTwo: iris,
  wine,
  breastCancer,
  breastCancerRare1: breastCancer,
  digits,
};

/** The first samples of each class, as many as the fixture says. */
function part(name: string): { X: number[][]; y: number[] } {
  const { X, y } = load[name]!();
  const left = { ...parts[name] };
  const [n, cols] = X.shape;
  const rows = Array.from({ length: n }, (_, i) => Array.from(X.data.subarray(i * cols, (i + 1) * cols)));
  const kept = Array.from(y).flatMap((label, i) => ((left[label] ?? 0) > 0 && left[label]!-- ? [i] : []));
  return { X: kept.map((i) => rows[i]!), y: kept.map((i) => y[i]!) };
}

const RANDOM = /SMOTE|ADASYN|Random|Condensed|OneSided/;

describe('resamplers of real data against imbalanced-learn', () => {
  for (const c of cases) {
    it(`${c.name} ${c.data} ${JSON.stringify(c.options)} seed ${c.seed}${c.sparse ? ' sparse' : ''}`, async () => {
      const { X, y } = part(c.data);
      const Sampler = (imbalanced as unknown as Record<string, new (o: object) => imbalanced.SMOTE>)[c.name]!;
      const seed = numpyRandom(c.seed);
      const byClusters = {
        KMeansSMOTE: { kmeansEstimator: new MiniBatchKMeans({ nClusters: c.clusters, nInit: 1, seed }) },
        ClusterCentroids: { estimator: new KMeans({ nInit: 1, seed }) },
      };
      const clustered = c.clusters === undefined ? {} : byClusters[c.name as keyof typeof byClusters];
      const sampler = new Sampler({ ...c.options, ...clustered, ...(RANDOM.test(c.name) && { seed }) });
      const got = await sampler.fitResample((c.sparse ? CsrMatrix.fromDense(X) : X) as number[][], y);
      expect((got.X as unknown) instanceof CsrMatrix).toBe(c.sparse);
      const out = c.sparse ? (got.X as unknown as CsrMatrix).toArray() : got.X;
      if (c.indices !== undefined && c.rows === undefined) expect(Array.from(got.indices!)).toEqual(c.indices);
      if (c.rows === undefined) return;
      const isWhole = c.indices !== undefined || /ENN|Tomek|Centroids/.test(c.name);
      if (!isWhole) expect(out.slice(0, X.length)).toEqual(X);
      const rows = isWhole ? out : out.slice(X.length);
      expect(rows.length).toBe(c.rows.count);
      if (c.labels !== undefined) expect(isWhole ? got.y : got.y.slice(X.length)).toEqual(c.labels);
      c.rows.head.forEach((row, i) => {
        row.forEach((v, f) => {
          expect(Math.abs(rows[i]![f]! - v), `row ${i}, feature ${f}`).toBeLessThan(1e-9 * Math.max(1, Math.abs(v)));
        });
      });
      c.rows.sums.forEach((v, f) => {
        const sum = rows.reduce((s, row, i) => s + (i + 1) * row[f]!, 0);
        expect(Math.abs(sum - v), `sum of feature ${f}`).toBeLessThan(1e-9 * Math.max(1, Math.abs(v)));
      });
    });
  }
});

/** Wine with two features as categories, or iris by the whole centimetre, as the fixture has them. */
function table({ name, data }: TableCase): { X: (number | string)[][]; y: number[] } {
  const { X, y } = part(data ?? 'wine');
  const mixed = X.map((row) =>
    row.map((v, f) => (f === 1 ? `acid ${Math.floor(v)}` : f === 10 ? Math.floor(v * 4) : v)),
  );
  if (name === 'SMOTENC') return { X: mixed, y };
  return {
    X:
      data === 'iris'
        ? X.map((row) => row.map((v) => 'abcdefghij'[Math.floor(v)]!))
        : mixed.map((r) => [r[1]!, r[10]!]),
    y,
  };
}

describe('resamplers of tables against imbalanced-learn', () => {
  for (const c of tables) {
    it(`${c.name} ${c.data ?? ''} ${JSON.stringify(c.options)} seed ${c.seed}`, async () => {
      const { X, y } = table(c);
      const seed = numpyRandom(c.seed);
      const sampler =
        c.name === 'SMOTEN'
          ? new imbalanced.SMOTEN({ ...c.options, seed })
          : new imbalanced.SMOTENC({ ...c.options, seed, categoricalFeatures: [1, 10] });
      const got = await sampler.fitResample(X, y);
      expect(got.X.slice(0, X.length)).toEqual(X);
      expect(got.y.slice(X.length)).toEqual(c.labels);
      expect(got.X.length).toBe(X.length + c.rows.length);
      c.rows.forEach((row, i) => {
        row.forEach((v, f) => {
          const mine = got.X[X.length + i]![f]!;
          if (typeof v === 'string') expect(mine).toBe(v);
          else expect(mine).toBeCloseTo(v, 8);
        });
      });
    });
  }
});
