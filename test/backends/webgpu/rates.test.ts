import { describe, expect, it, vi } from 'vitest';
import { webgpu } from '../../../src/backends/webgpu/index';
import * as nn from '../../../src/nn/index';
import { sgd } from '../../../src/optim/index';
import { testRates } from '../../nn/rates';
import { findWebGPU } from '../../setup/webgpu';

const gpu = await findWebGPU();
if (gpu === null) describe.skip('learning rates that change on webgpu', () => it('needs an adapter', () => {}));
else {
  testRates(await webgpu({ gpu }), 4e-6);

  describe('a schedule on webgpu', () => {
    const trained = async (learningRate: (step: number) => number) => {
      const backend = await webgpu({ gpu });
      const plan = vi.spyOn(backend, 'plan');
      const model = nn.sequential([nn.dense({ units: 1 })], { inputShape: [1], backend, seed: 1 });
      model.compile({ optimizer: sgd({ learningRate }), loss: 'meanSquaredError' });
      const fit = () => model.fit([[1], [2], [3]], [[1], [2], [3]], { batchSize: 1, verbose: 0, epochs: 4, seed: 1 });
      return { fit, plan };
    };

    it('makes one plan for all rates', async () => {
      const { fit, plan } = await trained((step) => 0.1 / (1 + step));
      await fit();
      expect(plan).toHaveBeenCalledTimes(1);
      await fit();
      expect(plan).toHaveBeenCalledTimes(1);
    });

    it('that returns no number says at which step', async () => {
      const { fit } = await trained((step) => (step < 2 ? 0.1 : Number.NaN));
      await expect(fit()).rejects.toThrow('schedule returned NaN at step 2');
    });
  });
}
