export {
  type BidirectionalConfig,
  type BidirectionalOptions,
  bidirectional,
  type MergeMode,
} from './bidirectional';
export {
  type CellLayer,
  type GruCellConfig,
  type GruCellOptions,
  gruCell,
  type LstmCellConfig,
  type LstmCellOptions,
  lstmCell,
  type SimpleRnnCellConfig,
  type SimpleRnnCellOptions,
  simpleRNNCell,
} from './cells';
export { type ConvLstmConfig, type ConvLstmOptions, convLSTM1d, convLSTM2d, convLSTM3d } from './conv-lstm';
export { type GruConfig, type GruOptions, gru } from './gru';
export { type LstmConfig, type LstmOptions, lstm } from './lstm';
export type {
  CellConfig,
  CellOptions,
  GateConfig,
  GatedConfig,
  GatedOptions,
  GateOptions,
  RecurrentConfig,
  RecurrentOptions,
  SequenceConfig,
  SequenceOptions,
} from './options';
export type { RecurrentLayer } from './recurrent-layer';
export { type RnnConfig, type RnnOptions, rnn } from './rnn';
export { type SimpleRnnConfig, type SimpleRnnOptions, simpleRNN } from './simple-rnn';
export { type StackedRnnCellsConfig, type StackedRnnCellsOptions, stackedRNNCells } from './stacked';
export { type TimeDistributedConfig, type TimeDistributedOptions, timeDistributed } from './time-distributed';
