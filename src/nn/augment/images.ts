import { ConfigError, ShapeError } from '../../core/errors';
import { checkOptions } from '../../core/options';
import { type Rng, type Seed, toRng } from '../../core/rng';
import { formatShape } from '../../core/shape';
import { Tensor } from '../../core/tensor';
import { asTensor, type TensorLike } from '../../ops/create';

/** Options of {@link augmentImages}: the largest changes, each drawn anew for every image. */
export interface AugmentImagesOptions {
  /** Which ways an image may be mirrored; by default none. */
  readonly flip?: 'horizontal' | 'vertical' | 'both' | undefined;
  /** Share of height and width by which it may be moved; default 0. */
  readonly shift?: number | readonly [height: number, width: number] | undefined;
  /** Share of a full turn by which it may be rotated, either way; default 0. */
  readonly rotation?: number | undefined;
  /** Share by which it may be made larger or smaller; default 0. */
  readonly zoom?: number | undefined;
  /** What is seen beyond the edges: `fillValue`, the pixel at the edge, or the image mirrored. Default `'reflect'`. */
  readonly fillMode?: 'constant' | 'nearest' | 'reflect' | undefined;
  /** Default 0. */
  readonly fillValue?: number | undefined;
  /** Share of the contrast by which it may change, around the mean; default 0. */
  readonly contrast?: number | undefined;
  /** What may be added to all values; default 0. */
  readonly brightness?: number | undefined;
  /** Default: another one each time. A stream goes on from call to call. */
  readonly seed?: Seed | undefined;
}

const NAMES = ['flip', 'shift', 'rotation', 'zoom', 'fillMode', 'fillValue', 'contrast', 'brightness', 'seed'];

/** Where a pixel of the result comes from: y′ = a·y + b·x + c, x′ = d·y + e·x + f. */
type Affine = readonly [number, number, number, number, number, number];

/**
 * Images changed at random, each in its own way, so that a model sees other ones every epoch: mirrored, moved, rotated,
 * zoomed (by bilinear sampling), lighter or darker.
 *
 * @param images - `[batch, height, width, channels]`.
 * @param options - `flip`, `shift = 0`, `rotation = 0`, `zoom = 0`, `fillMode = 'reflect'`, `fillValue = 0`,
 * `contrast = 0`, `brightness = 0`, `seed`.
 * @returns a tensor of the same shape, float32, on the backend of `images`.
 * @throws ShapeError for another shape; ConfigError for options out of range; BackendError where images can't be read
 * without waiting.
 *
 * @example
 * ```ts
 * import { tensor } from 'kompakt';
 * import { augmentImages } from 'kompakt/nn';
 * const image = tensor([[[[1], [2]], [[3], [4]]]]);
 * const seen = new Set(Array.from({ length: 20 }, () => String(augmentImages(image, { flip: 'horizontal' }).dataSync())));
 * console.log([...seen].sort()); // → [ '1,2,3,4', '2,1,4,3' ]
 * ```
 */
export function augmentImages(images: TensorLike, options: AugmentImagesOptions = {}): Tensor {
  checkOptions(options, NAMES, 'augmentImages');
  const how = settings(options);
  const x = asTensor(images);
  if (x.rank !== 4)
    throw new ShapeError(
      `augmentImages: images must be [batch, height, width, channels], got ${formatShape(x.shape)}.`,
    );
  const [n, height, width, channels] = x.shape as [number, number, number, number];
  const from = x.dataSync() as ArrayLike<number>;
  const to = new Float32Array(x.size);
  const size = height * width * channels;
  for (let i = 0; i < n; i++) {
    const affine = draw(how, height, width);
    resample({ from, to, at: i * size, height, width, channels }, affine, how);
    recolour(to.subarray(i * size, (i + 1) * size), how);
  }
  return Tensor.from(x.backend, to, 'float32', x.shape);
}

