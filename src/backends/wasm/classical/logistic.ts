import { f64, f64x2, i32, type ModuleBuilder, memory } from '../assembler/index';
import { addressOf } from '../kernel';
import { contiguous } from '../layout/copy';
import { emitTask, type TaskKernel } from '../task';
import { emitBinaryLoss, emitSoftmaxLoss } from './logistic-loss';
import { emitGradient, emitScores, type ProductBlock, SCORE_ROWS } from './logistic-products';

/** Numbers that a block of rows has, with its scores: what the first caches hold beside the coefficients. */
const BLOCK_NUMBERS = 4096;
const MOST_BLOCK_ROWS = 256;
/** Parts whose sums are kept apart until the end, unless their sums would take more numbers than this. */
const MOST_PARTS = 256;
const MOST_SUMS = 2 ** 22;

const WORDS = [
  'x',
  'codes',
  'weights',
  'params',
  'n',
  'columns',
  'outputs',
  'blockRows',
  'partRows',
  'sums',
  'sumsBytes',
  'scratch',
  'scratchBytes',
] as const;

/** A unit is a part of the rows: block by block, scores, losses, gradients, while the rows are in the cache. */
function emitParts(m: ModuleBuilder, isBinary: boolean, columns: number): void {
  emitTask(m, { words: WORDS }, (f, w, { begin, end, worker }) => {
    f.keepConstants();
    const [part, row, partEnd, sums] = f.locals('i32', 4);
    const loss = f.local('v128');
    const rowBytes = f.local('i32', i32.shl(w.columns, 3));
    const size = f.local('i32', i32.mul(w.outputs, rowBytes));
    const block: ProductBlock = {
      first: f.local('i32'),
      last: f.local('i32', i32.add(w.x, i32.mul(i32.sub(w.n, 1), rowBytes))),
      rowBytes,
      columns: w.columns,
      rows: f.local('i32'),
      scores: f.local('i32', i32.add(w.scratch, i32.mul(worker, w.scratchBytes))),
      stride: f.local('i32', i32.shl(w.blockRows, 3)),
      outputs: w.outputs,
      pairsLeft: (columns >> 1) % 4,
      isOdd: columns % 2 === 1,
    };
    const [gradient, ofIntercepts, codes, weights] = f.locals('i32', 4);
    const intercepts = f.local('i32', i32.add(w.params, size));
    f.for(part, begin, end, 1, () => {
      f.set(sums, i32.add(w.sums, i32.mul(part, w.sumsBytes)));
      f.do(memory.fill(sums, 0, w.sumsBytes));
      f.set(gradient, i32.add(sums, 8));
      f.set(ofIntercepts, i32.add(gradient, size));
      f.set(loss, f64x2.const(0));
      f.set(row, i32.mul(part, w.partRows));
      f.set(partEnd, i32.add(row, w.partRows));
      f.set(partEnd, i32.select(i32.ltU(partEnd, w.n), partEnd, w.n));
      f.while(i32.ltU(row, partEnd), () => {
        f.set(block.rows, i32.sub(partEnd, row));
        f.set(block.rows, i32.select(i32.ltU(block.rows, w.blockRows), block.rows, w.blockRows));
        f.set(block.first, i32.add(w.x, i32.mul(row, rowBytes)));
        f.set(codes, i32.add(w.codes, i32.shl(row, 2)));
        f.set(weights, i32.add(w.weights, i32.shl(row, 3)));
        emitScores(f, block, w.params, intercepts);
        const { scores, stride, outputs, rows } = block;
        const losses = { scores, stride, outputs, rows, codes, weights, loss };
        if (isBinary) emitBinaryLoss(f, losses);
        else emitSoftmaxLoss(f, losses);
        emitGradient(f, block, gradient, ofIntercepts);
        f.increment(row, w.blockRows);
      });
      f.do(f64.store(sums, f64.add(f64x2.extract(loss, 0), f64x2.extract(loss, 1))));
    });
  });
}

/** A unit is a number of the result: the sum of those of all parts, in their order. */
function emitSums(m: ModuleBuilder): void {
  emitTask(m, { words: ['sums', 'sumsBytes', 'parts', 'out'] }, (f, w, { begin, end }) => {
    const [v, part, from] = f.locals('i32', 3);
    const sum = f.local('f64');
    f.for(v, begin, end, 1, () => {
      f.set(sum, 0);
      f.set(from, i32.add(w.sums, i32.shl(v, 3)));
      f.for(part, 0, w.parts, 1, () => {
        f.set(sum, f64.add(sum, f64.load(from)));
        f.increment(from, w.sumsBytes);
      });
      f.do(f64.store(i32.add(w.out, i32.shl(v, 3)), sum));
    });
  });
}

/** Inputs `[x, codes, weights, params]`. */
export const logisticGradient: TaskKernel<{ outputs: number }> = (operands, out, { outputs }, context) => {
  const [n, columns] = operands[0]!.shape as [number, number];
  if (n === 0 || columns === 0) return false;
  const size = out.shape[0]!;
  const fitting = Math.floor(BLOCK_NUMBERS / (columns + 2 * outputs) / SCORE_ROWS) * SCORE_ROWS;
  const blockRows = Math.max(SCORE_ROWS, Math.min(MOST_BLOCK_ROWS, fitting));
  const parts = Math.max(1, Math.min(MOST_PARTS, Math.floor(MOST_SUMS / size)));
  const partRows = Math.ceil(n / blockRows / parts) * blockRows;
  const count = Math.ceil(n / partRows);
  const sums = context.workspace(8 * size * count);
  const scratchBytes = 8 * blockRows * outputs;
  const scratch = context.workspace(scratchBytes * context.workers);
  const kind = outputs === 1 ? 'binary' : 'softmax';
  const code = context.code(`logistic-${kind}-${columns % 8}`, (m) => emitParts(m, outputs === 1, columns));
  const addresses = operands.map((x) => addressOf(contiguous(x, context)));
  const shape = [n, columns, outputs, blockRows, partRows];
  const cost = n * outputs * (columns + 15);
  context.launch(code, [...addresses, ...shape, sums, 8 * size, scratch, scratchBytes], { units: count, cost });
  const total = context.code('logistic-sums', emitSums);
  context.launch(total, [sums, 8 * size, count, addressOf(out)], { units: size, cost: 1.5 * size * count });
  return true;
};
