import { describe, expect, it } from 'vitest';
import { commonModules, ENGINES, GROUPS, readyTable } from '../../../scripts/published/ready-made';
import {
  assemble,
  type Expr,
  type FunctionBuilder,
  f32x4,
  i32,
  type Local,
  type ModuleBuilder,
  v128,
} from '../../../src/backends/wasm/assembler/index';
import { WasmBackend } from '../../../src/backends/wasm/backend';
import { QUESTIONS } from '../../../src/backends/wasm/features';
import { readyModule } from '../../../src/backends/wasm/ready-made';
import { moduleOf } from '../../../src/backends/wasm/ready-table';
import type { CodeOptions } from '../../../src/backends/wasm/task';
import { F32_TILES } from '../../../src/backends/wasm/tuner/tile';
import { Rng } from '../../../src/core/rng';
import { matmul } from '../../../src/ops/matmul';
import { rng } from '../../../src/ops/random';

const DEFAULT = { shared: true, maximumPages: 65536 };
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('modules that are published ready-made', () => {
  it.each(Object.keys(ENGINES) as (keyof typeof ENGINES)[])('are what is generated: for %s engines', (kind) => {
    const tables = Object.values(GROUPS).map((group) => readyTable(ENGINES[kind], group));
    const builds = commonModules(ENGINES[kind]);
    const keys = tables.flatMap((table) => [...table.matchAll(/^(\S+-\S+) \d/gm)].map(([, key]) => key!));
    expect(keys.toSorted()).toEqual([...builds.keys()].toSorted());
    // By rows and columns of C, of few columns and many, with 18 edges; four packings, a direct product, dots, and probes.
    expect(builds.size).toBe(2 * 2 * 18 + 4 + 1 + 1 + F32_TILES.length);
    const others = [1, 127, 128, 4096, 16384].map((maximumPages) => ({ shared: true, maximumPages }));
    for (const [key, build] of builds) {
      const memories = [DEFAULT, { shared: false, maximumPages: 65536 }, ...(key.endsWith('run-4-0') ? others : [])];
      for (const memory of memories) {
        const ready = tables.flatMap((table) => moduleOf(table, key, memory) ?? []);
        expect(ready.map(hex), key).toEqual([hex(assemble(memory, build))]);
      }
    }
    expect(moduleOf(tables[0]!, 'f32-gemm-dots', DEFAULT)).toBeUndefined();
  });

  it('are few bytes', () => {
    for (const tile of Object.values(ENGINES)) {
      for (const group of Object.values(GROUPS)) {
        const { length } = readyTable(tile, group);
        expect(length).toBeGreaterThan(5000);
        expect(length).toBeLessThan(40_000);
      }
    }
  });

  it('are of the tiles that are expected to be the fastest', () => {
    expect([ENGINES.others, ENGINES.reordering]).toEqual(F32_TILES.slice(0, 2));
  });

  it('are none in the sources', () => {
    expect(readyModule('f32-fma-gemm-dots', DEFAULT)).toBeUndefined();
  });
});

describe('keys of generated modules', () => {
  it('determine what products generate, whatever the sizes, layouts, dtypes and features', () => {
    const seen = new Map<string, string>();
    let again = 0;
    class Watched extends WasmBackend {
      override code(key: string, build: (module: ModuleBuilder) => void, options?: CodeOptions) {
        const bytes = hex(assemble(DEFAULT, build));
        if (seen.has(key)) again++;
        expect(seen.get(key) ?? bytes, key).toBe(bytes);
        seen.set(key, bytes);
        return super.code(key, build, options);
      }
    }
    const sizes = new Rng('keys');
    const size = (most: number): number => 1 + Math.floor(most ** sizes.random());
    for (const backend of [new Watched({ deterministic: true }), new Watched(), new Watched({ threads: 1 })]) {
      for (let i = 0; i < 120; i++) {
        const [m, n, k] = [size(90), size(600), size(300)];
        const [transposeA, transposeB] = [sizes.random() < 0.3, sizes.random() < 0.3];
        const batch = sizes.random() < 0.2 ? [3] : [];
        const dtype = sizes.random() < 0.8 ? 'float32' : 'float64';
        const random = (rows: number, columns: number) => rng(i).normal([...batch, rows, columns], { dtype, backend });
        const [a, b] = [transposeA ? random(k, m) : random(m, k), transposeB ? random(n, k) : random(k, n)];
        matmul(a, b, { transposeA, transposeB }).dispose();
      }
    }
    expect(again).toBeGreaterThan(100);
    expect([...seen.keys()].some((key) => key.startsWith('f32-gemm-'))).toBe(true);
    expect([...seen.keys()].some((key) => key.startsWith('f32-fma-gemm-'))).toBe(true);
  });
});

describe('modules that ask what an engine can do', () => {
  type Body = (f: FunctionBuilder, p: Local<'i32'>) => void;
  const multiplyAdd = (address: Expr<'i32'>) =>
    f32x4.relaxedMadd(v128.load(address), v128.load(address), v128.load(address));
  const bodies: Record<keyof typeof QUESTIONS, [boolean, Body]> = {
    all: [true, (f, p) => f.do(v128.store(p, multiplyAdd(i32.atomicLoad(p))))],
    simd: [false, (f, p) => f.do(v128.store(p, f32x4.add(v128.load(p), v128.load(p))))],
    relaxedSimd: [false, (f, p) => f.do(v128.store(p, multiplyAdd(p)))],
    threads: [true, (f, p) => f.drop(i32.atomicLoad(p))],
  };

  it.each(Object.entries(bodies))('are what the assembler makes: %s', (name, [shared, body]) => {
    const bytes = assemble({ shared, maximumPages: 1 }, (module) => void module.func('f', ['i32'], 'void', body));
    expect(QUESTIONS[name as keyof typeof QUESTIONS]).toBe(hex(bytes));
  });
});
