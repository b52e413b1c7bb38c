import { conv2d, matmul, rng, tensor } from 'kompakt';
import { wasm } from '../src/backends/wasm/index';
import { quantizeMultiplier } from '../src/core/fixed-point';
import { qConv2d, qMatmul, qDepthwiseConv2d } from '../src/ops/quantized';
const attrs = { inputZeroPoint: 3, outputZeroPoint: -5, qmin: -128, qmax: 127 };
const backends = { fast: wasm(), i16: wasm({ deterministic: true }) };
const size = (s: readonly number[]) => s.reduce((a, b) => a * b, 1);
const i8 = (shape: readonly number[], backend: any) => tensor(Int8Array.from(rng(1).integers(size(shape), 256), (v) => v - 128), { shape, backend });
const f = (shape: readonly number[]) => tensor(Float32Array.from({ length: size(shape) }, (_, i) => ((i * 7919) % 1000) / 500 - 1), { shape, backend: backends.fast });
const scales = (c: number, backend: any) => { const { multiplier, shift } = quantizeMultiplier(0.003); return [0, multiplier, shift].map((v) => tensor(new Int32Array(c).fill(v), { backend })) as any; };
const cases: { name: string; macs: number; runs: [string, () => any][] }[] = [];
for (const [m, k, n] of [[1, 784, 512], [4, 784, 512], [32, 784, 512], [128, 784, 512], [512, 512, 512]] as const) {
  const F: [any, any] = [f([m, k]), f([k, n])];
  cases.push({ name: `dense ${m}×${k}→${n}`, macs: m * n * k, runs: [['f32', () => matmul(...F)], ...Object.entries(backends).map(([name, backend]) => { const [x, w, s] = [i8([m, k], backend), i8([k, n], backend), scales(n, backend)]; return [name, () => qMatmul(x, w, ...(s as [any, any, any]), attrs)] as [string, () => any]; })] });
}
for (const [b, h, c, o, kk, st] of [[32, 28, 32, 64, 3, 1], [8, 56, 64, 64, 3, 1], [1, 112, 3, 32, 3, 2], [1, 56, 128, 128, 1, 1], [1, 14, 512, 512, 1, 1], [1, 112, 32, 64, 1, 1]] as const) {
  const p = kk === 3 ? 1 : 0; const g = { strides: [st, st], padding: [[p, p], [p, p]], dilations: [1, 1], groups: 1 } as any;
  const oh = Math.floor((h + 2 * p - kk) / st) + 1;
  const F: [any, any] = [f([b, h, h, c]), f([kk, kk, c, o])];
  cases.push({ name: `conv ${b}×${h}×${h}×${c}→${o} ${kk}×${kk}/${st}`, macs: b * oh * oh * o * c * kk * kk, runs: [['f32', () => conv2d(...F, { padding: 'same', strides: st })], ...Object.entries(backends).map(([name, backend]) => { const [x, w, s] = [i8([b, h, h, c], backend), i8([kk, kk, c, o], backend), scales(o, backend)]; return [name, () => qConv2d(x, w, ...(s as [any, any, any]), { ...attrs, ...g })] as [string, () => any]; })] });
}
console.log(process.version);
for (const { name, macs, runs } of cases) {
  const best = runs.map(() => [] as number[]);
  for (const [, r] of runs) for (let i = 0; i < 6; i++) r().dispose();
  const reps = Math.max(1, Math.round(4e7 / macs * 2));
  for (let round = 0; round < 15; round++) runs.forEach(([, r], i) => { const s = performance.now(); for (let q = 0; q < reps; q++) r().dispose(); best[i]!.push((performance.now() - s) / reps); });
  const med = best.map((t) => t.sort((a, b) => a - b)[7]!);
  console.log(name.padEnd(34), runs.map(([n], i) => `${n} ${med[i]!.toFixed(3)} ms ${(macs / med[i]! / 1e6).toFixed(1)} G ${(med[0]! / med[i]!).toFixed(2)}×`).join('   '));
}
