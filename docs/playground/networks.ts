import type { Backend } from 'kompakt';
import { conv2d, dense, flatten, maxPool2d, type Sequential, sequential } from 'kompakt/nn';
import { SIDE } from './pad';

/** Networks that the page can train. */
export const NETWORKS = {
  conv: {
    label: 'convolutions',
    layers: () => [
      conv2d({ filters: 8, kernelSize: 5, activation: 'relu' }),
      maxPool2d({ poolSize: 2 }),
      conv2d({ filters: 16, kernelSize: 3, activation: 'relu' }),
      maxPool2d({ poolSize: 2 }),
      flatten(),
      dense({ units: 48, activation: 'relu' }),
      dense({ units: 10, activation: 'softmax' }),
    ],
  },
  dense: {
    label: 'dense',
    layers: () => [flatten(), dense({ units: 128, activation: 'relu' }), dense({ units: 10, activation: 'softmax' })],
  },
} as const;

export type NetworkName = keyof typeof NETWORKS;

/** A network with new weights, ready to train. */
export function network(name: NetworkName, backend?: Backend): Sequential {
  const model = sequential(NETWORKS[name].layers(), { inputShape: [SIDE, SIDE, 1], seed: 1, backend });
  model.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy'] });
  return model;
}
