import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type KernelName, prepare } from '../../bench/kernels/case';
import { KERNEL_CASES, KERNEL_ROWS } from '../../bench/kernels/index';
import { PARTS } from '../../bench/parts/index';
import { readResults } from '../../bench/results';
import { WasmBackend } from '../../src/backends/wasm/backend';
import * as kernels from '../../src/backends/wasm/kernels';
import type { Operand, Plan, Primitive, Program } from '../../src/core/backend';

/** Notes down which kernels the operations that it runs or plans are computed with. */
class Noting extends WasmBackend {
  readonly seen = new Set<unknown>();

  override run(op: Primitive, inputs: readonly Operand[], out: Operand, attrs: unknown): void {
    this.seen.add(op.kernel);
    super.run(op, inputs, out, attrs);
  }

  override plan(program: Program): Plan {
    for (const { op } of program.nodes) this.seen.add(op.kernel);
    return super.plan(program);
  }
}

const NAMES = Object.keys(kernels) as KernelName[];

describe('rows of the benchmark', () => {
  it('are there for every kernel of the engine', () => {
    const timed = new Set([...Object.keys(KERNEL_ROWS), ...KERNEL_CASES.flatMap((one) => one.kernels)]);
    expect(NAMES.filter((name) => !timed.has(name))).toEqual([]);
  });

  it('of other parts that are said to time a kernel are in the last results', () => {
    const results = readResults(join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'bench', 'results.json'));
    for (const [kernel, [part, work]] of Object.entries(KERNEL_ROWS)) {
      expect(Object.keys(PARTS), kernel).toContain(part);
      for (const [engine, parts] of Object.entries(results)) {
        const rows = parts[part]?.rows.map((row) => row.work);
        if (rows !== undefined) expect(rows, `${kernel}, Node ${engine}`).toContain(work);
      }
    }
  });

  it('have names of their own', () => {
    expect(new Set(KERNEL_CASES.map((one) => one.work)).size).toBe(KERNEL_CASES.length);
  });

  it.each(KERNEL_CASES.map((one) => [one.work, one] as const))('run the kernels that they name: %s', (_, one) => {
    const backend = new Noting({ threads: 1 });
    const ready = prepare(one, backend);
    backend.seen.clear();
    const values = ready.compute().dataSync();
    for (const name of one.kernels) expect(backend.seen, name).toContain(kernels[name]);
    expect((values as Float64Array).every(Number.isFinite)).toBe(true);
    ready.dispose();
  });
});
