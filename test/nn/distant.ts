import { describe, expect, it } from 'vitest';
import { reference } from '../../src/backends/reference/index';
import type { Backend } from '../../src/core/backend';
import { BackendError } from '../../src/core/errors';
import { memory, moved, mul, slice, tensor, to, transpose } from '../../src/index';
import * as nn from '../../src/nn/index';
import { expectValues } from '../ops/close';

const TOLERANCE = 4e-6;
const ROWS = [
  [1, 2, 3],
  [-1, 0, 0.5],
];

function model(backend: Backend): nn.Sequential {
  const made = nn.sequential([nn.dense({ units: 2 })], { inputShape: [3], backend, seed: 1 });
  made.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  return made;
}

/** What there is to do with a backend whose memory can't be read at once: move, copy, save, and give its tensors to `fit`. */
export function testDistant(backend: Backend): void {
  const truth = reference();
  describe(`tensors and models of ${backend.name}, from which values come back later`, () => {
    it('are moved from it by moved, and to says so', async () => {
      const nest = { a: transpose(mul(tensor(ROWS, { backend }), 1)), b: [tensor([1, 0], { backend, dtype: 'bool' })] };
      expect(() => to(nest, truth)).toThrow(/moved\(x, backend\) to move/);
      expect(() => to(nest, truth)).toThrow(BackendError);
      const got = await moved(nest, truth);
      expect(got.a.backend).toBe(truth);
      expect(got.a.toArraySync()).toEqual([
        [1, -1],
        [2, 0],
        [3, 0.5],
      ]);
      expect([got.b[0]!.dtype, ...got.b[0]!.dataSync()]).toEqual(['bool', 1, 0]);
      expect(await moved(nest.a, backend)).toBe(nest.a);
    });

    it('move as models both ways, and leave no tensors over', async () => {
      const there = model(backend);
      await there.fit(
        ROWS,
        [
          [1, 2],
          [3, 4],
        ],
        { verbose: 0 },
      );
      const wanted = await there.predict(ROWS).data();
      const before = memory().tensors;
      const here = await moved(there, truth);
      expect(here.backend).toBe(truth);
      expectValues(here.predict(ROWS).dataSync(), wanted, TOLERANCE);
      const back = await here.moved(backend);
      expectValues(await back.predict(ROWS).data(), wanted, TOLERANCE);
      here.dispose();
      back.dispose();
      // Predictions are the caller's.
      expect(memory().tensors).toBeLessThanOrEqual(before + 2);
    });

    it('copy and save as models', async () => {
      const there = model(backend);
      const wanted = await there.predict(ROWS).data();
      const loaded = await nn.loadModel(await there.toBytes(), { backend: truth });
      expectValues(loaded.predict(ROWS).dataSync(), wanted, TOLERANCE);
      const copy = there.clone();
      there.dispose();
      expect(await copy.predict(ROWS).data()).toEqual(wanted);
    });

    it('are weights as views of other tensors, too', async () => {
      const there = model(backend);
      const many = tensor(
        [
          [9, 9],
          [1, 2],
          [3, 4],
          [5, 6],
        ],
        { backend },
      );
      const kernel = slice(many, [1], [4]);
      there.setWeights([kernel, tensor([1, 2], { backend })]);
      kernel.dispose();
      many.dispose();
      expect(await there.predict([[1, 1, 1]]).toArray()).toEqual([[10, 14]]);
    });

    it('are samples and targets of fit and evaluate', async () => {
      const results = [];
      for (const [own, samples] of [
        [truth, truth],
        [backend, backend],
        [truth, backend],
        [backend, truth],
      ] as const) {
        const trained = model(own);
        const [x, y] = [
          tensor(ROWS, { backend: samples }),
          tensor(
            [
              [1, 2],
              [3, 4],
            ],
            { backend: samples },
          ),
        ];
        const { history } = await trained.fit(x, y, { epochs: 2, batchSize: 1, seed: 1, verbose: 0 });
        results.push([...history.loss, (await trained.evaluate(x, y)).loss]);
      }
      for (const result of results) expectValues(result, results[0]!, TOLERANCE);
    });
  });
}
