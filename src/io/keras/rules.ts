import type { ConfigReader } from './reader';
import { AFFINE, KERNEL, type LayerRule, scalars, WINDOW, weight } from './rule';
import { preprocessingRules } from './rules-preprocessing';
import { recurrentRules } from './rules-recurrent';

const SCALING = /* @__PURE__ */ (() => ['epsilon', 'center', 'scale', ...weight('beta'), ...weight('gamma')])();
const POOL = ['pool_size', 'strides', 'padding'];
const ATTENTION = ['dropout', 'causal=useCausalMask', 'use_causal_mask', 'return_attention_scores'];

const line = (kind: string, options: readonly string[], ignored?: readonly string[]): LayerRule => ({
  kind,
  options,
  spatial: 1,
  ...(ignored && { ignored }),
  adapt: scalars('kernelSize', 'strides', 'dilations', 'poolSize', 'size', 'outputPadding'),
});

const conv = (kind: string, spatial: 2 | 3, ...more: readonly string[]): LayerRule => ({
  kind,
  spatial,
  options: ['filters', ...WINDOW, 'groups', ...AFFINE, ...KERNEL, ...more],
});

/** TensorFlow 2 writes the options of the convolution that these classes derive from. */
const INHERITED = /* @__PURE__ */ (() => ['filters', 'groups', ...KERNEL])();
const separable = /* @__PURE__ */ (() => ['depth_multiplier', ...weight('depthwise')])();

const merge = (kind: string, ...options: readonly string[]): LayerRule => ({ kind, options });
const plain = (kind: string, ...options: readonly string[]): LayerRule => ({ kind, options });
const global = (kind: string, spatial: 1 | 2 | 3): LayerRule => ({ kind, options: ['keepdims=keepDims'], spatial });
const pool = (kind: string, spatial: 2 | 3): LayerRule => ({ kind, options: POOL, spatial });

function relu(o: ConfigReader, options: Record<string, unknown>): string | null {
  const slope = o.first('negative_slope') ?? 0;
  const max = o.first('max_value') ?? null;
  if ((o.first('threshold') ?? 0) !== 0) return null;
  if (slope === 0 && (max === null || max === 6)) {
    for (const key of ['maxValue', 'negativeSlope', 'threshold']) delete options[key];
    options.activation = max === 6 ? 'relu6' : 'relu';
    return 'activation';
  }
  if (max === null) {
    for (const key of ['maxValue', 'threshold']) delete options[key];
    return 'leakyRelu';
  }
  return null;
}

/** A layer that, with its default option, is the plain activation. */
const activationUnless =
  (activation: string, option: string, byDefault: number) =>
  (_: ConfigReader, options: Record<string, unknown>): string | null => {
    const value = Array.isArray(options[option]) && options[option].length === 1 ? options[option][0] : options[option];
    if (value !== undefined && value !== byDefault) return null;
    delete options[option];
    options.activation = activation;
    return 'activation';
  };

/** Files of before Keras 3 call the slope alpha. */
function leaky(o: ConfigReader, options: Record<string, unknown>): null {
  options.negativeSlope = o.first('negative_slope', 'alpha') ?? 0.3;
  return null;
}

function batchNorm(o: ConfigReader, options: Record<string, unknown>): null {
  if ((o.raw('mode') ?? 0) !== 0) o.wrong('mode', '0, as Keras 2 and later have no other');
  return scalars('axis')(o, options);
}

function rate(o: ConfigReader, options: Record<string, unknown>): null {
  options.rate = o.number('rate');
  return null;
}

/** A product along the last axis, whatever the letters, is a dense layer. */
function einsumDense(o: ConfigReader, options: Record<string, unknown>): null {
  const equation = o.text('equation').replaceAll(' ', '');
  const [, outer, inner, , kernel, ...rest] =
    /^((?:\.\.\.)?[a-zA-Z]*)([a-zA-Z]),(([a-zA-Z])([a-zA-Z]))->((?:\.\.\.)?[a-zA-Z]*)([a-zA-Z])$/.exec(equation) ?? [];
  const [unit, outside, out] = rest;
  const bias = o.raw('bias_axes') ?? null;
  const shape = [o.raw('output_shape')].flat();
  if (
    outer === undefined ||
    inner !== kernel ||
    outer !== outside ||
    unit !== out ||
    ![null, out].includes(bias as never)
  )
    return o.fail(`kompakt has no product '${equation}', only those along the last axis, such as 'abc,cd->abd'.`);
  Object.assign(options, { units: shape.at(-1), useBias: bias !== null });
  return null;
}

