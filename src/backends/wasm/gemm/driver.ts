import {
  type Expr,
  type FunctionBuilder,
  type FunctionRef,
  i32,
  type Local,
  type ModuleBuilder,
} from '../assembler/index';
import type { Arithmetic } from './arithmetic';
import type { Edges } from './edges';
import { emitGather } from './gather';
import { emitMacrokernel } from './macro';
import { emitPack } from './pack';
import type { PackCase } from './pack-case';
import { emitPackFours } from './pack-fours';
import { GEMM_WORDS } from './params';
import type { Tile } from './tile';
import { readWords, type Words } from './words';

type I32 = Local<'i32'>;
type GemmWord = (typeof GEMM_WORDS)[number];

/** Where the rows of A come from. */
export type Source =
  /** A strided matrix, packed. */
  | 'matrix'
  /** A matrix with neighbours along k, read in place. */
  | 'rows'
  /** The windows of images, a row to each: A[pixel, (tap, channel)]. */
  | 'windows'
  /** The same, transposed: A[(tap, channel), pixel]. */
  | 'windows-transposed';

/** What a task of a product is generated from. */
export interface ProductSpec {
  readonly tile: Tile;
  readonly arithmetic: Arithmetic;
  readonly source: Source;
  readonly edges: Edges;
}

/** C by its rows, by its columns, or parts of a long sum. */
export type ProductTask = 'run' | 'columns' | 'parts';

/**
 * Emits a task of a blocked product C = A·B, as in the BLIS papers: panels of A and B are packed so that each is read in
 * order from the cache that holds it. B is packed by a task of its own (`emitPackB`); then `run` computes C by rows, or
 * `columns` by columns. `parts` does both for a part of a long sum, into a matrix for each part.
 *
 * Each is a module of its own, with the kernels for the edges that there are and no others: a first product waits for
 * its code to be emitted.
 *
 * Reference: Van Zee & van de Geijn 2015, “BLIS: A Framework for Rapidly Instantiating BLAS Functionality”.
 */
export function emitProduct(m: ModuleBuilder, spec: ProductSpec, name: ProductTask): void {
  const block = emitBlock(m, spec);
  if (name === 'run') emitRowsTask(m, spec, block);
  else if (name === 'columns') emitColumnsTask(m, spec, block);
  else emitPartsTask(m, spec, block);
}

/** Emits a task; `body` gets those of its words that it asks for. */
function task<W extends GemmWord>(
  m: ModuleBuilder,
  wanted: readonly W[],
  body: (f: FunctionBuilder, w: Words<W>, t: TaskLocals) => void,
): void {
  m.func('run', ['i32', 'i32', 'i32', 'i32'], 'void', (f, params, begin, end, worker) => {
    body(f, readWords(f, params, GEMM_WORDS, wanted), { params, begin, end, worker });
  });
}

interface TaskLocals {
  readonly params: I32;
  readonly begin: I32;
  readonly end: I32;
  readonly worker: I32;
}

const least = (x: I32, y: Expr<'i32'>): Expr<'i32'> => i32.select(i32.ltU(x, y), x, y);

/**
 * Emits `block(params, scratch, a, b, c, i0, i1, p, kb, columns, accumulate)`: rows [i0, i1) of what kb steps along k
 * from p on add to the columns of C from the address `c` on, given their panels of B.
 */
