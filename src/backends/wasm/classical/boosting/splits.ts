import {
  type FunctionBuilder,
  type FunctionRef,
  f64,
  f64x2,
  i32,
  type Local,
  type ModuleBuilder,
  memory,
  v128,
} from '../../assembler/index';
import { addressOf } from '../../kernel';
import { contiguous } from '../../layout/copy';
import { emitTask, type TaskKernel } from '../../task';

type I32 = Local<'i32'>;
type F64 = Local<'f64'>;

/** Bytes of a bin, a node, a column and a split, see the op. */
const BIN_BYTES = 24;
const NODE_BYTES = 48;
const COLUMN_BYTES = 16;
const SPLIT_BYTES = 48;
/** How much less than the best gain, relatively, is surely less in spite of rounding. */
const SURELY_LESS = 1 - 1e-9;

interface Attrs {
  readonly minSamplesLeaf: number;
  readonly minHessian: number;
  readonly l2: number;
  readonly tiny: number;
}

/** Sums of one side of a split. */
interface Side {
  readonly g: F64;
  readonly h: F64;
  readonly n: F64;
}

const SCAN_PARAMS = ['i32', 'i32', 'i32', 'i32', 'f64', 'f64', 'f64', 'f64', 'f64'] as const;

/**
 * A function that goes through `steps` bins from `first` on, upwards or downwards, and keeps at `best` what gains more than what
 * is there. `isFree`: no bound or sign matters to the node at `node`. It is a function of its own because engines keep what
 * a loop needs in registers only where there is little else.
 */
function emitScan(m: ModuleBuilder, isUp: boolean, isFree: boolean): FunctionRef<'void'> {
  const name = `scan${Number(isUp)}${Number(isFree)}`;
  return m.func(name, SCAN_PARAMS, 'void', (f, first, steps, node, best, minSamples, minHessian, l2, tiny, sign) => {
    const [gradients, hessians, samples] = [0, 8, 16].map((at) => f.local('f64', f64.load(node, at))) as [
      F64,
      F64,
      F64,
    ];
    const own = f.local('f64', f64.mul(gradients, f64.load(node, 24)));
    const [at, left] = [f.local('i32', first), f.local('i32', steps)];
    const sums = f.local('v128', v128.zero());
    const [least, a, b] = f.locals('f64', 3);
    const [passed, other] = [0, 1].map(() => side(f)) as [Side, Side];
    const [l, r] = isUp ? [passed, other] : [other, passed];
    const setLeast = (): void => f.set(least, f64.mul(f64.sub(f64.load(best), own), SURELY_LESS));
    if (isFree) setLeast();
    f.set(passed.n, 0);
    f.block((done) => {
      f.while(i32.gtS(left, 0), () => {
        f.block((next) => {
          // A bin without samples moves nothing, even if its sums are not 0 but for rounding.
          const isUsed = f64x2.ne(v128.load64Splat(at, 16), v128.zero());
          f.set(sums, f64x2.add(sums, v128.and(v128.load(at), isUsed)));
          f.set(passed.n, f64.add(passed.n, f64.load(at, 16)));
          f.set(passed.h, f64x2.extract(sums, 1));
          f.brIf(next, i32.or(f64.lt(passed.n, minSamples), f64.lt(passed.h, minHessian)));
          f.set(other.h, f64.sub(hessians, passed.h));
          f.set(other.n, f64.sub(samples, passed.n));
          f.brIf(done, i32.or(f64.lt(other.n, minSamples), f64.lt(other.h, minHessian)));
          f.set(passed.g, f64x2.extract(sums, 0));
          f.set(other.g, f64.sub(gradients, passed.g));
          f.set(a, f64.add(f64.add(l.h, l2), tiny));
          f.set(b, f64.add(f64.add(r.h, l2), tiny));
          if (isFree) {
            // Whether it can be better is asked without dividing, a little generously.
            const whole = f64.add(f64.mul(f64.mul(l.g, l.g), b), f64.mul(f64.mul(r.g, r.g), a));
            f.brIf(next, f64.lt(whole, f64.mul(f64.mul(least, a), b)));
          }
          f.set(a, f64.div(f64.neg(l.g), a));
          f.set(b, f64.div(f64.neg(r.g), b));
          if (!isFree) {
            for (const value of [a, b]) emitBound(f, value, node);
            f.brIf(next, f64.gt(f64.mul(f64.sub(a, b), sign), 0));
          }
          f.set(a, f64.sub(f64.sub(own, f64.mul(l.g, a)), f64.mul(r.g, b)));
          f.if(f64.gt(a, f64.load(best)), () => {
            const bin = isUp ? i32.sub(steps, left) : i32.sub(left, 1);
            const found = [a, f64.convertI32S(bin), f64.const(isUp ? 0 : 1), l.g, l.h, l.n];
            found.forEach((value, i) => {
              f.do(f64.store(best, value, 8 * i));
            });
            if (isFree) setLeast();
          });
        });
        f.increment(at, isUp ? BIN_BYTES : -BIN_BYTES);
        f.increment(left, -1);
      });
    });
  });
}

