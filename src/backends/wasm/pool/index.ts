import type { Operand } from '../../../core/backend';
import { bytesPerElement } from '../../../core/dtype';
import type { ModuleBuilder } from '../assembler/index';
import type { WindowAttrs } from '../conv/geometry';
import { type FixedWindow, fixedWindow, writePixelArguments } from '../conv/pixel-loop';
import { byteStrides, type Four, type Placed, placeContiguous, placeImages, releasePlaced } from '../conv/place';
import { addressOf, type KernelContext, type KernelTable } from '../kernel';
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
  emit(m: ModuleBuilder, fixed: FixedWindow | null): void;
  readonly images: Pick<Placed, 'address' | 'strides' | 'shape'>;
  /** Shape of the pooled values. */
  readonly pooled: readonly number[];
  readonly bytes: number;
  readonly addresses: readonly number[];
}

function runPool(run: Run, { poolSize, strides, padding }: PoolAttrs, context: KernelContext): void {
  const window = { strides, padding, dilations: [1, 1] } as const;
  const fixed = fixedWindow(poolSize, window);
  const key = fixed === null ? run.key : `${run.key}-${fixed.join('x')}`;
  const module = context.module<{ run(): void }>(key, (m) => run.emit(m, fixed));
  writePixelArguments(context.arena.i32, {
    images: run.images,
    output: [run.pooled[1]!, run.pooled[2]!],
    window: poolSize,
    attrs: window,
    channelBytes: run.images.shape[3] * run.bytes,
    addresses: run.addresses,
  });
  module.run();
}

function floatType(dtype: string): FloatPoolType | undefined {
  return dtype === 'float32' ? F32_POOL : dtype === 'float64' ? F64_POOL : undefined;
}

/** The result of an operation as images. */
function placeOut(out: Operand): Placed {
  const shape = out.shape as unknown as Four;
  return { address: addressOf(out), shape, strides: byteStrides(shape, bytesPerElement(out.dtype)), owned: 0 };
}

function zero(x: Placed, context: KernelContext): void {
  context.arena.u8.fill(0, x.address, x.address + x.shape[0] * x.strides[0]);
}

function maxPool2d([x]: readonly Operand[], out: Operand, attrs: PoolAttrs, context: KernelContext): boolean {
  const type = floatType(x!.dtype) ?? INTEGER_POOLS[x!.dtype]!;
  const images = placeImages(x!, context);
  runPool(
    {
      key: `${type.name}-max-pool`,
      emit: (m, fixed) => emitMaxPool(m, type, fixed),
      images,
      pooled: out.shape,
      bytes: bytesPerElement(x!.dtype),
      addresses: [addressOf(out)],
    },
    attrs,
    context,
  );
  releasePlaced(context, images);
  return true;
}

/** Inputs `[x, y, g]`; y is not needed: finding the maximum again is as fast as comparing with it. */
function maxPool2dGrad([x, , g]: readonly Operand[], out: Operand, attrs: PoolAttrs, context: KernelContext): boolean {
  const type = floatType(x!.dtype);
  if (type === undefined || g!.dtype !== x!.dtype) return false;
  const images = placeContiguous(x!, context);
  const cotangent = placeContiguous(g!, context);
  const apart = attrs.strides[0] >= attrs.poolSize[0] && attrs.strides[1] >= attrs.poolSize[1];
  zero(placeOut(out), context);
  runPool(
    {
      key: `${type.name}-max-pool-grad${apart ? '-apart' : ''}`,
      emit: (m, fixed) => emitMaxPoolGrad(m, type, fixed, apart),
      images,
      pooled: g!.shape,
      bytes: bytesPerElement(x!.dtype),
      addresses: [cotangent.address, addressOf(out) - images.address],
    },
    attrs,
    context,
  );
  releasePlaced(context, images, cotangent);
  return true;
}

/** Inputs `[x, y, u]`. */
function maxPool2dGather(
  [x, , u]: readonly Operand[],
  out: Operand,
  attrs: PoolAttrs,
  context: KernelContext,
): boolean {
  const type = floatType(x!.dtype);
  if (type === undefined || u!.dtype !== x!.dtype) return false;
  const images = placeContiguous(x!, context);
  const values = placeContiguous(u!, context);
  runPool(
    {
      key: `${type.name}-max-pool-gather`,
      emit: (m, fixed) => emitMaxPoolGather(m, type, fixed),
      images,
      pooled: out.shape,
      bytes: bytesPerElement(x!.dtype),
      addresses: [addressOf(out), values.address - images.address],
    },
    attrs,
    context,
  );
  releasePlaced(context, images, values);
  return true;
}

function avgPool2d([x]: readonly Operand[], out: Operand, attrs: PoolAttrs, context: KernelContext): boolean {
  const type = floatType(x!.dtype);
  if (type === undefined) return false;
  const images = placeImages(x!, context);
  runPool(
    {
      key: `${type.name}-avg-pool`,
      emit: (m, fixed) => emitAvgPool(m, type, fixed),
      images,
      pooled: out.shape,
      bytes: bytesPerElement(x!.dtype),
      addresses: [addressOf(out)],
    },
    attrs,
    context,
  );
  releasePlaced(context, images);
  return true;
}

function avgPool2dGrad([g]: readonly Operand[], out: Operand, attrs: PoolAttrs, context: KernelContext): boolean {
  const type = floatType(g!.dtype);
  if (type === undefined) return false;
  const cotangent = placeContiguous(g!, context);
  const images = placeOut(out);
  zero(images, context);
  runPool(
    {
      key: `${type.name}-avg-pool-grad`,
      emit: (m, fixed) => emitAvgPoolGrad(m, type, fixed),
      images,
      pooled: g!.shape,
      bytes: bytesPerElement(g!.dtype),
      addresses: [cotangent.address],
    },
    attrs,
    context,
  );
  releasePlaced(context, cotangent);
  return true;
}

/** Pools and their gradients, vectors of channels at a time. */
export const POOL: KernelTable = { maxPool2d, maxPool2dGrad, maxPool2dGather, avgPool2d, avgPool2dGrad };