function emitBlock(m: ModuleBuilder, { tile, arithmetic, source, edges }: ProductSpec): FunctionRef<'void'> {
  const { bytes } = arithmetic;
  const inRows = source === 'rows' || source === 'windows';
  const packA = inRows
    ? null
    : tile.access === 'shuffle'
      ? emitPackFours(m, 'packA', tile.rows)
      : emitPack(m, 'packA', tile.rows, bytes);
  const gather = source === 'windows' || source === 'windows-transposed' ? emitGather(m, bytes) : null;
  const macro = emitMacrokernel(m, { tile, arithmetic, a: inRows ? 'rows' : 'panels', b: 'panels' }, edges);
  const signature = Array.from({ length: 11 }, () => 'i32' as const);
  return m.func('block', signature, 'void', (f, ...all) => {
    const [params, scratch, a, b, c, i0, i1, p, kb, columns, accumulate] = all as unknown as I32[] & { length: 11 };
    const wanted = ['aRow', 'aK', 'cRow', 'mc', 'firstK', 'gathered'] as const;
    const { aRow, aK, cRow, mc, firstK, gathered } = readWords(f, params!, GEMM_WORDS, wanted);
    const [i, mb] = f.locals('i32', 2);
    const rows = f.local('i32', i32.add(scratch!, gathered));
    /** Makes rows [i, i + mb) of A ready and says where they are. */
    const ready = (): { readonly from: Expr<'i32'>; readonly row: Expr<'i32'> } => {
      const from = i32.add(a!, i32.add(i32.mul(i, aRow), i32.mul(p!, aK)));
      if (source === 'rows') return { from, row: aRow };
      if (source === 'windows') {
        const rowBytes = i32.mul(kb!, bytes);
        f.do(f.call(gather!, params!, rows, rowBytes, i, mb, i32.add(p!, firstK), kb!));
        return { from: rows, row: rowBytes };
      }
      if (source === 'matrix') f.do(f.call(packA!, scratch!, from, mb, kb!, aRow, aK));
      else {
        const rowBytes = i32.mul(mb, bytes);
        f.do(f.call(gather!, params!, rows, rowBytes, i32.add(p!, firstK), kb!, i, mb));
        f.do(f.call(packA!, scratch!, rows, mb, kb!, bytes, rowBytes));
      }
      return { from: scratch!, row: i32.const(0) };
    };
    f.for(i, i0!, i1!, mc, () => {
      f.set(mb, least(mc, i32.sub(i1!, i)));
      const { from, row } = ready();
      const to = i32.add(c!, i32.mul(i, cRow));
      f.do(f.call(macro, from, b!, to, cRow, mb, columns!, kb!, accumulate!, row, 0));
    });
  });
}

/** for (p = from; p < to; p += kc), with kb the steps of the block. */
export function overK(
  f: FunctionBuilder,
  { kc }: { readonly kc: I32 },
  from: I32 | number,
  to: I32,
  body: (p: I32, kb: I32) => void,
): void {
  const [p, kb] = f.locals('i32', 2);
  f.for(p, from, to, kc, () => {
    f.set(kb, least(kc, i32.sub(to, p)));
    body(p, kb);
  });
}

/** Where matrix q of a batch begins. */
export function matrix(
  base: I32,
  outer: I32,
  inner: I32,
  q: { readonly outer: I32; readonly inner: I32 },
): Expr<'i32'> {
  return i32.add(base, i32.add(i32.mul(q.outer, outer), i32.mul(q.inner, inner)));
}

/**
 * Goes through units [begin, end), `each` of which belong to a matrix of a batch, matrix by matrix: `body` is given its
 * indices, and its units [from, to).
 */
export function overBatch(
  f: FunctionBuilder,
  { begin, end, each, inner }: { readonly begin: I32; readonly end: I32; readonly each: I32; readonly inner: I32 },
  body: (q: { readonly outer: I32; readonly inner: I32 }, from: I32, to: I32) => void,
): void {
  const [u, q, outer, at, from, to] = f.locals('i32', 6);
  f.set(u, begin);
  f.while(i32.ltU(u, end), () => {
    f.set(q, i32.divU(u, each));
    f.set(from, i32.sub(u, i32.mul(q, each)));
    f.set(to, least(each, i32.add(from, i32.sub(end, u))));
    f.set(outer, i32.divU(q, inner));
    f.set(at, i32.sub(q, i32.mul(outer, inner)));
    f.increment(u, i32.sub(to, from));
    body({ outer, inner: at }, from, to);
  });
}

/** Emits the task that packs B, into panels of `width` columns; units are panels. */
export function emitPackB(m: ModuleBuilder, width: number, bytes: 4 | 8, packs: PackCase): void {
  const packB = emitPack(m, 'packB', width, bytes, packs);
  const words = ['b', 'bColumn', 'bK', 'n', 'k', 'kc', 'packed', 'width', ...BATCH_OF_B] as const;
  task(m, words, (f, w, { begin, end }) => {
    const each = f.local('i32', i32.divU(w.width, width));
    const [first, lanes] = f.locals('i32', 2);
    overBatch(f, { begin, end, each, inner: w.inner }, (q, from, to) => {
      // Strides of the source are those of A, which is not read here.
      const b = f.local('i32', matrix(w.b, w.aOuter, w.aInner, q));
      const packed = f.local('i32', matrix(w.packed, w.bOuter, w.bInner, q));
      f.set(first, i32.mul(from, width));
      f.set(lanes, i32.sub(least(w.n, i32.mul(to, width)), first));
      overK(f, w, 0, w.k, (p, kb) => {
        const target = i32.add(packed, i32.mul(i32.add(i32.mul(p, w.width), i32.mul(first, kb)), bytes));
        const source = i32.add(b, i32.add(i32.mul(first, w.bColumn), i32.mul(p, w.bK)));
        f.do(f.call(packB, target, source, lanes, kb, w.bColumn, w.bK));
      });
    });
  });
}

