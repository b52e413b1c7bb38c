import { type ActivationName, checkActivation } from '../../activations';
import type { RegularizerConfig } from '../../layer';
import type { Regularizer } from '../../regularizers';
import { dropRate } from '../drop';
import type { LayerConfig, LayerOptions, OptionReader, WeightConfig, WeightOptions } from '../options';

/** Options of cells: of one step. */
export interface CellOptions
  extends LayerOptions,
    WeightOptions<'kernel'>,
    WeightOptions<'recurrent'>,
    WeightOptions<'bias'> {
  /** Size of the state, and of the output. */
  readonly units: number;
  /** By default `'tanh'`. */
  readonly activation?: ActivationName | undefined;
  /** By default true. */
  readonly useBias?: boolean | undefined;
  /** Probability that a feature of the input is dropped, the same ones at all steps; by default 0. */
  readonly dropout?: number | undefined;
  /** The same for the state, as it goes into the gates; by default 0. */
  readonly recurrentDropout?: number | undefined;
}

/** Options of how a sequence is gone through. */
export interface SequenceOptions {
  /** Whether the output has all steps instead of the last one; by default false. */
  readonly returnSequences?: boolean | undefined;
  /** Whether the last state follows as further outputs; by default false. */
  readonly returnState?: boolean | undefined;
  /** Whether steps are gone through from the last to the first; by default false. */
  readonly goBackwards?: boolean | undefined;
  /** Whether a batch goes on where the one before ended, sample by sample; by default false. */
  readonly stateful?: boolean | undefined;
  /** The size of all batches; required with `stateful`. */
  readonly batchSize?: number | null | undefined;
  /** Whether each step is an operation of its own: slower, but it can be differentiated twice; by default false. */
  readonly unroll?: boolean | undefined;
  /** Whether the output of a masked step is zero, instead of that of the step before; by default false. */
  readonly zeroOutputForMask?: boolean | undefined;
}

/** Options that all recurrent layers have. */
export interface RecurrentOptions extends CellOptions, SequenceOptions {
  /** Of the output; per sample of the batch. */
  readonly activityRegularizer?: Regularizer | null | undefined;
}

/** How steps are gone through and what of them is returned. */
export interface SequenceConfig {
  readonly returnSequences: boolean;
  readonly returnState: boolean;
  readonly goBackwards: boolean;
  readonly stateful: boolean;
  readonly batchSize: number | null;
  readonly unroll: boolean;
  readonly zeroOutputForMask: boolean;
}

/** The config of {@link CellOptions}. */
export interface CellConfig
  extends LayerConfig,
    WeightConfig<'kernel'>,
    WeightConfig<'recurrent'>,
    WeightConfig<'bias'> {
  readonly units: number;
  readonly activation: ActivationName;
  readonly useBias: boolean;
  readonly dropout: number;
  readonly recurrentDropout: number;
}

/** The config of {@link RecurrentOptions}. */
export interface RecurrentConfig extends CellConfig, SequenceConfig {
  readonly activityRegularizer: RegularizerConfig | null;
}

/** What gates have besides. */
export interface GateOptions {
  /** Of the gates, by default `'sigmoid'`. */
  readonly recurrentActivation?: ActivationName | undefined;
}

/** The config of {@link GateOptions}. */
export interface GateConfig {
  readonly recurrentActivation: ActivationName;
}

/** Options of layers with gates. */
export interface GatedOptions extends RecurrentOptions, GateOptions {}

/** The config of {@link GatedOptions}. */
export interface GatedConfig extends RecurrentConfig, GateConfig {}

/** Reads {@link CellOptions} without the common ones. */
export function cellConfig(o: OptionReader): Omit<CellConfig, keyof LayerConfig> {
  return {
    units: o.count('units'),
    activation: activationOption(o, 'activation', 'tanh'),
    useBias: o.flag('useBias', true),
    ...o.weight('kernel', 'glorotUniform'),
    ...o.weight('recurrent', 'orthogonal'),
    ...o.weight('bias', 'zeros'),
    dropout: dropRate(o, 'dropout'),
    recurrentDropout: dropRate(o, 'recurrentDropout'),
  };
}

/** Reads {@link RecurrentOptions} without the common ones. */
export function recurrentConfig(o: OptionReader): Omit<RecurrentConfig, keyof LayerConfig> {
  return {
    ...cellConfig(o),
    activityRegularizer: o.regularizer('activityRegularizer'),
    ...sequenceConfig(o),
  };
}

/** Whether a cell has the activations that it has by default. */
export const hasUsualActivations = ({ activation, recurrentActivation }: CellConfig & GateConfig): boolean =>
  activation === 'tanh' && recurrentActivation === 'sigmoid';

/** Reads how steps are gone through. */
export function sequenceConfig(o: OptionReader): SequenceConfig {
  const stateful = o.flag('stateful', false);
  const given = o.raw('batchSize') ?? null;
  if (stateful !== (given !== null)) {
    throw o.wrong('batchSize', given, 'the size of all batches where the layer is stateful, else left out');
  }
  return {
    returnSequences: o.flag('returnSequences', false),
    returnState: o.flag('returnState', false),
    goBackwards: o.flag('goBackwards', false),
    stateful,
    batchSize: stateful ? o.count('batchSize') : null,
    unroll: o.flag('unroll', false),
    zeroOutputForMask: o.flag('zeroOutputForMask', false),
  };
}

/** The name of an activation under another option than `activation`, or with another default. */
export function activationOption(o: OptionReader, option: string, byDefault: ActivationName): ActivationName {
  const value = o.raw(option) ?? byDefault;
  checkActivation(value, `${o.label}: ${option}`);
  return value;
}
