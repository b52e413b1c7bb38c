import { expect, it } from 'vitest';
import { wasm } from '../../src/backends/wasm/index';
import { add, compile, exp, mul, ones, sum, type Tensor } from '../../src/index';
import { collect } from '../setup/collect';

const CALLS = 2000;

/** Bytes of the JavaScript heap that a call takes: the least of several rounds, as others allocate in between. */
function bytesPerCall(f: () => Tensor): number {
  const rounds = Array.from({ length: 5 }, () => {
    collect();
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < CALLS; i++) f().dispose();
    return (process.memoryUsage().heapUsed - before) / CALLS;
  });
  return Math.min(...rounds.filter((bytes) => bytes > 0));
}

it('compiled calls allocate the same little on the JavaScript heap, however long the program is', () => {
  const backend = wasm({ threads: 1 });
  const x = ones([64], { backend });
  const [short, long] = [1, 30].map((layers) => {
    const f = compile((v: Tensor) => {
      let y = v;
      for (let i = 0; i < layers; i++) y = add(mul(exp(mul(y, 0.01)), 0.5), sum(y));
      return y;
    });
    for (let i = 0; i < CALLS; i++) f(x).dispose();
    const bytes = bytesPerCall(() => f(x));
    f.dispose();
    return bytes;
  }) as [number, number];
  expect(short).toBeLessThan(2048);
  expect(long).toBeLessThan(short + 1024);
});
