import type { ConfigReader } from './reader';
import { KERNEL, type LayerRule, scalars, WINDOW, weight } from './rule';

const WEIGHTS = /* @__PURE__ */ (() => ['use_bias', ...KERNEL, ...weight('recurrent'), ...weight('bias')])();
const DROPOUT = ['dropout', 'recurrent_dropout'];
/** How steps are gone through. */
export const SEQUENCE = ['return_sequences', 'return_state', 'go_backwards', 'stateful', 'zero_output_for_mask'];

const CELL = /* @__PURE__ */ (() => ['units', 'activation', ...WEIGHTS, ...DROPOUT])();
const LAYER = /* @__PURE__ */ (() => [...CELL, 'activity_regularizer', ...SEQUENCE])();
const GATES = 'recurrent_activation';

/** The GRU of before TensorFlow 2 applied the reset gate first; files of then do not say so. */
function resetAfter(o: ConfigReader, options: Record<string, unknown>): null {
  options.resetAfter = o.flag('reset_after');
  return null;
}

/** Keras 3's cell applies it last unless told otherwise, and files always tell. */
const gru = (kind: string, options: readonly string[]): LayerRule => ({
  kind,
  options: [...options, GATES],
  ignored: ['reset_after'],
  adapt: resetAfter,
});

const convLstm = (kind: string): LayerRule => ({
  kind,
  options: [
    'filters',
    ...WINDOW,
    'activation',
    GATES,
    'unit_forget_bias',
    ...WEIGHTS,
    'activity_regularizer',
    ...DROPOUT,
    ...SEQUENCE,
  ],
  adapt(o, options) {
    if (o.raw('data_format') === 'channels_first')
      return o.fail("data_format 'channels_first' is not supported here. Convert the model to channels_last.");
    return scalars('kernelSize', 'strides', 'dilations')(o, options);
  },
});

export const recurrentRules = (): readonly (readonly [className: string, rule: LayerRule])[] => [
  ['SimpleRNN', { kind: 'simpleRNN', options: LAYER }],
  ['LSTM', { kind: 'lstm', options: [...LAYER, GATES, 'unit_forget_bias'] }],
  ['GRU', gru('gru', LAYER)],
  ['SimpleRNNCell', { kind: 'simpleRNNCell', options: CELL }],
  ['LSTMCell', { kind: 'lstmCell', options: [...CELL, GATES, 'unit_forget_bias'] }],
  ['GRUCell', gru('gruCell', CELL)],
  ['ConvLSTM1D', convLstm('convLSTM1d')],
  ['ConvLSTM2D', convLstm('convLSTM2d')],
  ['ConvLSTM3D', convLstm('convLSTM3d')],
];