function settings(options: AugmentImagesOptions) {
  const { flip, rotation = 0, zoom = 0, fillMode = 'reflect', fillValue = 0, contrast = 0, brightness = 0 } = options;
  const [shiftY, shiftX] = typeof options.shift === 'object' ? options.shift : [options.shift ?? 0, options.shift ?? 0];
  const shares = { rotation, zoom, contrast, 'shift of height': shiftY, 'shift of width': shiftX };
  for (const [name, share] of Object.entries(shares)) {
    if (!(share >= 0 && share < 1)) throw new ConfigError(`augmentImages: ${name} must be in [0, 1), got ${share}.`);
  }
  if (!(brightness >= 0)) throw new ConfigError(`augmentImages: brightness must be a number ≥ 0, got ${brightness}.`);
  if (flip !== undefined && !['horizontal', 'vertical', 'both'].includes(flip))
    throw new ConfigError(`augmentImages: flip must be 'horizontal', 'vertical' or 'both', got '${String(flip)}'.`);
  if (!['constant', 'nearest', 'reflect'].includes(fillMode))
    throw new ConfigError(`augmentImages: fillMode must be 'constant', 'nearest' or 'reflect', got '${fillMode}'.`);
  const rng = toRng(options.seed ?? `${Date.now()}:${Math.random()}`);
  return { flip, rotation, zoom, fillMode, fillValue, contrast, brightness, shiftY, shiftX, rng };
}

type Settings = ReturnType<typeof settings>;

const within = (rng: Rng, most: number): number => (most === 0 ? 0 : (2 * rng.random() - 1) * most);

/** The change of one image, from the place of a pixel to where it comes from. */
function draw({ flip, rotation, zoom, shiftY, shiftX, rng }: Settings, height: number, width: number): Affine {
  const mirrors = (way: 'horizontal' | 'vertical'): number =>
    (flip === way || flip === 'both') && rng.random() < 0.5 ? -1 : 1;
  const [flipX, flipY] = [mirrors('horizontal'), mirrors('vertical')];
  const angle = within(rng, rotation) * 2 * Math.PI;
  const scale = 1 / (1 + within(rng, zoom));
  const [dy, dx] = [within(rng, shiftY) * height, within(rng, shiftX) * width];
  const [cos, sin] = [Math.cos(angle) * scale, Math.sin(angle) * scale];
  const [cy, cx] = [(height - 1) / 2, (width - 1) / 2];
  // Around the middle: (y, x) − middle, rotated and scaled, mirrored, moved.
  const [a, b, d, e] = [cos * flipY, -sin * flipY, sin * flipX, cos * flipX];
  return [a, b, cy - a * cy - b * cx + dy, d, e, cx - d * cy - e * cx + dx];
}

interface Picture {
  readonly from: ArrayLike<number>;
  readonly to: Float32Array;
  readonly at: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

function resample({ from, to, at, height, width, channels }: Picture, affine: Affine, how: Settings): void {
  const [a, b, c, d, e, f] = affine;
  const { fillMode, fillValue } = how;
  const pixel = (y: number, x: number, channel: number): number => {
    const [yy, xx] = [inside(y, height, fillMode), inside(x, width, fillMode)];
    return yy < 0 || xx < 0 ? fillValue : from[at + (yy * width + xx) * channels + channel]!;
  };
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [sy, sx] = [a * y + b * x + c, d * y + e * x + f];
      const [y0, x0] = [Math.floor(sy), Math.floor(sx)];
      const [v, u] = [sy - y0, sx - x0];
      for (let k = 0; k < channels; k++) {
        const top = u === 0 ? pixel(y0, x0, k) : (1 - u) * pixel(y0, x0, k) + u * pixel(y0, x0 + 1, k);
        const low =
          v === 0 ? 0 : u === 0 ? pixel(y0 + 1, x0, k) : (1 - u) * pixel(y0 + 1, x0, k) + u * pixel(y0 + 1, x0 + 1, k);
        to[at + (y * width + x) * channels + k] = v === 0 ? top : (1 - v) * top + v * low;
      }
    }
  }
}

/** An index within an axis; −1 where there is nothing to see. */
function inside(i: number, n: number, mode: Settings['fillMode']): number {
  if (i >= 0 && i < n) return i;
  if (mode === 'constant') return -1;
  if (mode === 'nearest') return i < 0 ? 0 : n - 1;
  const period = 2 * n;
  const j = ((i % period) + period) % period;
  return j < n ? j : period - 1 - j;
}

function recolour(image: Float32Array, { contrast, brightness, rng }: Settings): void {
  if (contrast === 0 && brightness === 0) return;
  const factor = 1 + within(rng, contrast);
  const more = within(rng, brightness);
  const mean = image.reduce((sum, v) => sum + v, 0) / image.length;
  for (let i = 0; i < image.length; i++) image[i] = mean + (image[i]! - mean) * factor + more;
}