const BATCH_OF_B = ['inner', 'aOuter', 'aInner', 'bOuter', 'bInner'] as const;
const SCRATCH = ['scratch', 'scratchBytes'] as const;

function emitRowsTask(m: ModuleBuilder, { arithmetic: { bytes } }: ProductSpec, block: FunctionRef<'void'>): void {
  const sizes = ['m', 'n', 'k', 'kc', 'width', 'accumulate'] as const;
  const words = ['a', 'packed', 'c', ...sizes, ...SCRATCH, ...BATCH_OF_B, 'cOuter', 'cInner'] as const;
  task(m, words, (f, w, { params, begin, end, worker }) => {
    const scratch = f.local('i32', i32.add(w.scratch, i32.mul(worker, w.scratchBytes)));
    overBatch(f, { begin, end, each: w.m, inner: w.inner }, (q, from, to) => {
      const a = f.local('i32', matrix(w.a, w.aOuter, w.aInner, q));
      const b = f.local('i32', matrix(w.packed, w.bOuter, w.bInner, q));
      const c = f.local('i32', matrix(w.c, w.cOuter, w.cInner, q));
      overK(f, w, 0, w.k, (p, kb) => {
        const panels = i32.add(b, i32.mul(i32.mul(p, w.width), bytes));
        const add = i32.or(w.accumulate, i32.ne(p, 0));
        f.do(f.call(block, params, scratch, a, panels, c, from, to, p, kb, w.n, add));
      });
    });
  });
}

/** Of one matrix; parts begin at multiples of the tile's columns. */
function emitColumnsTask(m: ModuleBuilder, { arithmetic: { bytes } }: ProductSpec, block: FunctionRef<'void'>): void {
  const words = ['a', 'packed', 'c', 'm', 'k', 'kc', 'width', 'accumulate', ...SCRATCH] as const;
  task(m, words, (f, w, { params, begin, end, worker }) => {
    const scratch = f.local('i32', i32.add(w.scratch, i32.mul(worker, w.scratchBytes)));
    const c = f.local('i32', i32.add(w.c, i32.mul(begin, bytes)));
    const columns = f.local('i32', i32.sub(end, begin));
    overK(f, w, 0, w.k, (p, kb) => {
      const panels = i32.add(w.packed, i32.mul(i32.add(i32.mul(p, w.width), i32.mul(begin, kb)), bytes));
      const add = i32.or(w.accumulate, i32.ne(p, 0));
      f.do(f.call(block, params, scratch, w.a, panels, c, 0, w.m, p, kb, columns, add));
    });
  });
}

/** Unit u sums `part` steps along k, from u·part on, into the matrix at c + u·cOuter. */
function emitPartsTask(m: ModuleBuilder, { tile, arithmetic }: ProductSpec, block: FunctionRef<'void'>): void {
  const packB = emitPack(m, 'packB', tile.columns, arithmetic.bytes);
  const words = ['a', 'b', 'bColumn', 'bK', 'c', 'm', 'n', 'k', 'kc', 'own', 'cOuter', 'part', ...SCRATCH] as const;
  task(m, words, (f, w, { params, begin, end, worker }) => {
    const scratch = f.local('i32', i32.add(w.scratch, i32.mul(worker, w.scratchBytes)));
    const own = f.local('i32', i32.add(scratch, w.own));
    const [u, first, last, c] = f.locals('i32', 4);
    f.for(u, begin, end, 1, () => {
      f.set(first, i32.mul(u, w.part));
      f.set(last, least(w.k, i32.add(first, w.part)));
      f.set(c, i32.add(w.c, i32.mul(u, w.cOuter)));
      overK(f, w, first, last, (p, kb) => {
        f.do(f.call(packB, own, i32.add(w.b, i32.mul(p, w.bK)), w.n, kb, w.bColumn, w.bK));
        f.do(f.call(block, params, scratch, w.a, own, c, 0, w.m, p, kb, w.n, i32.ne(p, first)));
      });
    });
  });
}
