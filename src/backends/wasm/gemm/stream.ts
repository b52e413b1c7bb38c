import type { TaskContext } from '../task';
import { arithmeticOf } from './arithmetic';
import { ELEMENTS } from './elements';
import { emitStream } from './emit-stream';
import { arithmeticFor } from './module';
import { roundUp, stripOf } from './params';
import type { MatrixProduct } from './problem';
import { blockK, columnWork, costOf } from './work';

/** Rows of C up to which reading B in order counts for more than keeping sums in registers. */
const FEW = 8;
/** Elements of B by the rows of C, below which it is in a cache where any order will do. */
const LARGE = 16384;
/** Columns by the rows of C, below which passes are too short: of one or two rows, and of more. */
const NARROW = 32;
const NARROW_MANY = 64;
/** Bytes of a row of B that are worth going to. */
const WIDE = 4096;
/** Bytes of B in a nanosecond, about. */
const SPEED = 25;

/** Whether C has few rows, and B is large and has rows whose elements are neighbours. */
export function suitsStream({ kind, m, n, k, b }: MatrixProduct): boolean {
  return (
    m <= FEW && n * k >= LARGE * m && n >= (m <= 2 ? NARROW : NARROW_MANY) * m && b.column === ELEMENTS[kind].bytes
  );
}

/** Launches a product for which `suitsStream` holds. */
export function launchStream(product: MatrixProduct, context: TaskContext): void {
  const { kind, m, n, k, a, b, c, batch } = product;
  const arithmetic = arithmeticFor(kind, context);
  const { bytes } = ELEMENTS[arithmetic];
  const code = context.code(`${arithmetic}-gemm-stream-${m}`, (module) =>
    emitStream(module, arithmeticOf(arithmetic), m),
  );
  const scratchBytes = m * stripOf(m);
  const scratch = context.workspace(scratchBytes * context.workers);
  const words = [a.address, a.row, a.column, b.address, b.row, c.address, c.row, n, k, blockK(k)];
  words.push(product.accumulate === true ? 1 : 0, scratch, scratchBytes, batch.inner);
  words.push(batch.a.outer, batch.a.inner, batch.b.outer, batch.b.inner, batch.c.outer, batch.c.inner);
  const matrices = batch.outer * batch.inner;
  const cost = Math.max(costOf(product), (matrices * n * k * bytes) / SPEED);
  const multiple = multipleFor(n, bytes, context.workers);
  context.launch(
    code,
    words,
    matrices === 1 ? columnWork(product, multiple, cost) : { units: matrices * n, multiple, cost },
  );
}

/** Columns that go to a worker together: all of its share, or so many that reading them is no matter of short pieces. */
function multipleFor(n: number, bytes: number, workers: number): number {
  return roundUp(Math.min(WIDE / bytes, Math.ceil(n / workers)), 64 / bytes);
}