/** Down to one value, a pool that adapts is a global one. */
const adaptive = (kind: string, spatial: 1 | 2 | 3): LayerRule => ({
  kind,
  spatial,
  options: [],
  ignored: ['output_size'],
  adapt(o, options) {
    const sizes = [o.raw('output_size')].flat();
    if (!sizes.every((size) => size === 1)) o.wrong('output_size', '1: kompakt has no other pool that adapts');
    options.keepDims = true;
    return null;
  },
});

/** `[[top, bottom], [left, right]]`, or what is short for it, stays as it is; a pair for one axis does too. */
const rules = (): readonly (readonly [className: string, rule: LayerRule])[] => [
  ['Dense', plain('dense', 'units', ...AFFINE, ...KERNEL)],
  [
    'EinsumDense',
    {
      kind: 'dense',
      options: ['activation', ...KERNEL, ...weight('bias'), 'activity_regularizer'],
      ignored: ['equation', 'output_shape', 'bias_axes'],
      adapt: einsumDense,
    },
  ],
  ['Activation', plain('activation', 'activation')],
  [
    'Embedding',
    {
      ...plain('embedding', 'input_dim', 'output_dim', ...weight('embeddings'), 'mask_zero'),
      ignored: ['input_length', 'activity_regularizer'],
    },
  ],
  ['Masking', plain('masking', 'mask_value')],
  ['Flatten', { kind: 'flatten', options: [] }],
  ['Identity', plain('identity')],
  ['Reshape', plain('reshapeLayer', 'target_shape')],
  ['Permute', plain('permute', 'dims')],
  ['RepeatVector', plain('repeatVector', 'n')],
  ['ActivityRegularization', plain('activityRegularization', 'l1', 'l2')],

  ['Conv1D', line('conv1d', ['filters', ...WINDOW, 'groups', ...AFFINE, ...KERNEL])],
  ['Conv2D', conv('conv2d', 2)],
  ['Conv3D', conv('conv3d', 3)],
  [
    'Conv1DTranspose',
    line('conv1dTranspose', ['filters', ...WINDOW, 'output_padding', ...AFFINE, ...KERNEL], ['groups']),
  ],
  [
    'Conv2DTranspose',
    {
      ...conv('conv2dTranspose', 2, 'output_padding'),
      options: ['filters', ...WINDOW, 'output_padding', ...AFFINE, ...KERNEL],
      ignored: ['groups'],
    },
  ],
  [
    'Conv3DTranspose',
    {
      ...conv('conv3dTranspose', 3, 'output_padding'),
      options: ['filters', ...WINDOW, 'output_padding', ...AFFINE, ...KERNEL],
      ignored: ['groups'],
    },
  ],
  ['DepthwiseConv1D', line('depthwiseConv1d', [...WINDOW, ...separable, ...AFFINE], INHERITED)],
  [
    'DepthwiseConv2D',
    { kind: 'depthwiseConv2d', spatial: 2, options: [...WINDOW, ...separable, ...AFFINE], ignored: INHERITED },
  ],
  [
    'SeparableConv1D',
    line(
      'separableConv1d',
      ['filters', ...WINDOW, ...separable, ...weight('pointwise'), ...AFFINE],
      ['groups', ...KERNEL],
    ),
  ],
  [
    'SeparableConv2D',
    {
      kind: 'separableConv2d',
      spatial: 2,
      options: ['filters', ...WINDOW, ...separable, ...weight('pointwise'), ...AFFINE],
      ignored: ['groups', ...KERNEL],
    },
  ],

  ['MaxPooling1D', line('maxPool1d', POOL)],
  ['AveragePooling1D', line('avgPool1d', POOL)],
  ['MaxPooling2D', pool('maxPool2d', 2)],
  ['AveragePooling2D', pool('avgPool2d', 2)],
  ['MaxPooling3D', pool('maxPool3d', 3)],
  ['AveragePooling3D', pool('avgPool3d', 3)],
  ['GlobalMaxPooling1D', global('globalMaxPool1d', 1)],
  ['GlobalAveragePooling1D', global('globalAvgPool1d', 1)],
  ['GlobalMaxPooling2D', global('globalMaxPool2d', 2)],
  ['GlobalAveragePooling2D', global('globalAvgPool2d', 2)],
  ['GlobalMaxPooling3D', global('globalMaxPool3d', 3)],
  ['GlobalAveragePooling3D', global('globalAvgPool3d', 3)],

  ['AdaptiveMaxPooling1D', adaptive('globalMaxPool1d', 1)],
  ['AdaptiveAveragePooling1D', adaptive('globalAvgPool1d', 1)],
  ['AdaptiveMaxPooling2D', adaptive('globalMaxPool2d', 2)],
  ['AdaptiveAveragePooling2D', adaptive('globalAvgPool2d', 2)],
  ['AdaptiveMaxPooling3D', adaptive('globalMaxPool3d', 3)],
  ['AdaptiveAveragePooling3D', adaptive('globalAvgPool3d', 3)],

  ['ZeroPadding1D', line('zeroPadding1d', ['padding'])],
  ['ZeroPadding2D', { kind: 'zeroPadding2d', options: ['padding'], spatial: 2 }],
  ['ZeroPadding3D', { kind: 'zeroPadding3d', options: ['padding'], spatial: 3 }],
  ['Cropping1D', line('cropping1d', ['cropping'])],
  ['Cropping2D', { kind: 'cropping2d', options: ['cropping'], spatial: 2 }],
  ['Cropping3D', { kind: 'cropping3d', options: ['cropping'], spatial: 3 }],
  ['UpSampling1D', line('upSampling1d', ['size'])],
  ['UpSampling2D', { kind: 'upSampling2d', options: ['size', 'interpolation'], spatial: 2 }],
  ['UpSampling3D', { kind: 'upSampling3d', options: ['size'], spatial: 3 }],
  [
    'BatchNormalization',
    {
      kind: 'batchNorm',
      options: ['axis', 'momentum', ...SCALING, 'moving_mean_initializer', 'moving_variance_initializer'],
      ignored: ['fused', 'virtual_batch_size', 'synchronized', 'renorm_clipping', 'renorm_momentum', 'mode'],
      adapt: batchNorm,
    },
  ],
  ['LayerNormalization', plain('layerNorm', 'axis', ...SCALING)],
  ['GroupNormalization', plain('groupNorm', 'groups', 'axis', ...SCALING)],
  ['RMSNormalization', plain('rmsNorm', 'axis', 'epsilon')],
  ['UnitNormalization', plain('unitNorm', 'axis')],

  ['Dropout', { ...plain('dropout', 'rate', 'noise_shape'), adapt: rate }],
  ['SpatialDropout1D', plain('spatialDropout1d', 'rate')],
  ['SpatialDropout2D', { kind: 'spatialDropout2d', options: ['rate'], spatial: 2 }],
  ['SpatialDropout3D', { kind: 'spatialDropout3d', options: ['rate'], spatial: 3 }],
  ['GaussianDropout', plain('gaussianDropout', 'rate')],
  ['GaussianNoise', plain('gaussianNoise', 'stddev')],
  ['AlphaDropout', plain('alphaDropout', 'rate')],

  ['ReLU', { ...plain('relu', 'max_value', 'negative_slope', 'threshold'), adapt: relu }],
  ['LeakyReLU', { kind: 'leakyRelu', options: [], ignored: ['alpha', 'negative_slope'], adapt: leaky }],
  ['PReLU', plain('prelu', ...weight('alpha'), 'shared_axes')],
  ['ELU', { ...plain('elu', 'alpha'), adapt: activationUnless('elu', 'alpha', 1) }],
  ['Softmax', { ...plain('softmax', 'axis'), adapt: activationUnless('softmax', 'axis', -1) }],

  ['Attention', plain('attention', 'use_scale', 'score_mode', ...ATTENTION)],
  ['AdditiveAttention', plain('additiveAttention', 'use_scale', ...ATTENTION)],
  [
    'MultiHeadAttention',
    {
      kind: 'multiHeadAttention',
      options: [
        'num_heads',
        'key_dim',
        'value_dim',
        'dropout',
        'use_bias',
        'output_shape',
        'attention_axes',
        'use_causal_mask',
        'return_attention_scores',
        ...KERNEL,
        ...weight('bias'),
        'activity_regularizer',
      ],
      ignored: ['query_shape', 'key_shape', 'value_shape', 'flash_attention', 'use_gate'],
    },
  ],

  ['Add', merge('add')],
  ['Subtract', merge('subtract')],
  ['Multiply', merge('multiply')],
  ['Average', merge('average')],
  ['Maximum', merge('maximum')],
  ['Minimum', merge('minimum')],
  ['Concatenate', merge('concatenate', 'axis')],
  ['Dot', merge('dot', 'axes', 'normalize')],
];

/** By Keras's class. */
export const LAYER_RULES: ReadonlyMap<string, LayerRule> = /* @__PURE__ */ (() =>
  new Map([...rules(), ...recurrentRules(), ...preprocessingRules()]))();
