/**
 * The generated code of the commonest products, for what is published for Node: a first product then neither generates its
 * code nor loads what generates it, which takes longer than the product.
 */
import { assemble, type MemoryImport, type ModuleBuilder } from '../../src/backends/wasm/assembler/index';
import { launchBlocked } from '../../src/backends/wasm/gemm/blocked';
import { launchDirect } from '../../src/backends/wasm/gemm/direct';
import { launchDots } from '../../src/backends/wasm/gemm/dots';
import type { MatrixProduct } from '../../src/backends/wasm/gemm/problem';
import { ALONE } from '../../src/backends/wasm/gemm/product';
import type { Tile } from '../../src/backends/wasm/gemm/tile';
import { importOf, type ReadyTable } from '../../src/backends/wasm/ready-table';
import type { TaskContext } from '../../src/backends/wasm/task';
import { probeCode } from '../../src/backends/wasm/tuner/probe';
import { F32_TILES } from '../../src/backends/wasm/tuner/tile';

/** What generates a module. */
export type Build = (module: ModuleBuilder) => void;

/** Engines by whether they reorder steps (`reordersSteps`), with the tile that is expected to be the fastest on them. */
export const ENGINES = { reordering: F32_TILES[1]!, others: F32_TILES[0]! } as const;

/** Keys of modules that are in one file: first products ask for one kind of product, and for panels of B where they are large. */
export const GROUPS = {
  rows: /^(gemm-pack|f32-fma-gemm-.*-rows-(run|columns))-/,
  matrix: /^f32-fma-gemm-.*-matrix-(run|columns)-/,
  small: /^f32-fma-gemm-(direct|dots)/,
  probes: /^f32-fma-probe-/,
} as const;

const BYTES = 4;
/** Rows and columns of C with every edge below and at the right, by rows and by columns, of few columns and of many. */
const ROWS = [12, 13, 14, 15, 16, 17, 30, 31, 32, 33, 34, 35];
const COLUMNS = [64, 66, 70, 1024, 1026, 1030];
const STEPS = 256;

/** What generates the modules that float32 products of contiguous matrices, or of transposed ones, ask for. */
export function commonModules(tile: Tile): Map<string, Build> {
  const builds = new Map<string, Build>();
  const context = recorder(builds);
  for (const transposed of [false, true]) {
    for (const n of COLUMNS) for (const m of ROWS) launchBlocked(product(m, n, STEPS, transposed), context, tile);
  }
  launchDirect(product(8, 8, 8), context, tile);
  launchDots(product(8, 1, 8), context);
  // With the second product of some size, microkernels begin to be measured.
  for (const candidate of F32_TILES) {
    const { key, build } = probeCode('f32-fma', candidate);
    builds.set(key, build);
  }
  return builds;
}

/** A product of contiguous matrices, B transposed or not. */
function product(m: number, n: number, k: number, transposed = false): MatrixProduct {
  const b = transposed ? { row: BYTES, column: k * BYTES } : { row: n * BYTES, column: BYTES };
  return {
    ...{ kind: 'f32', m, n, k, batch: ALONE },
    a: { address: 0, row: k * BYTES, column: BYTES },
    b: { address: 0, ...b },
    c: { address: 0, row: n * BYTES },
  };
}

/** A backend as it is by default, but that it keeps what it is asked for and runs nothing. */
function recorder(builds: Map<string, Build>): TaskContext {
  const kept = new Map<string, unknown>();
  return {
    features: { simd: true, relaxedSimd: true, threads: true },
    workers: 1,
    code(key, build) {
      builds.set(key, build);
      return { index: 0, run: () => undefined };
    },
    cached<T>(key: string, make: () => T): T {
      if (!kept.has(key)) kept.set(key, make());
      return kept.get(key) as T;
    },
    isConstant: () => false,
    workspace: () => 0,
    launch: () => undefined,
  };
}

/** Those of a group in pieces: what comes before the import of the memory, what comes after it, and the functions. */
export function readyTable(tile: Tile, group: RegExp): ReadyTable {
  const numbers = new Map<string, number>();
  const modules = [...commonModules(tile)]
    .filter(([key]) => group.test(key))
    .map(([key, build]) => {
      const pieces = piecesOf(key, build).map((piece) => {
        const text = Buffer.from(piece).toString('base64');
        const known = numbers.get(text);
        if (known === undefined) numbers.set(text, numbers.size);
        return known ?? numbers.size - 1;
      });
      return `${key} ${pieces.join(' ')}\n`;
    });
  return `${[...numbers.keys()].join(' ')}\n${modules.join('')}`;
}

const MEMORY: MemoryImport = { shared: true, maximumPages: 65536 };
const HEADER = 8;
const IMPORTS = 2;
const CODE = 10;

/** The pieces of a module, without the import of the memory. */
function piecesOf(key: string, build: Build): Uint8Array[] {
  const bytes = assemble(MEMORY, build);
  let at = HEADER;
  const number = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++]!;
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  let [importAt, importEnd] = [0, 0];
  for (;;) {
    const begin = at;
    const id = bytes[at++]!;
    const size = number();
    if (id === CODE) break;
    at += size;
    if (id === IMPORTS) [importAt, importEnd] = [begin, at];
  }
  if (Buffer.compare(bytes.subarray(importAt, importEnd), Uint8Array.from(importOf(MEMORY))) !== 0) {
    throw new Error(`ready-made modules: '${key}' imports something else than its memory.`);
  }
  const count = number();
  const pieces = [bytes.subarray(0, importAt), bytes.subarray(importEnd, at)];
  for (let i = 0; i < count; i++) {
    const begin = at;
    const size = number();
    at += size;
    pieces.push(bytes.subarray(begin, at));
  }
  return pieces;
}
