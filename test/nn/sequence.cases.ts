import type { Shape } from '../../src/core/shape';
import type { AnyLayer } from '../../src/nn/layer';
import * as L from '../../src/nn/layers/index';
import type { CheckLayerOptions } from '../../src/testing/check-layer';

/** A layer, and the shapes of its inputs: one, or a list. */
export interface SequenceCase {
  readonly kind: string;
  readonly options: object;
  readonly input: Shape | readonly Shape[];
  readonly check?: CheckLayerOptions;
}

const make = (kind: string, options: object, input: SequenceCase['input'], check?: CheckLayerOptions): SequenceCase =>
  check === undefined ? { kind, options, input } : { kind, options, input, check };
const steps = [4, 3];
const state = [2];

/** Layers of sequences in all their forms, for the contract of all layers. */
export const SEQUENCE_CASES: readonly SequenceCase[] = [
  make('masking', { maskValue: 0.5 }, steps),
  make('embedding', { inputDim: 7, outputDim: 3, maskZero: true }, [4], {
    discrete: true,
    draw: (rng) => rng.integer(7),
  }),
  make('simpleRNN', { units: 2 }, steps),
  make('simpleRNN', { units: 2, returnState: true, returnSequences: true, dropout: 0.3 }, [steps, state]),
  make('lstm', { units: 2 }, steps),
  make(
    'lstm',
    { units: 2, recurrentDropout: 0.4, dropout: 0.2, returnSequences: true, kernelRegularizer: 'l2' },
    steps,
  ),
  make('lstm', { units: 2, returnState: true, activation: 'elu', unitForgetBias: false, unroll: true }, [
    steps,
    state,
    state,
  ]),
  make('gru', { units: 2, goBackwards: true, returnSequences: true }, steps),
  make('gru', { units: 2, resetAfter: false, recurrentActivation: 'hardSigmoid', recurrentDropout: 0.3 }, [
    steps,
    state,
  ]),
  make('gru', { units: 2, useBias: false, returnState: true }, [steps]),
  make('bidirectional', { layer: L.lstm({ units: 2, recurrentRegularizer: 'l1' }) }, steps),
  make(
    'bidirectional',
    {
      layer: L.gru({ units: 2, returnState: true, returnSequences: true }),
      backwardLayer: L.simpleRNN({ units: 2, returnState: true, returnSequences: true, goBackwards: true }),
      mergeMode: null,
    },
    [steps, state, state],
  ),
  make('timeDistributed', { layer: L.dense({ units: 2, activation: 'tanh', kernelRegularizer: 'l2' }) }, steps),
  make('timeDistributed', { layer: L.bidirectional({ layer: L.gru({ units: 1 }) }) }, [2, 3, 2]),
];

/** The layer of a case; given a config, the one that it describes. */
export function layerOf({ kind, options }: SequenceCase, config?: object): AnyLayer {
  if (config !== undefined) return L.layerFromConfig(kind, config);
  return (L as unknown as Record<string, (options: object) => AnyLayer>)[kind]!(options);
}
