import { isContiguous, sizeOf } from '../../../core/shape';
import { BLOCK, PARITY, ROTATIONS } from '../../../core/threefry';
import {
  type FunctionBuilder,
  f32x4,
  i32,
  i32x4,
  type Local,
  type ModuleBuilder,
  type V128,
  v128,
} from '../assembler/index';
import { addressOf } from '../kernel';
import { emitTask, type TaskKernel } from '../task';

/** Nanoseconds per element. */
const COST = 1.5;

export const randomUniform: TaskKernel<{ readonly stream: number }> = ([key], out, { stream }, context) => {
  if (!isContiguous(key!.shape, key!.strides)) return false;
  const size = sizeOf(out.shape);
  const code = context.code('f32-random-uniform', emitUniform);
  context.launch(code, [addressOf(key!), addressOf(out), size, stream | 0], {
    units: Math.ceil(size / BLOCK),
    cost: size * COST,
    multiple: 64,
  });
  return true;
};

/** Threefry-2x32 on four counters at a time; a unit is a block of eight elements: the first words of four counters, then their second words. */
function emitUniform(m: ModuleBuilder): void {
  emitTask(m, { words: ['key', 'out', 'size', 'stream'] }, (f, { key, out, size, stream }, { begin, end }) => {
    const keys = [f.local('v128', v128.load32Splat(key)), f.local('v128', v128.load32Splat(key, 4))];
    keys.push(f.local('v128', v128.xor(v128.xor(keys[0]!, keys[1]!), i32x4.const(PARITY))));
    const start = f.local('v128', i32x4.add(i32x4.splat(stream), keys[1]!));
    const [x, y] = f.locals('v128', 2);
    const block = f.local('i32');
    const at = f.local('i32', i32.add(out, i32.shl(begin, 5)));
    const left = f.local('i32');
    f.for(block, begin, end, 1, () => {
      const counters = i32x4.add(i32x4.splat(i32.shl(block, 2)), i32x4.const(0, 1, 2, 3));
      f.set(x, i32x4.add(counters, keys[0]!));
      f.set(y, start);
      emitRounds(f, x, y, keys);
      f.set(x, toUnit(x));
      f.set(y, toUnit(y));
      f.set(left, i32.sub(size, i32.shl(block, 3)));
      f.if(
        i32.geU(left, BLOCK),
        () => {
          f.do(v128.store(at, x));
          f.do(v128.store(at, y, 16));
        },
        () => storeFirst(f, at, left, [x, y]),
      );
      f.increment(at, 4 * BLOCK);
    });
  });
}

function emitRounds(f: FunctionBuilder, x: Local<'v128'>, y: Local<'v128'>, keys: readonly Local<'v128'>[]): void {
  for (let group = 0; group < 5; group++) {
    for (const bits of ROTATIONS[group % 2]!) {
      f.set(x, i32x4.add(x, y));
      f.set(y, v128.xor(v128.or(i32x4.shl(y, bits), i32x4.shrU(y, 32 - bits)), x));
    }
    f.set(x, i32x4.add(x, keys[(group + 1) % 3]!));
    f.set(y, i32x4.add(i32x4.add(y, keys[(group + 2) % 3]!), i32x4.const(group + 1)));
  }
}

const toUnit = (bits: V128): V128 => f32x4.mul(f32x4.convertI32x4U(i32x4.shrU(bits, 8)), f32x4.const(2 ** -24));

/** Stores the first `count` of eight elements. */
function storeFirst(f: FunctionBuilder, at: Local<'i32'>, count: Local<'i32'>, words: readonly Local<'v128'>[]): void {
  words.forEach((word, w) => {
    for (let lane = 0; lane < 4; lane++) {
      f.if(i32.gtU(count, 4 * w + lane), () => f.do(v128.store32Lane(at, word, lane, 4 * (4 * w + lane))));
    }
  });
}