function side(f: FunctionBuilder): Side {
  return { g: f.local('f64'), h: f.local('f64'), n: f.local('f64') };
}

/** Keeps a value within the bounds of the node. */
function emitBound(f: FunctionBuilder, value: F64, node: I32): void {
  const [lower, upper] = [f64.load(node, 32), f64.load(node, 40)];
  f.set(value, f64.select(f64.gt(value, upper), upper, value));
  f.set(value, f64.select(f64.lt(value, lower), lower, value));
}

/** A unit is a column of a node. */
function emitSplits(m: ModuleBuilder): void {
  const words = ['histograms', 'nodes', 'about', 'columns', 'bins', 'out'] as const;
  const scans = [false, true].map((isFree) => [true, false].map((isUp) => emitScan(m, isUp, isFree)));
  emitTask(m, { words, scalars: 4 }, (f, w, { begin, end, scalars }) => {
    const [u, node, about, first, steps, hasMissing, to] = f.locals('i32', 7);
    const sign = f.local('f64');
    f.for(u, begin, end, 1, () => {
      f.set(node, i32.add(w.nodes, i32.mul(i32.divU(u, w.columns), NODE_BYTES)));
      f.set(about, i32.add(w.about, i32.mul(i32.remU(u, w.columns), COLUMN_BYTES)));
      f.set(first, i32.add(w.histograms, i32.mul(i32.mul(u, w.bins), BIN_BYTES)));
      f.set(to, i32.add(w.out, i32.mul(u, SPLIT_BYTES)));
      f.do(memory.fill(to, 0, SPLIT_BYTES));
      f.set(steps, i32.load(about));
      f.set(steps, i32.sub(i32.select(i32.gtS(steps, w.bins), w.bins, steps), 1));
      f.set(hasMissing, i32.ne(i32.load(about, 4), 0));
      f.set(sign, f64.convertI32S(i32.load(about, 8)));
      const last = i32.add(first, i32.mul(steps, BIN_BYTES));
      const scan = (isFree: 0 | 1) => (): void => {
        const [up, down] = scans[isFree] as [FunctionRef<'void'>, FunctionRef<'void'>];
        f.do(f.call(up, first, i32.add(steps, hasMissing), node, to, ...scalars, sign));
        f.if(hasMissing, () => f.do(f.call(down, last, steps, node, to, ...scalars, sign)));
      };
      const isBound = i32.or(
        f64.gt(f64.load(node, 32), Number.NEGATIVE_INFINITY),
        f64.lt(f64.load(node, 40), Number.POSITIVE_INFINITY),
      );
      f.if(i32.load(about, 12), () => f.if(i32.or(isBound, f64.ne(sign, 0)), scan(0), scan(1)));
      f.if(f64.eq(f64.load(to), 0), () => f.do(f64.store(to, -1)));
    });
  });
}

/** Inputs `[histograms, nodes, columns]`. */
export const bestSplits: TaskKernel<Attrs> = (inputs, out, attrs, context) => {
  const [k, columns, bins] = inputs[0]!.shape as [number, number, number];
  const addresses = inputs.map((x) => addressOf(contiguous(x, context)));
  const { minSamplesLeaf, minHessian, l2, tiny } = attrs;
  const words = [...addresses, columns, bins, addressOf(out)];
  const work = { units: k * columns, cost: 4.5 * k * columns * bins };
  context.launch(context.code('best-splits', emitSplits), words, work, [minSamplesLeaf, minHessian, l2, tiny]);
  return true;
};
