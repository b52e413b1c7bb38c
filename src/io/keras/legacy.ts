import { FormatError } from '../../core/errors';
import { type Json, show } from './json';

/** Names of classes that Keras has changed, by their last. */
const CLASSES = new Map([
  ['Convolution1D', 'Conv1D'],
  ['Convolution2D', 'Conv2D'],
  ['Convolution3D', 'Conv3D'],
  ['AtrousConvolution1D', 'Conv1D'],
  ['AtrousConvolution2D', 'Conv2D'],
  ['AtrousConv2D', 'Conv2D'],
  ['SeparableConvolution1D', 'SeparableConv1D'],
  ['SeparableConvolution2D', 'SeparableConv2D'],
  ['Convolution2DTranspose', 'Conv2DTranspose'],
  ['Deconvolution2D', 'Conv2DTranspose'],
  ['Deconv2D', 'Conv2DTranspose'],
  ['MaxPool1D', 'MaxPooling1D'],
  ['MaxPool2D', 'MaxPooling2D'],
  ['AvgPool1D', 'AveragePooling1D'],
  ['AvgPool2D', 'AveragePooling2D'],
  ['GlobalAvgPool1D', 'GlobalAveragePooling1D'],
  ['GlobalAvgPool2D', 'GlobalAveragePooling2D'],
  ['GlobalMaxPool1D', 'GlobalMaxPooling1D'],
  ['GlobalMaxPool2D', 'GlobalMaxPooling2D'],
  ['BatchNormalizationV1', 'BatchNormalization'],
  ['BatchNormalizationV2', 'BatchNormalization'],
  ['GRUV1', 'GRU'],
  ['GRUV2', 'GRU'],
  ['LSTMV1', 'LSTM'],
  ['LSTMV2', 'LSTM'],
]);

const MERGES = new Map([
  ['sum', 'Add'],
  ['mul', 'Multiply'],
  ['ave', 'Average'],
  ['max', 'Maximum'],
  ['concat', 'Concatenate'],
  ['dot', 'Dot'],
]);

/** Keras 1's name of an option, and Keras 2's. */
const OPTIONS = new Map([
  ['nb_filter', 'filters'],
  ['filter_length', 'kernel_size'],
  ['border_mode', 'padding'],
  ['subsample', 'strides'],
  ['subsample_length', 'strides'],
  ['atrous_rate', 'dilation_rate'],
  ['bias', 'use_bias'],
  ['init', 'kernel_initializer'],
  ['inner_init', 'recurrent_initializer'],
  ['inner_activation', 'recurrent_activation'],
  ['W_regularizer', 'kernel_regularizer'],
  ['U_regularizer', 'recurrent_regularizer'],
  ['b_regularizer', 'bias_regularizer'],
  ['W_constraint', 'kernel_constraint'],
  ['U_constraint', 'recurrent_constraint'],
  ['b_constraint', 'bias_constraint'],
  ['output_dim', 'units'],
  ['dropout_W', 'dropout'],
  ['dropout_U', 'recurrent_dropout'],
  ['p', 'rate'],
  ['sigma', 'stddev'],
  ['pool_length', 'pool_size'],
  ['stride', 'strides'],
  ['length', 'size'],
  ['beta_init', 'beta_initializer'],
  ['gamma_init', 'gamma_initializer'],
  ['dim_ordering', 'data_format'],
]);

/** What means something else, or nothing, for one class. */
const EXCEPTIONS = new Map<string, ReadonlyMap<string, string>>([
  [
    'Embedding',
    new Map([
      ['output_dim', 'output_dim'],
      ['init', 'embeddings_initializer'],
      ['W_regularizer', 'embeddings_regularizer'],
      ['W_constraint', 'embeddings_constraint'],
    ]),
  ],
  ['PReLU', new Map([['init', 'alpha_initializer']])],
  ['Dropout', new Map([['p', 'rate']])],
]);

const WITHOUT_MEANING = new Set([
  'consume_less',
  'input_dim',
  'input_length',
  'dropout',
  'forget_bias_init',
  'weights',
]);

/** A layer's class and config as Keras 2 and later write them. */
export interface ModernLayer {
  readonly className: string;
  readonly config: Json;
}

/** A class by its name of today, with its options renamed if they are Keras 1's. */
export function modernise(className: string, config: Json, label: string): ModernLayer {
  const today = CLASSES.get(className) ?? className;
  if (className === 'Merge') return merge(config, label);
  const isOld = Object.keys(config).some((key) => OPTIONS.has(key) && !(key === 'output_dim' && today === 'Embedding'));
  return { className: today, config: isOld ? renamed(today, config) : config };
}

function merge(config: Json, label: string): ModernLayer {
  const mode = config.mode;
  const className = typeof mode === 'string' ? MERGES.get(mode) : undefined;
  if (className === undefined)
    throw new FormatError(
      `${label}: kompakt can't merge with mode ${show(mode)}. It can ${[...MERGES.keys()].join(', ')}.`,
    );
  const { concat_axis: axis, dot_axes: axes, name } = config;
  return {
    className,
    config: { name, ...(className === 'Concatenate' && { axis }), ...(className === 'Dot' && { axes }) },
  };
}

function renamed(className: string, config: Json): Json {
  const own = EXCEPTIONS.get(className);
  const entries: [string, unknown][] = [];
  for (const [key, value] of Object.entries(config)) {
    if (key === 'dim_ordering') entries.push(['data_format', value === 'th' ? 'channels_first' : 'channels_last']);
    else if (key === 'forget_bias_init') entries.push(['unit_forget_bias', value === 'one']);
    else if (key === 'input_dim' && className === 'Embedding') entries.push([key, value]);
    else if (!WITHOUT_MEANING.has(key) && !/^(nb_row|nb_col|kernel_dim[123])$/.test(key))
      entries.push([own?.get(key) ?? OPTIONS.get(key) ?? key, value]);
  }
  const { nb_row: rows, nb_col: columns, kernel_dim1: a, kernel_dim2: b, kernel_dim3: c } = config;
  if (rows !== undefined) entries.push(['kernel_size', [rows, columns]]);
  if (a !== undefined) entries.push(['kernel_size', [a, b, c]]);
  if (className === 'LSTM' && config.forget_bias_init === undefined) entries.push(['unit_forget_bias', true]);
  return Object.fromEntries(entries);
}
