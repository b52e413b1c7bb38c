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
  make('lstmCell', { units: 2, recurrentRegularizer: 'l2' }, [[3], [2], [2]]),
  make('gruCell', { units: 2, dropout: 0.3, recurrentDropout: 0.3 }, [[3], [2]]),
  make('simpleRNNCell', { units: 2, activation: 'sigmoid' }, [[3], [2]]),
  make('stackedRNNCells', { cells: [L.lstmCell({ units: 2 }), L.gruCell({ units: 1 })] }, [[3], [2], [2], [1]]),
  make(
    'rnn',
    {
      cell: L.stackedRNNCells({ cells: [L.lstmCell({ units: 2, dropout: 0.3 }), L.simpleRNNCell({ units: 1 })] }),
      returnSequences: true,
    },
    steps,
  ),
  make('rnn', { cell: L.gruCell({ units: 2, kernelRegularizer: 'l2' }), returnState: true, goBackwards: true }, [
    steps,
    state,
  ]),
  make('bidirectional', { layer: L.rnn({ cell: L.lstmCell({ units: 2 }), returnState: true }) }, [steps]),
  make('timeDistributed', { layer: L.rnn({ cell: L.simpleRNNCell({ units: 1 }) }) }, [2, 3, 2]),
  make('convLSTM1d', { filters: 2, kernelSize: 2, padding: 'same', returnSequences: true }, [3, 4, 2]),
  make(
    'convLSTM2d',
    { filters: 1, kernelSize: 2, dropout: 0.2, recurrentDropout: 0.2, returnState: true },
    [2, 3, 3, 2],
  ),
  make('convLSTM3d', { filters: 1, kernelSize: 2, goBackwards: true, kernelRegularizer: 'l1' }, [2, 2, 3, 2, 1]),
  make('attention', { useScale: true }, [
    [3, 2],
    [4, 3],
    [4, 2],
  ]),
  make('attention', { scoreMode: 'concat', useCausalMask: true, dropout: 0.4, returnAttentionScores: true }, [
    [3, 2],
    [3, 2],
  ]),
  make('additiveAttention', {}, [
    [3, 2],
    [4, 2],
  ]),
  make('multiHeadAttention', { numHeads: 2, keyDim: 2, kernelRegularizer: 'l2', dropout: 0.2 }, steps),
  make(
    'multiHeadAttention',
    { numHeads: 2, keyDim: 1, valueDim: 3, outputShape: [2, 2], returnAttentionScores: true },
    [
      [3, 2],
      [4, 3],
      [4, 2],
    ],
  ),
  make('multiHeadAttention', { numHeads: 2, keyDim: 2, useBias: false, attentionAxes: [2, -3] }, [2, 3, 4]),
  make('transformerEncoder', { intermediateDim: 3, numHeads: 2, activation: 'gelu', biasRegularizer: 'l1' }, [3, 4]),
  make(
    'transformerEncoder',
    { intermediateDim: 3, numHeads: 2, dropout: 0.3, normalizeFirst: true, activation: 'tanh' },
    [3, 4],
  ),
  make('transformerDecoder', { intermediateDim: 3, numHeads: 1, activation: 'silu' }, [3, 4]),
  make(
    'transformerDecoder',
    { intermediateDim: 3, numHeads: 2, crossAttention: true, normalizeFirst: true, activation: 'silu', dropout: 0.1 },
    [
      [3, 4],
      [2, 3],
    ],
  ),
  make('positionEmbedding', { sequenceLength: 6 }, steps),
  make('positionEmbedding', { sequenceLength: 4, addInput: true, embeddingsRegularizer: 'l2' }, steps),
  make('sinePositionEncoding', {}, steps),
  make('sinePositionEncoding', { maxWavelength: 100, addInput: true }, [2, 3, 5]),
  make('tokenAndPositionEmbedding', { vocabularySize: 7, sequenceLength: 5, embeddingDim: 2, maskZero: true }, [4], {
    discrete: true,
    draw: (rng) => rng.integer(7),
  }),
];

/** The layer of a case; given a config, the one that it describes. */
export function layerOf({ kind, options }: SequenceCase, config?: object): AnyLayer {
  if (config !== undefined) return L.layerFromConfig(kind, config);
  return (L as unknown as Record<string, (options: object) => AnyLayer>)[kind]!(options);
}
