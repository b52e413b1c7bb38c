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
const COST = 1.7;
/** Blocks at a time: each waits for itself in every round, so several keep the machine busy. */
const GROUP = 4;

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

/** The two words of four counters. */
type Pair = readonly [x: Local<'v128'>, y: Local<'v128'>];

/** Threefry-2x32 on four counters at a time; a unit is a block of eight elements: their first words, then their second. */
function emitUniform(m: ModuleBuilder): void {
  emitTask(m, { words: ['key', 'out', 'size', 'stream'] }, (f, { key, out, size, stream }, { begin, end }) => {
    const keys = [f.local('v128', v128.load32Splat(key)), f.local('v128', v128.load32Splat(key, 4))];
    keys.push(f.local('v128', v128.xor(v128.xor(keys[0]!, keys[1]!), i32x4.const(PARITY))));
    const start = f.local('v128', i32x4.add(i32x4.splat(stream), keys[1]!));
    const pairs = Array.from({ length: GROUP }, (): Pair => [f.local('v128'), f.local('v128')]);
    const block = f.local('i32', begin);
    const at = f.local('i32', i32.add(out, i32.shl(begin, 5)));
    const whole = f.local('i32', i32.shrU(size, 3));
    const compute = (own: readonly Pair[]): void => {
      own.forEach(([x, y], b) => {
        const counters = i32x4.add(i32x4.splat(i32.shl(i32.add(block, b), 2)), i32x4.const(0, 1, 2, 3));
        f.set(x, i32x4.add(counters, keys[0]!));
        f.set(y, start);
      });
      emitRounds(f, own, keys);
      for (const word of own.flat()) f.set(word, toUnit(word));
    };
    f.while(i32.and(i32.leU(i32.add(block, GROUP), end), i32.leU(i32.add(block, GROUP), whole)), () => {
      compute(pairs);
      pairs.flat().forEach((word, w) => f.do(v128.store(at, word, 16 * w)));
      f.increment(block, GROUP);
      f.increment(at, 4 * BLOCK * GROUP);
    });
    const left = f.local('i32');
    f.while(i32.ltU(block, end), () => {
      compute(pairs.slice(0, 1));
      f.set(left, i32.sub(size, i32.shl(block, 3)));
      storeFirst(f, at, left, pairs[0]!);
      f.increment(block, 1);
      f.increment(at, 4 * BLOCK);
    });
  });
}

function emitRounds(f: FunctionBuilder, pairs: readonly Pair[], keys: readonly Local<'v128'>[]): void {
  for (let group = 0; group < 5; group++) {
    for (const bits of ROTATIONS[group % 2]!) {
      for (const [x, y] of pairs) {
        f.set(x, i32x4.add(x, y));
        f.set(y, v128.xor(v128.or(i32x4.shl(y, bits), i32x4.shrU(y, 32 - bits)), x));
      }
    }
    for (const [x, y] of pairs) {
      f.set(x, i32x4.add(x, keys[(group + 1) % 3]!));
      f.set(y, i32x4.add(i32x4.add(y, keys[(group + 2) % 3]!), i32x4.const(group + 1)));
    }
  }
}

const toUnit = (bits: V128): V128 => f32x4.mul(f32x4.convertI32x4U(i32x4.shrU(bits, 8)), f32x4.const(2 ** -24));

/** Stores the first `count` of the eight elements of a block. */
function storeFirst(f: FunctionBuilder, at: Local<'i32'>, count: Local<'i32'>, words: Pair): void {
  words.forEach((word, w) => {
    for (let lane = 0; lane < 4; lane++) {
      f.if(i32.gtU(count, 4 * w + lane), () => f.do(v128.store32Lane(at, word, lane, 4 * (4 * w + lane))));
    }
  });
}
