import { afterEach, describe, expect, it } from 'vitest';
import { closeAll, conduct, march, until } from '../backends/wasm/crew-support';

afterEach(closeAll);

describe('threads on a cross-origin isolated page', () => {
  it('join when the page lets them start, and give the bits of one thread', async () => {
    const results: Float32Array[] = [];
    for (const threads of [1, 2, 3]) {
      const crew = conduct({ threads });
      expect(crew.conductor.start()).toBe(threads > 1);
      const work = march(crew, 500, 40);
      const worked = (): number => work.counts().filter((c) => c > 0).length;
      await until(() => {
        for (let round = 0; round < 200; round++) expect(work.run()).toBe(40);
        return threads === 1 || worked() > 1;
      });
      work.reset();
      for (let round = 0; round < 100; round++) expect(work.run()).toBe(40);
      expect(work.counts().reduce((a, b) => a + b)).toBe(100 * 40 * 500);
      results.push(work.result());
    }
    for (const result of results) expect(result).toEqual(results[0]);
  });
});
