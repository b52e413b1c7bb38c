/** A value for each of four axes. */
export type Four = readonly [number, number, number, number];

/** How a window moves over an image, everything resolved to numbers. */
export interface WindowAttrs {
  readonly strides: readonly [number, number];
  readonly padding: readonly [readonly [number, number], readonly [number, number]];
  readonly dilations: readonly [number, number];
}

export interface ConvAttrs extends WindowAttrs {
  readonly groups: number;
}

/** Whether every output pixel sees exactly the input pixel in its place. */
export function isPointwise(kernel: readonly number[], { strides, padding }: WindowAttrs): boolean {
  const padded = padding[0][0] + padding[0][1] + padding[1][0] + padding[1][1];
  return kernel[0] === 1 && kernel[1] === 1 && strides[0] === 1 && strides[1] === 1 && padded === 0;
}

/** The taps through which the input pixels at `phase` modulo the stride meet output pixels, along one axis. */
export interface Phase {
  /** The first such pixel. */
  readonly first: number;
  /** How many there are, `stride` apart. */
  readonly pixels: number;
  readonly firstTap: number;
  readonly tapStep: number;
  readonly taps: number;
  /** Pixel number t and tap number j meet at output t + origin + j · tapOffset. */
  readonly origin: number;
  readonly tapOffset: number;
}

/**
 * Splits the gradient by the input along one axis into as many convolutions of stride 1 as the stride is: pixel y and
 * tap ky meet at the output o with o·stride = y + before − ky·dilation, so only pixels and taps of matching remainders
 * meet at all.
 */
export function gradientPhases(
  pixels: number,
  taps: number,
  stride: number,
  before: number,
  dilation: number,
): Phase[] {
  const tapStep = stride / greatestCommonDivisor(stride, dilation);
  return Array.from({ length: Math.min(stride, pixels) }, (_, first) => {
    let firstTap = 0;
    while (firstTap < tapStep && (first + before - firstTap * dilation) % stride !== 0) firstTap++;
    const count = firstTap === tapStep || firstTap >= taps ? 0 : Math.ceil((taps - firstTap) / tapStep);
    return {
      first,
      pixels: Math.ceil((pixels - first) / stride),
      firstTap,
      tapStep,
      taps: count,
      origin: (first + before - firstTap * dilation) / stride,
      tapOffset: (-tapStep * dilation) / stride,
    };
  });
}

export function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
