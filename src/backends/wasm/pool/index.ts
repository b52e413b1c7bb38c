import type { Operand } from '../../../core/backend';
import { bytesPerElement } from '../../../core/dtype';
import { sizeOf } from '../../../core/shape';
import type { ModuleBuilder } from '../assembler/index';
import type { WindowAttrs } from '../conv/geometry';
import { fixedWindow } from '../conv/pixel-loop';
import { launchPixels, type PixelTask } from '../conv/pixel-task';
import { type Placed, placeContiguous, placeImages, placeOut } from '../conv/place';
import { addressOf } from '../kernel';
import { zero } from '../layout/bytes';
import type { TaskContext } from '../task';
import {
  emitAvgPool,
  emitAvgPoolGrad,
  emitMaxPool,
  emitMaxPoolGather,
  emitMaxPoolGrad,
  F32_POOL,
  F64_POOL,
  type FloatPoolType,
  INTEGER_POOLS,
} from './emit';

interface PoolAttrs extends Pick<WindowAttrs, 'strides' | 'padding'> {
  readonly poolSize: readonly [number, number];
}

interface Run {
  /** Name of the module. */
  readonly key: string;
  emit(m: ModuleBuilder, task: PixelTask): void;
  readonly units: PixelTask['units'];
  readonly images: Placed;
  /** Shape of the pooled values. */
  readonly pooled: readonly number[];
  readonly bytes: number;
  readonly addresses: readonly number[];
  /** Whether the pooled values are what is computed, row by row. */
  readonly forward: boolean;
}

function runPool(run: Run, { poolSize, strides, padding }: PoolAttrs, context: TaskContext): void {
  const attrs = { strides, padding, dilations: [1, 1] } as const;
  const task: PixelTask = { units: run.units, fixed: fixedWindow(poolSize, attrs) };
  const [, rows, columns] = run.pooled as readonly [number, number, number];
  launchPixels(
    context,
    run.key,
    task,
    (m) => run.emit(m, task),
    {
      images: run.images,
      output: [rows, columns],
      window: poolSize,
      attrs,
      channelBytes: run.images.shape[3] * run.bytes,
      addresses: run.addresses,
    },
    run.forward ? columns * run.images.shape[3] : undefined,
  );
}

function floatType(dtype: string): FloatPoolType | undefined {
  return dtype === 'float32' ? F32_POOL : dtype === 'float64' ? F64_POOL : undefined;
}

/**
 * How a gradient is written: where windows don't overlap, by the rows of the cotangent, else image by image; and whether
 * windows leave pixels out, which have to be cleared before, as has whatever is added to.
 */
function writing(x: readonly number[], pooled: readonly number[], { poolSize, strides, padding }: PoolAttrs) {
  const axes = [0, 1] as const;
  const apart = axes.every((i) => strides[i] >= poolSize[i]);
  const whole = axes.every((i) => {
    const end = pooled[i + 1]! * strides[i] - padding[i][0];
    return strides[i] === poolSize[i] && end >= x[i + 1]!;
  });
  return { apart, units: apart ? 'rows' : 'images', clear: !(apart && whole) } as const;
}

function bytesOf({ shape, dtype }: Operand): number {
  return sizeOf(shape) * bytesPerElement(dtype);
}

export function maxPool2d([x]: readonly Operand[], out: Operand, attrs: PoolAttrs, context: TaskContext): boolean {
  const type = floatType(x!.dtype) ?? INTEGER_POOLS[x!.dtype]!;
  runPool(
    {
      key: `${type.name}-max-pool`,
      emit: (m, task) => emitMaxPool(m, type, task),
      units: 'rows',
      images: placeImages(x!, context),
      pooled: out.shape,
      bytes: bytesPerElement(x!.dtype),
      addresses: [addressOf(out)],
      forward: true,
    },
    attrs,
    context,
  );
  return true;
}

/** Inputs `[x, y, g]`; y is not needed: finding the maximum again is as fast as comparing with it. */
export function maxPool2dGrad(
  [x, , g]: readonly Operand[],
  out: Operand,
  attrs: PoolAttrs,
  context: TaskContext,
): boolean {
  const type = floatType(x!.dtype);
  if (type === undefined || g!.dtype !== x!.dtype) return false;
  const images = placeContiguous(x!, context);
  const cotangent = placeContiguous(g!, context);
  const { apart, units, clear } = writing(x!.shape, g!.shape, attrs);
  if (clear) zero(context, addressOf(out), bytesOf(out));
  runPool(
    {
      key: `${type.name}-max-pool-grad${apart ? '-apart' : ''}`,
      emit: (m, task) => emitMaxPoolGrad(m, type, task, apart),
      units,
      images,
      pooled: g!.shape,
      bytes: bytesPerElement(x!.dtype),
      addresses: [cotangent.address, addressOf(out)],
      forward: false,
    },
    attrs,
    context,
  );
  return true;
}

/** Inputs `[x, y, u]`. */
export function maxPool2dGather(
  [x, , u]: readonly Operand[],
  out: Operand,
  attrs: PoolAttrs,
  context: TaskContext,
): boolean {
  const type = floatType(x!.dtype);
  if (type === undefined || u!.dtype !== x!.dtype) return false;
  const images = placeContiguous(x!, context);
  const values = placeContiguous(u!, context);
  runPool(
    {
      key: `${type.name}-max-pool-gather`,
      emit: (m, task) => emitMaxPoolGather(m, type, task),
      units: 'rows',
      images,
      pooled: out.shape,
      bytes: bytesPerElement(x!.dtype),
      addresses: [addressOf(out), values.address],
      forward: true,
    },
    attrs,
    context,
  );
  return true;
}

export function avgPool2d([x]: readonly Operand[], out: Operand, attrs: PoolAttrs, context: TaskContext): boolean {
  const type = floatType(x!.dtype);
  if (type === undefined) return false;
  runPool(
    {
      key: `${type.name}-avg-pool`,
      emit: (m, task) => emitAvgPool(m, type, task),
      units: 'rows',
      images: placeImages(x!, context),
      pooled: out.shape,
      bytes: bytesPerElement(x!.dtype),
      addresses: [addressOf(out)],
      forward: true,
    },
    attrs,
    context,
  );
  return true;
}

export function avgPool2dGrad([g]: readonly Operand[], out: Operand, attrs: PoolAttrs, context: TaskContext): boolean {
  const type = floatType(g!.dtype);
  if (type === undefined) return false;
  const cotangent = placeContiguous(g!, context);
  const images = placeOut(out);
  const { apart, units, clear } = writing(out.shape, g!.shape, attrs);
  if (clear) zero(context, images.address, bytesOf(out));
  runPool(
    {
      key: `${type.name}-avg-pool-grad${apart ? '-apart' : ''}`,
      emit: (m, task) => emitAvgPoolGrad(m, type, task, apart),
      units,
      images,
      pooled: g!.shape,
      bytes: bytesPerElement(g!.dtype),
      addresses: [cotangent.address],
      forward: false,
    },
    attrs,
    context,
  );
  return true;
}
