export {
  type BidirectionalConfig,
  type BidirectionalOptions,
  bidirectional,
  type MergeMode,
} from './bidirectional';
export { type GruConfig, type GruOptions, gru } from './gru';
export { type LstmConfig, type LstmOptions, lstm } from './lstm';
export type { GatedConfig, GatedOptions, RecurrentConfig, RecurrentOptions, SequenceConfig } from './options';
export { type SimpleRnnConfig, type SimpleRnnOptions, simpleRNN } from './simple-rnn';
export { type TimeDistributedConfig, type TimeDistributedOptions, timeDistributed } from './time-distributed';
