import { ConfigError, ShapeError } from '../../core/errors';
import { formatShape, type Shape } from '../../core/shape';
import type { Triple } from '../../ops/conv3d';
import { type Pair, windowExtent, windowSteps } from '../../ops/window';
import { expectRank } from './define';
import type { OptionReader } from './options';

export type { Triple };

/** How many axes windows move along: over sequences, images or volumes. */
export type Rank = 1 | 2 | 3;

/** What configs of layers over so many axes hold: a number, or one per axis. */
export type PerAxis<R extends Rank> = R extends 1 ? number : R extends 2 ? Pair : Triple;

/** The numbers of all axes as a config holds them. */
export const perAxis = <R extends Rank>(values: readonly number[]): PerAxis<R> =>
  (values.length === 1 ? values[0]! : values) as PerAxis<R>;

/** The same, back as a list. */
export const axesOf = (value: number | readonly number[]): readonly number[] =>
  typeof value === 'number' ? [value] : value;

const LAYOUTS: Readonly<Record<Rank, string>> = {
  1: '[batch, steps, channels]',
  2: '[batch, height, width, channels]',
  3: '[batch, depth, height, width, channels]',
};

/** Throws unless a sample has so many axes for windows to move along, and channels. */
export function expectSpatial(input: Shape, rank: number, label: string): void {
  expectRank(input, rank + 1, LAYOUTS[rank as Rank], label);
}

/** How a window moves along each axis. */
export interface Window {
  readonly size: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
}

/** Throws where a window both strides and is dilated, which Keras refuses, too. */
export function checkWindow({ strides, dilations }: Window, label: string): void {
  if (Math.max(...strides) > 1 && Math.max(...dilations) > 1) {
    throw new ConfigError(
      `${label}: strides ${formatShape(strides)} and dilations ${formatShape(dilations)} can't both be above 1.`,
    );
  }
}

/** `kernelSize`, `strides` and `dilations` (also `dilationRate`) of a convolution along so many axes. */
export function readKernel(o: OptionReader, rank: Rank): Window {
  const given = o.raw('dilations') === undefined ? 'dilationRate' : 'dilations';
  const window = {
    size: o.counts('kernelSize', rank),
    strides: o.counts('strides', rank, 1),
    dilations: o.counts(given, rank, 1),
  };
  checkWindow(window, o.label);
  return window;
}

/** Zeros before and after every axis; `'same'` gives ⌈n / stride⌉ positions, the odd zero at the end. */
export function paddingOf(padding: 'valid' | 'same', sizes: readonly number[], window: Window): Pair[] {
  return sizes.map((n, i) => {
    if (padding === 'valid') return [0, 0];
    const steps = Math.ceil(n / window.strides[i]!);
    const missing = (steps - 1) * window.strides[i]! + windowExtent(window.size[i]!, window.dilations[i]!) - n;
    const total = Math.max(0, missing);
    return [Math.floor(total / 2), total - Math.floor(total / 2)];
  });
}

/** How many positions a window takes along each axis. */
export function slideAlong(
  sizes: readonly number[],
  window: Window,
  padding: 'valid' | 'same',
  label: string,
): number[] {
  const pads = paddingOf(padding, sizes, window);
  const steps = sizes.map((n, i) =>
    windowSteps(n, window.size[i]!, window.strides[i]!, pads[i]!, window.dilations[i]!),
  );
  if (steps.some((n) => n < 1)) {
    throw new ShapeError(
      `${label}: a window of ${formatShape(window.size)} is larger than the input of ${formatShape(sizes)}. Use padding 'same', a smaller window or a larger input.`,
    );
  }
  return steps;
}
