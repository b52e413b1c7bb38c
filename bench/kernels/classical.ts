import { buildKdTree } from '../../src/neighbors/kd-tree';
import { addLeaves } from '../../src/ops/boosting/leaves';
import { logLossDerivatives } from '../../src/ops/boosting/log-loss';
import { partitionRows } from '../../src/ops/boosting/partition';
import { bestSplits } from '../../src/ops/boosting/splits';
import { rowDistances } from '../../src/ops/distance';
import { treeNearest } from '../../src/ops/kd-tree/nearest';
import { logisticGradient } from '../../src/ops/logistic';
import { noise } from '../measure';
import { type Data, doubles, integers, type KernelCase } from './case';

const SAMPLES = 100_000;
const LEAVES = 8;
const VALUES = Array.from({ length: LEAVES }, (_, i) => i / LEAVES);

const upTo = (n: number, from = 0): Data => ({ data: Int32Array.from({ length: n }, (_, i) => from + i), shape: [n] });
/** Small numbers in bytes. */
const bins = (n: number, bound: number): Data => ({
  data: Uint8Array.from(noise(n), (v) => Math.floor((v + 1) * 0.5 * bound)),
  shape: [n],
});
const zerosAndOnes = (n: number): Data => ({ data: Float64Array.from(noise(n), (v) => Number(v > 0)), shape: [n] });

/** Histograms of nodes, what is known of the nodes and of the columns. */
function splitData(nodes: number, columns: number, count: number): Data[] {
  const [g, n] = [noise(nodes * columns * count, 1), noise(nodes * columns * count, 2)];
  const sums = Float64Array.from({ length: 3 * g.length }, (_, i) => {
    const at = Math.floor(i / 3);
    const samples = Math.floor((n[at]! + 1) * 50);
    return i % 3 === 0 ? g[at]! * samples : i % 3 === 1 ? samples / 4 : samples;
  });
  const about = Array.from({ length: nodes }, (_, node) => {
    const own = sums.subarray(node * columns * count * 3, (node * columns + 1) * count * 3);
    const total = (v: number): number => own.reduce((sum, x, i) => (i % 3 === v ? sum + x : sum), 0);
    return [total(0), total(1), total(2), -total(0) / total(1), -Infinity, Infinity];
  });
  return [
    { data: sums, shape: [nodes, columns, count, 3] },
    { data: Float64Array.from(about.flat()), shape: [nodes, 6] },
    {
      data: Int32Array.from(Array.from({ length: columns }, () => [count - 1, 0, 0, 1]).flat()),
      shape: [columns, 4],
    },
  ];
}

/** Points, queries that are the points, and the parts of their tree. */
function treeData(n: number, cols: number): Data[] {
  const source = doubles([n, cols]);
  const tree = buildKdTree({ data: source.data as Float64Array, rows: n, cols });
  return [
    source,
    { data: tree.points, shape: [n, cols] },
    { data: tree.rows, shape: [n] },
    { data: tree.boxes, shape: [tree.boxes.length / (2 * cols), 2, cols] },
  ];
}

const logistic = (n: number, columns: number, classes: number): KernelCase => ({
  work: `loss and gradient of logistic regression, ${n.toLocaleString('en')} × ${columns}, ${classes} classes`,
  kernels: ['logisticGradientKernel'],
  operands: () => {
    const outputs = classes === 2 ? 1 : classes;
    return [
      doubles([n, columns], 1),
      integers([n], classes, 2),
      doubles([n], 3),
      doubles([outputs * (columns + 1)], 4),
    ];
  },
  ours: (x, codes, weights, params) => logisticGradient(x!, codes!, weights!, params!, classes === 2 ? 1 : classes),
});

/** Hot loops of classical estimators that the part `classical` lacks. */
export const CLASSICAL: readonly KernelCase[] = [
  {
    work: 'boosting: 100,000 rows to two sides',
    kernels: ['partitionRowsKernel'],
    operands: () => [upTo(SAMPLES), bins(SAMPLES, 256), bins(256, 2)],
    ours: (rows, codes, goesLeft) => partitionRows(rows!, codes!, goesLeft!),
  },
  {
    work: 'boosting: best splits of 8 nodes, 28 columns, 256 bins',
    kernels: ['bestSplitsKernel'],
    operands: () => splitData(8, 28, 256),
    ours: (histograms, nodes, columns) => bestSplits(histograms!, nodes!, columns!, { minSamplesLeaf: 20, l2: 1 }),
  },
  {
    work: 'boosting: 8 leaves added to 100,000 predictions',
    kernels: ['addLeavesKernel'],
    operands: () => [doubles([SAMPLES]), ...VALUES.map((_, i) => upTo(SAMPLES / LEAVES, (i * SAMPLES) / LEAVES))],
    ours: (raw, ...leaves) => addLeaves(raw!, leaves, VALUES),
  },
  {
    work: 'boosting: derivatives of the log loss of 100,000',
    kernels: ['logLossDerivativesKernel'],
    operands: () => [doubles([SAMPLES]), zerosAndOnes(SAMPLES)],
    ours: (raw, y) => logLossDerivatives(raw!, y!, null),
  },
  logistic(20_000, 30, 2),
  logistic(2000, 64, 10),
  {
    work: '5 nearest of 5000 × 3, each, by a tree',
    kernels: ['treeNearestKernel'],
    operands: () => treeData(5000, 3),
    ours: (queries, points, rows, boxes) =>
      treeNearest(queries!, { points: points!, rows: rows!, boxes: boxes! }, rows!, { k: 5, others: true }),
  },
  {
    work: 'distances of 10,000 × 32 to 5 rows each',
    kernels: ['rowDistancesKernel'],
    operands: () => [doubles([10_000, 32], 1), doubles([10_000, 32], 2), integers([10_000, 5], 10_000, 3)],
    ours: (queries, references, rows) => rowDistances(queries!, references!, rows!),
  },
];
