import type { ConfigReader } from './reader';
import type { LayerRule } from './rule';
import { camel } from './values';

/** Keras divides by the standard deviation, or by this where it is smaller. */
const LEAST = 1e-7;

const SAMPLING = ['fill_mode', 'interpolation', 'fill_value'];
/** Of boxes in images, which models don't take. */
const OF_BOXES = ['bounding_box_format'];

const images = (kind: string, ...options: readonly string[]): LayerRule => ({
  kind,
  options,
  spatial: 2,
  ignored: OF_BOXES,
});

function flip(o: ConfigReader, options: Record<string, unknown>): null {
  options.mode = camel(o.text('mode'));
  return null;
}

/** All numbers of nested lists; null where there is anything else. */
function numbersOf(value: unknown): number[] | null {
  const all: unknown[] = Array.isArray(value) ? value.flat(9) : [value];
  return all.every((n): n is number => typeof n === 'number' && Number.isFinite(n)) ? all : null;
}

/**
 * With mean and variance given, Keras's layer is a linear function; where it found them in data, the file has them as weights,
 * and it is a batch normalisation that is frozen: with ε = 1e-14 under the root, it never divides by less than 1e-7 either.
 */
function normalization(o: ConfigReader, options: Record<string, unknown>): string {
  const axes = [o.raw('axis') ?? []].flat();
  const isInverse = o.flag('invert');
  if (o.raw('mean') === null || o.raw('mean') === undefined) {
    if (axes.length !== 1 || isInverse) o.fail('kompakt normalises along one axis, and not inversely.');
    Object.assign(options, { axis: axes[0], center: false, scale: false, epsilon: LEAST ** 2, trainable: false });
    return 'batchNorm';
  }
  const [mean, variance] = [numbersOf(o.raw('mean')), numbersOf(o.raw('variance'))];
  if (mean === null || variance === null || mean.length !== variance.length)
    return o.fail('mean and variance must be as many finite numbers.');
  if (axes.length > 1 || (axes.length === 1 && axes[0] !== -1 && mean.length > 1))
    return o.fail('kompakt takes a given mean along the last axis only.');
  const deviation = variance.map((v) => Math.max(Math.sqrt(v), LEAST));
  const scale = isInverse ? deviation : deviation.map((d) => 1 / d);
  const offset = isInverse ? mean : mean.map((m, i) => -m / deviation[i]!);
  const single = mean.length === 1;
  Object.assign(options, { scale: single ? scale[0] : scale, offset: single ? offset[0] : offset });
  return 'rescaling';
}

export const preprocessingRules = (): readonly (readonly [className: string, rule: LayerRule])[] => [
  [
    'Resizing',
    {
      kind: 'resizing',
      options: ['height', 'width', 'interpolation', 'crop_to_aspect_ratio', 'pad_to_aspect_ratio', 'fill_value'],
      ignored: ['fill_mode'],
      spatial: 2,
    },
  ],
  ['CenterCrop', images('centerCrop', 'height', 'width')],
  ['Rescaling', { kind: 'rescaling', options: ['scale', 'offset'] }],
  [
    'Normalization',
    { kind: 'batchNorm', options: [], ignored: ['axis', 'invert', 'mean', 'variance'], adapt: normalization },
  ],
  ['RandomFlip', { ...images('randomFlip', 'mode'), adapt: flip }],
  ['RandomRotation', images('randomRotation', 'factor', ...SAMPLING)],
  ['RandomZoom', images('randomZoom', 'height_factor', 'width_factor', ...SAMPLING)],
  ['RandomTranslation', images('randomTranslation', 'height_factor', 'width_factor', ...SAMPLING)],
  ['RandomContrast', images('randomContrast', 'factor', 'value_range')],
  ['RandomBrightness', images('randomBrightness', 'factor', 'value_range')],
  ['RandomCrop', images('randomCrop', 'height', 'width')],
];
