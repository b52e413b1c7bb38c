import { reference } from 'kompakt/backends/reference';
import { wasm } from 'kompakt/backends/wasm';
import { expect, it } from 'vitest';
import { softwareIn } from '../../bench/gpu/browser';
import { type Engine, GPU_JS, ours, TFJS_WEBGPU, WEBGPU } from '../../bench/gpu/engines';
import { flopOf, run, type Work } from '../../bench/gpu/page';
import { rowOf } from '../../bench/parts/gpu';
import { tableOf } from '../../bench/report';
import { memory } from '../../src/core/tensor';

const PRODUCT: Work = { kind: 'product', size: 6 };
const CONVOLUTION: Work = { kind: 'convolution', shape: [2, 5, 5, 3], kernel: [3, 3, 3, 4] };
const engines = (): Engine[] => [ours('a', wasm()), ours('b', reference())];

it('compares all engines with WASM before it times them, and leaves nothing behind', async () => {
  const before = memory();
  for (const work of [PRODUCT, CONVOLUTION]) {
    expect(await run(engines(), work, false)).toEqual({ agreed: ['a', 'b'], timings: [] });
    const { timings } = await run(engines(), work, true, 4 * flopOf(work));
    expect(timings.map((t) => t.name)).toEqual(['a', 'b']);
    for (const t of timings) expect(t.medianMs).toBeGreaterThanOrEqual(t.fastestMs);
  }
  expect(memory()).toEqual(before);
  const [one] = engines();
  const wrong: Engine = { ...one!, name: 'wrong', matmul: (a) => one!.matmul(a, a) };
  await expect(run([one!, wrong], PRODUCT, false)).rejects.toThrow(/wrong against WASM: the results differ/);
});

it('makes an engine that shares the page with another the one that computes', async () => {
  const calls: string[] = [];
  const engine = (name: string): Engine => ({ ...engines()[0]!, name, select: async () => calls.push(name) });
  await run([engine('a'), engine('b')], PRODUCT, true, flopOf(PRODUCT));
  expect(calls.slice(0, 8)).toEqual(['a', 'b', 'a', 'a', 'a', 'b', 'b', 'b']);
});

it('tells GPUs from what stands in for them', () => {
  const angle = 'ANGLE (Google, Vulkan 1.3.0 (SwiftShader Device (Subzero) (0x0000C0DE)), SwiftShader driver)';
  const nvidia = 'ANGLE (NVIDIA, Vulkan 1.3.277 (NVIDIA GeForce RTX 3060 (0x00002503)), NVIDIA)';
  expect(softwareIn({ webgpu: 'nvidia ampere', webgl: nvidia })).toBeNull();
  expect(softwareIn({ webgpu: 'google swiftshader', webgl: nvidia })).toBe('swiftshader');
  expect(softwareIn({ webgpu: 'nvidia ampere', webgl: angle })).toBe('SwiftShader');
  expect(softwareIn({ webgpu: 'none', webgl: nvidia })).toBe('none');
  expect(softwareIn({ webgpu: 'mesa', webgl: 'Mesa/X.org, llvmpipe (LLVM 15.0.6, 256 bits)' })).toBe('llvmpipe');
});

it('judges the largest product on GPUs, and nothing without one', () => {
  const timing = (name: string, medianMs: number) => ({ name, medianMs, fastestMs: medianMs, rounds: 1 });
  const timings = [timing(WEBGPU, 1), timing(GPU_JS, 30), timing(TFJS_WEBGPU, 1.2)];
  const outcome = { agreed: timings.map((t) => t.name), timings };
  const judged = rowOf({ kind: 'product', size: 2048 }, outcome, null);
  expect(judged.bars!.map(({ value, atLeast }) => [value, atLeast])).toEqual([
    [1.2, 1.5],
    [30, 20],
  ]);
  expect(rowOf({ kind: 'product', size: 1024 }, outcome, null).bars).toEqual([]);
  const alone = rowOf({ kind: 'product', size: 2048 }, { ...outcome, timings: [] }, 'SwiftShader');
  expect(alone.bars).toBeUndefined();
  expect(tableOf([alone])).not.toMatch(/GFLOP|[✓✗]| ms/);
  expect(tableOf([alone])).toContain('Not timed: no GPU (SwiftShader)');
});
