import { Session } from 'node:inspector/promises';
import { expect, it } from 'vitest';
import { wasm } from '../../src/backends/wasm/index';
import { eachTensor } from '../../src/core/nest';
import { add, compile, grad, matmul, ones, square, sum, type Tensor, tanh } from '../../src/index';
import { dense, sequential } from '../../src/nn/index';
import { adam } from '../../src/optim/index';

/** Bytes of the JavaScript heap that `f` takes, what is collected on the way included: by samples, one every KiB or so. */
async function bytesOf(f: () => unknown): Promise<number> {
  const session = new Session();
  session.connect();
  try {
    await session.post('HeapProfiler.startSampling', {
      samplingInterval: 1024,
      includeObjectsCollectedByMajorGC: true,
      includeObjectsCollectedByMinorGC: true,
    });
    await f();
    const { profile } = await session.post('HeapProfiler.stopSampling');
    const total = (node: typeof profile.head): number =>
      node.selfSize + node.children.reduce((bytes, child) => bytes + total(child), 0);
    return total(profile.head);
  } finally {
    session.disconnect();
  }
}

it('a step of fit allocates little on the JavaScript heap, and a tensor or two for what is kept of a weight', async () => {
  const backend = wasm({ threads: 1 });
  const samples = 200;
  const perStep = async (layers: number): Promise<number> => {
    const hidden = Array.from({ length: layers - 1 }, () => dense({ units: 16, activation: 'relu' }));
    const model = sequential([...hidden, dense({ units: 10, activation: 'softmax' })], { seed: 1, backend });
    model.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy' });
    const x = ones([samples, 20], { backend });
    const y = new Int32Array(samples);
    const fit = (): Promise<unknown> => model.fit(x, y, { batchSize: 1, verbose: 0 });
    await fit();
    const bytes = (await bytesOf(fit)) / samples;
    model.dispose();
    return bytes;
  };
  const [shallow, deep] = [await perStep(2), await perStep(9)];
  expect(shallow).toBeGreaterThan(1000);
  expect(shallow).toBeLessThan(32_000);
  expect(deep).toBeLessThan(52_000);
  // Of each of 14 more weights, the next value and two moments are made.
  expect((deep - shallow) / 14).toBeLessThan(1800);
});

it('a compiled step of Adam allocates the tensors of its result and little else', async () => {
  const backend = wasm({ threads: 1 });
  const calls = 300;
  const x = ones([16, 8], { backend });
  const perCall = async (layers: number): Promise<number> => {
    const names = Array.from({ length: layers }, (_, i) => `w${i}`);
    let weights = Object.fromEntries(names.map((name) => [name, ones([8, 8], { backend })]));
    const optimizer = adam();
    let state = optimizer.init(weights);
    const step = compile((w: typeof weights, s: typeof state, batch: Tensor) => {
      const loss = (v: typeof weights): Tensor => sum(square(names.reduce((y, n) => tanh(matmul(y, v[n]!)), batch)));
      const [updates, next] = optimizer.update(grad(loss)(w), s, w) as [typeof weights, typeof state];
      return [Object.fromEntries(names.map((n) => [n, add(w[n]!, updates[n]!)])), next] as const;
    });
    const run = (times: number): void => {
      for (let i = 0; i < times; i++) {
        const before = [weights, state];
        [weights, state] = step(weights, state, x);
        eachTensor(before, (t) => t.dispose());
      }
    };
    run(100);
    const bytes = (await bytesOf(() => run(calls))) / calls;
    step.dispose();
    return bytes;
  };
  const [one, eight] = [await perCall(1), await perCall(8)];
  expect(one).toBeGreaterThan(300);
  expect(one).toBeLessThan(5500);
  expect(eight).toBeLessThan(14_500);
  expect((eight - one) / 7).toBeLessThan(1500);
});
