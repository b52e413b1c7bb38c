import { ConfigError, ShapeError } from '../../core/errors';
import { formatShape, type Shape } from '../../core/shape';
import { type PaddingOption, type Pair, resolvePadding, windowOutput } from '../../ops/window';
import { expectRank } from './define';
import type { AffineConfig, AffineOptions, OptionReader } from './options';

/** Options of every convolution over images. */
export interface WindowOptions extends AffineOptions {
  /** Height and width of the window, or one number for both. */
  readonly kernelSize: number | Pair;
  /** By default 1. */
  readonly strides?: number | Pair | undefined;
  /** By default `'valid'`. */
  readonly padding?: PaddingOption | undefined;
  /** Distance between the cells of the window, by default 1. */
  readonly dilations?: number | Pair | undefined;
  /** Keras's name for `dilations`. */
  readonly dilationRate?: number | Pair | undefined;
}

/** The config of {@link WindowOptions}. */
export interface WindowConfig extends AffineConfig {
  readonly kernelSize: Pair;
  readonly strides: Pair;
  readonly padding: PaddingOption;
  readonly dilations: Pair;
}

/** Reads the options of the window. */
export function readWindow(o: OptionReader): Omit<WindowConfig, keyof AffineConfig> {
  const window = {
    kernelSize: o.pair('kernelSize'),
    strides: o.pair('strides', 1),
    padding: o.padding(),
    dilations: o.dilations(),
  };
  if (Math.max(...window.strides) > 1 && Math.max(...window.dilations) > 1) {
    throw new ConfigError(
      `${o.label}: strides ${formatShape(window.strides)} and dilations ${formatShape(window.dilations)} can't both be above 1.`,
    );
  }
  return window;
}

/** Height and width of the output for images `[height, width, channels]`. */
export function slide(
  input: Shape,
  c: Pick<WindowConfig, 'kernelSize' | 'strides' | 'padding' | 'dilations'>,
  label: string,
): Pair {
  expectRank(input, 3, '[batch, height, width, channels]', label);
  const { kernelSize: window, strides, dilations } = c;
  const size: Pair = [input[0]!, input[1]!];
  const padding = resolvePadding(c.padding, { input: size, window, strides, dilations }, label);
  return windowOutput(size, window, { strides, padding, dilations }, label);
}

/** Throws unless channels and filters divide into the groups. */
export function checkGroups(channels: number, filters: number, groups: number, label: string): void {
  if (channels % groups !== 0) {
    throw new ShapeError(`${label}: ${channels} input channels do not divide into ${groups} groups.`);
  }
  if (filters % groups !== 0) {
    throw new ConfigError(`${label}: filters must be a multiple of groups, got ${filters} and ${groups}.`);
  }
}
